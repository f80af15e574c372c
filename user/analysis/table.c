// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "table.h"

#include <stdlib.h>
#include <string.h>

/* Out of memory is an answer, not an exit; hashes differ from trace to trace. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) (t->allocate(size))
#define uthash_free(memory, size) (t->release(memory))
#define HASH_INITIAL_NUM_BUCKETS 1024U
#define HASH_INITIAL_NUM_BUCKETS_LOG2 10U
#define HASH_FUNCTION(key, len, hashv) ((hashv) = hash_seeded(t, key, len))
struct table;
static unsigned hash_seeded(const struct table *t, const void *key, size_t len);
#include <uthash.h>
#include <utlist.h>

#include "core.h"

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
	struct entry *entries[FLOW_MAX_HANDSHAKES];	/* latest first, then NULL */
	struct flow *next_free;
	UT_hash_handle hh;
	UT_hash_handle by_addresses;	/* not unique: several sockets may have the same */
};

struct identity {
	struct event_endpoint address[PARTY_MAX];
	uint8_t client_random[HELLO_RANDOM_LEN];
};

struct entry {
	struct handshake h;	/* first: a handshake is its entry */
	struct identity identity;
	struct flow *flows[PARTY_MAX];	/* of either end, NULL: not on this host */
	bool ended;		/* in the list of those that ended */
	struct entry *prev, *next;
	UT_hash_handle hh;
};

struct table {
	void *(*allocate)(size_t size);
	void (*release)(void *memory);
	uint32_t seed;
	uint32_t num_entries, max_entries;
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
};

/* FNV-1a from a secret start: a stranger cannot choose addresses that collide. */
static unsigned hash_seeded(const struct table *t, const void *key, size_t len)
{
	const unsigned char *p = key;
	uint32_t hash = t->seed;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x01000193u;
	return hash ^ hash >> 15;
}

static struct entry *entry_of(const struct handshake *h)
{
	return (struct entry *)h;
}

static void flow_key_init(struct flow_key *key, const struct event *ev)
{
	/* A capture has no local end: both directions are one flow. */
	bool swap = ev->kind == EVENT_CAPTURED && memcmp(&ev->local, &ev->remote, sizeof(ev->local)) > 0;

	memset(key, 0, sizeof(*key));
	key->socket = ev->socket;
	key->local = swap ? ev->remote : ev->local;
	key->remote = swap ? ev->local : ev->remote;
}

static void identity_init(struct identity *id, const struct handshake *h)
{
	memset(id, 0, sizeof(*id));
	for (int i = 0; i < PARTY_MAX; i++)
		id->address[i] = h->party[i].address;
	memcpy(id->client_random, h->client_random, sizeof(id->client_random));
}

struct table *table_new(const struct analysis_options *opts)
{
	struct table *t = opts->allocate(sizeof(*t));
	uint32_t num = opts->max_handshakes;

	if (!t)
		return NULL;
	memset(t, 0, sizeof(*t));
	t->allocate = opts->allocate;
	t->release = opts->release;
	t->seed = opts->hash_seed;
	t->max_entries = num;
	t->entries = opts->allocate(num * sizeof(*t->entries));
	t->flows = opts->allocate(2 * (size_t)num * sizeof(*t->flows));
	if (!t->entries || !t->flows) {
		table_free(t);
		return NULL;
	}
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	HASH_CLEAR(hh, t->by_identity);
	HASH_CLEAR(hh, t->by_key);
	HASH_CLEAR(by_addresses, t->by_addresses);
	if (t->entries)
		t->release(t->entries);
	if (t->flows)
		t->release(t->flows);
	t->release(t);
}

struct flow *table_flow(struct table *t, const struct event *ev)
{
	struct flow_key key;
	struct flow *flow;

	flow_key_init(&key, ev);
	HASH_FIND(hh, t->by_key, &key, sizeof(key), flow);
	return flow;
}

/* Of two flows between the same addresses: the one in which something began last. */
static bool is_later(const struct flow *flow, const struct flow *than)
{
	return !than || flow->entries[0]->h.id > than->entries[0]->h.id;
}

struct flow *table_flow_by_addresses(struct table *t, const struct event *ev)
{
	struct flow_key key;
	struct flow *flow, *best = NULL;
	UT_hash_handle *next;

	flow_key_init(&key, ev);
	HASH_FIND(by_addresses, t->by_addresses, &key.local, ADDRESSES_LEN, flow);
	/* Those with the same key are in the same bucket, in an order that means nothing. */
	while (flow) {
		if (!memcmp(&flow->key.local, &key.local, ADDRESSES_LEN) &&
		    (!flow->netns || !ev->netns || flow->netns == ev->netns) && is_later(flow, best))
			best = flow;
		next = flow->by_addresses.hh_next;
		flow = next ? (struct flow *)((char *)next - offsetof(struct flow, by_addresses)) : NULL;
	}
	return best;
}

struct handshake *table_find(struct table *t, const struct handshake *like)
{
	struct identity id;
	struct entry *entry;

	identity_init(&id, like);
	HASH_FIND(hh, t->by_identity, &id, sizeof(id), entry);
	return entry ? &entry->h : NULL;
}

bool table_is_full(const struct table *t)
{
	return t->num_entries == t->max_entries;
}

struct handshake *table_oldest(struct table *t)
{
	struct entry *oldest = t->ended ? t->ended : t->open;

