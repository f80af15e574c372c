// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "dtls13.h"

#include "acks.h"
#include "flights.h"
#include "hidden_flight.h"

#include "core.h"

#define EPOCH_EARLY_DATA 1	/* RFC 9147 s6.1 */
#define EPOCH_HANDSHAKE 2
#define EPOCH_APPLICATION 3

/* --- one record --- */

/*
 * Bytes of ciphertext, 0 if unknown: a connection ID precedes the length field, and
 * only the hellos tell how long the connection ID is (RFC 9146 s3).
 */
static uint32_t body_len(const struct handshake *h, enum party_role from, const struct event *ev,
			 const struct dtls_record *rec)
{
	/* Each side chooses the connection ID of the records that it receives. */
	const struct hello_said *said = from == PARTY_CLIENT ? &h->server_hello : &h->client_hello;
	uint32_t headers = 2, rest = ev->length - rec->offset;

	if (!(rec->flags & DTLS_RECORD_CID))
		return rec->length;
	if (!said->hello.has_connection_id)
		return 0;
	headers += said->hello.connection_id_len + (rec->unified & DTLS_UNIFIED_SEQUENCE_16 ? 1 : 0) +
		   (rec->unified & DTLS_UNIFIED_LENGTH ? 2 : 0);
	return rest > headers ? rest - headers : 0;
}

struct cipher_record dtls13_identity(const struct event *ev, const struct dtls_record *rec)
{
	return (struct cipher_record){
		.sequence = rec->sequence,
		.length = rec->length ? rec->length : ev->length - rec->offset,
		.epoch = rec->epoch,
	};
}

bool dtls13_may_be_alert(const struct handshake *h, enum party_role from, const struct event *ev,
			 const struct dtls_record *rec)
{
	return rec->epoch >= EPOCH_HANDSHAKE && acks_may_be_alert(h, body_len(h, from, ev, rec));
}

/* Has the server received a part of the client's flight with its Finished, as far as this host can see? */
static bool has_client_finished_arrived(const struct handshake *h)
{
	return h->party[PARTY_CLIENT].flight_at[handshake_receiving_point(h, PARTY_CLIENT)] >=
	       FLIGHT_CLIENT_FINISHED;
}

/* See acks.h. A record with a connection ID may be a replay, so it proves nothing. */
static bool is_in_copies(const struct handshake *h, const struct dtls_record *rec, uint16_t len)
{
	return !(rec->flags & DTLS_RECORD_CID) && acks_is_in_copies(h, len);
}

uint8_t dtls13_flight_of(const struct handshake *h, enum party_role from, enum point point,
			 const struct event *ev, const struct dtls_record *rec)
{
	uint32_t len = body_len(h, from, ev, rec);
	uint16_t whole = dtls13_identity(ev, rec).length;
	bool ack = acks_may_be(h, len) && !acks_is_too_long(h, from, len);

	if (acks_may_be_alert(h, len))
		return FLIGHT_NONE;
	/*
	 * In epoch 2 the client acknowledges the server's flight while it has only parts of it.
	 * The client's own flight ends with a Finished, which never has the length of an ACK.
	 * With a connection ID, only the first record of a datagram is seen, without its length.
	 */
	if (rec->epoch == EPOCH_HANDSHAKE && from == PARTY_CLIENT)
		return ack && !hidden_flight_had_length(&h->flights[FLIGHT_CLIENT_FINISHED], whole) &&
		       !acks_is_sent_again(&h->party[from], point, whole) ?
		       FLIGHT_NONE : FLIGHT_CLIENT_FINISHED;
	/*
	 * A repeated server flight has records of the same lengths, or is fragmented differently:
	 * then one record in sixteen has the length of an ACK. An ACK is alone in its datagram.
	 */
	if (rec->epoch == EPOCH_HANDSHAKE)
		return ack && ev->num_items == 1 && has_client_finished_arrived(h) &&
		       !hidden_flight_had_length(&h->flights[FLIGHT_SERVER_HELLO], whole) && !is_in_copies(h, rec, whole) ?
		       FLIGHT_NONE : FLIGHT_SERVER_HELLO;
	/* After the first answer, a record that is not an ACK is data. */
	if (rec->epoch == EPOCH_APPLICATION && from == PARTY_SERVER && has_client_finished_arrived(h) &&
	    (h->party[from].flight_at[point] < FLIGHT_CONFIRM || acks_may_list(h, len)))
		return FLIGHT_CONFIRM;
	return FLIGHT_NONE;
}

/* --- epochs --- */

