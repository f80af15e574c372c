// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "relations.h"

#include <string.h>

#include "attempts.h"
#include "flights.h"
#include "fnv.h"
#include "goes_on.h"
#include "sighting.h"
#include "table.h"

#include "core.h"

/* --- what is remembered: a replaced place costs one diagnosis at most --- */

static struct identity *pair_of(struct relations_memory *m, const struct event_endpoint address[PARTY_MAX])
{
	struct event_endpoint key[PARTY_MAX] = { address[PARTY_CLIENT], address[PARTY_SERVER] };

	key[PARTY_CLIENT].port = 0;
	return m->pairs[fnv_place(key, sizeof(key), NUM_HOST_PAIRS)];
}

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

static struct identity name_of(const struct handshake *h)
{
	struct identity name = { .address = { h->party[PARTY_CLIENT].address, h->party[PARTY_SERVER].address } };

	memcpy(name.client_random, h->client_random, sizeof(name.client_random));
	return name;
}

/* The open handshake that `name` is of, if it is between the client's host, from any port, and this address of the server. */
static struct handshake *open_of_pair(struct table *table, const struct identity *name, const struct event_endpoint address[PARTY_MAX])
{
	struct handshake *h;

	if (!endpoint_equals(&name->address[PARTY_SERVER], &address[PARTY_SERVER]) ||
	    memcmp(name->address[PARTY_CLIENT].ip, address[PARTY_CLIENT].ip, sizeof(address->ip)))
		return NULL;
	h = table_find(table, name);
	return h && handshake_is_open(h) ? h : NULL;
}

/* --- earlier handshakes --- */

/* A client that answers a cookie request with a new random begins another handshake. */
static bool asked_for_cookie(const struct handshake *before)
{
	return handshake_is_open(before) && before->party[PARTY_SERVER].flight == FLIGHT_RETRY_REQUEST;
}

struct handshake *relations_other(struct table *table, const struct handshake *h)
{
	return h->relations.moved_id ? table_find(table, &h->relations.moved) : NULL;
}

static void link_moved(struct handshake *before, struct handshake *h)
{
	before->relations.moved = name_of(h);
	before->relations.moved_id = h->id;
	h->relations.moved = name_of(before);
	h->relations.moved_id = before->id;
	h->is_dtls13 = before->is_dtls13;
	h->resumed = before->resumed;
}

void relations_moved(struct handshake *before, struct handshake *h)
{
	link_moved(before, h);
	before->relations.left_ns = h->started_ns;
}

/* The same ClientHello comes from another port of the same host: nobody else has its random. */
static void note_moved_hello(struct relations_memory *m, struct table *table, struct handshake *h)
{
	const struct identity name = name_of(h), *latest = pair_of(m, name.address);

	for (int i = 0; i < NUM_LATEST; i++) {
		struct handshake *before = open_of_pair(table, &latest[i], name.address);

		if (before && before != h && !memcmp(before->client_random, h->client_random, sizeof(h->client_random))) {
			link_moved(before, h);
			return;
		}
	}
}

/* Did the socket at this address of the server get anything of an earlier handshake from the same network namespace? */
static bool is_server_here(struct relations_memory *m, struct table *table, const struct handshake *h, uint32_t netns)
{
	const struct identity name = name_of(h), *latest = pair_of(m, name.address);

	for (int i = 0; netns && i < NUM_LATEST; i++) {
		const struct handshake *before = table_find(table, &latest[i]);

		if (before && before != h && before->party[PARTY_CLIENT].netns == netns && before->party[PARTY_SERVER].local &&
		    !before->party[PARTY_SERVER].closed_ns && !before->filters_sockets &&
		    endpoint_equals(&before->party[PARTY_SERVER].address, &name.address[PARTY_SERVER]))
			return true;
	}
	return false;
}

