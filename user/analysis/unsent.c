// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "unsent.h"

#include <string.h>

#include "analysis.h"
#include "dtls13.h"
#include "flights.h"
#include "handshake_hello.h"
#include "hello_assembly.h"
#include "hosts.h"
#include "sighting.h"

#include "core.h"

/* Older records are not in the window. */
#define WINDOW_LEN 64

/*
 * Is each datagram that this side sends seen? Its socket is on this host. As long as that has sent nothing, another
 * socket or another address may be what it sends from, or it did so before the trace began.
 */
static bool sees_sends(const struct handshake *h, enum party_role role)
{
	const struct party *party = &h->party[role];

	/*
	 * What was not seen may have been sent all the same; what goes through a NAT, to another address. Another host's trace tells
	 * of a gap later than the path brings what it hides.
	 */
	if (hosts_are_apart(h) || !party->local || h->captured || h->events_lost || h->missing || h->midway || h->relations.moved_id)
		return false;
	return party->view[POINT_SENT].any ||
	       !(h->late || h->filters_sockets || h->relations.strays);
}

bool unsent_is_silent(const struct handshake *h, enum party_role role)
{
	return sees_sends(h, role) && !h->party[role].view[POINT_SENT].any;
}

static bool has_sent_number(const struct view *sent, const struct dtls_record *rec)
{
	const struct seq_window *win = view_numbers(sent, rec->epoch);

	/* A later epoch belongs to a renegotiation; a connection ID hides the number. */
	if (!win || rec->content_type == DTLS_CT_CID)
		return true;
	if (win->any && rec->sequence + WINDOW_LEN <= win->highest)
		return true;
	return seq_window_has(win, rec->sequence);
}

/* DTLS 1.3: only the latest ciphertext records are kept. */
static bool has_sent_unified(const struct party *from, const struct event *ev, const struct dtls_record *rec)
{
	const struct cipher_window *sent = &from->cipher[POINT_SENT];

	return sent->num > CIPHER_WINDOW_LEN || cipher_window_has(sent, dtls13_identity(ev, rec));
}

/* Did it send a record with this number and content? Of the content, only what is known for certain counts. */
static bool has_sent_record(const struct handshake *h, enum party_role from, const struct event *ev,
			    const struct dtls_record *rec)
{
	const struct view *sent = &h->party[from].view[POINT_SENT];

	if (rec->flags & DTLS_RECORD_UNIFIED)
		return has_sent_unified(&h->party[from], ev, rec);
	if (!has_sent_number(sent, rec))
		return false;
	if (rec->content_type == DTLS_CT_CHANGE_CIPHER_SPEC && !rec->epoch)
		return sent->ccs_ns;
	if (rec->content_type == DTLS_CT_ALERT && !rec->epoch && rec->alert_level == DTLS_ALERT_FATAL)
		return h->alert.is_local && h->alert.from == from;
	return true;
}

/*
 * Messages that belong to no flight, and more messages than are kept, are not known. Nor is
 * each fragment of a message: see COVERAGE_MAX_RANGES.
 */
static bool has_sent_message(const struct party *from, const struct dtls_message *msg)
{
	const struct message *known = flight_known_message(from, msg->message_seq, msg->msg_type);

	if (msg->msg_type == DTLS_MT_HELLO_REQUEST || from->num_messages == HANDSHAKE_MAX_MESSAGES)
		return true;
	return known && known->length == msg->length &&
	       (known->seen[POINT_SENT].num_ranges || known->seen[POINT_SENT].empty_seen);
}

/* Which flight has this item of a datagram from `from`? FLIGHT_NONE: none for certain. */
static uint8_t flight_of_item(const struct handshake *h, const struct dtls_item *item, enum party_role from)
{
	if (item->kind == DTLS_ITEM_MESSAGE)
		/* A client may answer a cookie request that was sent before the trace began. */
		return item->message.msg_type == DTLS_MT_CLIENT_HELLO ? FLIGHT_NONE :
		       flight_of_message(h, from, &item->message);
	return item->record.flags & DTLS_RECORD_UNIFIED ? FLIGHT_NONE : flight_of_record(h, from, &item->record);
}

/* It answers a flight that its receiver, on this host, has not sent yet. */
static bool is_premature(const struct handshake *h, const struct event *ev, enum party_role from)
{
	const struct party *receiver = &h->party[party_peer(from)];

	/* All that follows a ServerHello in its datagram is of the same flight, whatever else was seen of that (RFC 6347 figure 2). */
	if (!sees_sends(h, party_peer(from)) || event_has(ev, DTLS_MT_SERVER_HELLO))
		return false;
	for (uint32_t i = 0; i < ev->num_items; i++)
		if (flight_rule(h, flight_of_item(h, &ev->items[i], from))->answers > receiver->flight)
			return true;
	return false;
}