/* These keys do not exist before the ServerHello, so the version is known. */
static void take_version(struct handshake *h)
{
	h->is_dtls13 = true;
	if (!h->version_negotiated || h->version == DTLS_VERSION_1_2) {
		h->version = DTLS_VERSION_1_3;
		h->version_negotiated = true;
	}
}

/* Data alone is no answer: the server may send it before the client's Finished (RFC 8446 s4.4.4). */
static void take_answer(struct sighting *t, uint32_t len, bool half_rtt)
{
	struct view *view = &t->h->party[PARTY_SERVER].view[t->point];

	if (half_rtt && !acks_may_be(t->h, len))
		return;
	t->content.answer = true;
	if (!view->answer_ns)
		view->answer_ns = t->now;
}

/* A fatal alert and close_notify are all that a side sends of this length before the handshake is complete; more is data. */
static bool is_unknown(const struct sighting *t, uint32_t len)
{
	return acks_may_be_alert(t->h, len) && t->h->state != HANDSHAKE_COMPLETED && t->h->party[t->from].short_records <= 2;
}

static void take_application(struct sighting *t, uint8_t number, uint32_t len)
{
	struct view *view = &t->h->party[t->from].view[t->point];
	const struct flight *flight = &t->h->flights[FLIGHT_CLIENT_FINISHED];
	bool half_rtt = view->data_ns && view->data_ns < flight->first_ns;

	if (is_unknown(t, len))
		return;
	t->content.data = true;
	if (!view->data_ns)
		view->data_ns = t->now;
	if (number == FLIGHT_CONFIRM)
		take_answer(t, len, half_rtt);
}

/*
 * After three key updates, data has the epoch bits of epoch 2 (s4, s6.1). After the
 * handshake, a record can be a retransmission only if its length was used before.
 */
static bool is_past_handshake(const struct sighting *t, uint8_t number, uint16_t len)
{
	const struct handshake *h = t->h;

	return h->party[t->from].is_rekeyed ||
	       (h->state == HANDSHAKE_COMPLETED && !hidden_flight_had_length(&h->flights[number], len));
}

static void take_old_epoch(struct sighting *t, uint16_t epoch)
{
	struct party *party = &t->h->party[t->from];

	if (party->view[t->point].data_ns)
		party->is_rekeyed = true;
	else if (epoch == EPOCH_EARLY_DATA && t->from == PARTY_CLIENT && !party->early_ns)
		party->early_ns = t->now;
}

/* All of its ServerHello was seen, and negotiates another version. */
static bool has_older_server_hello(const struct handshake *h)
{
	return h->server_hello.known && h->server_hello.known == h->server_hello.length &&
	       h->server_hello.hello.has_version && !h->server_hello.hello.has_selected_version;
}

/* Has a socket of this host sent a message that DTLS 1.3 encrypts? */
static bool has_sent_older(const struct party *party)
{
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (!dtls13_has_plaintext(party->messages[i].msg_type) && party->messages[i].seen[POINT_SENT].num_ranges)
			return true;
	return false;
}

/*
 * A socket of this host that encrypts in the handshake epoch has negotiated DTLS 1.3. A message in plaintext that
 * says otherwise may be from anybody, unless a socket of this host has sent it.
 */
static bool refutes_older(const struct sighting *t, const struct dtls_record *rec)
{
	return rec->epoch == EPOCH_HANDSHAKE && t->point == POINT_SENT && !has_sent_older(&t->h->party[PARTY_CLIENT]) &&
	       !has_sent_older(&t->h->party[PARTY_SERVER]);
}

/* What was taken for a message of an older version is none of this handshake. */
static void forget_older(struct handshake *h)
{
	for (int role = 0; role < PARTY_MAX; role++)
		for (uint32_t i = 0; i < h->party[role].num_messages; i++)
			if (!dtls13_has_plaintext(h->party[role].messages[i].msg_type))
				h->party[role].messages[i].flight = FLIGHT_NONE;
	if (!h->server_hello.hello.has_selected_version)
		h->server_hello.known = 0;
	h->is_dtls12 = h->resumed = false;
}

