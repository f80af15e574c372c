// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "refused.h"

#include "dtls13.h"
#include "flights.h"

#include "core.h"

/*
 * A client has no certificate to send that it was not asked for (RFC 5246 s7.4.6), and nothing before its Finished if the
 * server, whose socket is seen, has resumed a session (s7.3).
 */
static bool is_unasked(const struct handshake *h, enum party_role from, const struct dtls_message *msg)
{
	const struct party *server = &h->party[PARTY_SERVER];

	if (from != PARTY_CLIENT || h->party[from].view[POINT_SENT].any || h->events_lost)
		return false;
	if (msg->msg_type == DTLS_MT_CERTIFICATE || msg->msg_type == DTLS_MT_CERTIFICATE_VERIFY)
		return h->flights[FLIGHT_SERVER_HELLO].complete && !flight_sent_type(server, DTLS_MT_CERTIFICATE_REQUEST);
	return msg->msg_type == DTLS_MT_CLIENT_KEY_EXCHANGE && h->resumed && server->view[POINT_SENT].finished_ns && !h->late;
}

/* Did the server's Finished come before the hello of its flight? One of the two may be a stranger's. */
static bool is_closed_first(const struct party *party)
{
	const struct message *hello = flight_sent_type(party, DTLS_MT_SERVER_HELLO);

	return hello && hello->datagrams == 1 && party->view[POINT_ARRIVED].finished_ns < hello->last_ns;
}

/* Does it follow the client's hello, and precede what was seen of the flight after that? Then that is not the client's own. */
static bool is_ahead(const struct party *party, const struct dtls_message *msg, uint8_t flight)
{
	if (flight != FLIGHT_CLIENT_FINISHED || msg->message_seq < flight_seq_after_hellos(party))
		return false;
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].flight == flight && party->messages[i].message_seq <= msg->message_seq)
			return false;
	return true;
}

/* All of its flight has come: what is in none of the copies so far is no part of it. A hello begins one. */
static bool is_surplus(const struct handshake *h, const struct party *party, const struct dtls_message *msg, uint8_t flight)
{
	if (party->view[POINT_SENT].any || dtls13_has_plaintext(msg->msg_type) || !h->flights[flight].complete)
		return false;
	return !flight_known_message(party, msg->message_seq, msg->msg_type) && !is_ahead(party, msg, flight) &&
	       !(h->resumed && h->party[PARTY_CLIENT].flight < FLIGHT_CLIENT_FINISHED && is_closed_first(party));
}

/*
 * A server numbers its hello as the ClientHello that it answers (RFC 6347 s4.2.2), some from 0, and some count their
 * cookie requests: none has a higher number.
 */
static bool is_misnumbered(const struct handshake *h, const struct dtls_message *msg)
{
	return (msg->msg_type == DTLS_MT_HELLO_VERIFY_REQUEST || msg->msg_type == DTLS_MT_SERVER_HELLO) &&
	       h->client_hello.known && !h->late && !h->events_lost && msg->message_seq > h->client_hello.message_seq &&
	       msg->message_seq > h->cookies.asked;
}

/*
 * The messages of a side are numbered in the order of its flights (RFC 6347 s4.2.2), and one
 * of them is its ServerHello. Another one that contradicts this is not its own, if the known one is.
 */
bool refused_message(const struct handshake *h, enum party_role from, const struct dtls_message *msg)
{
	const struct party *party = &h->party[from];
	uint8_t flight = flight_of_message(h, from, msg);

	if ((!dtls13_has_plaintext(msg->msg_type) && dtls13_is_sure(h)) || is_unasked(h, from, msg) ||
	    is_surplus(h, party, msg, flight) || is_misnumbered(h, msg))
		return true;
	for (uint32_t i = 0; i < party->num_messages; i++) {
		const struct message *known = &party->messages[i];

		if (known->flight > flight && msg->message_seq > known->message_seq)
			return true;
		if (known->flight == flight && known->msg_type == DTLS_MT_SERVER_HELLO &&
		    msg->msg_type == DTLS_MT_SERVER_HELLO && known->message_seq != msg->message_seq &&
		    (known->datagrams > 1 || h->flights[flight].complete || h->flights[flight].num_lengths))
			return true;
	}
	return false;
}
