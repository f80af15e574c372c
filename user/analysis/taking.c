// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "taking.h"

#include <string.h>

#include "acks.h"
#include "contested.h"
#include "dtls13.h"
#include "fate.h"
#include "flights.h"
#include "late.h"
#include "progress.h"
#include "unheeded.h"
#include "unheard.h"

#include "core.h"

/*
 * The copies of one burst count as one copy that wants an answer. If the peer has sent
 * since the burst began, the rest may just be late.
 */
static void note_copy(struct sighting *t, const struct flight *flight)
{
	struct party *party = &t->h->party[t->from];
	uint64_t burst = flight_burst_ns(flight, t->now);

	if (burst < t->h->party[party_peer(t->from)].last_sent_ns ||
	    (party->unheard.copies && party->unheard.last_ns >= burst))
		return;
	unheard_copy(party, t->now);
}

/*
 * How long did the sender wait before the second copy? If the peer acknowledged a part
 * of an encrypted flight (RFC 9147 s7), the rest was sent since, but not as a copy.
 */
static uint64_t first_timeout(const struct handshake *h, uint8_t number, uint64_t now)
{
	const struct flight *flight = &h->flights[number];
	uint64_t begun = flight_rule(h, number)->encrypted ? flight->burst_ns : 0;

	return now - (begun ? begun : flight->first_ns);
}

/* Does its first record, in plaintext, directly follow the sender's latest one? */
static bool is_joined(struct sighting *t, uint64_t first_seq)
{
	const struct seq_window *seen = &sighting_view(t)->plain;

	return first_seq && seen->highest == first_seq && seq_window_has(seen, first_seq - 1);
}

void taking_begin_copy(struct sighting *t, uint8_t number, uint64_t first_seq)
{
	struct handshake *h = t->h;
	struct party *party = &h->party[t->from];
	struct flight *flight = &h->flights[number];
	uint64_t now = t->now;

	if (flight->copies) {
		party->retransmissions++;
		/* A flight without a timer is sent again only in answer to the peer's repeats. */
		if (!party->timer_ns && flight->copies == 1 && progress_expects_answer(h, number))
			party->timer_ns = first_timeout(h, number, now);
		/* After the end, old record numbers may be a replay: nobody waited for that. */
		if (now > h->last_ns && (handshake_is_open(h) || !t->resent))
			party->waited_ns += now - h->last_ns;
	} else {
		flight->from = t->from;
		flight->first_ns = now;
	}
	late_note_copy(flight, is_joined(t, first_seq), now);
	/* Record numbers increase (RFC 6347 s4.1), but some stacks resend stored bytes: never with the number of the ChangeCipherSpec. */
	if (number < party->flight && first_seq <= party->ccs_seq && (!t->resent || (first_seq && first_seq == party->ccs_seq)))
		party->is_contradicted = true;
	if (flight->copies < FLIGHT_MAX_COPY_TIMES)
		flight->copy_ns[flight->copies] = now;
	flight->copy_before_ns = flight->latest_copy_ns;
	flight->latest_copy_ns = now;
	flight->copies++;
	t->begun |= 1 << number;
	note_copy(t, flight);
	flight->copy_first_seq = first_seq;
	flight->finished_in_copy = false;
	if (flight->lengths_in_copy)
		flight->lengths_before = flight->lengths_in_copy;
	flight->lengths_in_copy = 0;
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].flight == number)
			memset(&party->messages[i].copy, 0, sizeof(party->messages[i].copy));
	if (number > party->flight)
		party->flight = number;
	if (!party->first_flight)
		party->first_flight = number;
}

