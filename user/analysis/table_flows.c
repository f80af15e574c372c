// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Flows: the handshakes of each socket and peer address. */
#include "table_inside.h"

#include "core.h"

static void flow_key_init(struct flow_key *key, const struct event *ev)
{
	/* A capture has no local end: both directions are one flow. */
	bool swap = event_is_captured(ev) && memcmp(&ev->local, &ev->remote, sizeof(ev->local)) > 0;

	memset(key, 0, sizeof(*key));
	key->socket = ev->socket;
	key->local = swap ? ev->remote : ev->local;
	key->remote = swap ? ev->local : ev->remote;
}

/* The pointer to the flow with this key, or the place for it. */
static struct flow **place_of(struct table *t, const struct flow_key *key)
{
	uint64_t hash = keyed_hash(t->seed, key, sizeof(*key));
	struct flow **at = &t->by_key[hash & ((1u << t->log2_buckets) - 1)];

	while (*at && memcmp(&(*at)->key, key, sizeof(*key)))
		at = &(*at)->next;
	return at;
}

struct flow *table_flow(struct table *t, const struct event *ev)
{
	struct flow_key key;

	flow_key_init(&key, ev);
	/* It is asked for several times an event. */
	if (!t->flow_found || memcmp(&t->flow_found->key, &key, sizeof(key)))
		t->flow_found = *place_of(t, &key);
	return t->flow_found;
}

/* --- by addresses --- */

static struct flow *flow_of(const struct latest_member *member, size_t offset)
{
	return member ? (struct flow *)((char *)member - offset) : NULL;
}

static bool is_addresses_key(const struct latest_member *member, const void *key)
{
	const struct flow *flow = flow_of(member, offsetof(struct flow, by_addresses));
	const struct addresses_key *other = key;

	return endpoint_equals(&flow->key.local, &other->local) &&
	       endpoint_equals(&flow->key.remote, &other->remote);
}

static bool is_namespace_key(const struct latest_member *member, const void *key)
{
	const struct flow *flow = flow_of(member, offsetof(struct flow, by_namespace));
	const struct addresses_key *other = key;

	return flow->netns == other->netns && endpoint_equals(&flow->key.local, &other->local) &&
	       endpoint_equals(&flow->key.remote, &other->remote);
}

void flows_init(struct table *t)
{
	t->by_addresses.seed = t->by_namespace.seed = t->seed;
	t->by_addresses.key_len = t->by_namespace.key_len = sizeof(struct addresses_key);
	t->by_addresses.is_key = is_addresses_key;
	t->by_namespace.is_key = is_namespace_key;
}

/* The flow has a new latest handshake, or none any more: `id` 0. */
static void rank(struct table *t, struct flow *flow, uint64_t id)
{
	struct addresses_key any = { 0, flow->key.local, flow->key.remote }, one = any;

	one.netns = flow->netns;
	latest_remove(&t->by_addresses, &flow->by_addresses, &any);
	latest_remove(&t->by_namespace, &flow->by_namespace, &one);
	if (!id)
		return;
	latest_add(&t->by_addresses, &flow->by_addresses, &any, id);
	latest_add(&t->by_namespace, &flow->by_namespace, &one, id);
}

static struct flow *latest_anywhere(struct table *t, const struct addresses_key *key)
{
	return flow_of(latest_find(&t->by_addresses, key), offsetof(struct flow, by_addresses));
}

static struct flow *latest_in(struct table *t, const struct addresses_key *key, uint32_t netns)
{
	struct addresses_key one = *key;

	one.netns = netns;
	return flow_of(latest_find(&t->by_namespace, &one), offsetof(struct flow, by_namespace));
}

struct flow *table_flow_by_addresses(struct table *t, const struct event *ev)
{
	struct addresses_key addresses = { 0 };
	struct flow *any, *here, *unknown;
	struct flow_key key;

	flow_key_init(&key, ev);
	addresses.local = key.local;
	addresses.remote = key.remote;
	any = latest_anywhere(t, &addresses);
	if (!any || !ev->netns || !any->netns || any->netns == ev->netns)
		return any;
	here = latest_in(t, &addresses, ev->netns);
	unknown = latest_in(t, &addresses, 0);
	if (!here || !unknown)
		return here ? here : unknown;
	return latest_id(&here->by_namespace) > latest_id(&unknown->by_namespace) ? here : unknown;
}

struct handshake *table_sent_to(struct table *t, const struct event *ev)
{
	const struct addresses_key addresses = { 0, ev->remote, ev->local };
	const struct flow *flow = latest_anywhere(t, &addresses);

	/* Are all flows with these addresses in its namespace? */
	if (!flow || latest_in(t, &addresses, flow->netns)->by_namespace.num != flow->by_addresses.num)
		return NULL;
	return flow_handshake(flow, 0);
}

/* --- flows --- */

static void flow_remove(struct table *t, struct flow *flow)
{
	*place_of(t, &flow->key) = flow->next;
	if (t->flow_found == flow)
		t->flow_found = NULL;
	flow->next = t->free_flows;
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
			if (!i)
				rank(t, flow, flow->entries[0] ? flow->entries[0]->id : 0);
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
		t->free_flows = flow->next;
	else if (t->flows_touched < 2 * t->max_entries)
		flow = &t->flows[t->flows_touched++];
	else
		return NULL;
	memset(flow, 0, sizeof(*flow));
	flow_key_init(&flow->key, ev);
	flow->netns = ev->netns;
	flow->table = t;
	*place_of(t, &flow->key) = flow;
	return flow;
}

/* Put the entry before the others; if there are too many, the oldest leaves the flow and is checked soon. */
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
	rank(t, flow, entry->id);
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
