/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Of merged traces, each host's events are also analysed alone. Where the trace of a host has a gap, what both show together can be
 * wrong: a datagram may have come, or have been sent, in the gap. Then what is said of the handshake is what the better one of the
 * two says alone. Internal to the analysis.
 */
#ifndef DTLSNOOP_ALONE_H
#define DTLSNOOP_ALONE_H

#include "intake.h"

/* Does the trace of one of its two hosts have a gap, so that each of them is asked alone? */
bool alone_judges(const struct analysis *a, const struct handshake *h);

/* What is known of this handshake of one host by all; NULL: nothing. */
struct handshake *alone_whole(const struct analysis *a, const struct handshake *own);

/* The same handshake, as the better one of its two hosts sees it, whose number *host becomes. NULL: neither says anything. */
const struct handshake *alone_better(const struct analysis *a, const struct handshake *h, uint16_t *host);

/* Does it judge, and knows a fault? Then what seems to complete it has perhaps not arrived. */
bool alone_denies_completion(const struct analysis *a, const struct handshake *h);

/* The handshake to show: as the one that judges it sees it, or `h` itself. Valid until the next call. */
const struct handshake *alone_view(struct analysis *a, const struct handshake *h);

#endif
