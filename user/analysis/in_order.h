/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does a receiver certainly have a whole flight? It may keep or discard a message that
 * comes out of order (RFC 6347 s4.2.2). So only messages read in order are certain to
 * be usable by every implementation.
 */
#ifndef DTLSNOOP_IN_ORDER_H
#define DTLSNOOP_IN_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "coverage.h"
#include "state.h"

struct arrival;
struct handshake;

/* The state of one flight. */
struct in_order {
	bool begun;
	bool ccs, finished;	/* each after all that precedes it */
	uint16_t next;		/* expected message_seq; valid if begun */
	struct coverage current;	/* the known bytes of that message */
};

/* A datagram of `from` was read, not truncated. */
void in_order_read(struct handshake *h, enum party_role from, const struct arrival *a);

/* Was all of this flight, which is known to be complete, read in order? */
bool in_order_has(const struct handshake *h, uint8_t number);

#endif
