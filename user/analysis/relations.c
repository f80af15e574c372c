// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "relations_pairs.h"

#include <string.h>

#include "flights.h"
#include "fnv.h"
#include "goes_on.h"
#include "sighting.h"
#include "table.h"

#include "core.h"

/* --- what is remembered: a replaced place costs one diagnosis at most --- */

static struct asker *asker_of(struct relations_memory *m, const struct event_endpoint *client)
{
	return &m->askers[fnv_place(client, sizeof(*client), NUM_ASKERS)];
}

static bool asked_before(const struct asker *asker, const struct event_endpoint *server)
{
	for (int i = 0; i < ASKED_BEFORE; i++)
		if (endpoint_equals(&asker->before[i], server))
			return true;
	return false;
}

/* The client asks this server now. */
static void remember_server(struct asker *asker, const struct handshake *h)
{
	const struct event_endpoint *latest = &asker->latest.address[PARTY_SERVER];

	if (!endpoint_equals(&asker->latest.address[PARTY_CLIENT], &h->party[PARTY_CLIENT].address)) {
		memset(asker->before, 0, sizeof(asker->before));
	} else if (!endpoint_equals(latest, &h->party[PARTY_SERVER].address) && !asked_before(asker, latest)) {
		memmove(asker->before + 1, asker->before, sizeof(asker->before) - sizeof(asker->before[0]));
		asker->before[0] = *latest;
	}
}

/* --- earlier handshakes --- */

/* A client that answers a cookie request with a new random begins another handshake. */
static bool asked_for_cookie(const struct handshake *before)
{
	return handshake_is_open(before) && before->party[PARTY_SERVER].flight == FLIGHT_RETRY_REQUEST;
}

/* An earlier handshake from the same network namespace of which the socket at this address of the server got something; NULL: there is none. */
static const struct handshake *other_at_server(struct relations_memory *m, struct table *table, const struct handshake *h, uint32_t netns)
{
	const struct identity name = relations_name(h), *latest = relations_pair(m, name.address);

	for (int i = 0; netns && i < NUM_LATEST; i++) {
		const struct handshake *before = table_find(table, &latest[i]);

		if (before && before != h && before->party[PARTY_CLIENT].netns == netns && before->party[PARTY_SERVER].local &&
		    !before->party[PARTY_SERVER].closed_ns && !before->filters_sockets &&
		    endpoint_equals(&before->party[PARTY_SERVER].address, &name.address[PARTY_SERVER]))
			return before;
	}
	return NULL;
}

void relations_renamed(struct relations_memory *m, struct table *table, struct handshake *h)
{
	struct identity name = relations_name(h), *latest = relations_pair(m, name.address);
	struct asker *asker = asker_of(m, &name.address[PARTY_CLIENT]);

	relations_note_hello(m, table, h);
	remember_server(asker, h);
	asker->latest = name;
	/* The latest comes first, and the oldest is forgotten. */
	memmove(latest + 1, latest, (NUM_LATEST - 1) * sizeof(*latest));
	latest[0] = name;
}

void relations_begin(struct relations_memory *m, struct table *table, struct handshake *h, const struct event *ev,
		     const struct flow *flow)
{
	const struct event_endpoint *client = &h->party[PARTY_CLIENT].address;
	const struct dtls_message *msg = &ev->items[ev->hello_item].message;
	const struct handshake *before;

	relations_renamed(m, table, h);
	before = ev->kind == EVENT_SENT ? other_at_server(m, table, h, ev->netns) : NULL;
	h->relations.is_server_here = before;
	h->relations.server_host = before ? before->party[PARTY_SERVER].host : 0;
	before = relations_other(table, h);
	if (before)
		h->relations.moved_on = ev->items[0].record.sequence >=
			before->party[PARTY_CLIENT].view[handshake_counting_point(before, PARTY_CLIENT)].plain.highest;
	for (uint32_t i = 0; flow && (before = flow_handshake(flow, i)); i++) {
		bool is_established = before->state == HANDSHAKE_COMPLETED && !before->closed_by_alert;

		h->relations.is_beside |= is_established || (handshake_is_open(before) && before->relations.is_beside);
		if (!endpoint_equals(&before->party[PARTY_CLIENT].address, client))
			continue;
		if (is_established && !h->relations.established_ns) {
			h->relations.established_ns = before->ended_ns;
			h->relations.established_socket = before->party[PARTY_SERVER].socket;
		}
		if (i == 0 && msg->message_seq && asked_for_cookie(before))
			h->cookies = before->cookies;
	}
	h->cookies.given_seq = 0;
	h->cookies.returned = false;
}

