/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The inside of the tables: only table*.c include this. */
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

/* Who talks to a socket. */
struct peer_key {
	uint64_t socket;
	struct event_endpoint peer;
	uint32_t zero;
};
_Static_assert(sizeof(struct flow_key) == 48 && sizeof(struct addresses_key) == 48 &&
	       sizeof(struct peer_key) == 32 && sizeof(struct identity) == 72, "they are hashed");

struct flow {
	struct flow_key key;
	uint32_t netns;		/* 0: unknown */
	struct table *table;
	struct entry *entries[FLOW_MAX_HANDSHAKES];	/* latest first, then NULL */
	struct flow *next;	/* in its bucket, or of those that are free */
	/* Of those with the same addresses, the one in which something began last: see rank(). */
	struct latest_member by_addresses, by_namespace;
};

/* A handshake that is ready. */
struct ready {
	struct handshake h;	/* first: a handshake is its place here */
	struct entry *entry;
	struct ready *prev, *next;	/* least recently used first */
};

/* What is known of a handshake even if it is packed. */
struct entry {
	struct ready *ready;	/* NULL: it is packed */
	void *packed;		/* NULL: it is ready */
	struct identity identity;
	uint64_t id;
	uint64_t lost;		/* of table.lost, what it knows */
	struct flow *flows[PARTY_MAX];	/* of either end, NULL: not on this host */
	struct socket_link sockets[PARTY_MAX];	/* likewise; while it is open */
	struct socket_wait unread;	/* while nobody reads its socket */
	struct deadline deadline;	/* while it is open */
	uint8_t awaited_end;	/* enum party_role: whose socket `unread` is about */
	bool ended;		/* in the list of those that ended */
	bool is_unproven;	/* in the list of those that nobody answered as to somebody real */
	struct entry *prev, *next;
	struct entry *unproven_prev, *unproven_next;
	struct entry *next_in_bucket;
};

struct table {
	void *(*allocate)(size_t size);
	void (*release)(void *memory);
	uint64_t seed;
	uint32_t num_entries, max_entries, log2_buckets;
	uint32_t entries_touched, flows_touched;	/* memory beyond was never used */
	uint64_t last_id;
	struct entry *entries;		/* all there are */
	struct flow *flows;		/* two for each entry */
	struct entry *free_entries;
	struct flow *free_flows;
	struct entry **by_identity;	/* buckets, 1 << log2_buckets each */
	struct flow **by_key;
	struct latest by_addresses, by_namespace;	/* flows: in any network namespace, in one */
	struct latest by_peer;	/* links of sockets; of open ones */
	struct entry *open, *ended;	/* least recently active first */
	struct entry *unproven;		/* of the open ones; likewise */
	uint32_t num_unproven;
	struct socket_index *sockets;
	struct deadlines deadlines;
	struct ready *places;		/* where handshakes are ready */
	uint32_t num_ready, max_ready;	/* at the end of an event at most so many */
	uint32_t places_touched, num_places;
	struct ready *free_places;
	struct ready *ready;		/* least recently used first */
	uint64_t lost, lost_ns;		/* events, over all; when the latest were known to be */
};

static inline struct entry *entry_of(const struct handshake *h)
{
	return ((const struct ready *)h)->entry;
}

/* Its handshake, made ready; NULL if too many are: see table_settle(). */
struct handshake *entry_handshake(struct table *t, struct entry *entry);

/* A place for the handshake of this entry. NULL if there is none: see table_settle(). */
struct ready *place_new(struct table *t, struct entry *entry);

/* Nothing is in this place any more. */
void place_free(struct table *t, struct ready *place);

/* The tables by addresses and by peer, without memory. */
void flows_init(struct table *t);
void sockets_init(struct table *t);

/* `entry` has no sockets any more. */
void sockets_unlink(struct table *t, struct entry *entry);

/* `entry` is to be looked at then, if that was not to be sooner. */
void entry_watch(struct table *t, struct entry *entry, uint64_t at_ns);

/* `entry` is not of this flow any more. */
void flow_unlink(struct table *t, struct entry *entry, struct flow *flow);

#endif