static bool is_unsent(const struct handshake *h, const struct event *ev, enum party_role from)
{
	const struct party *sender = &h->party[from];

	if (!sees_sends(h, from))
		return false;
	if (!sender->view[POINT_SENT].any)
		return ev->num_items;
	for (uint32_t i = 0; i < ev->num_items; i++)
		if (ev->items[i].kind == DTLS_ITEM_RECORD ? !has_sent_record(h, from, ev, &ev->items[i].record) :
							    !has_sent_message(sender, &ev->items[i].message))
			return true;
	return false;
}

/* A ClientHello with a random that its client, whose socket is on this host, has never sent. */
static bool is_foreign_hello(const struct handshake *h, const struct event *ev, enum party_role from)
{
	struct hello_fragment first;
	struct hello hello;

	if (from != PARTY_CLIENT || h->party[PARTY_CLIENT].closed_ns || !sees_sends(h, PARTY_CLIENT) ||
	    !handshake_hello_fragment(ev, ev->hello_item, PARTY_CLIENT, &first) ||
	    first.msg->msg_type != DTLS_MT_CLIENT_HELLO || first.msg->fragment_offset)
		return false;
	hello_parse(DTLS_MT_CLIENT_HELLO, first.bytes, first.len, &hello);
	return hello.has_random && memcmp(hello.random, h->client_random, sizeof(h->client_random)) &&
	       !(h->has_first_random && !memcmp(hello.random, h->first_random, sizeof(h->first_random)));
}

bool unsent_is(const struct handshake *h, const struct event *ev, enum party_role from, enum point point)
{
	if (point == POINT_SENT)
		return false;
	/* Even after the handshake: a client that starts again sends its ClientHello. */
	if (is_foreign_hello(h, ev, from))
		return true;
	if (!(handshake_is_open(h) || h->state == HANDSHAKE_ABANDONED))
		return false;
	return is_unsent(h, ev, from) || is_premature(h, ev, from);
}

bool unsent_is_overdue(const struct handshake *h, const struct event *ev, enum party_role from, enum point point, uint64_t now)
{
	if (point == POINT_SENT || !handshake_is_open(h) || !sees_sends(h, from) || !h->party[from].view[POINT_SENT].any)
		return false;
	for (uint32_t i = 0; i < ev->num_items; i++) {
		const struct flight *flight = &h->flights[flight_of_item(h, &ev->items[i], from)];

		if (flight->copies && flight->from == from && flight_rule(h, flight - h->flights)->closes && now > flight->last_ns + DELAYED_NS)
			return true;
	}
	return false;
}

/* --- what came before the socket of its sender was known --- */

/* Nothing of these datagrams counts any more at their receiver. Returns how many there are, as far as is known. */
static uint32_t empty_arrivals(struct party *receiver)
{
	uint32_t num = 0;

	for (uint32_t i = 0; i < PARTY_MAX_ARRIVALS; i++) {
		struct arrival *a = &receiver->arrivals[i];

		if (a->state == ARRIVAL_NONE)
			continue;
		*a = (struct arrival){
			.datagram = a->datagram, .since_ns = a->since_ns, .length = a->length, .state = a->state,
		};
		num++;
	}
	receiver->undo.datagram = 0;
	receiver->asked_ns = 0;
	memset(&receiver->cut, 0, sizeof(receiver->cut));
	return num;
}

static void forget_server_flights(struct handshake *h)
{
	FOR_EACH_FLIGHT(n)
		if (h->flights[n].copies && h->flights[n].from == PARTY_CLIENT)
			h->flights[n].answers = (struct answers){ 0 };
		else
			memset(&h->flights[n], 0, sizeof(h->flights[n]));
}

static void forget_server_hello(struct handshake *h)
{
	const struct hello *offer = &h->client_hello.hello;

	memset(&h->retry_request, 0, sizeof(h->retry_request));
	memset(&h->server_hello, 0, sizeof(h->server_hello));
	memset(&h->cookies, 0, sizeof(h->cookies));
	h->retry_seqs = 0;
	h->version = offer->has_version ? offer->version : 0;
	h->version_negotiated = h->is_dtls13 = h->is_dtls12 = h->resumed = h->renegotiates = false;
}

void unsent_take_back(struct handshake *h)
{
	struct party *server = &h->party[PARTY_SERVER];

	if (!unsent_is_silent(h, PARTY_SERVER) || !server->view[POINT_ARRIVED].any ||
	    !(handshake_is_open(h) || h->ending.how == ENDING_ALERT))
		return;
	h->unsent[PARTY_SERVER] += empty_arrivals(&h->party[PARTY_CLIENT]);
	forget_server_flights(h);
	forget_server_hello(h);
	hello_assembly_forget(h->assemblies, h->id, PARTY_SERVER);
	if (h->alert.from == PARTY_SERVER) {
		/* The client may act on it all the same. */
		if (h->alert.ns && !h->alert.epoch)
			h->unsent_alert = h->alert;
		memset(&h->alert, 0, sizeof(h->alert));
	}
	if (h->ignored_alerts.from == PARTY_SERVER)
		memset(&h->ignored_alerts, 0, sizeof(h->ignored_alerts));
	memset(&h->repeats, 0, sizeof(h->repeats));
	*server = (struct party){ .address = server->address, .ipv4 = server->ipv4, .local = true };
}
