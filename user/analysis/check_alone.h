/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of a handshake of which the trace of a host has a gap: see alone.h. Internal to the analysis. */
#ifndef DTLSNOOP_CHECK_ALONE_H
#define DTLSNOOP_CHECK_ALONE_H

#include "intake.h"

/* Report what the better one of its two hosts says now, if that is news. */
void check_alone(struct analysis *a, struct handshake *h);

/* It ends, as h->ending says: report that as the better one of them does. False: neither knows why. */
bool check_alone_end(struct analysis *a, struct handshake *h);

/* It had ended without a fault: if one of its two hosts has seen one since then, report that. */
void check_alone_ended(struct analysis *a, struct handshake *h);

#endif
