// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "handshake.h"

#include <string.h>

#include "acks.h"
#include "dtls13.h"
#include "errors.h"
#include "fate.h"
#include "flights.h"
#include "hello_again.h"
#include "handshake_hello.h"
#include "late.h"
#include "refused.h"
#include "taking.h"
#include "unheard.h"

#include "core.h"

/* RFC 6347 s4.2.4.1 recommends this timer; used until a side's own timer is known. */
#define ASSUMED_TIMER_NS SECOND

const char *handshake_state_name(enum handshake_state state)
{
	switch (state) {
	case HANDSHAKE_IN_PROGRESS: return "in-progress";
	case HANDSHAKE_COMPLETED: return "completed";
	case HANDSHAKE_FAILED: return "failed";
	case HANDSHAKE_STUCK: return "stuck";
	case HANDSHAKE_ABANDONED: return "abandoned";
	}
	return "unknown";
}

const char *party_role_name(enum party_role role)
{
	return role == PARTY_CLIENT ? "client" : "server";
}

uint64_t handshake_first_timer_ns(const struct handshake *h, enum party_role role)
{
	return h->party[role].timer_ns ? h->party[role].timer_ns : ASSUMED_TIMER_NS;
}

/* The flight that it sent last: it may go back to an earlier one, if what looks like its latest are ACKs. */
static const struct flight *latest_sent(const struct handshake *h, enum party_role role)
{
	const struct flight *latest = &h->flights[h->party[role].flight];

	FOR_EACH_FLIGHT(n)
		if (h->flights[n].copies && h->flights[n].from == role && h->flights[n].last_ns > latest->last_ns)
			latest = &h->flights[n];
	return latest;
}

uint64_t handshake_timer_ns(const struct handshake *h, enum party_role role)
{
	const struct flight *latest = latest_sent(h, role);
	uint32_t copies = latest->copies;
	uint64_t timer = handshake_first_timer_ns(h, role);
	uint64_t gap = latest->longest_gap_ns;

	if (late_hides_timer(h, role))
		return HANDSHAKE_LONGEST_TIMER_NS;

	/* The timer doubles with each copy, up to a minute. */
	for (uint32_t i = 1; i < copies && timer < HANDSHAKE_LONGEST_TIMER_NS / 2; i++)
		timer *= 2;
	/* Encrypted or lost copies may not be counted, but the gap between datagrams shows the timer, too. */
	return timer < 2 * gap ? 2 * gap : timer;
}

/* --- processing a datagram --- */

/* The copies of a datagram that the network doubled come close together. */
#define DOUBLED_NS 900000000ULL

/* After a silence, record numbers from before it are not doubled by the network. */
static void note_silence(const struct sighting *s)
{
	struct party *sender = sighting_sender(s);

	if (!s->counts || !sender->last_sent_ns || s->now - sender->last_sent_ns < DOUBLED_NS)
		return;
	sender->odd.old[0] = sighting_view(s)->plain;
	sender->odd.old[1] = sighting_view(s)->encrypted;
}

/*
 * A record number that was seen before: has its sender sent the record again, number and all? Some
 * stacks resend the bytes that they have stored, and a server without state numbers each
 * HelloVerifyRequest as its ClientHello (RFC 6347 s4.2.1). Otherwise the network doubled the datagram.
 */
static bool is_resent(const struct sighting *s, const struct dtls_record *rec)
{
	if (s->point == POINT_SENT)
		return true;
	return s->counts && rec->epoch < 2 && seq_window_take(&sighting_sender(s)->odd.old[rec->epoch], rec->sequence);
}

/* Are all its record numbers known? A stranger may have used some of its numbers. `resent`: it was sent again so. */
static bool is_all_known(const struct sighting *t, bool *resent)
{
	for (uint32_t i = 0; i < t->ev->num_items; i++) {
		const struct dtls_record *rec = &t->ev->items[i].record;

		if (t->ev->items[i].kind != DTLS_ITEM_RECORD || rec->flags & DTLS_RECORD_UNIFIED)
			continue;
		if (!seq_window_has(view_window(sighting_view(t), rec->epoch), rec->sequence))
			return *resent = false;
		*resent |= is_resent(t, rec);
	}
	return true;
}

/*
 * Has it a number of epoch 1 that was seen before, although the last flight has answered that? Only the records in plaintext can get a
 * new number from whoever has copied it on the path: its sender numbers each record anew (RFC 6347 s4.2.4), or none.
 */
