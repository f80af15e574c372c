/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the conditions of verdicts rest on. Most handshakes have nothing of it, so that most conditions need not be
 * asked, and each event asks them all.
 */
#ifndef DTLSNOOP_FACTS_H
#define DTLSNOOP_FACTS_H

#include "handshake.h"

enum fact {
	FACT_ERRORS = 1 << 0,	/* the kernel dropped a datagram or refused a send, or an ICMP error came */
	FACT_REPEATS = 1 << 1,	/* a side sent its latest flight again, or asked for another cookie */
	FACT_RELATIONS = 1 << 2,	/* it is related to another handshake, another server, or to what it sent itself */
	FACT_SOCKETS = 1 << 3,	/* it is not from a capture: what sockets do may be seen */
	FACT_LIBRARY = 1 << 4,	/* a TLS library raised errors in a session that may be of one of its sides */
};

/* The facts of this handshake: a bit for each. */
uint32_t facts_of(const struct handshake *h);

#endif
