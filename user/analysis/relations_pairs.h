/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The handshakes between a client's host and an address of a server, from any port of that host. Internal to relations*.c. */
#ifndef DTLSNOOP_RELATIONS_PAIRS_H
#define DTLSNOOP_RELATIONS_PAIRS_H

#include "handshake.h"

/* What is remembered of these two: the latest NUM_LATEST, latest first. A replaced place costs one diagnosis at most. */
struct identity *relations_pair(struct relations_memory *m, const struct event_endpoint address[PARTY_MAX]);

/* Its addresses and its random, by which the table finds it. */
struct identity relations_name(const struct handshake *h);

/* Nothing of its server was seen. */
static inline bool relations_is_unanswered(const struct handshake *h)
{
	return h->party[PARTY_CLIENT].flight && !h->party[PARTY_SERVER].flight;
}

/* Its ClientHello has become known: if an earlier handshake of the pair has the same random, its client comes from this port now. */
void relations_note_hello(struct relations_memory *m, struct table *table, struct handshake *h);

#endif