void relations_renamed(struct relations_memory *m, struct table *table, struct handshake *h)
{
	struct identity name = name_of(h), *latest = pair_of(m, name.address);
	struct asker *asker = asker_of(m, &name.address[PARTY_CLIENT]);

	note_moved_hello(m, table, h);
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
	h->relations.is_server_here = ev->kind == EVENT_SENT && is_server_here(m, table, h, ev->netns);
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

/* --- a client that goes on from another port --- */

/*
 * By how much is it beyond the record numbers of this side? 0: it does not continue them, as a copy of another handshake
 * with the same host does not.
 */
static uint64_t numbers_beyond(const struct handshake *h, const struct event *ev, enum party_role from)
{
	const struct seq_window *win = &h->party[from].view[handshake_counting_point(h, from)].plain;
	const struct dtls_record *rec = &ev->items[0].record;

	if (!ev->num_items || rec->flags & DTLS_RECORD_UNIFIED || rec->epoch || !win->any || rec->sequence < win->highest)
		return 0;
	return rec->sequence - win->highest;
}

/*
 * Does the server wait for flight 5, or for more of it? DTLS 1.3 encrypts the record numbers, too. A client on this
 * host has sent the datagram, and it has not come from the port before.
 */
static bool waits_for_flight5(const struct handshake *h, const struct event *ev)
{
	bool is_sent = handshake_has_seen(h, ev, PARTY_CLIENT, POINT_SENT) && !handshake_has_seen(h, ev, PARTY_CLIENT, POINT_ARRIVED);

	return h->party[PARTY_SERVER].flight == FLIGHT_SERVER_HELLO &&
	       (h->party[PARTY_CLIENT].flight < FLIGHT_CLIENT_FINISHED || h->is_dtls13 || is_sent || numbers_beyond(h, ev, PARTY_CLIENT));
}

/* Is something in it that only flight 5 of this handshake has? */
static bool is_flight5_of(const struct handshake *h, const struct event *ev)
{
	for (uint32_t i = 0; i < ev->num_items; i++) {
		const struct dtls_record *rec = &ev->items[i].record;
		uint8_t msg_type = ev->items[i].message.msg_type;

		if (rec->kind != DTLS_ITEM_RECORD && !h->is_dtls13 && (msg_type == DTLS_MT_CLIENT_KEY_EXCHANGE ||
								       msg_type == DTLS_MT_CERTIFICATE_VERIFY))
			return true;
		if (rec->kind != DTLS_ITEM_RECORD)
			continue;
		if (rec->flags & DTLS_RECORD_UNIFIED ? h->is_dtls13 && rec->epoch == 2 :
		    (rec->content_type == DTLS_CT_CHANGE_CIPHER_SPEC || (rec->content_type == DTLS_CT_HANDSHAKE && rec->epoch)) &&
		    (h->resumed || numbers_beyond(h, ev, PARTY_CLIENT)))
			return true;
	}
	return false;
}

/*
 * Does the server go on with this handshake at another port? It has the random of its ServerHello, or the next record
 * number, since other handshakes of the client's host may be under way; and it is a copy, or its own socket has sent it.
 */
static bool is_followed(const struct handshake *h, const struct event *ev)
{
	const struct party *server = &h->party[PARTY_SERVER];
	const struct dtls_message *msg = &ev->items[1].message;
	const struct message *known = NULL;

	if (attempts_compare_random(h, ev, PARTY_SERVER) > 0)
		return true;
	if (numbers_beyond(h, ev, PARTY_SERVER) != 1)
		return false;
	if (ev->num_items > 1 && msg->kind == DTLS_ITEM_MESSAGE)
		known = flight_known_message(server, msg->message_seq, msg->msg_type);
	return known ? known->length == msg->length : ev->kind == EVENT_SENT && ev->socket == server->socket;
}

struct handshake *relations_mover(struct relations_memory *m, struct table *table,
				  const struct event_endpoint address[PARTY_MAX], const struct event *ev)
{
	bool is_server = endpoint_equals(event_is_outgoing(ev) ? &ev->local : &ev->remote, &address[PARTY_SERVER]);
	const struct identity *latest = pair_of(m, address);
	struct handshake *before, *found = NULL;

	for (int i = 0; i < NUM_LATEST; i++) {
		before = open_of_pair(table, &latest[i], address);
		if (!before || !(is_server ? is_followed(before, ev) : waits_for_flight5(before, ev) && is_flight5_of(before, ev)))
			continue;
		/* Of clients that are at the same point, any may be the one; the next flight of the oldest is due first. */
		if (found)
			found->ambiguous = before->ambiguous = true;
		found = before;
	}
	return found;
}

static bool is_unanswered(const struct handshake *h)
{
	return h->party[PARTY_CLIENT].flight && !h->party[PARTY_SERVER].flight;
}

/*
 * The client repeats its ClientHello there, the server goes on there, or has nothing left to send: the client's flight is
 * the last, and its Finished has come.
 */
static bool is_served(const struct sighting *s)
{
	const struct party *client = &s->h->party[PARTY_CLIENT];

	return s->from == PARTY_SERVER || (s->h->relations.moved_on && client->retransmissions) ||
	       (client->flight && flight_rule(s->h, client->flight)->closes &&
		client->view[handshake_receiving_point(s->h, PARTY_CLIENT)].finished_ns);
}

/* Its first datagram at the new port may have no more than a part of the ServerHello. */
static void note_moved_answer(struct relations_memory *m, struct table *table, const struct sighting *s)
{
	const struct event_endpoint address[PARTY_MAX] = { s->h->party[PARTY_CLIENT].address, s->h->party[PARTY_SERVER].address };
	struct handshake *before = s->h->midway && s->from == PARTY_SERVER ? relations_mover(m, table, address, s->ev) : NULL;

	if (before && before != s->h && attempts_compare_random(before, s->ev, PARTY_SERVER) > 0)
		relations_moved(before, s->h);
}

void relations_follow(struct relations_memory *m, struct table *table, const struct sighting *s)
{
	struct handshake *other;

	if (!s->h->relations.moved_id)
		note_moved_answer(m, table, s);
	other = is_served(s) ? relations_other(table, s->h) : NULL;
	/* What began later may be ClientHellos of the earlier port that were late: an answer tells which it is. */
	if (other && (other->id < s->h->id || (is_unanswered(other) && !other->midway)))
		other->relations.left_ns = s->now;
	/* What was said of it may no longer hold. */
	if (other && handshake_is_faulty(other))
		table_watch(table, other, s->now);
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
		for (uint32_t j = 0; is_unanswered(h) && (other = flow_handshake(flow, j)); j++) {
			if (!is_unanswered(other) || !overlap(h, other) ||
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
	if (!h || !handshake_is_open(h) || !is_unanswered(h))
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
