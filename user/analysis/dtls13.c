// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "dtls13.h"

#include "acks.h"
#include "flights.h"
#include "unheard.h"

#include "core.h"

#define EPOCH_EARLY_DATA 1	/* RFC 9147 s6.1 */
#define EPOCH_HANDSHAKE 2
#define EPOCH_APPLICATION 3

/* While no timer of a side is known: less than any sends a flight again after. */
#define MIN_COPY_GAP_NS 200000000ULL

/* --- one record --- */

/*
 * Bytes of ciphertext, 0 if that cannot be told: a connection ID lies in front of
 * the length, and its own length is only known from the hellos (RFC 9146 s3).
 */
static uint32_t body_len(const struct handshake *h, enum party_role from, const struct event *ev,
			 const struct dtls_record *rec)
{
	/* Each side says what the records that it gets are to carry. */
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

/* Has something of the client's flight with its Finished got to the server, as far as this host can see? */
static bool has_client_finished_arrived(const struct handshake *h)
{
	return h->party[PARTY_CLIENT].flight_at[handshake_receiving_point(h, PARTY_CLIENT)] >=
	       FLIGHT_CLIENT_FINISHED;
}

/* Was a record of this length in it? */
static bool had_length(const struct flight *flight, uint16_t len)
{
	for (uint32_t i = 0; i < flight->num_lengths; i++)
		if (flight->lengths[i] == len)
			return true;
	return false;
}

/* See acks.h. Of what has a connection ID it is not known whether it is a replay. */
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

	/*
	 * In epoch 2 the client acknowledges parts of the server's flight, if they are all it
	 * has got; its own ends with a Finished, which is never as long as an ACK. With a
	 * connection ID only the first record of a datagram is seen, and not how long it is.
	 */
	if (rec->epoch == EPOCH_HANDSHAKE && from == PARTY_CLIENT)
		return ack && !had_length(&h->flights[FLIGHT_CLIENT_FINISHED], whole) &&
		       !acks_is_sent_again(&h->party[from], point, whole) ?
		       FLIGHT_NONE : FLIGHT_CLIENT_FINISHED;
	/*
	 * The server's flight sent again has records as long as before, or cut anew, and one in
	 * sixteen is as long as an ACK; that comes alone.
	 */
	if (rec->epoch == EPOCH_HANDSHAKE)
		return ack && ev->num_items == 1 && has_client_finished_arrived(h) &&
		       !had_length(&h->flights[FLIGHT_SERVER_HELLO], whole) && !is_in_copies(h, rec, whole) ?
		       FLIGHT_NONE : FLIGHT_SERVER_HELLO;
	/* What comes after the first answer and is no ACK is data. */
	if (rec->epoch == EPOCH_APPLICATION && from == PARTY_SERVER && has_client_finished_arrived(h) &&
	    (h->party[from].flight_at[point] < FLIGHT_CONFIRM || acks_may_list(h, len)))
		return FLIGHT_CONFIRM;
	return FLIGHT_NONE;
}

/* --- copies of a flight whose messages are encrypted --- */

/*
 * A place for another length. Who lowers its MTU step by step cuts one copy after the
 * other anew, and does not send the old lengths again: one that is not in the latest
 * copies makes room, else the last one, for by the first ones the next copy is known.
 */
static uint32_t new_length(struct flight *flight)
{
	uint16_t used = flight->lengths_in_copy | flight->lengths_before;
	uint32_t n = 0;

	if (flight->num_lengths < FLIGHT_MAX_LENGTHS)
		return flight->num_lengths++;
	flight->lengths_overflown = true;
	if (used == UINT16_MAX)
		used = flight->lengths_in_copy;
	while (n < FLIGHT_MAX_LENGTHS - 1 && used >> n & 1)
		n++;
	return n;
}

/* Bit of this length among those of the flight. */
static uint16_t length_bit(struct flight *flight, uint16_t len)
{
	uint32_t n;

	for (n = 0; n < flight->num_lengths; n++)
		if (flight->lengths[n] == len)
			return 1u << n;
	n = new_length(flight);
	flight->lengths[n] = len;
	flight->lengths_unheard[n] = 0;
	flight->lengths_arrived &= ~(1u << n);
	flight->lengths_in_copy &= ~(1u << n);
	flight->lengths_before &= ~(1u << n);
	return 1u << n;
}

