// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "begin.h"

#include <string.h>

#include "attribute.h"
#include "relations.h"
#include "table.h"

#include "core.h"

/* Make room for another handshake; if the table is full, evict one. */
static void make_room(struct analysis *a)
{
	if (table_is_full(a->table))
		analysis_forget(a, table_victim(a->table));
}

/* A new handshake with this identity and first event `ev`; NULL if memory is short. */
static struct handshake *begin_handshake(struct analysis *a, const struct event *ev,
					 const struct identity *id)
{
	struct handshake *h;

	make_room(a);
	h = table_add(a->table, id);
	if (!h)
		return NULL;
	h->party[PARTY_CLIENT].ipv4 = h->party[PARTY_SERVER].ipv4 = ev->flags & EVENT_IPV4;
	h->started_ns = h->last_ns = a->now;
	h->assemblies = a->assemblies;
	h->sees_reads = a->opts.sees_reads;
	h->sees_drops = a->opts.sees_drops;
	h->sees_send_failures = a->opts.sees_send_failures;
	a->stats.handshakes++;
	a->stats.by_state[h->state]++;
	return h;
}

/* Fill in the addresses, but not yet the random. */
static void identity_init(struct identity *id, const struct event *ev, enum party_role from)
{
	bool sent = event_is_outgoing(ev);

	memset(id, 0, sizeof(*id));
	id->address[from] = sent ? ev->local : ev->remote;
	id->address[party_peer(from)] = sent ? ev->remote : ev->local;
}

/*
 * Some old clients make a new random for the ClientHello with the cookie. The cookie ties the two
 * together: nobody else has received it (RFC 6347 s4.2.1).
 */
static struct handshake *find_by_cookie(const struct flow *flow, const struct identity *id, const struct hello *hello)
{
	struct handshake *h;

	for (uint32_t i = 0; flow && hello->cookie_hash && (h = flow_handshake(flow, i)); i++)
		if (handshake_is_open(h) && (h->party[PARTY_SERVER].flight == FLIGHT_RETRY_REQUEST || h->events_lost) &&
		    h->retry_request.hello.cookie_hash == hello->cookie_hash &&
		    endpoint_equals(&h->party[PARTY_CLIENT].address, &id->address[PARTY_CLIENT]))
			return h;
	return NULL;
}

/* A late copy of the first ClientHello of such a client. */
static struct handshake *find_by_first_random(const struct flow *flow, const struct identity *id)
{
	struct handshake *h;

	for (uint32_t i = 0; flow && (h = flow_handshake(flow, i)); i++)
		if (h->has_first_random && !memcmp(h->first_random, id->client_random, sizeof(h->first_random)) &&
		    endpoint_equals(&h->party[PARTY_CLIENT].address, &id->address[PARTY_CLIENT]))
			return h;
	return NULL;
}

/* The handshake of an earlier ClientHello of this client with another random; NULL: none. */
static struct handshake *find_renamed(struct analysis *a, const struct flow *flow, const struct identity *id,
				      const struct hello *hello)
{
	struct handshake *h = find_by_cookie(flow, id, hello);

	if (!h)
		return find_by_first_random(flow, id);
	if (!h->has_first_random)
		memcpy(h->first_random, h->client_random, sizeof(h->first_random));
	h->has_first_random = true;
	table_rename(a->table, h, id);
	relations_renamed(&a->relations, h);
	return h;
}

struct handshake *begin_with_client_hello(struct analysis *a, const struct event *ev,
					  const struct hello *hello)
{
	const struct flow *flow;
	struct handshake *h;
	struct identity id;

	identity_init(&id, ev, PARTY_CLIENT);
	memcpy(id.client_random, hello->random, sizeof(id.client_random));
	h = table_find(a->table, &id);
	flow = table_flow(a->table, ev);
	if (!h)
		h = find_renamed(a, flow ? flow : table_flow_by_addresses(a->table, ev), &id, hello);
	if (!h) {
		h = begin_handshake(a, ev, &id);
		if (!h)
			return NULL;
		h->begun_late = ev->items[0].record.sequence && ev->items[0].record.kind == DTLS_ITEM_RECORD &&
				!(ev->items[0].record.flags & DTLS_RECORD_UNIFIED) && !ev->items[0].record.epoch;
		relations_begin(&a->relations, h, ev, flow ? flow : table_flow_by_addresses(a->table, ev));
	}
	table_link(a->table, ev, h);
	return h;
}

/* A handshake that is under way has a retransmission within this time, or it is dead. */
#define MIDWAY_TIME_NS 60000000000ULL

/* The flight of a message that only one side sends, after a ClientHello. */
static uint8_t flight_under_way(const struct event *ev)
{
	for (uint32_t i = 0; i < ev->num_items; i++) {
		if (ev->items[i].kind != DTLS_ITEM_MESSAGE)
			continue;
		switch (ev->items[i].message.msg_type) {
		case DTLS_MT_SERVER_HELLO:
		case DTLS_MT_SERVER_KEY_EXCHANGE:
		case DTLS_MT_CERTIFICATE_REQUEST:
		case DTLS_MT_SERVER_HELLO_DONE:
			return FLIGHT_SERVER_HELLO;
		case DTLS_MT_CLIENT_KEY_EXCHANGE:
		case DTLS_MT_CERTIFICATE_VERIFY:
			return FLIGHT_CLIENT_FINISHED;
		}
	}
	return FLIGHT_NONE;
}

/* Is the trace so young that a handshake may have begun before it? The rate limit may have left out its beginning, too. */
static bool may_have_begun_before(const struct analysis *a)
{
	uint64_t since = a->began_ns;

	if (a->limited_until > since)
		since = a->limited_until < a->now ? a->limited_until : a->now;
	return a->now - since <= MIDWAY_TIME_NS;
}

/* Does a handshake run between these addresses? Then a datagram that is not of it may be from anybody. */
static bool is_taken(const struct flow *flow)
{
	const struct handshake *h;

	for (uint32_t i = 0; flow && (h = flow_handshake(flow, i)); i++)
		if (handshake_is_open(h) && !h->midway)
			return true;
	return false;
}

struct handshake *begin_under_way(struct analysis *a, const struct event *ev)
{
	uint8_t flight = flight_under_way(ev);
	struct handshake *h, *before;
	struct identity id;

	if (table_is_full(a->table) || ev->kind == EVENT_DROPPED || is_taken(table_flow(a->table, ev)) ||
	    is_taken(table_flow_by_addresses(a->table, ev)))
		return NULL;
	identity_init(&id, ev, flight == FLIGHT_SERVER_HELLO ? PARTY_SERVER : PARTY_CLIENT);
	before = relations_mover(&a->relations, a->table, id.address, ev);
	if (before)
		flight = FLIGHT_CLIENT_FINISHED;
	else if (!flight || !may_have_begun_before(a))
		return NULL;
	if (relations_has_asked(&a->relations, &id.address[PARTY_CLIENT]))
		return NULL;
	h = table_find(a->table, &id);
	if (!h) {
		h = begin_handshake(a, ev, &id);
		if (!h)
			return NULL;
		h->midway = true;
		h->midway_flight = flight;
		if (before)
			relations_moved(before, h);
	}
	table_link(a->table, ev, h);
	return h;
}