static struct message *get_message(struct handshake *h, enum party_role from,
				   const struct dtls_message *msg)
{
	struct party *party = &h->party[from];
	struct message *found = flight_find_message(party, msg->message_seq, msg->msg_type), *replaced;

	/* It belongs to no handshake, and its message_seq has no meaning (RFC 5246 s7.4.1.1). */
	if (msg->msg_type == DTLS_MT_HELLO_REQUEST)
		return NULL;
	if (found && found->length == msg->length)
		return found;
	if (msg->message_seq >= CONTESTED_MAX_SEQ || !flight_may_have(from, msg->msg_type))
		return NULL;
	/* Another length with the same message_seq is a message of another handshake, or one of the two is forged. */
	replaced = contested_message(h, from, msg);
	if (!replaced && (found || party->num_messages == HANDSHAKE_MAX_MESSAGES))
		return NULL;
	found = replaced ? replaced : &party->messages[party->num_messages++];
	memset(found, 0, sizeof(*found));
	found->msg_type = msg->msg_type;
	found->message_seq = msg->message_seq;
	found->length = msg->length;
	found->flight = flight_of_message(h, from, msg);
	return found;
}

/*
 * A record older than the latest copy is a late record of the previous copy, if there is one: else the rest of this one.
 * If it comes too late for that, or is far older, somebody else has chosen the numbers of that copy.
 */
static bool is_late(const struct sighting *t, const struct flight *flight, uint64_t seq, bool again)
{
	return flight->copies && (flight->copies > 1 || again) && seq < flight->copy_first_seq && flight->copy_first_seq - seq <= SEQ_WINDOW_FAR &&
	       t->now < flight->latest_copy_ns + DELAY_NS;
}

/* How long is the fragment that begins the message, in each copy? */
static void note_border(struct message *message, const struct dtls_message *msg)
{
	if (msg->fragment_offset || !msg->fragment_length || msg->fragment_length > UINT16_MAX)
		return;
	message->borders_change |= message->first_fragment && message->first_fragment != msg->fragment_length;
	message->first_fragment = msg->fragment_length;
}

/*
 * What made a full handshake look resumed was a stranger's: the server's Finished without its ChangeCipherSpec, or ahead of
 * a flight of which the client answers more than a resumed one has.
 */
static void refute_resumption(struct handshake *h)
{
	struct party *server = &h->party[PARTY_SERVER];
	bool is_answered = flight_sent_type(&h->party[PARTY_CLIENT], DTLS_MT_CLIENT_KEY_EXCHANGE);

	if (!h->resumed || h->events_lost || h->midway || server->view[POINT_SENT].ccs_ns || !flight_is_full(h) ||
	    (server->view[handshake_counting_point(h, PARTY_SERVER)].ccs_ns && !is_answered))
		return;
	h->resumed = h->flights[FLIGHT_SERVER_HELLO].has_finished = false;
	for (int point = 0; point < POINT_MAX; point++)
		server->view[point].ccs_ns = server->view[point].finished_ns = server->view[point].data_ns = 0;
}

void taking_message(struct sighting *t, const struct dtls_message *msg, uint64_t seq, bool seq_known,
		    struct item_facts *facts)
{
	struct message *message = get_message(t->h, t->from, msg);
	uint32_t begin = msg->fragment_offset, len = msg->fragment_length;
	struct flight *flight;
	bool again;

	if (!message || !message->flight)
		return;
	if (!dtls13_has_plaintext(msg->msg_type)) {
		t->h->is_dtls12 = true;
		t->h->is_dtls13 = false;
	}
	if (msg->msg_type == DTLS_MT_CLIENT_KEY_EXCHANGE && t->point == POINT_SENT)
		t->h->resumed = false;
	flight = &t->h->flights[message->flight];
	facts->flight = message->flight;
	if (coverage_overlaps(&message->seen[t->point], begin, len)) {
		facts->duplicate = seq_known;
		facts->retransmission = !seq_known;
		t->content.duplicate |= seq_known;
	}
	coverage_add(&message->seen[t->point], begin, len);
	t->flights |= 1 << message->flight;
	if (t->point == POINT_ARRIVED)
		fate_add_fragment(&t->h->party[party_peer(t->from)], &t->content,
				  message - t->h->party[t->from].messages, begin, len);
	if (!t->counts || facts->duplicate)
		return;
	if (message->last_ns != t->now && message->datagrams < UINT8_MAX)
		message->datagrams++;
	message->last_ns = t->now;
	unheeded_came(t->h, t->from, message->flight);
	refute_resumption(t->h);
	again = coverage_overlaps(&message->copy, begin, len);
	if (is_late(t, flight, seq, again))
		return;
	note_border(message, msg);
	/* In one datagram there is one copy, however often it has the message. */
	if (!flight->copies || (!(t->begun >> message->flight & 1) && again))
		taking_begin_copy(t, message->flight, seq);
	else if (seq < flight->copy_first_seq)
		flight->copy_first_seq = seq;
	coverage_add(&message->copy, begin, len);
	if (coverage_has(&message->copy, 0, message->length))
		unheard_message(message);
}

