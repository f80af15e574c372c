/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps what the first reading learns, up to a number of items: all of them, or of more a share that depends on their keys only, so
 * that of what several hosts saw, the same is kept of each. Pure but for its heap.
 */
#ifndef DTLSNOOP_MERGE_SHARE_H
#define DTLSNOOP_MERGE_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Set `size` and `max`, the rest to zero. */
struct merge_share {
	size_t size;		/* of an item, bytes; it begins with its key, a uint64_t whose low bits differ */
	size_t max;		/* items */
	void *items;		/* in the order in which they came. Its owner is the struct */
	size_t num, room;
	uint64_t mask;		/* only what has none of these bits in its key is kept; 0: all is */
	bool is_short;		/* of memory: some are missing */
};

/* Keep a copy of `item`, if it is of the share. */
void merge_share_add(struct merge_share *s, const void *item);

void merge_share_fini(struct merge_share *s);

#endif
