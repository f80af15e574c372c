/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bounded tables: handshakes by identity, flows by socket and addresses.
 * Everything is allocated at the start but the buckets of the hash tables,
 * whose number is bounded by the entries.
 *
 * A flow is one socket and one peer address. A handshake is identified by its
 * two addresses and the ClientHello's random, so that the flows of both its
 * ends on this host lead to the same one, and the two legs of a proxy, which
 * have one random, do not.
 */
#ifndef DTLSNOOP_TABLE_H
#define DTLSNOOP_TABLE_H

#include "analysis.h"

/* Handshakes on one address pair that are told apart. */
#define FLOW_MAX_HANDSHAKES 4

struct flow;
struct table;

/* NULL if memory is short. */
struct table *table_new(const struct analysis_options *opts);
void table_free(struct table *t);

/* The flow of an event, NULL if none of its handshakes is known. */
struct flow *table_flow(struct table *t, const struct event *ev);

/*
 * The flow of an event whose own is not known: one between the same two
 * addresses in the same network namespace, through another socket. NULL if none.
 */
struct flow *table_flow_by_addresses(struct table *t, const struct event *ev);

/* The handshake with this identity, NULL if it is not known. */
struct handshake *table_find(struct table *t, const struct handshake *like);

/* Is the table full, so that table_add() needs one removed? */
bool table_is_full(const struct table *t);

/* The least recently active handshake, those that ended before those that are open. */
struct handshake *table_oldest(struct table *t);

void table_remove(struct table *t, struct handshake *h);

/* A new handshake with the identity of `like`; NULL if memory is short or the table full. */
struct handshake *table_add(struct table *t, const struct handshake *like);

/* Make `h` one of the handshakes of the event's flow, the latest. False if memory is short. */
bool table_link(struct table *t, const struct event *ev, struct handshake *h);

/* It had an event, or ended: keep the order of table_oldest(). */
void table_touch(struct table *t, struct handshake *h);

/* The flow of one end of a handshake, NULL if that end is not on this host. */
const struct flow *table_flow_of(const struct handshake *h, enum party_role end);

/* The handshakes of a flow, latest first; NULL after the last. */
struct handshake *flow_handshake(const struct flow *flow, uint32_t index);

/* Over all open handshakes, least recently active first: ask for the next before this one ends. */
struct handshake *table_first_open(struct table *t);
struct handshake *table_next_open(struct handshake *h);

#endif
