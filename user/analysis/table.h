/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bounded tables: handshakes by identity, by socket and by deadline; flows by
 * socket and addresses. The cost of an event here does not depend on the number of
 * handshakes.
 *
 * A flow is one socket and one peer address. A handshake is identified by its
 * two addresses and the ClientHello's random. So if both ends are on this host, their
 * flows lead to the same handshake, but the two legs of a proxy, which share one
 * random, are two handshakes.
 *
 * Memory: the tables are allocated at the start and do not grow. Only the handshakes
 * used last are ready; the others are packed (packed.h). A handshake that a function
 * returns is ready until table_settle() or table_remove(), and must not be used
 * after that.
 */
#ifndef DTLSNOOP_TABLE_H
#define DTLSNOOP_TABLE_H

#include "analysis.h"

/* Handshakes followed on one address pair. */
#define FLOW_MAX_HANDSHAKES 4

struct flow;
struct table;

/* NULL if memory is short. */
struct table *table_new(const struct analysis_options *opts);
void table_free(struct table *t);

/* The flow of an event, NULL if none of its handshakes is known. */
struct flow *table_flow(struct table *t, const struct event *ev);

/*
 * The flow of another socket between the same two addresses in the same network
 * namespace, for an event whose own flow is not known. NULL if none.
 */
struct flow *table_flow_by_addresses(struct table *t, const struct event *ev);

/*
 * The latest handshake whose client sent to this event's local address, in any network
 * namespace; NULL if there is none, or if there are some in several namespaces.
 */
struct handshake *table_sent_to(struct table *t, const struct event *ev);

/* The handshake with this identity, NULL if it is not known. */
struct handshake *table_find(struct table *t, const struct identity *id);

/* Is the table full, so that table_add() needs one removed? */
bool table_is_full(const struct table *t);

/*
 * The handshake to remove from a full table; NULL: the table is empty. It is the least recently active
 * one of the first of these groups that is not empty:
 * 1. those that have ended;
 * 2. open ones of clients on other hosts which the server has not answered, or only with a cookie request;
 * 3. all open ones.
 * If group 2 fills more than three quarters of the table, it comes first. So a flood from forged
 * addresses evicts its own handshakes, and not those that a server has answered.
 */
struct handshake *table_victim(struct table *t);

void table_remove(struct table *t, struct handshake *h);

/* Remove that one if it has ended, without making it ready. Returns whether it did. */
bool table_remove_ended(struct table *t);

/* Gives a handshake another identity, which no handshake has. */
void table_rename(struct table *t, struct handshake *h, const struct identity *id);

/* A new handshake with this identity, otherwise all zero; NULL if memory is short or the table is full. */
struct handshake *table_add(struct table *t, const struct identity *id);

/* Make `h` the latest handshake of the event's flow. False if memory is short. */
bool table_link(struct table *t, const struct event *ev, struct handshake *h);

/* `h` had an event, or ended, or is open again: update the order of activity. */
void table_touch(struct table *t, struct handshake *h);

/* The socket of one of its ends became known, or changed. */
void table_note_sockets(struct table *t, struct handshake *h);

/*
 * An event is processed: pack the least recently used handshakes. If memory is short for
 * that, returns a handshake that the caller has to remove before it calls this again;
 * otherwise NULL.
 */
struct handshake *table_settle(struct table *t);

/* `num` events were lost, which became known at `now`: record it for all open handshakes. */
void table_lost(struct table *t, uint64_t num, uint64_t now);

/* `h`, which had ended, is checked again or open again: record the events lost since it ended. */
void table_lost_since(struct table *t, struct handshake *h);

/* Were events lost that are not recorded in `h`, since it had ended? */
bool table_has_lost_since(const struct table *t, const struct handshake *h);

/* How many events were lost in total. */
uint64_t table_num_lost(const struct table *t);

/* `h` was just added, but began when only `known` events had been lost: record those lost since then. */
void table_lost_before(struct table *t, struct handshake *h, uint64_t known);

/* The flow of one end of a handshake, NULL if that end is not on this host. */
const struct flow *table_flow_of(const struct handshake *h, enum party_role end);

/* The handshakes of a flow, latest first; NULL after the last. */
struct handshake *flow_handshake(const struct flow *flow, uint32_t index);

/*
 * Iterates over all open handshakes, least recently active first: table_rewind(), then
 * table_next() until it returns NULL. Handshakes may end, be removed and be packed meanwhile.
 * After table_rewind_ended(): over those that have ended.
 */
void table_rewind(struct table *t);
void table_rewind_ended(struct table *t);
struct handshake *table_next(struct table *t);

/* --- by socket --- */

/* The least recently active open handshake over this socket and the end that it is; NULL if none. */
struct handshake *table_first_on_socket(struct table *t, uint64_t socket, enum party_role *out_end);

/*
 * The latest open handshake over this socket with this peer; NULL if there is none. If
 * `peer` is NULL: the only open handshake over the socket, or NULL if there are several.
 */
struct handshake *table_find_on_socket(struct table *t, uint64_t socket,
				       const struct event_endpoint *peer);

/*
 * `h` is reported because its socket at this end is not read. Check it again when a
 * datagram of any sender is read that is later than the first one queued for `h`: then
 * that one has left the queue. Handshakes that wait for later datagrams are not affected.
 */
void table_await_read(struct handshake *h, enum party_role end);
void table_await_no_read(struct handshake *h);
/* The socket was read up to this datagram. */
void table_note_read(struct table *t, uint64_t socket, uint64_t datagram, uint64_t now);
/* The datagram whose read ended the wait of this end; 0: there was none. */
uint64_t table_last_read(const struct handshake *h, enum party_role end);

/* --- by time --- */

/*
 * Check `h` at `at_ns` at the latest, and so the other handshakes of its flows: changes in
 * `h` may change their verdicts. UINT64_MAX: no new deadline.
 */
void table_watch(struct table *t, struct handshake *h, uint64_t at_ns);

/* Check `h`, which has ended, at `at_ns` at the latest. */
void table_watch_ended(struct table *t, struct handshake *h, uint64_t at_ns);

/* The earliest deadline, UINT64_MAX: none. */
uint64_t table_deadline(const struct table *t);

/* The first handshake with a deadline up to `at_ns`, whose deadline is then removed; NULL if none. */
struct handshake *table_due(struct table *t, uint64_t at_ns);

#endif
