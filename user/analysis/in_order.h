/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Has a receiver surely got a flight? It may keep what comes before its turn, or
 * throw it away (RFC 6347 s4.2.2); so only what was read in order is certain to
 * be of use to every implementation.
 */
#ifndef DTLSNOOP_IN_ORDER_H
#define DTLSNOOP_IN_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "coverage.h"
#include "state.h"

struct arrival;
struct handshake;

/* Of one flight. */
struct in_order {
	bool begun;
	bool ccs, finished;	/* each after all that goes before it */
	uint16_t next;		/* message_seq that is expected; valid if begun */
	struct coverage current;	/* what there is of that message */
};

/* A datagram that `from` sent was read as a whole. */
void in_order_read(struct handshake *h, enum party_role from, const struct arrival *a);

/* Was all of this flight, which is known to be complete, read in order? */
bool in_order_has(const struct handshake *h, uint8_t number);

#endif
