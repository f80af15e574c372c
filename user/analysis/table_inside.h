/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Internal to the tables: only table*.c include this. */
#ifndef DTLSNOOP_TABLE_INSIDE_H
#define DTLSNOOP_TABLE_INSIDE_H

#include <stdlib.h>
#include <string.h>

#include "deadlines.h"
#include "keyed_hash.h"
#include "latest.h"
#include "socket_index.h"
#include "table.h"

#include <utlist.h>

struct flow_key {
	uint64_t socket;
	struct event_endpoint local;
	struct event_endpoint remote;
};

/* The addresses alone: several sockets may have the same. */
struct addresses_key {
	uint64_t netns;		/* 0: unknown */
	struct event_endpoint local;
	struct event_endpoint remote;
};

/* A socket and its peer's address. */
struct peer_key {
	uint64_t socket;
	struct event_endpoint peer;
	uint32_t zero;
};
_Static_assert(sizeof(struct flow_key) == 48 && sizeof(struct addresses_key) == 48 &&
	       sizeof(struct peer_key) == 32 && sizeof(struct identity) == 72, "they are hashed");

struct flow {
	/* What a search reads is together: it reads flows at random. */
	struct flow_key key;
	struct flow *next;	/* in its bucket, or in the list of free ones */
	uint32_t netns;		/* 0: unknown */
	struct table *table;
	struct entry *entries[FLOW_MAX_HANDSHAKES];	/* latest first, then NULL */
	/* Finds the flow with the latest handshake among those with the same addresses: see rank(). */
	struct latest_member by_addresses, by_namespace;
};

/* A handshake that is ready. */
struct ready {
	struct handshake h;	/* must be first: a handshake is cast to its place */
	struct entry *entry;
	struct ready *prev, *next;	/* least recently used first */
	bool is_zero;		/* of a free place: `h` is all 0 */
};

/* The data of a handshake that is available even if it is packed. */
struct entry {
	struct identity identity;
	struct entry *next_in_bucket;	/* next to `identity`, as in struct flow */
	struct ready *ready;	/* NULL: it is packed */
	void *packed;		/* NULL: it is ready */
	uint64_t id;
	uint64_t lost;		/* the part of table.lost that is recorded in it */
	struct flow *flows[PARTY_MAX];	/* of both ends; NULL: that end is not on this host */
	struct socket_link sockets[PARTY_MAX];	/* likewise; while it is open */
	struct socket_wait unread;	/* while its socket is not read */
	struct deadline deadline;	/* until it is settled */
	uint8_t awaited_end;	/* enum party_role: the owner of the socket of `unread` */
	bool ended;		/* in the list `ended` */
	bool is_unproven;	/* in the list `unproven` */
	struct entry *prev, *next;
	struct entry *unproven_prev, *unproven_next;
};

struct table {
	void *(*allocate)(size_t size);
	void (*release)(void *memory);
	uint64_t seed;
	uint32_t num_entries, max_entries, log2_buckets;
	uint32_t entries_touched, flows_touched;	/* the memory after these was never used */
	uint64_t last_id;
	struct entry *entries;		/* all entries */
	struct flow *flows;		/* two for each entry */
	struct entry *free_entries;
	struct flow *free_flows;
	struct flow *flow_found;	/* by the latest table_flow(); NULL: it was removed since */
	struct entry **by_identity;	/* buckets, 1 << log2_buckets each */
	struct flow **by_key;
	struct latest by_addresses, by_namespace;	/* of flows: over all network namespaces, in one */
	struct latest by_peer;	/* of socket links of open handshakes */
	struct entry *open, *ended;	/* least recently active first */
	struct entry *next;	/* of table_next() */
	struct entry *unproven;		/* some of the open ones, in the same order */
	uint32_t num_unproven;
	struct socket_index *sockets;
	struct deadlines deadlines;
	struct ready *places;		/* for ready handshakes */
	uint32_t num_ready, max_ready;	/* max_ready: the limit at the end of an event */
	uint32_t places_touched, num_places;
	struct ready *free_places;
	struct ready *ready;		/* least recently used first */
	uint64_t lost, lost_ns;		/* events in total; when the latest loss became known */
};

static inline struct entry *entry_of(const struct handshake *h)
{
	return ((const struct ready *)h)->entry;
}

/* Its handshake, made ready; NULL if too many are ready: see table_settle(). */
struct handshake *entry_handshake(struct table *t, struct entry *entry);

/* A place for the handshake of this entry, all 0. NULL if there is none: see table_settle(). */
struct ready *place_new(struct table *t, struct entry *entry);

/* Free this place. */
void place_free(struct table *t, struct ready *place);

/* Initialize the tables by addresses and by peer, still without memory. */
void flows_init(struct table *t);
void sockets_init(struct table *t);

/* `entry` has no sockets any more. */
void sockets_unlink(struct table *t, struct entry *entry);

/* Check `entry` at `at_ns` at the latest. */
void entry_watch(struct table *t, struct entry *entry, uint64_t at_ns);

/* Remove `entry` from this flow. */
void flow_unlink(struct table *t, struct entry *entry, struct flow *flow);

#endif