/*
 * In a first handshake the only encrypted handshake message is Finished (RFC 5246
 * s7.4.9), and it begins epoch 1. A later record of epoch 1 with another length is a
 * HelloRequest or a renegotiation, whose own Finished is in epoch 2. After that, a
 * record may have the length of Finished by chance. A CID record hides its type
 * (RFC 9146 s3), but the first one after ChangeCipherSpec is always Finished, and so
 * is one in the same datagram as a repeated ChangeCipherSpec (RFC 5246 s7.1).
 */
static bool is_finished(const struct sighting *t, const struct view *view, const struct dtls_record *rec)
{
	if (rec->epoch != 1)
		return false;
	if (rec->content_type == DTLS_CT_HANDSHAKE)
		return !view->finished_ns || !rec->sequence || t->content.ccs ||
		       (!t->h->renegotiates && rec->length == t->h->party[t->from].finished_len);
	if (rec->content_type != DTLS_CT_CID)
		return false;
	return !rec->sequence || t->content.ccs || (view->ccs_ns && !view->finished_ns);
}

static void take_finished(struct sighting *t, uint8_t number, const struct dtls_record *rec,
			  struct item_facts *facts)
{
	struct party *party = &t->h->party[t->from];
	struct view *view = &party->view[t->point];
	struct flight *flight = &t->h->flights[number];

	if (view->finished_ns)
		facts->retransmission = !facts->duplicate;
	else
		view->finished_ns = t->now;
	/* What came before the ChangeCipherSpec may be a stranger's. */
	if (!party->finished_len || (!rec->sequence && view->finished_ns < view->ccs_ns))
		party->finished_len = rec->length;
	if (!t->counts || facts->duplicate || t->late)
		return;
	unheeded_came(t->h, t->from, number);
	if (!flight->copies || flight->finished_in_copy)
		taking_begin_copy(t, number, 0);
	flight->finished_in_copy = flight->has_finished = true;
	unheard_finished(flight);
}

static void take_ccs(struct sighting *t, uint8_t number, const struct dtls_record *rec,
		     struct item_facts *facts)
{
	struct party *party = &t->h->party[t->from];
	struct view *view = &party->view[t->point];
	struct flight *flight = &t->h->flights[number];

	if (view->ccs_ns)
		facts->retransmission = !facts->duplicate;
	else
		view->ccs_ns = t->now;
	if (t->counts)
		unheeded_came(t->h, t->from, number);
	t->late = is_late(t, flight, rec->sequence, true);
	if (t->counts && !party->ccs_seq && rec->sequence <= UINT32_MAX) {
		party->ccs_seq = rec->sequence;
		party->is_ccs_next = is_joined(t, rec->sequence);
	}
	if (t->counts && !flight->copies)
		taking_begin_copy(t, number, rec->sequence);
}

/* Is its ChangeCipherSpec not seen because it came before the trace? What its peer has sent since, a Finished, was after it or asked for it. */
static bool may_have_changed(const struct sighting *t)
{
	enum party_role peer = party_peer(t->from);

	return t->h->events_lost ||
	       (t->h->late && t->h->party[peer].view[handshake_counting_point(t->h, peer)].finished_ns);
}

static void take_data(struct sighting *t)
{
	struct view *view = &t->h->party[t->from].view[t->point];

	/* Before this side's ChangeCipherSpec, data belongs to the previous association (s4.2.8). */
	if (!view->ccs_ns && !view->finished_ns && !may_have_changed(t))
		return;
	t->content.data = true;
	if (!view->data_ns)
		view->data_ns = t->now;
}

