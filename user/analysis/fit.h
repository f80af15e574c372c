/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How well does a datagram continue a handshake? */
#ifndef DTLSNOOP_FIT_H
#define DTLSNOOP_FIT_H

#include "handshake.h"

/* Higher is better; < 0: it is not of this handshake. */
int fit_datagram(const struct handshake *h, const struct event *ev, enum party_role from, enum point point);

#endif
