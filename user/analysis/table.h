/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bounded tables: handshakes by identity, by socket, by when they are to be
 * looked at; flows by socket and addresses. What an event costs here does not
 * depend on how many handshakes there are.
 *
 * A flow is one socket and one peer address. A handshake is identified by its
 * two addresses and the ClientHello's random, so that the flows of both its
 * ends on this host lead to the same one, and the two legs of a proxy, which
 * have one random, do not.
 *
 * Memory: the tables are allocated at the start and do not grow. Of the handshakes
 * only some are ready at a time, those that were asked for last; the others are
 * packed (packed.h). What is given out is ready until table_settle() or
 * table_remove(), and must not be used after it.
 */
#ifndef DTLSNOOP_TABLE_H
#define DTLSNOOP_TABLE_H

#include "analysis.h"

/* Handshakes on one address pair that are told apart. */
#define FLOW_MAX_HANDSHAKES 4

struct flow;
struct table;

/* What tells a handshake from any other. All zero before it is filled: it is hashed. */
struct identity {
	struct event_endpoint address[PARTY_MAX];
	uint8_t client_random[HELLO_RANDOM_LEN];
};

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

/*
 * The latest handshake whose client was seen to send to where this event is, in
 * whatever network namespace; NULL if there is none, or in several.
 */
struct handshake *table_sent_to(struct table *t, const struct event *ev);

/* The handshake with this identity, NULL if it is not known. */
struct handshake *table_find(struct table *t, const struct identity *id);

/* Is the table full, so that table_add() needs one removed? */
bool table_is_full(const struct table *t);

/*
 * The handshake to remove from a full table, the least recently active of its
 * kind: of those that ended, else of those that no server answered but for a
 * cookie, else of all. But when those take up most of the table it is one of
 * them: a flood from made up addresses pushes out neither what is under way nor,
 * all of it, what was established.
 */
struct handshake *table_victim(struct table *t);

void table_remove(struct table *t, struct handshake *h);

/* A new handshake with this identity, else all zero; NULL if memory is short or the table full. */
struct handshake *table_add(struct table *t, const struct identity *id);

/* Make `h` one of the handshakes of the event's flow, the latest. False if memory is short. */
bool table_link(struct table *t, const struct event *ev, struct handshake *h);

/* It had an event, or ended, or is open again: keep the order of activity. */
void table_touch(struct table *t, struct handshake *h);

/* The socket of one of its ends is known, or another. */
void table_note_sockets(struct table *t, struct handshake *h);

/*
 * The end of an event: handshakes that were not used for longest are packed. If memory
 * is short for that, one that has to be removed now, and then this called again; else NULL.
 * The last that was given out stays ready, and with it those of its flows.
 */
struct handshake *table_settle(struct table *t);

/* `num` events were lost, known at `now`: note it with all that are open. */
void table_lost(struct table *t, uint64_t num, uint64_t now);

/* `h`, which has ended, is looked at again: note with it what was lost since it had. */
void table_lost_since(struct table *t, struct handshake *h);

/* How many events were lost, over all. */
uint64_t table_num_lost(const struct table *t);

/* `h` was just added, but began earlier, when `known` events had been lost: the others it may lack. */
void table_lost_before(struct table *t, struct handshake *h, uint64_t known);

/* The flow of one end of a handshake, NULL if that end is not on this host. */
const struct flow *table_flow_of(const struct handshake *h, enum party_role end);

/* The handshakes of a flow, latest first; NULL after the last. */
struct handshake *flow_handshake(const struct flow *flow, uint32_t index);

/* Over all open handshakes, least recently active first: ask for the next before this one ends. */
struct handshake *table_first_open(struct table *t);
struct handshake *table_next_open(struct table *t, struct handshake *h);

/* --- by socket --- */

/* The least recently active open handshake over this socket and the end that it is; NULL if none. */
struct handshake *table_first_on_socket(struct table *t, uint64_t socket, enum party_role *out_end);

/*
 * The latest open handshake over this socket with this peer. `peer` NULL: with any,
 * if there is but one. NULL if there is none.
 */
struct handshake *table_find_on_socket(struct table *t, uint64_t socket,
				       const struct event_endpoint *peer);

/*
 * It is said of it that nobody reads the socket of this end: it is to be looked at when
 * somebody takes something from behind what lies there for it, whoever sent that, for what
 * lay before it does not any more. Those that wait for later datagrams are not touched.
 */
void table_await_read(struct handshake *h, enum party_role end);
void table_await_no_read(struct handshake *h);
/* Up to this datagram the socket was read. */
void table_note_read(struct table *t, uint64_t socket, uint64_t datagram, uint64_t now);
/* The last such datagram at the socket of this end that ended its wait; 0: there was none. */
uint64_t table_last_read(const struct handshake *h, enum party_role end);

/* --- by time: of open ones --- */

/*
 * It is to be looked at then, if that was not to be sooner, and so are the others of its
 * flows: what becomes of it may change what is said of them. UINT64_MAX: whenever.
 */
void table_watch(struct table *t, struct handshake *h, uint64_t at_ns);

/* When the first is to be looked at, UINT64_MAX: never. */
uint64_t table_deadline(const struct table *t);

/* One that is to be looked at by `at_ns`, the first, which counts as done with this; else NULL. */
struct handshake *table_due(struct table *t, uint64_t at_ns);

#endif