void dtls13_take(struct sighting *t, const struct dtls_record *rec, struct item_facts *facts)
{
	struct handshake *h = t->h;
	struct cipher_window *win = &h->party[t->from].cipher[t->point];
	struct cipher_record id = dtls13_identity(t->ev, rec);
	uint32_t len = body_len(h, t->from, t->ev, rec);
	uint8_t number;

	if (dtls13_is_excluded(h) || has_older_server_hello(h)) {
		if (!refutes_older(t, rec)) {
			cipher_window_add(win, id);
			return;		/* of a previous association, or forged */
		}
		forget_older(h);
	}
	/* A connection ID hides the record number: a duplicate looks like the next record of that length. */
	facts->may_be_alert = dtls13_may_be_alert(h, t->from, t->ev, rec);
	facts->duplicate = !(rec->flags & DTLS_RECORD_CID) && cipher_window_has(win, id);
	cipher_window_add(win, id);
	if (rec->epoch < EPOCH_HANDSHAKE) {
		take_old_epoch(t, rec->epoch);
		return;
	}
	take_version(h);
	number = dtls13_flight_of(h, t->from, t->point, t->ev, rec);
	if (rec->epoch == EPOCH_HANDSHAKE && number && is_past_handshake(t, number, id.length))
		return;
	if (number == FLIGHT_SERVER_HELLO && t->counts && !facts->duplicate && is_in_copies(h, rec, id.length))
		acks_take_back(&h->party[PARTY_SERVER].acks);
	if (number)
		hidden_flight_take(t, number, id, facts);
	if (rec->epoch == EPOCH_APPLICATION && t->counts && !facts->duplicate && facts->may_be_alert)
		h->party[t->from].short_records++;
	if (rec->epoch == EPOCH_APPLICATION)
		take_application(t, number, len);
	else if (!number)
		acks_take(t, id.length, facts->duplicate);
	/* If no record of the flight has a known length, all may be ACKs. */
	if (number == FLIGHT_CLIENT_FINISHED)
		h->is_client_finished_sure |= len > 0;
}

/* --- HelloRetryRequest --- */

void dtls13_note_retry(struct handshake *h, uint16_t message_seq)
{
	struct party *server = &h->party[PARTY_SERVER];
	struct message *msg = flight_find_message(server, message_seq, DTLS_MT_SERVER_HELLO);

	if (message_seq >= 32 || h->retry_seqs >> message_seq & 1)
		return;
	h->retry_seqs |= 1u << message_seq;
	/* Another fragment came first, and was taken for a part of a ServerHello. */
	if (!msg || server->flight != FLIGHT_SERVER_HELLO)
		return;
	msg->flight = server->flight = FLIGHT_RETRY_REQUEST;
	h->flights[FLIGHT_RETRY_REQUEST] = h->flights[FLIGHT_SERVER_HELLO];
	h->flights[FLIGHT_SERVER_HELLO] = (struct flight){ .copies = 0 };
	for (int point = 0; point < POINT_MAX; point++)
		if (server->flight_at[point] == FLIGHT_SERVER_HELLO)
			server->flight_at[point] = FLIGHT_RETRY_REQUEST;
}

/* --- conclusions --- */

bool dtls13_is_completed(const struct handshake *h)
{
	enum point client = handshake_receiving_point(h, PARTY_CLIENT);
	enum point server = handshake_receiving_point(h, PARTY_SERVER);
	const struct flight *answer = &h->flights[FLIGHT_CONFIRM];

	/* The answer was sent, but this host's kernel dropped it. */
	if (server == POINT_SENT && answer->copies && answer->last_copy_dropped == answer->copies)
		return false;
	if (h->party[PARTY_SERVER].view[server].answer_ns)
		return true;
	/* A client may send data before its flight, of which nothing has arrived yet, is acknowledged (RFC 9147 s5.7). */
	if (client == POINT_QUEUED && h->party[PARTY_CLIENT].flight == FLIGHT_CLIENT_FINISHED && !h->events_lost &&
	    h->party[PARTY_CLIENT].flight_at[POINT_QUEUED] < FLIGHT_CLIENT_FINISHED)
		return false;
	return h->party[PARTY_SERVER].view[server].data_ns && h->party[PARTY_CLIENT].view[client].data_ns;
}

void dtls13_note_answer(struct handshake *h, uint64_t ns)
{
	for (int point = 0; point < POINT_MAX; point++)
		h->party[PARTY_SERVER].view[point].answer_ns = ns;
}

bool dtls13_may_be_lost(const struct handshake *h, enum party_role from)
{
	uint8_t number = h->party[from].flight;

	return flight_rule(h, number)->encrypted && h->party[from].view[POINT_SENT].any &&
	       h->party[party_peer(from)].local && !h->flights[number].lengths_arrived_ns &&
	       !view_is_exhausted(&h->party[from].view[POINT_ARRIVED]);
}

bool dtls13_is_lost(const struct handshake *h, enum party_role from)
{
	return dtls13_may_be_lost(h, from) && !h->flights[h->party[from].flight].lengths_overflown;
}
