// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_flows.h"

#include <string.h>

#include "fnv.h"

/* Translations in use at a time; the oldest goes first. */
#define FLOWS_MAX 65536

static void forget_client(struct merge_flows *f, struct merge_flow *flow)
{
	if (flow && flow->is_back)
		HASH_DELETE(back, f->by_client, flow);
	if (flow)
		flow->is_back = false;
}

void merge_flows_forget(struct merge_flows *f, struct merge_flow *flow)
{
	forget_client(f, flow);
	HASH_DEL(f->flows, flow);
	free(flow);
}

static void forget_neighbour(struct merge_flows *f, struct merge_neighbour *neighbour)
{
	HASH_DEL(f->neighbours, neighbour);
	free(neighbour);
}

void merge_flows_fini(struct merge_flows *f)
{
	while (f->flows)
		merge_flows_forget(f, f->flows);
	while (f->neighbours)
		forget_neighbour(f, f->neighbours);
}

struct merge_flow_key merge_flow_key(uint16_t host, const struct event_endpoint *client, const struct event_endpoint *server)
{
	struct merge_flow_key key;

	memset(&key, 0, sizeof(key));
	key.ends.client = *client;
	key.ends.server = *server;
	key.ends.client.reserved = key.ends.server.reserved = 0;
	key.host = host;
	return key;
}

struct merge_flow *merge_flows_find(const struct merge_flows *f, const struct merge_flow_key *key)
{
	struct merge_flow *flow;

	HASH_FIND(hh, f->flows, key, sizeof(*key), flow);
	return flow;
}

struct merge_flow *merge_flows_of_client(const struct merge_flows *f, const struct merge_ends *client_has)
{
	struct merge_flow *flow;

	HASH_FIND(back, f->by_client, client_has, sizeof(*client_has), flow);
	return flow;
}

void merge_flows_set(struct merge_flows *f, const struct merge_flow_key *key, const struct merge_ends *client_has, bool is_ipv4,
		     uint64_t token)
{
	struct merge_flow *flow = merge_flows_find(f, key);

	if (flow)
		merge_flows_forget(f, flow);
	if (HASH_COUNT(f->flows) >= FLOWS_MAX)
		merge_flows_forget(f, f->flows);
	flow = HASH_NEW(f->flows, key, *key);
	if (!flow)
		return;
	flow->client_has = *client_has;
	flow->is_ipv4 = is_ipv4;
	flow->token = token;
	forget_client(f, merge_flows_of_client(f, client_has));
	HASH_ADD(back, f->by_client, client_has, sizeof(flow->client_has), flow);
	flow->is_back = flow->back.tbl != NULL;
}

/* --- a client that a NAT has given another port --- */

static struct merge_flow_key without_port(const struct merge_flow_key *key)
{
	struct merge_flow_key out = *key;

	out.ends.client.port = 0;
	return out;
}

static struct merge_neighbour *find_neighbour(const struct merge_flows *f, const struct merge_flow_key *key)
{
	const struct merge_flow_key place = without_port(key);
	struct merge_neighbour *neighbour;

	HASH_FIND(hh, f->neighbours, &place, sizeof(place), neighbour);
	return neighbour;
}

void merge_flows_note_neighbour(struct merge_flows *f, const struct merge_flow *flow)
{
	struct merge_neighbour *neighbour = find_neighbour(f, &flow->key);
	struct merge_ends has = flow->client_has;

	has.client.port = 0;
	if (neighbour) {
		neighbour->is_one_of_many |= memcmp(&neighbour->client_has, &has, sizeof(has)) != 0;
		return;
	}
	if (HASH_COUNT(f->neighbours) >= FLOWS_MAX)
		forget_neighbour(f, f->neighbours);
	neighbour = HASH_NEW(f->neighbours, key, without_port(&flow->key));
	if (!neighbour)
		return;
	neighbour->client_has = has;
	neighbour->is_ipv4 = flow->is_ipv4;
}

static uint64_t hash_of(const struct event *ev)
{
	return fnv_hash(ev->items, ev->num_items * sizeof(ev->items[0])) ^ ev->length;
}

static uint32_t place_of(uint64_t hash)
{
	return hash >> 32 & (MERGE_SENT - 1);
}

void merge_flows_note_sent(struct merge_flows *f, const struct event *ev)
{
	const struct merge_flow_key key = merge_flow_key(0, &ev->local, &ev->remote);
	uint64_t hash;
	uint32_t at;

	if (ev->kind != EVENT_SENT || !ev->num_items || !merge_flows_of_client(f, &key.ends))
		return;
	hash = hash_of(ev);
	at = place_of(hash);
	f->sent[at].is_common = f->sent[at].hash == hash &&
				(f->sent[at].is_common || memcmp(&f->sent[at].client_has, &key.ends, sizeof(key.ends)));
	f->sent[at].hash = hash;
	f->sent[at].client_has = key.ends;
}

void merge_flows_move(struct merge_flows *f, const struct merge_flow_key *key, const struct merge_ends *client_has, bool is_ipv4)
{
	struct merge_ends has = *client_has;

	has.client.port = key->ends.client.port;
	if (!merge_flows_of_client(f, &has))
		merge_flows_set(f, key, &has, is_ipv4, 0);
}

void merge_flows_find_moved(struct merge_flows *f, const struct merge_flow_key *key, const struct event *ev)
{
	const struct merge_neighbour *neighbour;
	uint64_t hash = hash_of(ev);
	uint32_t at = place_of(hash);

	if (ev->kind != EVENT_QUEUED || !ev->num_items || f->sent[at].hash != hash || f->sent[at].is_common)
		return;
	neighbour = find_neighbour(f, key);
	if (neighbour && !neighbour->is_one_of_many &&
	    !memcmp(neighbour->client_has.client.ip, f->sent[at].client_has.client.ip, sizeof(neighbour->client_has.client.ip)))
		merge_flows_move(f, key, &neighbour->client_has, neighbour->is_ipv4);
}
