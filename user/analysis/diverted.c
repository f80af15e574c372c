// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diverted.h"

#include <string.h>

#include "dtls13.h"
#include "flights.h"
#include "sighting.h"

#include "core.h"

static struct socket_user user_of(const struct event *ev)
{
	struct socket_user user = { .socket = ev->socket };

	if (ev->flags & EVENT_OWNER) {
		user.pid = ev->pid;
		user.ns_pid = ev->ns_pid;
		memcpy(user.comm, ev->comm, sizeof(user.comm));
	}
	return user;
}

bool diverted_is_other(const struct party *party, uint64_t socket)
{
	/* Who asks for a cookie keeps nothing in mind (RFC 6347 s4.2.1): any socket may go on. */
	return party->diverted.sender.socket && socket && party->diverted.sender.socket != socket &&
	       party->flight != FLIGHT_RETRY_REQUEST;
}

/* Does it begin with a part of a flight that was sent before? */
static bool is_repeat(const struct handshake *h, enum party_role from, const struct event *ev)
{
	const struct dtls_message *msg = &ev->items[1].message;

	if (ev->num_items && ev->items[0].record.flags & DTLS_RECORD_UNIFIED)
		return dtls13_flight_of(h, from, POINT_ARRIVED, ev, &ev->items[0].record) != FLIGHT_NONE;
	return ev->num_items > 1 && msg->kind == DTLS_ITEM_MESSAGE && msg->msg_type != DTLS_MT_CLIENT_HELLO &&
	       flight_known_message(&h->party[from], msg->message_seq, msg->msg_type);
}

bool diverted_concerns(const struct handshake *h, enum party_role role, const struct event *ev)
{
	const struct diversion *d = &h->party[role].diverted;

	if (h->state != HANDSHAKE_COMPLETED || !d->sender.socket)
		return false;
	return ev->socket == d->sender.socket || (d->since_ns && ev->socket == d->receiver.socket) ||
	       (ev->kind == EVENT_QUEUED && is_repeat(h, party_peer(role), ev));
}

static void note_sent(const struct sighting *s)
{
	const struct party *sender = sighting_sender(s);
	struct diversion *d = &sighting_sender(s)->diverted;

	if (!(s->flights >> sender->flight & 1))
		return;
	if (d->sender.socket != s->ev->socket)
		*d = (struct diversion){ 0 };
	d->sender = user_of(s->ev);
	if (d->since_ns && s->begun >> sender->flight & 1 && s->now > d->since_ns + CROSSING_NS)
		d->repeated = true;
}

/* Did all of the flight come to the sender's socket before, as far as can be known? Then it wants nothing more. */
static bool has_reached(const struct sighting *s, const struct diversion *d, uint8_t number)
{
	const struct flight *flight = &s->h->flights[number];
	const struct party *receiver = &s->h->party[party_peer(s->from)];

	/* Each copy of the flight before the last one wants the last one again (RFC 6347 s4.2.4). */
	if (flight_rule(s->h, receiver->flight)->closes)
		return false;
	if (flight_rule(s->h, number)->encrypted)
		return d->reached >= number;
	return d->reached >= number && flight->arrived && flight->arrived_ns < s->now;
}

static void note_queued(const struct sighting *s)
{
	struct party *receiver = &s->h->party[party_peer(s->from)];
	struct diversion *d = &receiver->diverted;
	uint8_t number = sighting_sender(s)->flight;

	if (!(s->flights >> number & 1) || !d->sender.socket || !s->ev->socket)
		return;
	if (number < receiver->flight && !flight_rule(s->h, receiver->flight)->closes)
		return;
	if (s->ev->socket == d->sender.socket)
		d->reached = number;
	if (!diverted_is_other(receiver, s->ev->socket) || has_reached(s, d, number)) {
		d->since_ns = 0;
		return;
	}
	d->receiver = user_of(s->ev);
	if (d->since_ns && d->flight == number)
		return;
	d->since_ns = s->now;
	d->flight = number;
	d->repeated = false;
}

void diverted_datagram(const struct sighting *s)
{
	if (s->ev->kind == EVENT_SENT)
		note_sent(s);
	else if (s->ev->kind == EVENT_QUEUED)
		note_queued(s);
}
