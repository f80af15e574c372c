/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state of a handshake: is it complete, over or stuck now, and when has that to be checked again?
 * Internal to the analysis.
 */
#ifndef DTLSNOOP_CHECK_H
#define DTLSNOOP_CHECK_H

#include "intake.h"

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When to check for what is due at `due`: always later than now. */
uint64_t check_deadline(const struct analysis *a, uint64_t due);

/* Its model has changed because of this event. */
void check_event(struct analysis *a, struct handshake *h, const struct event *ev);

/* Its deadline has passed. */
void check_due(struct analysis *a, struct handshake *h);

/* No event will follow. */
void check_last(struct analysis *a, struct handshake *h);

/* One side's socket is closed. */
void check_closed(struct analysis *a, struct handshake *h, enum party_role role);

/* A new handshake ends those on this flow whose ClientHello was not seen. */
void check_end_midway(struct analysis *a, struct handshake *begun, const struct event *ev);

#endif
