/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Of all that have the same key, which is the latest? A hash table in which only the
 * latest of each key lies; the others hang behind it in a heap. However many share a
 * key, a look-up costs the same, and a change O(log n).
 */
#ifndef DTLSNOOP_LATEST_H
#define DTLSNOOP_LATEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pairing.h"

/* Part of what is ordered. All zero: in no table. */
struct latest_member {
	/*
	 * First: a member is its node. Its key is ~id. Of the latest, which is a root and has
	 * no siblings, `next` is the next in the bucket.
	 */
	struct pairing_node node;
	uint32_t hash;		/* of its key */
	uint32_t num;		/* that have its key; of the latest only */
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

/* A member that is in no table gets in, with its key; the higher the id, the later. */
void latest_add(struct latest *all, struct latest_member *member, const void *key, uint64_t id);

/* Out of the table, if it is in it; `key` is that with which it was added. */
void latest_remove(struct latest *all, struct latest_member *member, const void *key);

static inline uint64_t latest_id(const struct latest_member *member)
{
	return ~member->node.key;
}

#endif
