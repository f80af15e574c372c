// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "flights.h"

#include "core.h"

#define RULE(number, from, answers, first, last, ...) \
	[FLIGHT_##number] = { PARTY_##from, FLIGHT_##answers, DTLS_MT_##first, DTLS_MT_##last, __VA_ARGS__ }

/*
 * The first four flights of every handshake. Many servers omit the second, and then there is no
 * third. A HelloRetryRequest has the type ServerHello; a server that keeps state repeats it on a timer.
 */
#define HELLOS \
	RULE(CLIENT_HELLO, CLIENT, NONE, CLIENT_HELLO, CLIENT_HELLO, .has_timer = true), \
	RULE(RETRY_REQUEST, SERVER, CLIENT_HELLO, HELLO_VERIFY_REQUEST, HELLO_VERIFY_REQUEST), \
	RULE(SECOND_HELLO, CLIENT, RETRY_REQUEST, CLIENT_HELLO, CLIENT_HELLO, .has_timer = true)

const struct flight_rules flight_rules[FLIGHT_MODE_MAX] = {
	[FLIGHT_MODE_FULL] = { FLIGHT_CONFIRM, {		/* RFC 6347 s4.2.4 figure 1 */
		HELLOS,
		RULE(SERVER_HELLO, SERVER, CLIENT_HELLO, SERVER_HELLO, SERVER_HELLO_DONE, .has_timer = true),
		RULE(CLIENT_FINISHED, CLIENT, SERVER_HELLO, CLIENT_KEY_EXCHANGE, FINISHED, .has_timer = true),
		RULE(CONFIRM, SERVER, CLIENT_FINISHED, FINISHED, FINISHED, .closes = true),
	} },
	[FLIGHT_MODE_RESUMED] = { FLIGHT_CLIENT_FINISHED, {	/* RFC 6347 s4.2.4 figure 2 */
		HELLOS,
		RULE(SERVER_HELLO, SERVER, CLIENT_HELLO, SERVER_HELLO, FINISHED, .has_timer = true),
		RULE(CLIENT_FINISHED, CLIENT, SERVER_HELLO, FINISHED, FINISHED, .closes = true),
		/* Only if a full handshake looked resumed at first. */
		RULE(CONFIRM, SERVER, CLIENT_FINISHED, FINISHED, FINISHED, .closes = true),
	} },
	[FLIGHT_MODE_DTLS13] = { FLIGHT_CONFIRM, {	/* RFC 9147 s5.7, resumed or not; the last flight is an ACK, not a message */
		HELLOS,
		RULE(SERVER_HELLO, SERVER, CLIENT_HELLO, SERVER_HELLO, FINISHED, .has_timer = true,
		     .encrypted = true),
		RULE(CLIENT_FINISHED, CLIENT, SERVER_HELLO, FINISHED, FINISHED, .has_timer = true,
		     .encrypted = true),
		[FLIGHT_CONFIRM] = { PARTY_SERVER, FLIGHT_CLIENT_FINISHED, .closes = true, .encrypted = true },
	} },
};

uint32_t flight_seq_after_hellos(const struct party *client)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < client->num_messages; i++)
		if (client->messages[i].msg_type == DTLS_MT_CLIENT_HELLO &&
		    client->messages[i].message_seq >= next)
			next = client->messages[i].message_seq + 1u;
	return next;
}

struct message *flight_find_message(struct party *party, uint16_t message_seq, uint8_t msg_type)
{
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].message_seq == message_seq &&
		    party->messages[i].msg_type == msg_type)
			return &party->messages[i];
	return NULL;
}

const struct message *flight_sent_type(const struct party *party, uint8_t msg_type)
{
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].msg_type == msg_type)
			return &party->messages[i];
	return NULL;
}

/* Does an abbreviated handshake have no such message of the server? (RFC 6347 s4.2.4 figure 1) */
static bool is_of_full(uint8_t msg_type)
{
	return msg_type == DTLS_MT_SERVER_HELLO_DONE || msg_type == DTLS_MT_CERTIFICATE ||
	       msg_type == DTLS_MT_SERVER_KEY_EXCHANGE || msg_type == DTLS_MT_CERTIFICATE_REQUEST;
}

