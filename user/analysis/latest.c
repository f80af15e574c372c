// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "latest.h"

#include <string.h>

#include "keyed_hash.h"

#include "core.h"

bool latest_init(struct latest *all, uint32_t num, void *(*allocate)(size_t size))
{
	all->num_buckets = 1;
	while (all->num_buckets < num)
		all->num_buckets *= 2;
	all->buckets = allocate(all->num_buckets * sizeof(all->buckets[0]));
	if (!all->buckets)
		return false;
	memset(all->buckets, 0, all->num_buckets * sizeof(all->buckets[0]));
	return true;
}

void latest_fini(struct latest *all, void (*release)(void *memory))
{
	if (all->buckets)
		release(all->buckets);
}

static struct latest_member *member_of(struct pairing_node *node)
{
	return (struct latest_member *)node;
}

/* The pointer to the latest member with this key, or the place for it. */
static struct pairing_node **place_of(const struct latest *all, uint32_t hash, const void *key)
{
	struct pairing_node **at = &all->buckets[hash & (all->num_buckets - 1)];

	while (*at && (member_of(*at)->hash != hash || !all->is_key(member_of(*at), key)))
		at = &(*at)->next;
	return at;
}

static uint32_t hash_of(const struct latest *all, const void *key)
{
	return keyed_hash(all->seed, key, all->key_len);
}

struct latest_member *latest_find(const struct latest *all, const void *key)
{
	return member_of(*place_of(all, hash_of(all, key), key));
}

void latest_add(struct latest *all, struct latest_member *member, const void *key, uint64_t id)
{
	uint32_t hash = hash_of(all, key), num;
	struct pairing_node **at = place_of(all, hash, key), *next = *at ? (*at)->next : NULL;
	struct pairing heap = { .root = *at };

	num = *at ? member_of(*at)->num : 0;
	member->hash = hash;
	pairing_add(&heap, &member->node, ~id);
	heap.root->next = next;
	member_of(heap.root)->num = num + 1;
	*at = heap.root;
}

void latest_remove(struct latest *all, struct latest_member *member, const void *key)
{
	struct pairing_node **at, *next;
	struct pairing heap;
	uint32_t num;

	if (!member->node.prev)
		return;
	at = place_of(all, member->hash, key);
	next = (*at)->next;
	heap.root = *at;
	num = member_of(*at)->num;
	pairing_remove(&heap, &member->node);
	*at = next;
	if (!heap.root)
		return;
	heap.root->next = next;
	member_of(heap.root)->num = num - 1;
	*at = heap.root;
}
