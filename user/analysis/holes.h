/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The missing parts of a flight, over all its copies. Each copy may be fragmented
 * differently (RFC 6347 s4.2.3), so the union of the fragments' ranges counts.
 */
#ifndef DTLSNOOP_HOLES_H
#define DTLSNOOP_HOLES_H

#include "handshake.h"

enum hole_kind {
	HOLE_NONE,	/* nothing is missing, as far as can be told */
	HOLE_BYTES,	/* bytes of a message whose other bytes were seen */
	HOLE_MESSAGE,	/* a whole message, between two that were seen */
	HOLE_BEGIN,	/* its beginning, of unknown length */
	HOLE_END,	/* its end, which may be unknown */
};

struct hole {
	enum hole_kind kind;
	const struct message *message;	/* HOLE_BYTES */
	uint32_t begin, end;		/* HOLE_BYTES: the first range that is missing */
	uint16_t message_seq;		/* HOLE_MESSAGE: the first */
};

/* The first part of flight `number` that was not seen at `point`. */
struct hole hole_find(const struct handshake *h, uint8_t number, enum point point);

#endif