/* The client has answered without a ClientKeyExchange, and flight 4 has come again: what is in one copy is not its own. */
static bool is_answered_as_resumed(const struct handshake *h)
{
	const struct message *hello = flight_sent_type(&h->party[PARTY_SERVER], DTLS_MT_SERVER_HELLO);

	return hello && hello->datagrams > 1 && h->flights[FLIGHT_CLIENT_FINISHED].has_finished &&
	       !flight_sent_type(&h->party[PARTY_CLIENT], DTLS_MT_CLIENT_KEY_EXCHANGE);
}

/*
 * Has one of the two sent a message that only a full handshake has? A client on this host knows best: a
 * server's messages may come from anybody.
 */
bool flight_is_full(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	uint8_t enough = is_answered_as_resumed(h) ? 2 : 1;

	if (client->flight == FLIGHT_CLIENT_FINISHED && client->view[POINT_SENT].any && !h->events_lost && !h->midway)
		return flight_sent_type(client, DTLS_MT_CLIENT_KEY_EXCHANGE);
	for (uint32_t i = 0; i < server->num_messages; i++)
		if (is_of_full(server->messages[i].msg_type) && server->messages[i].datagrams >= enough)
			return true;
	return false;
}

/*
 * Which flight has the server's ChangeCipherSpec, Finished and NewSessionTicket?
 * In an abbreviated handshake, the flight with the ServerHello (figure 2): then
 * they come before the client's answer to that flight.
 */
static uint8_t server_closing_flight(const struct handshake *h)
{
	const struct party *server = &h->party[PARTY_SERVER];

	/* If the trace began late, an abbreviated handshake's flight 5 may be seen first. */
	if (h->late && server->view[POINT_SENT].any && flight_sent_type(server, DTLS_MT_SERVER_HELLO) && !flight_is_full(h))
		return FLIGHT_SERVER_HELLO;
	return flight_is_full(h) ||
	       (h->party[PARTY_CLIENT].flight == FLIGHT_CLIENT_FINISHED && !h->resumed && !is_answered_as_resumed(h)) ?
	       FLIGHT_CONFIRM : FLIGHT_SERVER_HELLO;
}

uint8_t flight_of_message(const struct handshake *h, enum party_role from,
				 const struct dtls_message *msg)
{
	switch (msg->msg_type) {
	case DTLS_MT_CLIENT_HELLO:
		return msg->message_seq == 0 ? FLIGHT_CLIENT_HELLO : FLIGHT_SECOND_HELLO;
	case DTLS_MT_HELLO_VERIFY_REQUEST:
		return FLIGHT_RETRY_REQUEST;
	case DTLS_MT_SERVER_HELLO:
		return msg->message_seq < 32 && h->retry_seqs >> msg->message_seq & 1 ?
		       FLIGHT_RETRY_REQUEST : FLIGHT_SERVER_HELLO;
	case DTLS_MT_HELLO_REQUEST:
		return FLIGHT_NONE;	/* belongs to no flight of this handshake (RFC 5246 s7.4.1.1) */
	case DTLS_MT_NEW_SESSION_TICKET:
		return server_closing_flight(h);
	}
	return from == PARTY_CLIENT ? FLIGHT_CLIENT_FINISHED : FLIGHT_SERVER_HELLO;
}

uint8_t flight_of_closing(const struct handshake *h, enum party_role from)
{
	return from == PARTY_CLIENT ? FLIGHT_CLIENT_FINISHED : server_closing_flight(h);
}

uint8_t flight_of_record(const struct handshake *h, enum party_role from,
			 const struct dtls_record *rec)
{
	if ((rec->content_type == DTLS_CT_CHANGE_CIPHER_SPEC && !rec->epoch) ||
	    (rec->content_type == DTLS_CT_HANDSHAKE && rec->epoch == 1))
		return flight_of_closing(h, from);
	return FLIGHT_NONE;
}

/* Few timers are shorter; datagrams with a shorter gap belong to one burst. */
#define MIN_SILENCE_NS 200000000ULL

