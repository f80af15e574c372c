// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A client that goes on from another port of its host, since a NAT has given it a new one. */
#include "relations_pairs.h"

#include <string.h>

#include "attempts.h"
#include "flights.h"
#include "fnv.h"
#include "sighting.h"
#include "table.h"

#include "core.h"

/* --- handshakes of the same host with the same server --- */

struct identity *relations_pair(struct relations_memory *m, const struct event_endpoint address[PARTY_MAX])
{
	struct event_endpoint key[PARTY_MAX] = { address[PARTY_CLIENT], address[PARTY_SERVER] };

	key[PARTY_CLIENT].port = 0;
	return m->pairs[fnv_place(key, sizeof(key), NUM_HOST_PAIRS)];
}
struct identity relations_name(const struct handshake *h)
{
	struct identity name = { .address = { h->party[PARTY_CLIENT].address, h->party[PARTY_SERVER].address } };

	memcpy(name.client_random, h->client_random, sizeof(name.client_random));
	return name;
}
/* The handshake that `name` is of, if it is between the client's host, from any port, and this address of the server. */
static struct handshake *of_pair(struct table *table, const struct identity *name, const struct event_endpoint address[PARTY_MAX])
{
	if (!endpoint_equals(&name->address[PARTY_SERVER], &address[PARTY_SERVER]) ||
	    memcmp(name->address[PARTY_CLIENT].ip, address[PARTY_CLIENT].ip, sizeof(address->ip)))
		return NULL;
	return table_find(table, name);
}

static struct handshake *open_of_pair(struct table *table, const struct identity *name, const struct event_endpoint address[PARTY_MAX])
{
	struct handshake *h = of_pair(table, name, address);

	return h && handshake_is_open(h) ? h : NULL;
}
/* --- one handshake, two ports --- */

struct handshake *relations_other(struct table *table, const struct handshake *h)
{
	return h->relations.moved_id ? table_find(table, &h->relations.moved) : NULL;
}

bool relations_is_over(struct table *table, const struct handshake *h)
{
	const struct handshake *before = relations_other(table, h);

	return before && before->id < h->id && before->ended_ns && before->ending.by == PARTY_SERVER &&
	       (before->ending.how == ENDING_ALERT || before->ending.how == ENDING_CLOSED);
}

static void link_moved(struct handshake *before, struct handshake *h)
{
	before->relations.moved = relations_name(h);
	before->relations.moved_id = h->id;
	h->relations.moved = relations_name(before);
	h->relations.moved_id = before->id;
	h->is_dtls13 = before->is_dtls13;
	h->resumed = before->resumed;
}

/* If it began in the trace, its copies and answers until then were seen at the port before: none of them was here. */
static void continue_from(const struct handshake *before, struct handshake *h)
{
	h->relations.is_whole = !before->late || before->relations.is_whole;
	if (h->relations.is_whole)
		h->cookies.unseen = 0;
}

/* Only the hellos, which came to the port before, tell how long the connection IDs are. */
static void take_connection_id(struct hello_said *said, const struct hello_said *before)
{
	if (said->known)
		return;
	said->hello.has_connection_id = before->hello.has_connection_id;
	said->hello.connection_id_len = before->hello.connection_id_len;
}

void relations_moved(struct handshake *before, struct handshake *h)
{
	link_moved(before, h);
	before->relations.left_ns = h->started_ns;
	take_connection_id(&h->client_hello, &before->client_hello);
	take_connection_id(&h->server_hello, &before->server_hello);
	continue_from(before, h);
}
/* The same ClientHello comes from another port of the same host: nobody else has its random. Its server may have ended it. */
void relations_note_hello(struct relations_memory *m, struct table *table, struct handshake *h)
{
	const struct identity name = relations_name(h), *latest = relations_pair(m, name.address);

	for (int i = 0; i < NUM_LATEST; i++) {
		struct handshake *before = of_pair(table, &latest[i], name.address);

		if (before && before != h && before->state != HANDSHAKE_COMPLETED && !memcmp(before->client_random, h->client_random, sizeof(h->client_random))) {
			link_moved(before, h);
			continue_from(before, h);
			return;
		}
	}
}
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
	const struct identity *latest = relations_pair(m, address);
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

/* Of merged traces: a handshake whose client, on another host, has sent just that from another port. NULL: none. */
static struct handshake *awaits_it(struct relations_memory *m, struct table *table, const struct event_endpoint address[PARTY_MAX],
				   const struct event *ev)
{
	const struct identity *latest = relations_pair(m, address);
	struct handshake *before;

	for (int i = 0; ev->host && i < NUM_LATEST; i++) {
		before = of_pair(table, &latest[i], address);
		if (before && !endpoint_equals(&before->party[PARTY_CLIENT].address, &address[PARTY_CLIENT]) &&
		    crossings_await(before, PARTY_CLIENT, ev))
			return before;
	}
	return NULL;
}

void relations_note_elsewhere(struct relations_memory *m, struct table *table, const struct event_endpoint address[PARTY_MAX],
			      const struct event *ev)
{
	struct handshake *before = ev->kind == EVENT_QUEUED ? awaits_it(m, table, address, ev) : NULL;

	if (!before)
		return;
	before->relations.is_elsewhere = true;
	if (handshake_is_faulty(before))
		table_watch(table, before, before->last_ns);
}

static void note_moved_crossing(struct relations_memory *m, struct table *table, const struct sighting *s)
{
	const struct event_endpoint address[PARTY_MAX] = { s->h->party[PARTY_CLIENT].address, s->h->party[PARTY_SERVER].address };
	struct handshake *before = NULL;

	if (s->h->midway && s->from == PARTY_CLIENT && s->point == POINT_ARRIVED)
		before = awaits_it(m, table, address, s->ev);
	if (before && !before->relations.moved_id && before->id < s->h->id)
		relations_moved(before, s->h);
	else if (before && before != s->h)
		before->relations.is_elsewhere = true;
}

void relations_follow(struct relations_memory *m, struct table *table, const struct sighting *s)
{
	struct handshake *other;

	if (!s->h->relations.moved_id)
		note_moved_answer(m, table, s);
	if (!s->h->relations.moved_id)
		note_moved_crossing(m, table, s);
	other = is_served(s) ? relations_other(table, s->h) : NULL;
	/* What began later may be ClientHellos of the earlier port that were late: an answer tells which it is. */
	if (other && (other->id < s->h->id || (relations_is_unanswered(other) && !other->midway)))
		other->relations.left_ns = s->now;
	/* What was said of it may no longer hold. */
	if (other && handshake_is_faulty(other))
		table_watch(table, other, s->now);
}