static bool is_replayed(const struct sighting *t)
{
	const struct flight *last = &t->h->flights[flight_last(t->h)];

	if (t->point == POINT_SENT || t->h->is_dtls13 || t->h->events_lost || !last->copies || last->from == t->from)
		return false;
	for (uint32_t i = 0; i < t->ev->num_items; i++) {
		const struct dtls_record *rec = &t->ev->items[i].record;

		if (rec->kind == DTLS_ITEM_RECORD && !(rec->flags & DTLS_RECORD_UNIFIED) && rec->epoch == 1 &&
		    seq_window_has(&sighting_view(t)->encrypted, rec->sequence))
			return true;
	}
	return false;
}

/* Does it tell nothing new of its sender? The network has doubled it, or a stranger has. */
static bool is_doubled_or_replayed(struct sighting *t)
{
	return is_all_known(t, &t->resent) ? !t->resent : is_replayed(t);
}

static void take_items(struct sighting *t)
{
	struct item_facts *facts = t->items;
	struct view *view = sighting_view(t);
	const struct dtls_record *rec = NULL;
	bool is_doubled = is_doubled_or_replayed(t);

	for (uint32_t i = 0; i < t->ev->num_items; i++) {
		const struct dtls_item *item = &t->ev->items[i];
		struct seq_window *win;

		memset(&facts[i], 0, sizeof(facts[i]));
		if (item->kind == DTLS_ITEM_RECORD) {
			rec = &item->record;
			if (rec->flags & DTLS_RECORD_UNIFIED) {
				dtls13_take(t, rec, &facts[i]);
				continue;
			}
			win = view_window(view, rec->epoch);
			if (win)
				seq_window_add(win, rec->sequence);
			taking_record(t, rec, is_doubled, &facts[i]);
		} else if (rec && !refused_message(t->h, t->from, &item->message)) {
			handshake_hello(t, i);
			taking_message(t, &item->message, rec->sequence, is_doubled, &facts[i]);
			/* s4.2.1: a HelloVerifyRequest and a ServerHello may share a record number. */
			if (facts[i].flight && !facts[i].duplicate &&
			    t->ev->items[i - 1].kind == DTLS_ITEM_RECORD)
				facts[i - 1].duplicate = false;
		}
	}
}

static void update_flights(struct sighting *t)
{
	FOR_EACH_FLIGHT(n) {
		struct flight *flight = &t->h->flights[n];

		if (!(t->flights >> n & 1))
			continue;
		if (n > t->h->party[t->from].flight_at[t->point])
			t->h->party[t->from].flight_at[t->point] = n;
		if (t->counts && flight->copies) {
			flight->datagrams++;
			flight->records += acks_records_at_most(t->ev);
			flight->bytes += t->ev->length;
			if (flight->last_ns && t->now - flight->last_ns > flight->longest_gap_ns)
				flight->longest_gap_ns = t->now - flight->last_ns;
			flight->burst_ns = flight_burst_ns(flight, t->now);
			flight->last_ns = t->now;
			flight->complete = flight_is_complete(t->h, n, t->point);
		}
	}
}

/* May the latest flight of `from` be complete, as far as can be known? */
static bool may_be_complete(const struct handshake *h, enum party_role from, enum point point)
{
	uint8_t number = h->party[from].flight;

	return h->flights[number].complete || flight_rule(h, number)->encrypted ||
	       flight_is_overflown(&h->party[from], point);
}

/*
 * Is it a sign of life of its sender in this handshake? A record in plaintext that is no part
 * of a flight, or one of an epoch that has not begun, is not: anybody can have sent it.
 */
static bool is_heard(const struct sighting *s)
{
	if (s->flights || s->h->midway || !handshake_is_open(s->h))
		return true;
	for (uint32_t i = 0; i < s->ev->num_items; i++) {
		const struct dtls_record *rec = &s->ev->items[i].record;

		if (rec->kind != DTLS_ITEM_RECORD)
			continue;
		if (rec->flags & DTLS_RECORD_UNIFIED || rec->epoch == 1 || rec->content_type == DTLS_CT_ACK)
			return true;
	}
	return false;
}

/* Has the datagram nothing but alerts? Then it is no move of the handshake. */
static bool are_all_alerts(const struct sighting *s)
{
	for (uint32_t i = 0; i < s->ev->num_items; i++)
		if (s->ev->items[i].kind != DTLS_ITEM_RECORD ||
		    s->ev->items[i].record.flags & DTLS_RECORD_UNIFIED ||
		    s->ev->items[i].record.content_type != DTLS_CT_ALERT)
			return false;
	return s->ev->num_items;
}

