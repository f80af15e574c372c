// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "fate.h"

#include <string.h>

#include "errors.h"
#include "flights.h"
#include "hello_again.h"
#include "sighting.h"
#include "text.h"

#include "core.h"

void fate_add_fragment(struct party *receiver, struct arrival *arrival, uint8_t message,
		       uint32_t begin, uint32_t len)
{
	uint32_t at = receiver->num_fragments % PARTY_MAX_FRAGMENTS;

	if (!arrival->num_fragments)
		arrival->first_fragment = receiver->num_fragments;
	receiver->fragments[at] = (struct fragment){ .begin = begin, .len = len, .message = message };
	receiver->num_fragments++;
	arrival->num_fragments++;
}

static struct arrival *find_arrival(struct party *receiver, uint64_t datagram)
{
	for (uint32_t i = 0; datagram && i < PARTY_MAX_ARRIVALS; i++)
		if (receiver->arrivals[i].state != ARRIVAL_NONE &&
		    receiver->arrivals[i].datagram == datagram)
			return &receiver->arrivals[i];
	return NULL;
}

bool fate_knows(const struct party *receiver, uint64_t datagram)
{
	return find_arrival((struct party *)receiver, datagram);
}

/* A free slot, or that of the oldest datagram that has left the queue, or NULL. */
static struct arrival *new_arrival(struct party *receiver)
{
	struct arrival *best = NULL;

	for (uint32_t i = 0; i < PARTY_MAX_ARRIVALS; i++) {
		struct arrival *a = &receiver->arrivals[i];

		if (a->state == ARRIVAL_NONE)
			return a;
		if (a->state != ARRIVAL_QUEUED && (!best || a->datagram < best->datagram))
			best = a;
	}
	return best;
}

/* If reads are not seen, a datagram is read within this time. */
#define UNREAD_NS 500000000ULL

static void note_heard(struct handshake *h, uint8_t flights, enum point point, uint64_t now)
{
	uint64_t heard = point == POINT_READ ? now : now + UNREAD_NS;

	if (point != (h->sees_reads ? POINT_READ : POINT_QUEUED))
		return;
	FOR_EACH_FLIGHT_IN(n, flights) {
		if (!h->flights[n].heard_ns)
			h->flights[n].heard_ns = heard;
		h->flights[n].last_heard_ns = heard;
	}
}

/* Mark the content of an arrival as seen at `point`, except fragments that the ring has overwritten. */
static void deliver(struct handshake *h, enum party_role from, const struct arrival *a,
		    enum point point, uint64_t now)
{
	const struct party *receiver = &h->party[party_peer(from)];
	struct party *sender = &h->party[from];
	struct view *view = &sender->view[point];

	for (uint32_t i = 0; i < a->num_fragments; i++) {
		uint32_t number = a->first_fragment + i;
		const struct fragment *f = &receiver->fragments[number % PARTY_MAX_FRAGMENTS];

		if (receiver->num_fragments - number <= PARTY_MAX_FRAGMENTS)
			coverage_add(&sender->messages[f->message].seen[point], f->begin, f->len);
	}
	view->any = true;
	note_heard(h, a->flights, point, now);
	if (a->ccs && !view->ccs_ns)
		view->ccs_ns = now;
	if (a->finished && !view->finished_ns)
		view->finished_ns = now;
	if (a->data && !view->data_ns)
		view->data_ns = now;
	if (a->answer && !view->answer_ns)
		view->answer_ns = now;
	FOR_EACH_FLIGHT_IN(n, a->flights)
		if (n > sender->flight_at[point])
			sender->flight_at[point] = n;
}

static void update_arrived(struct handshake *h, uint8_t flights, uint64_t now)
{
	FOR_EACH_FLIGHT_IN(n, flights) {
		struct flight *flight = &h->flights[n];
		bool arrived = flight->copies && flight_is_complete(h, n, POINT_QUEUED);

		if (arrived && !flight->arrived)
			flight->arrived_ns = now;
		flight->arrived = arrived;
	}
}

static void save_undo(struct undo *undo, const struct party *sender, uint64_t datagram)
{
	undo->datagram = datagram;
	undo->view = sender->view[POINT_QUEUED];
	undo->flight_at = sender->flight_at[POINT_QUEUED];
	for (uint32_t i = 0; i < HANDSHAKE_MAX_MESSAGES; i++)
		undo->queued[i] = sender->messages[i].seen[POINT_QUEUED];
}

/* A late datagram may show that the flight was not in order after all. */
static void update_usable(struct handshake *h, uint8_t number, enum point point, uint64_t now)
{
	struct flight *flight = &h->flights[number];

	if (!flight->copies || !flight_is_complete(h, number, point) || !in_order_has(h, number))
		flight->usable_ns = 0;
	else if (!flight->usable_ns)
		flight->usable_ns = now;
}

