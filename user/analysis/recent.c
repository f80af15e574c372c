// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "recent.h"

#include <stdlib.h>
#include <string.h>

#include "keyed_hash.h"

#include <utlist.h>

#include "core.h"

static const void *key_of(const struct recent_link *link)
{
	return link + 1;
}

bool recent_init(struct recent *r, void *(*allocate)(size_t size), void (*release)(void *memory))
{
	r->things = allocate(r->max * r->size);
	r->buckets = allocate(r->max * sizeof(r->buckets[0]));
	if (r->things && r->buckets) {
		memset(r->buckets, 0, r->max * sizeof(r->buckets[0]));
		return true;
	}
	recent_fini(r, release);
	return false;
}

void recent_fini(struct recent *r, void (*release)(void *memory))
{
	if (r->things)
		release(r->things);
	if (r->buckets)
		release(r->buckets);
	r->things = NULL;
	r->buckets = NULL;
}

/* The pointer to the thing with this key, or the place for it. */
static struct recent_link **place_of(struct recent *r, const void *key)
{
	struct recent_link **at = &r->buckets[keyed_hash(r->seed, key, r->key_len) & (r->max - 1)];

	while (*at && memcmp(key_of(*at), key, r->key_len))
		at = &(*at)->next_in_bucket;
	return at;
}

void *recent_find(struct recent *r, const void *key)
{
	struct recent_link *link = *place_of(r, key);

	if (!link)
		return NULL;
	DL_DELETE(r->oldest, link);
	DL_APPEND(r->oldest, link);
	return link;
}

/* A place for one more. */
static struct recent_link *place_new(struct recent *r)
{
	struct recent_link *link = r->oldest;

	if (r->num < r->max)
		return (struct recent_link *)(void *)(r->things + r->size * r->num++);
	recent_hide(r, link);
	DL_DELETE(r->oldest, link);
	return link;
}

void *recent_get(struct recent *r, const void *key)
{
	struct recent_link *link = recent_find(r, key), **at;

	if (link)
		return link;
	link = place_new(r);
	memset(link, 0, r->size);
	memcpy(link + 1, key, r->key_len);
	at = place_of(r, key);
	link->is_found = 1;
	*at = link;
	DL_APPEND(r->oldest, link);
	return link;
}

void recent_hide(struct recent *r, void *thing)
{
	struct recent_link *link = thing;

	if (!link->is_found)
		return;
	*place_of(r, key_of(link)) = link->next_in_bucket;
	link->is_found = 0;
	link->next_in_bucket = NULL;
}
