// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "flights.h"

#include "core.h"

struct message *flight_find_message(struct party *party, uint16_t message_seq, uint8_t msg_type)
{
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].message_seq == message_seq &&
		    party->messages[i].msg_type == msg_type)
			return &party->messages[i];
	return NULL;
}

static const struct message *flight_find_type(const struct party *party, uint8_t msg_type)
{
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].msg_type == msg_type)
			return &party->messages[i];
	return NULL;
}

bool flight_sent_type(const struct party *party, uint8_t msg_type)
{
	return flight_find_type(party, msg_type);
}

/* Has the server sent what only a full handshake has in flight 4? (RFC 6347 s4.2.4 figure 1) */
static bool is_full(const struct party *server)
{
	return flight_sent_type(server, DTLS_MT_SERVER_HELLO_DONE) ||
	       flight_sent_type(server, DTLS_MT_CERTIFICATE) ||
	       flight_sent_type(server, DTLS_MT_SERVER_KEY_EXCHANGE) ||
	       flight_sent_type(server, DTLS_MT_CERTIFICATE_REQUEST);
}

/*
 * Which flight is a server's ChangeCipherSpec, Finished or NewSessionTicket
 * in? In an abbreviated handshake the ServerHello's own (figure 2): then it
 * comes before anything of the client's flight 5.
 */
static uint8_t server_closing_flight(const struct handshake *h)
{
	return is_full(&h->party[PARTY_SERVER]) ||
	       (h->party[PARTY_CLIENT].flight == 5 && !h->resumed) ? 6 : 4;
}

uint8_t flight_of_message(const struct handshake *h, enum party_role from,
				 const struct dtls_message *msg)
{
	switch (msg->msg_type) {
	case DTLS_MT_CLIENT_HELLO:
		return msg->message_seq == 0 ? 1 : 3;
	case DTLS_MT_HELLO_VERIFY_REQUEST:
		return 2;
	case DTLS_MT_SERVER_HELLO:
		return msg->message_seq < 32 && h->retry_seqs >> msg->message_seq & 1 ? 2 : 4;
	case DTLS_MT_HELLO_REQUEST:
		return 0;	/* of no flight of this handshake (RFC 5246 s7.4.1.1) */
	case DTLS_MT_NEW_SESSION_TICKET:
		return server_closing_flight(h);
	}
	return from == PARTY_CLIENT ? 5 : 4;
}

uint8_t flight_of_closing(const struct handshake *h, enum party_role from)
{
	return from == PARTY_CLIENT ? 5 : server_closing_flight(h);
}

uint8_t flight_of_record(const struct handshake *h, enum party_role from,
			 const struct dtls_record *rec)
{
	if ((rec->content_type == DTLS_CT_CHANGE_CIPHER_SPEC && !rec->epoch) ||
	    (rec->content_type == DTLS_CT_HANDSHAKE && rec->epoch == 1))
		return flight_of_closing(h, from);
	return 0;
}

/* Few timers are shorter; datagrams that follow each other sooner are of one go. */
#define MIN_SILENCE_NS 200000000ULL

uint64_t flight_burst_ns(const struct flight *flight, uint64_t now)
{
	return !flight->last_ns || now - flight->last_ns >= MIN_SILENCE_NS ? now : flight->burst_ns;
}

bool flight_is_overflown(const struct party *party, enum point point)
{
	if (party->num_messages == HANDSHAKE_MAX_MESSAGES)
		return true;
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].seen[point].overflown)
			return true;
	return false;
}

/* All messages of a flight that were seen, without a hole between them? */
static bool messages_complete(const struct party *party, uint8_t flight, enum point point)
{
	uint32_t low = UINT32_MAX, high = 0, num = 0;

	for (uint32_t i = 0; i < party->num_messages; i++) {
		const struct message *msg = &party->messages[i];

		if (msg->flight != flight)
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

/* A server that says so in its hello sends a ticket before it changes ciphers (RFC 5077 s3.3). */
static bool has_its_ticket(const struct handshake *h)
{
	return !(h->server_hello.hello.extensions & HELLO_SESSION_TICKET) ||
	       flight_sent_type(&h->party[PARTY_SERVER], DTLS_MT_NEW_SESSION_TICKET);
}

/* Bytes of a Certificate without one in it: the length of an empty list (RFC 5246 s7.4.2). */
#define EMPTY_CERTIFICATE_LEN 3

/*
 * A client that was asked for a certificate sends one, if only an empty one, and
 * proves in CertificateVerify that one that is not empty is its own (RFC 5246
 * s7.4.6, s7.4.8; that a fixed Diffie-Hellman key needs no proof is history).
 */
static bool has_its_certificate(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT];
	const struct message *certificate = flight_find_type(client, DTLS_MT_CERTIFICATE);

	if (!certificate)
		return !flight_sent_type(&h->party[PARTY_SERVER], DTLS_MT_CERTIFICATE_REQUEST);
	return certificate->length <= EMPTY_CERTIFICATE_LEN ||
	       flight_sent_type(client, DTLS_MT_CERTIFICATE_VERIFY);
}

/* Does a flight end with what was seen of it? (RFC 6347 s4.2.4 figures 1 and 2) */
static bool flight_has_end(const struct handshake *h, uint8_t number, enum point point)
{
	const struct party *from = &h->party[h->flights[number].from];

	switch (number) {
	case 4:
		if (!flight_sent_type(from, DTLS_MT_SERVER_HELLO))
			return false;
		if (!h->resumed)
			return flight_sent_type(from, DTLS_MT_SERVER_HELLO_DONE);
		break;
	case 5:
		if (!h->resumed && (!flight_sent_type(from, DTLS_MT_CLIENT_KEY_EXCHANGE) ||
				    !has_its_certificate(h)))
			return false;
		break;
	case 6:
		break;
	default:
		return true;
	}
	return from->view[point].finished_ns && (number == 5 || has_its_ticket(h));
}

bool flight_is_encrypted(const struct handshake *h, uint8_t number)
{
	return h->is_dtls13 && number >= 4;
}

bool flight_is_complete(const struct handshake *h, uint8_t number, enum point point)
{
	/* Of the flight with which it was come upon the beginning may not have been seen. */
	return !flight_is_encrypted(h, number) && !(h->midway && number <= h->midway_flight) &&
	       messages_complete(&h->party[h->flights[number].from], number, point) &&
	       flight_has_end(h, number, point);
}
