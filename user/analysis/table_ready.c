// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The handshakes of the table that are ready for use; the others are packed. */
#include "table_inside.h"

#include "fate.h"
#include "packed.h"

#include "core.h"

_Static_assert(sizeof(struct handshake) % 8 == 0 && sizeof(struct handshake) <= PACKED_MAX, "packed.h");

void place_free(struct table *t, struct ready *place)
{
	DL_DELETE(t->ready, place);
	place->next = t->free_places;
	t->free_places = place;
	t->num_ready--;
}

/* Pack the least recently used handshake. False if memory is short. */
static bool pack_one(struct table *t)
{
	struct ready *place = t->ready;

	place->entry->packed = packed_new(&place->h, sizeof(place->h), t->allocate);
	if (!place->entry->packed)
		return false;
	place->entry->ready = NULL;
	place_free(t, place);
	place->is_zero = true;
	return true;
}

struct ready *place_new(struct table *t, struct entry *entry)
{
	struct ready *place;

	if (!t->free_places && t->places_touched == t->num_places)
		return NULL;
	place = t->free_places;
	if (place) {
		t->free_places = place->next;
	} else {
		place = &t->places[t->places_touched++];
		place->is_zero = false;
	}
	if (!place->is_zero)
		memset(&place->h, 0, sizeof(place->h));
	place->is_zero = false;
	place->entry = entry;
	entry->ready = place;
	DL_APPEND(t->ready, place);
	t->num_ready++;
	return place;
}

/* Record the events lost since it was last ready, or since it ended. */
static void tell_lost(const struct table *t, struct entry *entry)
{
	if (entry->lost != t->lost)
		fate_lost(&entry->ready->h, t->lost - entry->lost, t->lost_ns);
	entry->lost = t->lost;
}

struct handshake *entry_handshake(struct table *t, struct entry *entry)
{
	if (entry->ready) {
		DL_DELETE(t->ready, entry->ready);
		DL_APPEND(t->ready, entry->ready);
		return &entry->ready->h;
	}
	if (!place_new(t, entry))
		return NULL;
	packed_read(entry->packed, &entry->ready->h);
	t->release(entry->packed);
	entry->packed = NULL;
	/* An ended handshake waits for nothing, so losses do not matter yet: see table_lost_since(). */
	if (!entry->ended)
		tell_lost(t, entry);
	return &entry->ready->h;
}

struct handshake *table_settle(struct table *t)
{
	while (t->num_ready > t->max_ready)
		if (!pack_one(t))
			return &t->ready->h;
	return NULL;
}

void table_lost(struct table *t, uint64_t num, uint64_t now)
{
	struct ready *place;

	t->lost += num;
	t->lost_ns = now;
	DL_FOREACH(t->ready, place)
		if (!place->entry->ended)
			tell_lost(t, place->entry);
}

void table_lost_since(struct table *t, struct handshake *h)
{
	tell_lost(t, entry_of(h));
}

bool table_has_lost_since(const struct table *t, const struct handshake *h)
{
	return entry_of(h)->lost != t->lost;
}

uint64_t table_num_lost(const struct table *t)
{
	return t->lost;
}

void table_lost_before(struct table *t, struct handshake *h, uint64_t known)
{
	if (t->lost != known)
		fate_lost(h, t->lost - known, t->lost_ns);
}

/* --- by time --- */

void entry_watch(struct table *t, struct entry *entry, uint64_t at_ns)
{
	if (!entry->ended && at_ns < deadline_of(&entry->deadline))
		deadlines_set(&t->deadlines, &entry->deadline, at_ns);
}