/* If reads cannot be seen, a queued datagram counts as read. */
static void take_for_read(struct handshake *h, enum party_role from, const struct arrival *content,
			  uint64_t now)
{
	if (h->sees_reads)
		return;
	in_order_read(h, from, content);
	FOR_EACH_FLIGHT_IN(n, content->flights)
		update_usable(h, n, POINT_QUEUED, now);
}

/* The receiver has to answer this; receivers discard a replay (s4.1.2.6). */
static void take_request(struct handshake *h, struct party *receiver, uint8_t flights, uint64_t now)
{
	if (flights && !receiver->asked_ns)
		receiver->asked_ns = now;
	FOR_EACH_FLIGHT_IN(n, flights)
		h->flights[n].queued_ns = now;
}

void fate_queued(const struct sighting *s)
{
	struct handshake *h = s->h;
	struct party *receiver = &h->party[party_peer(s->from)];
	const struct arrival *content = &s->content;
	struct arrival *a;

	save_undo(&receiver->undo, sighting_sender(s), s->ev->datagram);
	deliver(h, s->from, content, POINT_QUEUED, s->now);
	update_arrived(h, content->flights, s->now);
	take_for_read(h, s->from, content, s->now);
	if (!content->duplicate)
		take_request(h, receiver, content->flights, s->now);
	if (s->from == PARTY_CLIENT && s->ev->datagram)
		hello_again_take(h, &receiver->queued_again, content, s->now, s->now);
	a = s->ev->datagram ? new_arrival(receiver) : NULL;
	if (!a)
		return;
	*a = *content;
	a->datagram = s->ev->datagram;
	a->since_ns = s->now;
	a->length = s->ev->length;
	a->state = ARRIVAL_QUEUED;
}

/* --- reading --- */

static void take_cut(struct handshake *h, struct party *reader, const struct arrival *a,
		     const struct event *ev, uint64_t now)
{
	if (!a->flights)
		return;
	reader->cut.num++;
	reader->cut.buffer = ev->copied;
	reader->cut.length = ev->length;
	reader->cut.last_ns = now;
	FOR_EACH_FLIGHT_IN(n, a->flights)
		if (!h->flights[n].cut_ns)
			h->flights[n].cut_ns = now;
}

/*
 * An encrypted flight is never known to be read completely. The buffer is large enough
 * now if a datagram as long as the truncated one fits.
 */
static void forgive_cuts(struct handshake *h, const struct party *reader, const struct arrival *a)
{
	FOR_EACH_FLIGHT_IN(n, a->flights)
		if (flight_rule(h, n)->encrypted && a->length >= reader->cut.length)
			h->flights[n].cut_ns = 0;
}

static void update_read(struct handshake *h, uint8_t flights, uint64_t now)
{
	FOR_EACH_FLIGHT_IN(n, flights) {
		struct flight *flight = &h->flights[n];

		update_usable(h, n, POINT_READ, now);
		if (flight->read || !flight->copies || !flight_is_complete(h, n, POINT_READ))
			continue;
		flight->read = true;
		flight->read_ns = now;
	}
}

/* It reads what its peer sent after it has sent the last flight: if that is genuine, its peer is done (RFC 5246 s7.4.9). */
static void note_data_heard(struct handshake *h, enum party_role reader, const struct arrival *a, uint64_t now)
{
	const struct flight *last = &h->flights[flight_last(h)];

	if (a->data && !a->duplicate && last->copies && last->from == reader && a->since_ns > last->first_ns)
		h->repeats.heard_ns = now;
}

bool fate_read(struct handshake *h, enum party_role reader, const struct event *ev, uint64_t now)
{
	struct party *party = &h->party[reader];
	struct arrival *a = find_arrival(party, ev->datagram);

	if (!a)
		return false;
	if (a->state == ARRIVAL_READ)
		return true;
	a->state = ARRIVAL_READ;
	fate_passed(party, ev->datagram);
	party->last_read_ns = now;
	if (a->flights && now - a->since_ns > party->longest_unread_ns)
		party->longest_unread_ns = now - a->since_ns;
	if (ev->copied < ev->length) {
		take_cut(h, party, a, ev, now);
	} else {
		deliver(h, party_peer(reader), a, POINT_READ, now);
		in_order_read(h, party_peer(reader), a);
		note_data_heard(h, reader, a, now);
		if (reader == PARTY_SERVER)
			hello_again_take(h, &party->read_again, a, a->since_ns, now);
		forgive_cuts(h, party, a);
		update_read(h, a->flights, now);
	}
	return true;
}

/* A part of a ClientHello may be lost with it, so the whole ClientHello has to come again. */
static void lose(struct party *receiver, struct arrival *a)
{
	a->state = ARRIVAL_GONE;
	if (a->flights)
		memset(&receiver->queued_again, 0, sizeof(receiver->queued_again));
}

void fate_passed(struct party *receiver, uint64_t datagram)
{
	for (uint32_t i = 0; i < PARTY_MAX_ARRIVALS; i++)
		if (receiver->arrivals[i].state == ARRIVAL_QUEUED &&
		    receiver->arrivals[i].datagram < datagram)
			lose(receiver, &receiver->arrivals[i]);
}