/*
 * Both ends are seen: has a copy arrived as a whole, in any number of copies? Of
 * the latest one it is not known where it ends, unless there is no other.
 */
static void update_arrived(struct flight *flight, uint64_t now)
{
	uint16_t copy = flight->copies > 1 ? flight->lengths_before : flight->lengths_in_copy;

	if (flight->lengths_overflown || (flight->copies <= 1 && copy & ~flight->lengths_arrived))
		flight->lengths_arrived_ns = 0;
	else if (!flight->lengths_arrived_ns && !(copy & ~flight->lengths_arrived))
		flight->lengths_arrived_ns = now;
}

static void note_arrival(struct sighting *t, struct flight *flight, uint16_t len)
{
	for (uint32_t i = 0; i < flight->num_lengths; i++)
		if (flight->lengths[i] == len)
			flight->lengths_arrived |= 1u << i;
	update_arrived(flight, t->now);
}

/*
 * Is this the beginning of another copy? It is if a record as long as one before
 * comes after a silence in which a timer can have run out, and in which the peer
 * has not said that it wants the rest.
 */
static bool begins_copy(const struct sighting *t, uint8_t number, bool again)
{
	const struct party *party = &t->h->party[t->from], *peer = &t->h->party[party_peer(t->from)];
	const struct flight *flight = &t->h->flights[number];
	uint64_t gap = party->timer_ns ? party->timer_ns / 2 : MIN_COPY_GAP_NS;

	if (!flight->copies)
		return true;
	if (t->begun >> number & 1)
		return false;
	/* What closes is on no timer: it comes once for each copy of what it answers. */
	if (flight_rule(t->h, number)->closes)
		return t->h->flights[flight_rule(t->h, number)->answers].last_ns > flight->last_ns;
	return again && t->now - flight->last_ns >= gap && peer->acks.last_ns <= flight->last_ns;
}

static void take_encrypted(struct sighting *t, uint8_t number, struct cipher_record id,
			struct item_facts *facts)
{
	struct flight *flight = &t->h->flights[number];
	uint16_t bit;
	bool again;

	facts->flight = number;
	t->flights |= 1 << number;
	if (!t->counts)
		note_arrival(t, flight, id.length);
	if (!t->counts || facts->duplicate)
		return;
	again = had_length(flight, id.length);
	if (begins_copy(t, number, again)) {
		taking_begin_copy(t, number, 0);
		flight->lengths_before = flight->lengths_in_copy;
		flight->lengths_in_copy = 0;
	}
	bit = length_bit(flight, id.length);
	if (bit & ~flight->lengths_in_copy)
		unheard_length(flight, __builtin_ctz(bit));
	flight->lengths_in_copy |= bit;
	update_arrived(flight, t->now);
	facts->retransmission = again && flight->copies > 1 && !flight_rule(t->h, number)->closes;
}

/* --- epochs --- */

/* Nobody encrypts with these keys before the ServerHello. */
static void take_version(struct handshake *h)
{
	h->is_dtls13 = true;
	if (!h->version_negotiated || h->version == DTLS_VERSION_1_2) {
		h->version = DTLS_VERSION_1_3;
		h->version_negotiated = true;
	}
}

/* The server may send data before the client's Finished, so that alone is no answer (RFC 8446 s4.4.4). */
static void take_answer(struct sighting *t, uint32_t len, bool half_rtt)
{
	struct view *view = &t->h->party[PARTY_SERVER].view[t->point];

	if (half_rtt && !acks_may_be(t->h, len))
		return;
	t->content.answer = true;
	if (!view->answer_ns)
		view->answer_ns = t->now;
}

static void take_application(struct sighting *t, uint8_t number, uint32_t len)
{
	struct view *view = &t->h->party[t->from].view[t->point];
	const struct flight *flight = &t->h->flights[FLIGHT_CLIENT_FINISHED];
	bool half_rtt = view->data_ns && view->data_ns < flight->first_ns;

	t->content.data = true;
	if (!view->data_ns)
		view->data_ns = t->now;
	if (number == FLIGHT_CONFIRM)
		take_answer(t, len, half_rtt);
}

/*
 * After three key updates data has the bits of epoch 2 (s4, s6.1). Once the
 * handshake is over only what is as long as its records were can be one of them.
 */