	return oldest ? &oldest->h : NULL;
}

static void flow_remove(struct table *t, struct flow *flow)
{
	HASH_DELETE(hh, t->by_key, flow);
	if (flow->by_addresses.tbl)
		HASH_DELETE(by_addresses, t->by_addresses, flow);
	flow->next_free = t->free_flows;
	t->free_flows = flow;
}

static void flow_drop(struct flow *flow, uint32_t index)
{
	memmove(&flow->entries[index], &flow->entries[index + 1],
		(FLOW_MAX_HANDSHAKES - 1 - index) * sizeof(flow->entries[0]));
	flow->entries[FLOW_MAX_HANDSHAKES - 1] = NULL;
}

static void unlink_flow(struct table *t, struct entry *entry, struct flow *flow)
{
	for (uint32_t i = 0; i < FLOW_MAX_HANDSHAKES; i++) {
		if (flow->entries[i] == entry) {
			flow_drop(flow, i);
			break;
		}
	}
	if (!flow->entries[0])
		flow_remove(t, flow);
}

void table_remove(struct table *t, struct handshake *h)
{
	struct entry *entry = entry_of(h);

	for (int i = 0; i < PARTY_MAX; i++)
		if (entry->flows[i])
			unlink_flow(t, entry, entry->flows[i]);
	HASH_DELETE(hh, t->by_identity, entry);
	if (entry->ended)
		DL_DELETE(t->ended, entry);
	else
		DL_DELETE(t->open, entry);
	entry->next = t->free_entries;
	t->free_entries = entry;
	t->num_entries--;
}

struct handshake *table_add(struct table *t, const struct handshake *like)
{
	struct entry *entry = t->free_entries;

	if (entry)
		t->free_entries = entry->next;
	else if (t->entries_touched < t->max_entries)
		entry = &t->entries[t->entries_touched++];
	else
		return NULL;
	memset(entry, 0, sizeof(*entry));
	entry->h = *like;
	identity_init(&entry->identity, like);
	HASH_ADD(hh, t->by_identity, identity, sizeof(entry->identity), entry);
	if (!entry->hh.tbl) {
		entry->next = t->free_entries;
		t->free_entries = entry;
		return NULL;
	}
	entry->h.id = ++t->last_id;
	t->num_entries++;
	DL_APPEND(t->open, entry);
	return &entry->h;
}

static struct flow *flow_add(struct table *t, const struct event *ev)
{
	struct flow *flow = t->free_flows;

	if (flow)
		t->free_flows = flow->next_free;
	else if (t->flows_touched < 2 * t->max_entries)
		flow = &t->flows[t->flows_touched++];
	else
		return NULL;
	memset(flow, 0, sizeof(*flow));
	flow_key_init(&flow->key, ev);
	flow->netns = ev->netns;
	HASH_ADD(hh, t->by_key, key, sizeof(flow->key), flow);
	if (flow->hh.tbl) {
		/* If memory is short for this it is found by its socket alone. */
		HASH_ADD(by_addresses, t->by_addresses, key.local, ADDRESSES_LEN, flow);
		return flow;
	}
	flow->next_free = t->free_flows;
	t->free_flows = flow;
	return NULL;
}

bool table_link(struct table *t, const struct event *ev, struct handshake *h)
{
	struct entry *entry = entry_of(h), *last;
	enum party_role local = memcmp(&ev->local, &h->party[PARTY_CLIENT].address,
				       sizeof(ev->local)) ? PARTY_SERVER : PARTY_CLIENT;
	struct flow *flow = table_flow(t, ev);

	if (flow && entry->flows[local] == flow)
		return true;
	if (entry->flows[local])	/* another socket took over the address */
		unlink_flow(t, entry, entry->flows[local]);
	entry->flows[local] = NULL;
	flow = table_flow(t, ev);
	if (!flow)
		flow = flow_add(t, ev);
	if (!flow)
		return false;
	last = flow->entries[FLOW_MAX_HANDSHAKES - 1];
	if (last)
		last->flows[last->flows[PARTY_CLIENT] == flow ? PARTY_CLIENT : PARTY_SERVER] = NULL;
	memmove(&flow->entries[1], &flow->entries[0],
		(FLOW_MAX_HANDSHAKES - 1) * sizeof(flow->entries[0]));
	flow->entries[0] = entry;
	entry->flows[local] = flow;
	return true;
}

void table_touch(struct table *t, struct handshake *h)
{
	struct entry *entry = entry_of(h);

	if (entry->ended)
		DL_DELETE(t->ended, entry);
	else
		DL_DELETE(t->open, entry);
	entry->ended = !handshake_is_open(h);
	if (entry->ended)
		DL_APPEND(t->ended, entry);
	else
		DL_APPEND(t->open, entry);
}

const struct flow *table_flow_of(const struct handshake *h, enum party_role end)
{
	return ((const struct entry *)h)->flows[end];
}

struct handshake *flow_handshake(const struct flow *flow, uint32_t index)
{
	if (index >= FLOW_MAX_HANDSHAKES || !flow->entries[index])
		return NULL;
	return &flow->entries[index]->h;
}

struct handshake *table_first_open(struct table *t)
{
	return t->open ? &t->open->h : NULL;
}

struct handshake *table_next_open(struct handshake *h)
{
	struct entry *entry = entry_of(h);

	return entry->next ? &entry->next->h : NULL;
}
