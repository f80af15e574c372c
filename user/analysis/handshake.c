// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "handshake.h"

#include <string.h>

#include "errors.h"
#include "fate.h"
#include "flights.h"
#include "handshake_hello.h"

#include "core.h"

/* What RFC 6347 s4.2.4.1 recommends, while no timer of that side has been seen. */
#define ASSUMED_TIMER_NS 1000000000ULL

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

enum point handshake_counting_point(const struct handshake *h, enum party_role role)
{
	return h->party[role].view[POINT_SENT].any ? POINT_SENT : POINT_ARRIVED;
}

enum point handshake_receiving_point(const struct handshake *h, enum party_role role)
{
	enum point counting = handshake_counting_point(h, role);

	/* With events lost, an arrival that was not seen may have happened. */
	if (h->party[party_peer(role)].local && (!h->events_lost || counting == POINT_ARRIVED))
		return POINT_QUEUED;
	return counting;
}

uint64_t handshake_timer_ns(const struct handshake *h, enum party_role role)
{
	const struct party *party = &h->party[role];
	uint32_t copies = h->flights[party->flight].copies;
	uint64_t timer = party->timer_ns ? party->timer_ns : ASSUMED_TIMER_NS;

	/* Doubled with each copy, up to a minute or more. */
	return timer << (copies > 6 ? 5 : copies > 1 ? copies - 1 : 0);
}

/* --- taking in a datagram --- */

struct taking {
	struct handshake *h;
	const struct event *ev;
	uint64_t now;
	enum party_role from;
	enum point point;
	bool late;		/* of a copy before the latest */
	bool counts;		/* this is the point at which `from` is counted */
	uint8_t touched;	/* bit n: flight n has something in this datagram */
	struct arrival content;	/* what of the handshake is in it, for its receiver */
};

/* `first_seq`: of its first plaintext record, 0: it begins with an encrypted one. */
static void begin_copy(struct taking *t, uint8_t number, uint64_t first_seq)
{
	struct handshake *h = t->h;
	struct party *party = &h->party[t->from];
	struct flight *flight = &h->flights[number];
	uint64_t now = t->now;

	if (flight->copies) {
		party->retransmissions++;
		/* A HelloVerifyRequest is on no timer: it answers each ClientHello (s4.2.1). */
		if (!party->timer_ns && flight->copies == 1 && number != 2)
			party->timer_ns = now - flight->first_ns;
		if (now > h->last_ns)
			h->waited_ns += now - h->last_ns;
	} else {
		flight->from = t->from;
		flight->first_ns = now;
	}
	if (flight->copies < FLIGHT_MAX_COPY_TIMES)
		flight->copy_ns[flight->copies] = now;
	flight->copies++;
	if (party->unheard_copies < PARTY_MANY_COPIES)
		party->unheard_ns[party->unheard_copies] = now;
	party->unheard_copies++;
	flight->copy_first_seq = first_seq;
	flight->finished_in_copy = false;
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].flight == number)
			memset(&party->messages[i].copy, 0, sizeof(party->messages[i].copy));
	if (number > party->flight)
		party->flight = number;
}

static struct message *get_message(struct handshake *h, enum party_role from,
				   const struct dtls_message *msg)
{
	struct party *party = &h->party[from];
	struct message *found = (struct message *)flight_find_message(party, msg->message_seq, msg->msg_type);

	/* Another length under the same number is another message: not this handshake's. */
	if (found)
		return found->length == msg->length ? found : NULL;
	if (party->num_messages == HANDSHAKE_MAX_MESSAGES)
		return NULL;
	found = &party->messages[party->num_messages++];
	memset(found, 0, sizeof(*found));
	found->msg_type = msg->msg_type;
	found->message_seq = msg->message_seq;
	found->length = msg->length;
	found->flight = flight_of_message(h, from, msg);
	return found;
}

