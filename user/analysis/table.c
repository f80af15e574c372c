// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "table_inside.h"

#include "core.h"

/* Places for the handshakes that one event may use: those of all its flows, and a few. */
#define SPARE_PLACES 64u

static void *allocate_many(const struct table *t, size_t num, size_t size)
{
	return t->allocate(num * size);
}

/* Two buckets for each handshake: one that is not sought in a bucket costs a cache miss. */
#define LOG2_BUCKETS_EACH 1

static void *allocate_buckets(const struct table *t, size_t size)
{
	void *buckets = allocate_many(t, (size_t)1 << t->log2_buckets, size);

	if (buckets)
		memset(buckets, 0, size << t->log2_buckets);
	return buckets;
}

struct table *table_new(const struct analysis_options *opts)
{
	struct table *t = opts->allocate(sizeof(*t));
	uint32_t num = opts->max_handshakes, ready = opts->max_ready;

	if (!t)
		return NULL;
	memset(t, 0, sizeof(*t));
	t->allocate = opts->allocate;
	t->release = opts->release;
	t->seed = opts->hash_seed;
	t->max_entries = num;
	while (1u << t->log2_buckets < num)
		t->log2_buckets++;
	t->log2_buckets += LOG2_BUCKETS_EACH;
	t->max_ready = num <= ready ? num : ready;
	t->num_places = num <= ready + SPARE_PLACES ? num : ready + SPARE_PLACES;
	flows_init(t);
	sockets_init(t);
	t->by_identity = allocate_buckets(t, sizeof(t->by_identity[0]));
	t->by_key = allocate_buckets(t, sizeof(t->by_key[0]));
	t->entries = allocate_many(t, num, sizeof(*t->entries));
	t->flows = allocate_many(t, 2 * (size_t)num, sizeof(*t->flows));
	t->places = allocate_many(t, t->num_places, sizeof(*t->places));
	t->deadlines.heap = allocate_many(t, num + (size_t)1, sizeof(t->deadlines.heap[0]));
	t->sockets = socket_index_new(2 * num, opts->hash_seed, opts->allocate, opts->release);
	if (latest_init(&t->by_addresses, num, t->allocate) && latest_init(&t->by_namespace, num, t->allocate) &&
	    latest_init(&t->by_peer, num, t->allocate) && t->by_identity && t->by_key &&
	    t->entries && t->flows && t->places && t->deadlines.heap && t->sockets)
		return t;
	table_free(t);
	return NULL;
}

static void release(const struct table *t, void *memory)
{
	if (memory)
		t->release(memory);
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->entries_touched; i++)
		release(t, t->entries[i].packed);
	latest_fini(&t->by_addresses, t->release);
	latest_fini(&t->by_namespace, t->release);
	latest_fini(&t->by_peer, t->release);
	socket_index_free(t->sockets);
	release(t, t->by_identity);
	release(t, t->by_key);
	release(t, t->deadlines.heap);
	release(t, t->places);
	release(t, t->entries);
	release(t, t->flows);
	t->release(t);
}

/* --- all handshakes --- */

/* The pointer to the entry with this identity, or the place for it. */
static struct entry **place_of(struct table *t, const struct identity *id)
{
	uint64_t hash = keyed_hash(t->seed, id, sizeof(*id));
	struct entry **at = &t->by_identity[hash & ((1u << t->log2_buckets) - 1)];

	while (*at && memcmp(&(*at)->identity, id, sizeof(*id)))
		at = &(*at)->next_in_bucket;
	return at;
}

struct handshake *table_find(struct table *t, const struct identity *id)
{
	struct entry *entry = *place_of(t, id);

	return entry ? entry_handshake(t, entry) : NULL;
}

void table_rename(struct table *t, struct handshake *h, const struct identity *id)
{
	struct entry *entry = entry_of(h), **at;

	*place_of(t, &entry->identity) = entry->next_in_bucket;
	entry->identity = *id;
	at = place_of(t, id);
	entry->next_in_bucket = *at;
	*at = entry;
	memcpy(h->client_random, id->client_random, sizeof(h->client_random));
}

bool table_is_full(const struct table *t)
{
	return t->num_entries == t->max_entries;
}

static struct entry *victim_of(const struct table *t)
{
	bool flooded = t->num_unproven > t->max_entries - t->max_entries / 4;
	struct entry *victim = t->ended;

	if (flooded || !victim)
		victim = t->unproven;
	return victim ? victim : t->open;
}

struct handshake *table_victim(struct table *t)
{
	struct entry *victim = victim_of(t);

	return victim ? entry_handshake(t, victim) : NULL;
}

static void set_unproven(struct table *t, struct entry *entry, bool is_unproven)
{
	if (entry->is_unproven) {
		DL_DELETE2(t->unproven, entry, unproven_prev, unproven_next);
		t->num_unproven--;
	}
	entry->is_unproven = is_unproven;
	if (is_unproven) {
		DL_APPEND2(t->unproven, entry, unproven_prev, unproven_next);
		t->num_unproven++;
	}
}

/* `entry` leaves its place in its list. */
static void skip(struct table *t, const struct entry *entry)
{
	if (t->next == entry)
		t->next = entry->next;
}

