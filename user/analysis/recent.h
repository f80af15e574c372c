/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A bounded table of things by a key. If it is full, the one that was used least recently makes room for a new one.
 * Memory is only touched as far as there are things.
 */
#ifndef DTLSNOOP_RECENT_H
#define DTLSNOOP_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Comes first in a thing; its key comes next. */
struct recent_link {
	struct recent_link *next_in_bucket;
	struct recent_link *prev, *next;	/* least recently used first */
	uint64_t is_found;	/* it is in a bucket */
};

struct recent {
	size_t size, key_len;	/* of a thing, of its key, bytes */
	uint32_t max;		/* things; a power of two */
	uint32_t num;		/* things so far, <= max */
	uint64_t seed;		/* see keyed_hash() */
	char *things;
	struct recent_link **buckets, *oldest;
};

/* Makes room for `max` things. False if memory is short. */
bool recent_init(struct recent *r, void *(*allocate)(size_t size), void (*release)(void *memory));
void recent_fini(struct recent *r, void (*release)(void *memory));

/* The thing with this key, which is the most recent one from now on. NULL: there is none. */
void *recent_find(struct recent *r, const void *key);

/* The same; if there is none, a new one that is all 0 but for its key. */
void *recent_get(struct recent *r, const void *key);

/* This thing keeps its place and what it has, but is no longer found. */
void recent_hide(struct recent *r, void *thing);

#endif
