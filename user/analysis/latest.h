/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the latest of all members with the same key. The hash table holds only the latest
 * member of each key; the others are in a heap below it. A look-up costs the same for any
 * number of members with one key, and a change costs O(log n).
 */
#ifndef DTLSNOOP_LATEST_H
#define DTLSNOOP_LATEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pairing.h"

/* Embedded in the ordered object. All zero: in no table. */
struct latest_member {
	/*
	 * Must be first: a member is cast to its node. The node's key is ~id. The latest member
	 * is a root without siblings, so its `next` is the next in the bucket.
	 */
	struct pairing_node node;
	uint32_t hash;		/* of its key */
	uint32_t num;		/* members with its key; valid for the latest only */
};

struct latest {
	struct pairing_node **buckets;	/* NULL: memory is short */
	uint32_t num_buckets;	/* a power of two */
	uint64_t seed;
	size_t key_len;
	/* Is this the key of `member`? */
	bool (*is_key)(const struct latest_member *member, const void *key);
};

/* For about `num` members. False if memory is short. */
bool latest_init(struct latest *all, uint32_t num, void *(*allocate)(size_t size));
void latest_fini(struct latest *all, void (*release)(void *memory));

/* `key` is key_len bytes without padding. */
struct latest_member *latest_find(const struct latest *all, const void *key);

/* Add a member that is in no table, with its key; a higher id is later. */
void latest_add(struct latest *all, struct latest_member *member, const void *key, uint64_t id);

/* Remove a member if it is in the table; `key` as in latest_add(). */
void latest_remove(struct latest *all, struct latest_member *member, const void *key);

static inline uint64_t latest_id(const struct latest_member *member)
{
	return ~member->node.key;
}

#endif
