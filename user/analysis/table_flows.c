// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Flows: which handshakes go over which socket, to whom. */
#include "table_inside.h"

#include "core.h"

static void flow_key_init(struct flow_key *key, const struct event *ev)
{
	/* A capture has no local end: both directions are one flow. */
	bool swap = ev->kind == EVENT_CAPTURED && memcmp(&ev->local, &ev->remote, sizeof(ev->local)) > 0;

	memset(key, 0, sizeof(*key));
	key->socket = ev->socket;
	key->local = swap ? ev->remote : ev->local;
	key->remote = swap ? ev->local : ev->remote;
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
	return !than || flow->entries[0]->id > than->entries[0]->id;
}

/* The next flow in the bucket: those with the same addresses are in one, in an order that means nothing. */
static struct flow *next_in_bucket(const struct flow *flow)
{
	UT_hash_handle *next = flow->by_addresses.hh_next;

	return next ? (struct flow *)((char *)next - offsetof(struct flow, by_addresses)) : NULL;
}

struct flow *table_flow_by_addresses(struct table *t, const struct event *ev)
{
	struct flow_key key;
	struct flow *flow, *best = NULL;

	flow_key_init(&key, ev);
	HASH_FIND(by_addresses, t->by_addresses, &key.local, ADDRESSES_LEN, flow);
	for (; flow; flow = next_in_bucket(flow))
		if (!memcmp(&flow->key.local, &key.local, ADDRESSES_LEN) &&
		    (!flow->netns || !ev->netns || flow->netns == ev->netns) && is_later(flow, best))
			best = flow;
	return best;
}

struct handshake *table_sent_to(struct table *t, const struct event *ev)
{
	struct flow_key key;
	struct flow *flow, *best = NULL;

	memset(&key, 0, sizeof(key));
	key.local = ev->remote;
	key.remote = ev->local;
	HASH_FIND(by_addresses, t->by_addresses, &key.local, ADDRESSES_LEN, flow);
	for (; flow; flow = next_in_bucket(flow)) {
		if (memcmp(&flow->key.local, &key.local, ADDRESSES_LEN))
			continue;
		if (best && best->netns != flow->netns)
			return NULL;
		if (is_later(flow, best))
			best = flow;
	}
	return best ? flow_handshake(best, 0) : NULL;
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

void flow_unlink(struct table *t, struct entry *entry, struct flow *flow)
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
	flow->table = t;
	HASH_ADD(hh, t->by_key, key, sizeof(flow->key), flow);
	if (!flow->hh.tbl) {
		flow->next_free = t->free_flows;
		t->free_flows = flow;
		return NULL;
	}
	flow->hh.tbl->noexpand = 1;
	/* If memory is short for this it is found by its socket alone. */
	HASH_ADD(by_addresses, t->by_addresses, key.local, ADDRESSES_LEN, flow);
	if (flow->by_addresses.tbl)
		flow->by_addresses.tbl->noexpand = 1;
	return flow;
}

/* Put it before the others; the earliest of too many is forgotten, and is looked at soon. */
static void flow_push(struct table *t, struct flow *flow, struct entry *entry)
{
	struct entry *last = flow->entries[FLOW_MAX_HANDSHAKES - 1];

	if (last) {
		last->flows[last->flows[PARTY_CLIENT] == flow ? PARTY_CLIENT : PARTY_SERVER] = NULL;
		if (!last->ended)
			deadlines_set(&t->deadlines, &last->deadline, 0);
	}
	memmove(&flow->entries[1], &flow->entries[0],
		(FLOW_MAX_HANDSHAKES - 1) * sizeof(flow->entries[0]));
	flow->entries[0] = entry;
}

bool table_link(struct table *t, const struct event *ev, struct handshake *h)
{
	struct entry *entry = entry_of(h);
	enum party_role local = endpoint_equals(&ev->local, &entry->identity.address[PARTY_CLIENT]) ?
					PARTY_CLIENT : PARTY_SERVER;
	struct flow *flow = table_flow(t, ev);

	if (flow && entry->flows[local] == flow)
		return true;
	if (entry->flows[local])	/* another socket took over the address */
		flow_unlink(t, entry, entry->flows[local]);
	entry->flows[local] = NULL;
	flow = table_flow(t, ev);
	if (!flow)
		flow = flow_add(t, ev);
	if (!flow)
		return false;
	flow_push(t, flow, entry);
	entry->flows[local] = flow;
	return true;
}

const struct flow *table_flow_of(const struct handshake *h, enum party_role end)
{
	return entry_of(h)->flows[end];
}

struct handshake *flow_handshake(const struct flow *flow, uint32_t index)
{
	if (index >= FLOW_MAX_HANDSHAKES || !flow->entries[index])
		return NULL;
	return entry_handshake(flow->table, flow->entries[index]);
}