static bool is_past_handshake(const struct sighting *t, uint8_t number, uint16_t len)
{
	const struct handshake *h = t->h;

	return h->party[t->from].is_rekeyed ||
	       (h->state == HANDSHAKE_COMPLETED && !had_length(&h->flights[number], len));
}

static void take_old_epoch(struct sighting *t, uint16_t epoch)
{
	struct party *party = &t->h->party[t->from];

	if (party->view[t->point].data_ns)
		party->is_rekeyed = true;
	else if (epoch == EPOCH_EARLY_DATA && t->from == PARTY_CLIENT && !party->early_ns)
		party->early_ns = t->now;
}

void dtls13_take(struct sighting *t, const struct dtls_record *rec, struct item_facts *facts)
{
	struct handshake *h = t->h;
	struct cipher_window *win = &h->party[t->from].cipher[t->point];
	struct cipher_record id = dtls13_identity(t->ev, rec);
	uint32_t len = body_len(h, t->from, t->ev, rec);
	uint8_t number;

	if (h->is_dtls12)
		return;		/* of an association before, or forged */
	/* What a connection ID hides cannot be told from the next record of that length. */
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
		take_encrypted(t, number, id, facts);
	if (rec->epoch == EPOCH_APPLICATION)
		take_application(t, number, len);
	else if (!number)
		acks_take(t, id.length, facts->duplicate);
	/* If nothing but such records was seen of it, it may be ACKs alone. */
	if (number == FLIGHT_CLIENT_FINISHED)
		h->is_client_finished_sure |= len > 0;
}

/* --- HelloRetryRequest --- */

void dtls13_note_retry(struct handshake *h, uint16_t message_seq)
{
	struct party *server = &h->party[PARTY_SERVER], *client = &h->party[PARTY_CLIENT];
	struct message *msg = flight_find_message(server, message_seq,
								     DTLS_MT_SERVER_HELLO);

	if (message_seq >= 32 || h->retry_seqs >> message_seq & 1)
		return;
	h->retry_seqs |= 1u << message_seq;
	/* Another fragment came first, and was taken for one of a ServerHello. */
	if (!msg || msg->flight != FLIGHT_SERVER_HELLO || server->flight != FLIGHT_SERVER_HELLO)
		return;
	msg->flight = server->flight = FLIGHT_RETRY_REQUEST;
	h->flights[FLIGHT_RETRY_REQUEST] = h->flights[FLIGHT_SERVER_HELLO];
	h->flights[FLIGHT_SERVER_HELLO] = (struct flight){ .copies = 0 };
	for (int point = 0; point < POINT_MAX; point++)
		if (server->flight_at[point] == FLIGHT_SERVER_HELLO)
			server->flight_at[point] = FLIGHT_RETRY_REQUEST;
	for (int i = 0; i < PARTY_MAX_ARRIVALS; i++)
		if (client->arrivals[i].flights == 1 << FLIGHT_SERVER_HELLO)
			client->arrivals[i].flights = 1 << FLIGHT_RETRY_REQUEST;
}

/* --- what follows from it --- */

bool dtls13_is_completed(const struct handshake *h)
{
	enum point client = handshake_receiving_point(h, PARTY_CLIENT);
	enum point server = handshake_receiving_point(h, PARTY_SERVER);
	const struct flight *answer = &h->flights[FLIGHT_CONFIRM];

	/* Sent, and then dropped on its way out. */
	if (server == POINT_SENT && answer->copies && answer->last_copy_dropped == answer->copies)
		return false;
	if (h->party[PARTY_SERVER].view[server].answer_ns)
		return true;
	return h->party[PARTY_SERVER].view[server].data_ns && h->party[PARTY_CLIENT].view[client].data_ns;
}

bool dtls13_may_be_lost(const struct handshake *h, enum party_role from)
{
	uint8_t number = h->party[from].flight;

	return flight_rule(h, number)->encrypted && h->party[from].view[POINT_SENT].any &&
	       h->party[party_peer(from)].local && !h->flights[number].lengths_arrived_ns;
}

bool dtls13_is_lost(const struct handshake *h, enum party_role from)
{
	return dtls13_may_be_lost(h, from) && !h->flights[h->party[from].flight].lengths_overflown;
}