/* --- a handshake in the other direction --- */

/* Was each begun before the other was over? */
static bool overlap(const struct handshake *a, const struct handshake *b)
{
	return (!a->ended_ns || a->ended_ns >= b->started_ns) &&
	       (!b->ended_ns || b->ended_ns >= a->started_ns);
}

static void note_both_ways(const struct flow *flow)
{
	struct handshake *h, *other;

	for (uint32_t i = 0; (h = flow_handshake(flow, i)); i++) {
		h->relations.both_ways_ns = 0;
		for (uint32_t j = 0; relations_is_unanswered(h) && (other = flow_handshake(flow, j)); j++) {
			if (!relations_is_unanswered(other) || !overlap(h, other) ||
			    !endpoint_equals(&h->party[PARTY_CLIENT].address, &other->party[PARTY_SERVER].address))
				continue;
			h->relations.both_ways_ns = h->started_ns > other->started_ns ?
						    h->started_ns : other->started_ns;
			h->relations.both_ways_copies = other->flights[other->party[PARTY_CLIENT].flight].copies;
		}
	}
}

/* --- one message, two sockets --- */

static void note_split(struct split *split, const struct dtls_message *msg, uint64_t socket,
		       uint64_t now)
{
	if (!socket || split->whole)
		return;
	if (split->socket && split->socket != socket) {
		if (!split->since_ns)
			split->since_ns = now;
		memset(&split->here, 0, sizeof(split->here));
	}
	split->socket = socket;
	coverage_add(&split->here, msg->fragment_offset, msg->fragment_length);
	split->whole = coverage_has(&split->here, 0, msg->length);
}

void relations_datagram(struct table *table, const struct sighting *s, const struct flow *flow)
{
	const struct event *ev = s->ev;
	struct message *msg;

	if (flow)
		note_both_ways(flow);
	goes_on_datagram(table, s, flow);
	for (uint32_t i = 0; ev->kind == EVENT_QUEUED && i < ev->num_items; i++) {
		const struct dtls_message *item = &ev->items[i].message;

		if (item->kind != DTLS_ITEM_MESSAGE)
			continue;
		msg = flight_find_message(sighting_sender(s), item->message_seq, item->msg_type);
		if (msg && msg->length == item->length)
			note_split(&msg->split, item, ev->socket, s->now);
	}
}

/* --- an answer from another address --- */

bool relations_has_asked(const struct relations_memory *m, const struct event_endpoint *client)
{
	return endpoint_equals(&asker_of((struct relations_memory *)m, client)->latest.address[PARTY_CLIENT], client);
}

struct handshake *relations_stray(struct relations_memory *m, struct table *table,
				  const struct event *ev, uint64_t now)
{
	bool out = event_is_outgoing(ev);
	const struct event_endpoint *client = out ? &ev->remote : &ev->local;
	const struct event_endpoint *server = out ? &ev->local : &ev->remote;
	const struct asker *asker = asker_of(m, client);
	const struct party *seen;
	struct handshake *h;

	/* Only the first message of a server shows that. */
	if (!(event_has(ev, DTLS_MT_SERVER_HELLO) || event_has(ev, DTLS_MT_HELLO_VERIFY_REQUEST)) || !endpoint_equals(&asker->latest.address[PARTY_CLIENT], client) ||
	    endpoint_equals(&asker->latest.address[PARTY_SERVER], server) || asked_before(asker, server))
		return NULL;
	h = table_find(table, &asker->latest);
	if (!h || !handshake_is_open(h) || !relations_is_unanswered(h))
		return NULL;
	seen = &h->party[out ? PARTY_SERVER : PARTY_CLIENT];
	if (seen->netns && ev->netns && seen->netns != ev->netns)
		return NULL;
	if (!h->relations.stray_ns) {
		h->relations.stray_ns = now;
		h->relations.stray_address = *server;
		h->relations.stray_ipv4 = ev->flags & EVENT_IPV4;
	}
	h->relations.stray_from_socket |= out && ev->socket && ev->socket == seen->socket;
	h->relations.strays++;
	return h;
}