uint64_t flight_burst_ns(const struct flight *flight, uint64_t now)
{
	return !flight->last_ns || now - flight->last_ns >= MIN_SILENCE_NS ? now : flight->burst_ns;
}

uint32_t flight_copies_after(const struct flight *flight, uint64_t since)
{
	uint32_t num = 0;

	for (uint32_t i = 1; i < flight->copies && i < FLIGHT_MAX_COPY_TIMES; i++)
		num += flight->copy_ns[i] > since;
	if (flight->copies > FLIGHT_MAX_COPY_TIMES)
		num += flight->latest_copy_ns > since;
	if (flight->copies > FLIGHT_MAX_COPY_TIMES + 1)
		num += flight->copy_before_ns > since;
	return num;
}

bool flight_is_overflown(const struct party *party, enum point point)
{
	if (party->num_messages == HANDSHAKE_MAX_MESSAGES || party->view[point].is_cut)
		return true;
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].seen[point].overflown)
			return true;
	return false;
}

bool flight_may_have(enum party_role from, uint8_t msg_type)
{
	switch (msg_type) {
	case DTLS_MT_SERVER_HELLO: case DTLS_MT_HELLO_VERIFY_REQUEST: case DTLS_MT_NEW_SESSION_TICKET:
	case DTLS_MT_SERVER_KEY_EXCHANGE: case DTLS_MT_CERTIFICATE_REQUEST: case DTLS_MT_SERVER_HELLO_DONE:
	case DTLS_MT_CERTIFICATE_STATUS:
		return from == PARTY_SERVER;
	case DTLS_MT_CLIENT_HELLO: case DTLS_MT_CLIENT_KEY_EXCHANGE: case DTLS_MT_CERTIFICATE_VERIFY:
		return from == PARTY_CLIENT;
	}
	return true;
}

uint32_t flight_client_begins_at(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	uint32_t after_hellos = flight_seq_after_hellos(client);
	const struct message *first = NULL;

	if (after_hellos)
		return after_hellos;
	for (uint32_t i = 0; i < client->num_messages; i++)
		if (!first || client->messages[i].message_seq < first->message_seq)
			first = &client->messages[i];
	if (!first)
		return UINT32_MAX;
	/* A Certificate that was not seen may precede it, but not if a copy of it follows another without a gap. */
	if (first->msg_type == DTLS_MT_CERTIFICATE || first->message_seq == 1 || h->flights[FLIGHT_CLIENT_FINISHED].joined ||
	    (h->flights[FLIGHT_SERVER_HELLO].complete && !flight_sent_type(server, DTLS_MT_CERTIFICATE_REQUEST)))
		return first->message_seq;
	return UINT32_MAX;
}

/* A message of the same flight before `msg`, of this type. */
static bool has_before(const struct party *party, const struct message *msg, uint8_t msg_type)
{
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].flight == msg->flight && party->messages[i].msg_type == msg_type &&
		    party->messages[i].message_seq < msg->message_seq)
			return true;
	return false;
}

/* Is there a message before it in its flight, but not the one just before it? */
static bool is_after_gap(const struct party *party, const struct message *msg)
{
	bool any = false;

	for (uint32_t i = 0; i < party->num_messages; i++) {
		if (party->messages[i].flight != msg->flight || party->messages[i].message_seq >= msg->message_seq)
			continue;
		if (party->messages[i].message_seq + 1 == msg->message_seq)
			return false;
		any = true;
	}
	return any;
}

bool flight_is_beyond(const struct handshake *h, enum party_role from, const struct message *msg)
{
	const struct party *party = &h->party[from];
	const struct flight_rule *rule = flight_rule(h, msg->flight);

	if (party->view[POINT_SENT].any || msg->datagrams > 1)
		return false;
	/* No flight has two messages of a type. */
	if (has_before(party, msg, DTLS_MT_SERVER_HELLO_DONE) || has_before(party, msg, msg->msg_type))
		return true;
	/* The first and the last message of a flight are a part of it, even if there is a gap. */
	return msg->msg_type != rule->first && msg->msg_type != rule->last && is_after_gap(party, msg);
}