/* Both hellos have agreed on a connection ID for what this side sends, and it uses it: its peer discards a record without one (RFC 9146 s3). */
static bool lacks_connection_id(const struct sighting *t, const struct dtls_record *rec)
{
	const struct hello *of_peer = t->from == PARTY_CLIENT ? &t->h->server_hello.hello : &t->h->client_hello.hello;

	return rec->content_type != DTLS_CT_CID && sighting_sender(t)->odd.uses_connection_id && of_peer->connection_id_len &&
	       t->h->client_hello.hello.has_connection_id && t->h->server_hello.hello.has_connection_id;
}

/* A record that belongs to no flight. */
static void take_other(struct sighting *t, const struct dtls_record *rec, bool duplicate)
{
	switch (rec->content_type) {
	case DTLS_CT_APPLICATION_DATA: case DTLS_CT_CID:
		/* All that DTLS 1.3 encrypts has a unified header (RFC 9147 s4): this is a stranger's. */
		if (rec->epoch && !t->h->is_dtls13 && !lacks_connection_id(t, rec))
			take_data(t);
		break;
	case DTLS_CT_ACK:
		acks_take_plaintext(t, duplicate);
		break;
	}
}

/*
 * Its client has answered as to a resumed handshake: what seemed to be a full one was a stranger's, and what came with the
 * server's Finished is no flight of its own.
 */
static void confirm_resumption(struct handshake *h)
{
	struct party *server = &h->party[PARTY_SERVER];

	h->resumed = true;
	unheeded_restore(h, PARTY_SERVER);
	if (server->flight != FLIGHT_CONFIRM)
		return;
	server->flight = FLIGHT_SERVER_HELLO;
	for (int point = 0; point < POINT_MAX; point++)
		if (server->flight_at[point] == FLIGHT_CONFIRM)
			server->flight_at[point] = FLIGHT_SERVER_HELLO;
	for (uint32_t i = 0; i < server->num_messages; i++)
		if (server->messages[i].flight == FLIGHT_CONFIRM)
			server->messages[i].flight = FLIGHT_SERVER_HELLO;
	h->flights[FLIGHT_SERVER_HELLO].has_finished |= h->flights[FLIGHT_CONFIRM].has_finished;
	memset(&h->flights[FLIGHT_CONFIRM], 0, sizeof(h->flights[FLIGHT_CONFIRM]));
}

void taking_record(struct sighting *t, const struct dtls_record *rec, bool seq_known,
		   struct item_facts *facts)
{
	bool finished = is_finished(t, &t->h->party[t->from].view[t->point], rec);
	/* The ChangeCipherSpec of a renegotiation is encrypted. */
	bool ccs = rec->content_type == DTLS_CT_CHANGE_CIPHER_SPEC && !rec->epoch;
	uint8_t number = finished || ccs ? flight_of_closing(t->h, t->from) : FLIGHT_NONE;

	if (rec->content_type == DTLS_CT_HANDSHAKE && rec->epoch == 1 && !finished)
		t->h->renegotiates = true;
	if (rec->content_type == DTLS_CT_CID && !finished && !t->h->party[t->from].view[t->point].finished_ns)
		t->h->party[t->from].may_have_finished = true;
	facts->duplicate = seq_known;
	t->content.finished |= finished;
	/* The Finished may be lost and this be data, sent before the answer (RFC 7918). */
	t->content.may_be_data |= finished && rec->content_type == DTLS_CT_CID && rec->sequence &&
				  !t->content.ccs;
	t->content.ccs |= ccs;
	t->content.duplicate |= seq_known && (ccs || finished);
	if (!number) {
		take_other(t, rec, seq_known);
		return;
	}
	if (number == FLIGHT_SERVER_HELLO)
		t->h->resumed = true;
	else if (finished && t->from == PARTY_CLIENT && t->point == POINT_SENT && !t->h->events_lost && !t->h->midway) {
		if (flight_is_full(t->h))
			t->h->resumed = false;
		else
			confirm_resumption(t->h);
	}
	facts->flight = number;
	t->flights |= 1 << number;
	if (finished)
		take_finished(t, number, rec, facts);
	else
		take_ccs(t, number, rec, facts);
}
