// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_share.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

static void *item_at(const struct merge_share *s, size_t i)
{
	return (char *)s->items + i * s->size;
}

static bool is_of_share(const struct merge_share *s, const void *item)
{
	uint64_t key;

	memcpy(&key, item, sizeof(key));
	return !(key & s->mask);
}

static void keep_fewer(struct merge_share *s)
{
	size_t num = 0;

	/* Whoever made keys that are all alike does not get another look at each. */
	if (s->mask == UINT64_MAX)
		return;
	s->mask = s->mask << 1 | 1;
	for (size_t i = 0; i < s->num; i++)
		if (is_of_share(s, item_at(s, i)))
			memmove(item_at(s, num++), item_at(s, i), s->size);
	s->num = num;
}

static bool has_room(struct merge_share *s)
{
	size_t room = s->room ? 2 * s->room : FIRST_ROOM;
	void *items;

	if (s->num < s->room)
		return true;
	if (room > s->max) {
		keep_fewer(s);
		return s->num < s->room;
	}
	items = reallocarray(s->items, room, s->size);
	if (!items) {
		s->is_short = true;
		return false;
	}
	s->items = items;
	s->room = room;
	return true;
}

void merge_share_add(struct merge_share *s, const void *item)
{
	if (is_of_share(s, item) && has_room(s) && is_of_share(s, item))
		memcpy(item_at(s, s->num++), item, s->size);
}

void merge_share_fini(struct merge_share *s)
{
	free(s->items);
}