static void count_sealed(const struct sighting *s)
{
	struct view *view = sighting_view(s);
	uint32_t has = 0;

	for (uint32_t i = 0; i < s->ev->num_items; i++)
		has |= walk_has(&s->ev->items[i]);
	view->sealed += has & WALK_UNIFIED && has & WALK_OTHER && !(has & WALK_MESSAGE) && !view_is_exhausted(view);
}

void handshake_datagram(struct sighting *s)
{
	struct handshake *h = s->h;
	struct party *sender = sighting_sender(s), *receiver = &h->party[party_peer(s->from)];

	/* Malformed from its first byte, or another protocol: not a sign of life in this handshake. */
	if (!s->ev->num_items)
		return;
	sighting_view(s)->any = true;
	sighting_view(s)->is_cut |= s->ev->malformed == DTLS_MALFORMED_UNREADABLE;
	s->counts = handshake_counting_point(h, s->from) == s->point;
	if (h->is_dtls13)
		count_sealed(s);
	late_note_server(s);
	note_silence(s);
	take_items(s);
	update_flights(s);
	s->content.flights = s->flights;
	/* Receivers discard what comes with the same numbers (s4.1.2.6). */
	s->content.duplicate |= s->resent;
	if (s->ev->kind == EVENT_QUEUED)
		fate_queued(s);
	if (s->resent && s->begun && !(s->begun >> FLIGHT_RETRY_REQUEST & 1))
		sender->odd.renumbered++;
	if (s->counts && !are_all_alerts(s) && (s->point == POINT_SENT || is_heard(s))) {
		sender->last_sent_ns = s->now;
		sender->asked_ns = 0;
		hello_again_answered(sender);
		unheard_update(h, s->from, s->now);
		unheard_reset(h, party_peer(s->from), s->now);
		errors_heard(receiver);
		if (may_be_complete(h, s->from, s->point))
			errors_sent(sender, s->now);
	}
	h->last_ns = s->now;
}

/* --- queries about a datagram --- */

bool handshake_has_seen(const struct handshake *h, const struct event *ev, enum party_role from,
			enum point point)
{
	const struct party *party = &h->party[from];
	const struct view *view = &party->view[point];
	const struct dtls_record *rec = &ev->items[0].record;
	const struct dtls_message *msg = &ev->items[1].message;
	const struct message *known;

	if (!ev->num_items || rec->kind != DTLS_ITEM_RECORD)
		return false;
	if (rec->flags & DTLS_RECORD_UNIFIED)
		return point <= POINT_ARRIVED &&
		       cipher_window_has(&party->cipher[point], dtls13_identity(ev, rec));
	/* Some libraries put an unsent copy in front of the next one: only the last record is new. */
	for (uint32_t i = 0; i < ev->num_items; i++)
		if (ev->items[i].kind == DTLS_ITEM_RECORD && !(ev->items[i].record.flags & DTLS_RECORD_UNIFIED) &&
		    !seq_window_has(view_numbers(view, ev->items[i].record.epoch), ev->items[i].record.sequence))
			return false;
	if (ev->num_items == 1 || msg->kind != DTLS_ITEM_MESSAGE)
		return true;
	/* s4.2.1: a HelloVerifyRequest and a ServerHello may share a record number. */
	known = flight_known_message(party, msg->message_seq, msg->msg_type);
	return known && coverage_has(&known->seen[point], msg->fragment_offset, msg->fragment_length);
}

void handshake_describe(const struct handshake *h, const struct event *ev, enum party_role from,
			enum point point, struct item_facts *facts)
{
	const struct message *known;

	for (uint32_t i = 0; i < ev->num_items; i++) {
		const struct dtls_item *item = &ev->items[i];

		memset(&facts[i], 0, sizeof(facts[i]));
		if (item->kind == DTLS_ITEM_MESSAGE) {
			known = flight_known_message(&h->party[from], item->message.message_seq,
						    item->message.msg_type);
			facts[i].flight = known ? known->flight : 0;
		} else if (item->record.flags & DTLS_RECORD_UNIFIED) {
			facts[i].flight = dtls13_flight_of(h, from, point, ev, &item->record);
			facts[i].may_be_alert = dtls13_may_be_alert(h, from, ev, &item->record);
		} else if (item->record.content_type == DTLS_CT_CID && item->record.epoch == 1) {
			facts[i].flight = flight_of_closing(h, from);
		} else {
			facts[i].flight = flight_of_record(h, from, &item->record);
		}
	}
}