static void entry_remove(struct table *t, struct entry *entry)
{
	skip(t, entry);
	for (int i = 0; i < PARTY_MAX; i++)
		if (entry->flows[i])
			flow_unlink(t, entry, entry->flows[i]);
	sockets_unlink(t, entry);
	deadlines_set(&t->deadlines, &entry->deadline, DEADLINE_NEVER);
	*place_of(t, &entry->identity) = entry->next_in_bucket;
	set_unproven(t, entry, false);
	if (entry->ended)
		DL_DELETE(t->ended, entry);
	else
		DL_DELETE(t->open, entry);
	if (entry->ready)
		place_free(t, entry->ready);
	release(t, entry->packed);
	entry->packed = NULL;
	entry->next = t->free_entries;
	t->free_entries = entry;
	t->num_entries--;
}

void table_remove(struct table *t, struct handshake *h)
{
	entry_remove(t, entry_of(h));
}

bool table_remove_ended(struct table *t)
{
	struct entry *victim = victim_of(t);

	if (!victim || !victim->ended)
		return false;
	entry_remove(t, victim);
	return true;
}

static struct entry *entry_new(struct table *t, const struct identity *id)
{
	struct entry *entry = t->free_entries;

	if (entry)
		t->free_entries = entry->next;
	else if (t->entries_touched < t->max_entries)
		entry = &t->entries[t->entries_touched++];
	else
		return NULL;
	memset(entry, 0, sizeof(*entry));
	entry->identity = *id;
	entry->lost = t->lost;
	for (int i = 0; i < PARTY_MAX; i++)
		entry->sockets[i] = (struct socket_link){ .owner = entry, .which = i };
	if (place_new(t, entry)) {
		*place_of(t, id) = entry;
		return entry;
	}
	entry->next = t->free_entries;
	t->free_entries = entry;
	return NULL;
}

struct handshake *table_add(struct table *t, const struct identity *id)
{
	struct entry *entry = entry_new(t, id);
	struct handshake *h;

	if (!entry)
		return NULL;
	h = &entry->ready->h;
	for (int i = 0; i < PARTY_MAX; i++)
		h->party[i].address = id->address[i];
	memcpy(h->client_random, id->client_random, sizeof(h->client_random));
	h->id = entry->id = ++t->last_id;
	t->num_entries++;
	DL_APPEND(t->open, entry);
	set_unproven(t, entry, true);
	return h;
}

/*
 * Nothing shows that the client can be reached at its address: the address may be
 * forged, and a server sends a cookie request to any address (RFC 6347 s4.2.1). A socket of this host
 * is no forgery.
 */
static bool is_unproven(const struct handshake *h)
{
	return handshake_is_open(h) && h->party[PARTY_SERVER].flight <= FLIGHT_RETRY_REQUEST &&
	       !h->party[PARTY_CLIENT].view[POINT_SENT].any;
}

void table_touch(struct table *t, struct handshake *h)
{
	struct entry *entry = entry_of(h);

	skip(t, entry);
	if (entry->ended)
		DL_DELETE(t->ended, entry);
	else
		DL_DELETE(t->open, entry);
	entry->ended = !handshake_is_open(h);
	if (entry->ended)
		DL_APPEND(t->ended, entry);
	else
		DL_APPEND(t->open, entry);
	set_unproven(t, entry, is_unproven(h));
	table_note_sockets(t, h);
	for (int i = 0; i < PARTY_MAX; i++)
		socket_index_put(t->sockets, &entry->sockets[i], socket_link_cookie(&entry->sockets[i]));
	if (entry->ended)
		deadlines_set(&t->deadlines, &entry->deadline, h->is_settled ? DEADLINE_NEVER : handshake_settles_ns(h));
}

void table_rewind(struct table *t)
{
	t->next = t->open;
}

void table_rewind_ended(struct table *t)
{
	t->next = t->ended;
}

struct handshake *table_next(struct table *t)
{
	struct entry *entry = t->next;

	if (!entry)
		return NULL;
	t->next = entry->next;
	return entry_handshake(t, entry);
}

void table_watch(struct table *t, struct handshake *h, uint64_t at_ns)
{
	struct entry *entry = entry_of(h);

	entry_watch(t, entry, at_ns);
	for (int i = 0; i < PARTY_MAX; i++)
		for (uint32_t j = 0; entry->flows[i] && j < FLOW_MAX_HANDSHAKES; j++)
			if (entry->flows[i]->entries[j])
				entry_watch(t, entry->flows[i]->entries[j], at_ns);
}

void table_watch_ended(struct table *t, struct handshake *h, uint64_t at_ns)
{
	deadlines_set(&t->deadlines, &entry_of(h)->deadline, at_ns);
}

uint64_t table_deadline(const struct table *t)
{
	const struct deadline *first = deadlines_first(&t->deadlines);

	return first ? first->at_ns : DEADLINE_NEVER;
}

struct handshake *table_due(struct table *t, uint64_t at_ns)
{
	struct deadline *first = deadlines_first(&t->deadlines);

	if (!first || first->at_ns > at_ns)
		return NULL;
	deadlines_set(&t->deadlines, first, DEADLINE_NEVER);
	return entry_handshake(t, (struct entry *)((char *)first - offsetof(struct entry, deadline)));
}