/* Are all seen messages of a flight complete, with no message missing between them? */
static bool messages_complete(const struct handshake *h, uint8_t flight, enum point point)
{
	enum party_role from = h->flights[flight].from;
	const struct party *party = &h->party[from];
	uint32_t low = UINT32_MAX, high = 0, num = 0;

	for (uint32_t i = 0; i < party->num_messages; i++) {
		const struct message *msg = &party->messages[i];

		if (msg->flight != flight || flight_is_beyond(h, from, msg))
			continue;
		if (!coverage_has(&msg->seen[point], 0, msg->length))
			return false;
		if (msg->message_seq < low)
			low = msg->message_seq;
		if (msg->message_seq > high)
			high = msg->message_seq;
		num++;
	}
	return num == 0 || high - low + 1 == num;
}

/* A server that announces a ticket in its hello sends it before its ChangeCipherSpec (RFC 5077 s3.3). */
static bool has_its_ticket(const struct handshake *h)
{
	return !(h->server_hello.hello.extensions & HELLO_SESSION_TICKET) ||
	       flight_sent_type(&h->party[PARTY_SERVER], DTLS_MT_NEW_SESSION_TICKET);
}

/* Bytes of a Certificate message without a certificate: the length of an empty list (RFC 5246 s7.4.2). */
#define EMPTY_CERTIFICATE_LEN 3

/*
 * A client that was asked for a certificate sends a Certificate message, which may be
 * empty. If it is not empty, CertificateVerify follows (RFC 5246 s7.4.6, s7.4.8; the
 * exception for fixed Diffie-Hellman keys is no longer in use).
 */
static bool has_its_certificate(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT];
	const struct message *certificate = flight_sent_type(client, DTLS_MT_CERTIFICATE);

	if (!certificate && flight_client_begins_at(h) == UINT32_MAX)
		return false;
	if (!certificate)
		return !flight_sent_type(&h->party[PARTY_SERVER], DTLS_MT_CERTIFICATE_REQUEST);
	return certificate->length <= EMPTY_CERTIFICATE_LEN ||
	       flight_sent_type(client, DTLS_MT_CERTIFICATE_VERIFY);
}

/* Nobody can read the Finished without the ChangeCipherSpec before it (RFC 5246 s7.1). */
static bool has_closing(const struct handshake *h, const struct view *view)
{
	return view->finished_ns && (view->ccs_ns || h->events_lost);
}

static bool has_message(const struct handshake *h, const struct party *from, uint8_t msg_type, enum point point)
{
	return msg_type == DTLS_MT_FINISHED ? has_closing(h, &from->view[point]) : !!flight_sent_type(from, msg_type);
}

/* Were the first and the last message of the flight seen? */
static bool has_ends(const struct handshake *h, uint8_t number, enum point point)
{
	const struct flight_rule *rule = flight_rule(h, number);
	const struct party *from = &h->party[h->flights[number].from];

	if (rule->last != DTLS_MT_FINISHED && rule->first == rule->last)
		return true;
	if (!has_message(h, from, rule->first, point) || !has_message(h, from, rule->last, point))
		return false;
	if (rule->from == PARTY_CLIENT)
		return rule->first == DTLS_MT_FINISHED || has_its_certificate(h);
	return rule->last != DTLS_MT_FINISHED || has_its_ticket(h);
}

bool flight_is_complete(const struct handshake *h, uint8_t number, enum point point)
{
	return !flight_rule(h, number)->encrypted && messages_complete(h, number, point) &&
	       has_ends(h, number, point);
}

uint64_t flight_round_trip_ns(const struct handshake *h, enum party_role role)
{
	uint64_t least = UINT64_MAX, first = 0;

	/* Of an answer that was lost the next one says more than there is. */
	for (uint8_t n = FLIGHT_CLIENT_HELLO; n <= HANDSHAKE_MAX_FLIGHT; n++) {
		const struct flight *flight = &h->flights[n];

		if (!flight->copies)
			continue;
		if (flight->from == role)
			first = flight->first_ns;
		else if (first && flight->first_ns > first && flight->first_ns - first < least)
			least = flight->first_ns - first;
	}
	return least == UINT64_MAX ? 0 : least;
}