static void take_message(struct taking *t, const struct dtls_message *msg, uint64_t seq,
			 bool seq_known, struct item_facts *facts)
{
	struct message *message = get_message(t->h, t->from, msg);
	uint32_t begin = msg->fragment_offset, len = msg->fragment_length;
	struct flight *flight;

	if (!message || !message->flight)
		return;
	flight = &t->h->flights[message->flight];
	facts->flight = message->flight;
	if (coverage_overlaps(&message->seen[t->point], begin, len)) {
		facts->duplicate = seq_known;
		facts->retransmission = !seq_known;
	}
	coverage_add(&message->seen[t->point], begin, len);
	t->touched |= 1 << message->flight;
	if (t->point == POINT_ARRIVED)
		fate_add_fragment(&t->h->party[party_peer(t->from)], &t->content,
				  message - t->h->party[t->from].messages, begin, len);
	if (!t->counts || facts->duplicate)
		return;
	/* A record older than the latest copy is a late one of the copy before. */
	if (flight->copies && seq < flight->copy_first_seq)
		return;
	if (!flight->copies || coverage_overlaps(&message->copy, begin, len))
		begin_copy(t, message->flight, seq);
	coverage_add(&message->copy, begin, len);
}

/* An encrypted handshake record: in a first handshake that is Finished, alone (RFC 5246 s7.4.9). */
static void take_finished(struct taking *t, uint8_t number, struct view *view,
			  struct item_facts *facts)
{
	struct flight *flight = &t->h->flights[number];

	if (view->finished_ns)
		facts->retransmission = !facts->duplicate;
	else
		view->finished_ns = t->now;
	if (!t->counts || facts->duplicate || t->late)
		return;
	if (!flight->copies || flight->finished_in_copy)
		begin_copy(t, number, 0);
	flight->finished_in_copy = true;
}

/*
 * In a first handshake the only encrypted handshake message is Finished. A CID
 * record hides its type (RFC 9146 s3), but the first one after ChangeCipherSpec
 * can be nothing else (RFC 5246 s7.1).
 */
static bool is_finished(const struct view *view, const struct dtls_record *rec)
{
	if (!rec->epoch)
		return false;
	return rec->content_type == DTLS_CT_HANDSHAKE ||
	       (rec->content_type == DTLS_CT_CID && view->ccs_ns && !view->finished_ns);
}

static void take_record(struct taking *t, const struct dtls_record *rec, bool seq_known,
			struct item_facts *facts)
{
	struct handshake *h = t->h;
	struct view *view = &h->party[t->from].view[t->point];
	bool finished = is_finished(view, rec);
	bool ccs = rec->content_type == DTLS_CT_CHANGE_CIPHER_SPEC;
	uint8_t number = finished || ccs ? flight_of_closing(h, t->from) : 0;

	facts->duplicate = seq_known;
	t->content.finished |= finished;
	t->content.ccs |= ccs;
	if (number) {
		if (t->from == PARTY_SERVER && number == 4)
			h->resumed = true;
		facts->flight = number;
		t->touched |= 1 << number;
	}
	if (finished) {
		take_finished(t, number, view, facts);
	} else if (ccs) {
		if (view->ccs_ns)
			facts->retransmission = !seq_known;
		else
			view->ccs_ns = t->now;
		t->late = h->flights[number].copies &&
			  rec->sequence < h->flights[number].copy_first_seq;
		if (t->counts && !h->flights[number].copies)
			begin_copy(t, number, rec->sequence);
	} else if (rec->content_type == DTLS_CT_APPLICATION_DATA && rec->epoch) {
		/* Before this side changed ciphers it is of the association before (s4.2.8). */
		if (!view->ccs_ns && !view->finished_ns && !h->events_lost)
			return;
		t->content.data = true;
		if (!view->data_ns)
			view->data_ns = t->now;
	} else if (rec->flags & DTLS_RECORD_ALERT && rec->alert_level == DTLS_ALERT_FATAL) {
		h->alert_level = rec->alert_level;
		h->alert_description = rec->alert_description;
		h->alert_from = t->from;
	}
}

