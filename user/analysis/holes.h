/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What of a flight is missing, over all its copies: fragments may be cut anew
 * in each (RFC 6347 s4.2.3), so what counts is the union of their ranges.
 */
#ifndef DTLSNOOP_HOLES_H
#define DTLSNOOP_HOLES_H

#include "handshake.h"

enum hole_kind {
	HOLE_NONE,	/* nothing is missing, as far as can be told */
	HOLE_BYTES,	/* bytes of a message of which others were seen */
	HOLE_MESSAGE,	/* a whole message, between two that were seen */
	HOLE_BEGIN,	/* what comes first, however much that is */
	HOLE_END,	/* whatever comes last; what that is may not be known */
};

struct hole {
	enum hole_kind kind;
	const struct message *message;	/* HOLE_BYTES */
	uint32_t begin, end;		/* HOLE_BYTES: the first range that is missing */
	uint16_t message_seq;		/* HOLE_MESSAGE: the first */
};

/* What of flight `number` was not seen at `point`? */
struct hole hole_find(const struct handshake *h, uint8_t number, enum point point);

#endif
