/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The inside of the tables: only table*.c include this. */
#ifndef DTLSNOOP_TABLE_INSIDE_H
#define DTLSNOOP_TABLE_INSIDE_H

#include <stdlib.h>
#include <string.h>

#include "deadlines.h"
#include "socket_index.h"
#include "table.h"

/* Out of memory is an answer, not an exit; hashes differ from trace to trace. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) (t->allocate(size))
#define uthash_free(memory, size) (t->release(memory))
#define HASH_FUNCTION(key, len, hashv) ((hashv) = hash_seeded(t, key, len))
struct table;
static inline unsigned hash_seeded(const struct table *t, const void *key, size_t len);
#include <uthash.h>
/* As many buckets as entries from the start, and then no more: see noexpand. It sets these itself. */
#undef HASH_INITIAL_NUM_BUCKETS
#undef HASH_INITIAL_NUM_BUCKETS_LOG2
#define HASH_INITIAL_NUM_BUCKETS (1U << t->log2_buckets)
#define HASH_INITIAL_NUM_BUCKETS_LOG2 (t->log2_buckets)
#include <utlist.h>

struct flow_key {
	uint64_t socket;
	struct event_endpoint local;
	struct event_endpoint remote;
};

/* The addresses alone: what a flow key ends with. */
#define ADDRESSES_LEN (2 * sizeof(struct event_endpoint))
_Static_assert(offsetof(struct flow_key, local) + ADDRESSES_LEN == sizeof(struct flow_key), "addresses");

struct flow {
	struct flow_key key;
	uint32_t netns;		/* 0: unknown */
	struct table *table;
	struct entry *entries[FLOW_MAX_HANDSHAKES];	/* latest first, then NULL */
	struct flow *next_free;
	UT_hash_handle hh;
	UT_hash_handle by_addresses;	/* not unique: several sockets may have the same */
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
	struct deadline deadline;	/* while it is open */
	bool ended;		/* in the list of those that ended */
	bool awaits_read;	/* while it is open */
	bool is_unproven;	/* in the list of those that nobody answered as to somebody real */
	struct entry *prev, *next;
	struct entry *unproven_prev, *unproven_next;
	UT_hash_handle hh;
};

struct table {
	void *(*allocate)(size_t size);
	void (*release)(void *memory);
	uint32_t seed;
	uint32_t num_entries, max_entries, log2_buckets;
	uint32_t entries_touched, flows_touched;	/* memory beyond was never used */
	uint64_t last_id;
	struct entry *entries;		/* all there are */
	struct flow *flows;		/* two for each entry */
	struct entry *free_entries;
	struct flow *free_flows;
	struct entry *by_identity;
	struct flow *by_key;
	struct flow *by_addresses;
	struct entry *open, *ended;	/* least recently active first */
	struct entry *unproven;		/* of the open ones; likewise */
	uint32_t num_unproven;
	struct socket_index *sockets;
	uint32_t num_await_read;
	struct deadlines deadlines;
	struct ready *places;		/* where handshakes are ready */
	uint32_t num_ready, max_ready;	/* at the end of an event at most so many */
	uint32_t places_touched, num_places;
	struct ready *free_places;
	struct ready *ready;		/* least recently used first */
	uint64_t lost, lost_ns;		/* events, over all; when the latest were known to be */
};

/* FNV-1a from a secret start: a stranger cannot choose addresses that collide. */
static inline unsigned hash_seeded(const struct table *t, const void *key, size_t len)
{
	const unsigned char *p = key;
	uint32_t hash = t->seed;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x01000193u;
	/* Each bit decides on the bucket (the end of MurmurHash3). */
	hash = (hash ^ hash >> 16) * 0x85ebca6bu;
	hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
	return hash ^ hash >> 16;
}

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

/* `entry` is not of this flow any more. */
void flow_unlink(struct table *t, struct entry *entry, struct flow *flow);

#endif
