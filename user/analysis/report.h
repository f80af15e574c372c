/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Changes the state of a handshake, and tells the sinks. Internal to the analysis. */
#ifndef DTLSNOOP_REPORT_H
#define DTLSNOOP_REPORT_H

#include "intake.h"

/* Change state and verdict, update the counters, tell the sinks. */
void report_state(struct analysis *a, struct handshake *h, enum handshake_state state, struct claim claim);

/* The same for a final state. */
void report_end(struct analysis *a, struct handshake *h, enum handshake_state state, struct claim claim);

/* It is complete. */
void report_completed(struct analysis *a, struct handshake *h);

/* Another handshake has taken its place. */
void report_replaced(struct analysis *a, struct handshake *h);

/* One side ends the handshake before it is complete. With an alert that gives a reason, it has failed. */
void report_unfinished(struct analysis *a, struct handshake *h, struct ending ending);

/* The side that its early verdict is about goes on: that was slow, and why it ended is who ended it. */
void report_slow(struct analysis *a, struct handshake *h);

/* It has not ended after all. */
void report_reopened(struct analysis *a, struct handshake *h);

/* The trace is over. */
void report_final(struct analysis *a, struct handshake *h);

/* It has ended, and nothing of it is reported any more: say so, once. */
void report_settled(struct analysis *a, struct handshake *h);

/* May events of its time be missing? Which ones is not known. */
void report_note_missing(const struct analysis *a, struct handshake *h);

/* Stop following `h`; if it is open, it is reported as evicted. */
void report_forget(struct analysis *a, struct handshake *h);

#endif