static void take_items(struct taking *t, struct item_facts *facts)
{
	struct view *view = &t->h->party[t->from].view[t->point];
	const struct dtls_record *rec = NULL;
	bool seq_known = false;

	for (uint32_t i = 0; i < t->ev->num_items; i++) {
		const struct dtls_item *item = &t->ev->items[i];
		struct seq_window *win;

		memset(&facts[i], 0, sizeof(facts[i]));
		if (item->kind == DTLS_ITEM_RECORD) {
			rec = &item->record;
			if (rec->flags & DTLS_RECORD_UNIFIED) {
				t->h->is_dtls13 = true;
				continue;
			}
			win = rec->epoch ? &view->encrypted : &view->plain;
			seq_known = seq_window_has(win, rec->sequence);
			seq_window_add(win, rec->sequence);
			take_record(t, rec, seq_known, &facts[i]);
		} else if (rec) {
			if (i == t->ev->hello_item)
				handshake_hello(t->h, t->ev, t->from);
			take_message(t, &item->message, rec->sequence, seq_known, &facts[i]);
			/* s4.2.1: a HelloVerifyRequest and a ServerHello may share a record number. */
			if (facts[i].flight && !facts[i].duplicate &&
			    t->ev->items[i - 1].kind == DTLS_ITEM_RECORD)
				facts[i - 1].duplicate = false;
		}
	}
}

static void update_flights(struct taking *t)
{
	for (uint8_t n = 1; n <= HANDSHAKE_MAX_FLIGHT; n++) {
		struct flight *flight = &t->h->flights[n];

		if (!(t->touched >> n & 1))
			continue;
		if (n > t->h->party[t->from].flight_at[t->point])
			t->h->party[t->from].flight_at[t->point] = n;
		if (t->counts && flight->copies) {
			flight->datagrams++;
			flight->bytes += t->ev->length;
			flight->last_ns = t->now;
			flight->complete = flight_is_complete(t->h, n, t->point);
		}
	}
}

void handshake_datagram(struct handshake *h, const struct event *ev, uint64_t now,
			enum party_role from, enum point point, struct item_facts *facts)
{
	struct taking t = { .h = h, .ev = ev, .now = now, .from = from, .point = point };
	struct party *receiver = &h->party[party_peer(from)];

	h->party[from].view[point].any = true;
	t.counts = handshake_counting_point(h, from) == point;
	take_items(&t, facts);
	update_flights(&t);
	t.content.flights = t.touched;
	if (ev->kind == EVENT_QUEUED)
		fate_queued(h, from, &t.content, ev, now);
	if (t.counts) {
		h->party[from].last_sent_ns = now;
		receiver->unheard_copies = 0;
		errors_heard(receiver);
		if (h->flights[h->party[from].flight].complete)
			errors_sent(&h->party[from], now);
	}
	h->last_ns = now;
}

/* --- asking about a datagram --- */

bool handshake_has_seen(const struct handshake *h, const struct event *ev, enum party_role from,
			enum point point)
{
	const struct party *party = &h->party[from];
	const struct view *view = &party->view[point];
	const struct dtls_record *rec = &ev->items[0].record;
	const struct dtls_message *msg = &ev->items[1].message;
	const struct message *known;

	if (!ev->num_items || rec->kind != DTLS_ITEM_RECORD || rec->flags & DTLS_RECORD_UNIFIED ||
	    !seq_window_has(rec->epoch ? &view->encrypted : &view->plain, rec->sequence))
		return false;
	if (ev->num_items == 1 || msg->kind != DTLS_ITEM_MESSAGE)
		return true;
	/* s4.2.1: a HelloVerifyRequest and a ServerHello may share a record number. */
	known = flight_find_message(party, msg->message_seq, msg->msg_type);
	return known && coverage_has(&known->seen[point], msg->fragment_offset, msg->fragment_length);
}

void handshake_describe(const struct handshake *h, const struct event *ev, enum party_role from,
			struct item_facts *facts)
{
	const struct message *known;

	for (uint32_t i = 0; i < ev->num_items; i++) {
		const struct dtls_item *item = &ev->items[i];

		memset(&facts[i], 0, sizeof(facts[i]));
		if (item->kind == DTLS_ITEM_MESSAGE) {
			known = flight_find_message(&h->party[from], item->message.message_seq,
						    item->message.msg_type);
			facts[i].flight = known ? known->flight : 0;
		} else if (item->record.content_type == DTLS_CT_CID && item->record.epoch) {
			facts[i].flight = flight_of_closing(h, from);
		} else {
			facts[i].flight = flight_of_record(h, from, &item->record);
		}
	}
}