void fate_forget(struct party *receiver)
{
	fate_passed(receiver, UINT64_MAX);
	receiver->undo.datagram = 0;
}

void fate_lost(struct handshake *h, uint64_t num, uint64_t now)
{
	h->events_lost += num;
	h->lost_ns = now;
	for (int role = 0; role < PARTY_MAX; role++)
		fate_forget(&h->party[role]);
}

/* --- dropping --- */

/* Undo the latest arrival. An older one is only marked as no longer queued. */
static void take_back(struct handshake *h, enum party_role from, uint64_t datagram)
{
	struct party *sender = &h->party[from], *receiver = &h->party[party_peer(from)];
	struct arrival *a = find_arrival(receiver, datagram);

	if (a && a->state == ARRIVAL_QUEUED)
		lose(receiver, a);
	if (!datagram || receiver->undo.datagram != datagram || (a && a->state == ARRIVAL_READ))
		return;
	receiver->undo.datagram = 0;
	memset(&receiver->queued_again, 0, sizeof(receiver->queued_again));
	sender->view[POINT_QUEUED] = receiver->undo.view;
	sender->flight_at[POINT_QUEUED] = receiver->undo.flight_at;
	for (uint32_t i = 0; i < HANDSHAKE_MAX_MESSAGES; i++)
		sender->messages[i].seen[POINT_QUEUED] = receiver->undo.queued[i];
	FOR_EACH_FLIGHT(n)
		if (h->flights[n].from == from) {
			update_arrived(h, 1 << n, h->flights[n].arrived_ns);
			/* The order of the remaining datagrams is no longer known. */
			if (!h->sees_reads && !h->flights[n].arrived) {
				memset(&h->flights[n].in_order, 0, sizeof(h->flights[n].in_order));
				h->flights[n].usable_ns = 0;
			}
		}
}

/* The entry for this direction and reason; NULL if there are too many. */
static struct drop *get_drop(struct handshake *h, enum party_role from, const struct event *ev,
			     const struct dropped *dropped, uint64_t now)
{
	bool outgoing = ev->flags & EVENT_TX;
	struct drop *drop;

	for (uint32_t i = 0; i < h->num_drops; i++) {
		drop = &h->drops[i];
		if (drop->from == from && drop->outgoing == outgoing && drop->is_unproven == dropped->is_unproven &&
		    drop->reason == ev->drop_reason)
			return drop;
	}
	if (h->num_drops == HANDSHAKE_MAX_DROPS)
		return NULL;
	drop = &h->drops[h->num_drops++];
	*drop = (struct drop){
		.from = from, .outgoing = outgoing, .reason = ev->drop_reason, .is_unproven = dropped->is_unproven,
		.first_ns = now,
	};
	if (dropped->name)
		text_escape(drop->name, sizeof(drop->name), dropped->name, strnlen(dropped->name, sizeof(drop->name)));
	return drop;
}

/* The datagrams of a copy come in one burst. What was heard of their sender since the last one begins the count anew. */
static void count_bursts(struct drop *drop, uint64_t heard_ns, uint64_t now)
{
	if (drop->bursts && heard_ns > drop->last_ns)
		drop->bursts = 0;
	if (drop->bursts && now - drop->last_ns < CROSSING_NS)
		return;
	drop->bursts++;
	if (drop->bursts == 1)
		drop->burst_ns = now;
	if (drop->bursts == PARTY_MANY_COPIES)
		drop->many_ns = now;
}

static void count_on_flight(struct flight *flight, uint8_t drop)
{
	uint32_t late;

	if (!flight->copies)
		return;
	flight->dropped++;
	flight->drop = drop;
	if (flight->last_copy_dropped != flight->copies)
		flight->copies_dropped++;
	flight->last_copy_dropped = flight->copies;
	/* A neighbour that does not answer drops what was sent in the last seconds, several copies together. */
	late = (uint64_t)flight->dropped * flight->copies / (flight->dropped < flight->datagrams ? flight->datagrams : flight->dropped);
	if (flight->copies_dropped < late)
		flight->copies_dropped = late;
}

void fate_dropped(struct handshake *h, enum party_role from, const struct event *ev, const struct dropped *dropped,
		  uint64_t now)
{
	struct drop *drop;

	if (ev->flags & EVENT_TX)
		errors_not_sent(&h->party[from]);
	else
		take_back(h, from, ev->datagram);
	if (!dropped->flights && !dropped->is_unproven)
		return;
	drop = get_drop(h, from, ev, dropped, now);
	if (drop) {
		count_bursts(drop, h->party[from].last_sent_ns, now);
		drop->count++;
		drop->bytes += ev->length;
		drop->last_ns = now;
	} else {
		h->drops_untold++;
	}
	FOR_EACH_FLIGHT_IN(n, dropped->flights)
		count_on_flight(&h->flights[n], drop ? drop - h->drops + 1 : 0);
}
