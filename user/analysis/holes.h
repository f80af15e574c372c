/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The missing parts of a flight, over all its copies. Each copy may be fragmented
 * differently (RFC 6347 s4.2.3), so the union of the fragments' ranges counts.
 */
#ifndef DTLSNOOP_HOLES_H
#define DTLSNOOP_HOLES_H

#include "handshake.h"

/* The first part of flight `number` that was not seen at `point`. */
struct hole hole_find(const struct handshake *h, uint8_t number, enum point point);

#endif
