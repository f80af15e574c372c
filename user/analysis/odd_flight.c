// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "odd_flight.h"

#include <stdio.h>
#include <string.h>

#include "flights.h"
#include "names.h"
#include "phrases.h"

#include "core.h"

#define LINE_LEN VERDICT_TEXT_LEN
/* The length of an empty list of certificates (RFC 5246 s7.4.2), bytes. */
#define NO_CERTIFICATE_LEN 3

/* Does the list have the number? If not all of the list is known, it may have. */
static bool may_list(const uint16_t *list, uint32_t num, uint32_t total, uint16_t wanted)
{
	for (uint32_t i = 0; i < num; i++)
		if (list[i] == wanted)
			return true;
	return total > num;
}

/* Is the ServerHello, which is known, in its latest flight? A client that has gone on since then has accepted it. */
static bool is_hello_latest(const struct handshake *h, enum party_role from)
{
	return from == PARTY_SERVER && h->server_hello.known && h->party[from].flight == FLIGHT_SERVER_HELLO;
}

/* RFC 5246 s7.4.1.3: the server chooses from the client's list. */
static bool odd_suite(const struct handshake *h, enum party_role from, char *text)
{
	const struct hello *client = &h->client_hello.hello, *server = &h->server_hello.hello;
	const char *name = cipher_suite_name(server->cipher_suite);
	uint32_t num = client->num_cipher_suites;

	if (!is_hello_latest(h, from) || !server->has_cipher_suite || !num)
		return false;
	if (num > HELLO_CIPHER_SUITES_MAX)
		num = HELLO_CIPHER_SUITES_MAX;
	snprintf(text, LINE_LEN, "the ServerHello chooses the cipher suite %s (0x%04x), which the client did not offer",
		 name ? name : "without a name", server->cipher_suite);
	return !may_list(client->cipher_suites, num, client->num_cipher_suites, server->cipher_suite);
}

/* RFC 8446 s4.2.1: a version that the client offered. */
static bool odd_version(const struct handshake *h, enum party_role from, char *text)
{
	const struct hello *client = &h->client_hello.hello, *server = &h->server_hello.hello;
	const char *name;

	if (!is_hello_latest(h, from) || !server->has_selected_version || !client->versions.total)
		return false;
	name = dtls_version_name(server->selected_version);
	snprintf(text, LINE_LEN, "the ServerHello chooses %s, which the client did not offer",
		 name ? name : "a version without a name");
	return !may_list(client->versions.list, client->versions.num, client->versions.total,
			 server->selected_version);
}

/* Of its latest flight; UINT32_MAX: that has none in plaintext. */
static uint32_t first_message_seq(const struct party *party)
{
	uint32_t low = UINT32_MAX;

	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].flight == party->flight && party->messages[i].message_seq < low)
			low = party->messages[i].message_seq;
	return low;
}

/* RFC 6347 s4.2.2: the first message of a side has the message_seq 0, and each next one 1 more. */
static bool odd_message_seq(const struct handshake *h, enum party_role from, char *text)
{
	const struct party *party = &h->party[from];
	bool server = from == PARTY_SERVER;
	uint32_t used = server ? h->retry_request.message_seq + 1u : flight_seq_after_hellos(party);
	uint32_t seq = server ? h->server_hello.message_seq : first_message_seq(party);

	if (server && (!is_hello_latest(h, from) || !h->retry_request.known))
		return false;
	snprintf(text, LINE_LEN, "%s has the message number %u (message seq), which the %s used before: the %s discards it "
		 "as old", server ? "the ServerHello" : "its first message", seq, !server ? "ClientHello" : h->retry_seqs ?
		 "HelloRetryRequest" : "HelloVerifyRequest", party_role_name(party_peer(from)));
	return party->flight >= FLIGHT_SERVER_HELLO && seq < used;
}

/* Has it sent its Finished, or what DTLS 1.3 encrypts in this flight, where a record does not hide what it is? */
static bool encrypts_openly(const struct handshake *h, const struct party *party)
{
	if (h->is_dtls13)
		return h->flights[party->flight].num_lengths;
	return party->finished_len && !party->may_have_finished;
}

/* RFC 9146 s3, RFC 9147 s9: a side that is given a connection ID has to use it in each encrypted record. */
static bool odd_connection_id(const struct handshake *h, enum party_role from, char *text)
{
	const struct hello *own = from == PARTY_CLIENT ? &h->client_hello.hello : &h->server_hello.hello;
	const struct hello *peers = from == PARTY_CLIENT ? &h->server_hello.hello : &h->client_hello.hello;
	const struct party *party = &h->party[from];

	if (!own->has_connection_id || !peers->has_connection_id || !peers->connection_id_len)
		return false;
	snprintf(text, LINE_LEN, "the %s gave a connection ID of %u bytes, and the %s sends its encrypted records without it",
		 party_role_name(party_peer(from)), peers->connection_id_len, party_role_name(from));
	return encrypts_openly(h, party) && !party->odd.uses_connection_id;
}

static bool odd_fragments(const struct handshake *h, enum party_role from, char *text)
{
	const struct party *party = &h->party[from];

	for (uint32_t i = 0; i < party->num_messages; i++) {
		const struct message *msg = &party->messages[i];
		const char *title = dtls_msg_type_title(msg->msg_type);

		if (msg->flight != party->flight || !msg->borders_change)
			continue;
		snprintf(text, LINE_LEN, "the fragment borders of its %s change from copy to copy: some receivers cannot "
			 "put such fragments together", title ? title : "message");
		return true;
	}
	return false;
}

bool odd_flight_lacks_cookie(const struct handshake *h)
{
	return h->party[PARTY_SERVER].flight == FLIGHT_RETRY_REQUEST && !h->retry_seqs &&
	       ((h->client_hello.hello.has_cookie_len && !h->client_hello.hello.has_cookie) ||
		oddities_has_made_up_cookie(h));
}

static bool odd_cookie(const struct handshake *h, enum party_role from, char *text)
{
	snprintf(text, LINE_LEN, "the HelloVerifyRequest gave a cookie, and no ClientHello has it");
	return odd_flight_lacks_cookie(h);
}

const char odd_flight_no_certificate[] =
	"the server asked for a certificate, and the client sent none: its Certificate message is empty";

bool odd_flight_lacks_certificate(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT];

	for (uint32_t i = 0; i < client->num_messages; i++)
		if (client->messages[i].msg_type == DTLS_MT_CERTIFICATE &&
		    client->messages[i].length == NO_CERTIFICATE_LEN)
			return flight_sent_type(&h->party[PARTY_SERVER], DTLS_MT_CERTIFICATE_REQUEST);
	return false;
}

static bool odd_certificate(const struct handshake *h, enum party_role from, char *text)
{
	snprintf(text, LINE_LEN, "%s", odd_flight_no_certificate);
	return from == PARTY_CLIENT && odd_flight_lacks_certificate(h);
}

/* The first encrypted flight is where two different keys show. */
static bool odd_psk(const struct handshake *h, enum party_role from, char *text)
{
	const struct hello *server = &h->server_hello.hello;
	const char *name = server->has_cipher_suite ? cipher_suite_name(server->cipher_suite) : NULL;
	bool psk = (name && strstr(name, "_PSK_")) || server->has_selected_psk;

	snprintf(text, LINE_LEN, "both use a PSK, and flight %u is the first that is encrypted with it: compare the identity "
		 "and the key on both sides", h->party[from].flight);
	return psk && h->party[from].flight == (h->is_dtls13 || h->resumed ? FLIGHT_SERVER_HELLO : FLIGHT_CLIENT_FINISHED);
}

/* RFC 5763 s5: in WebRTC, a certificate is only as good as its fingerprint in the SDP. */
static bool odd_fingerprint(const struct handshake *h, enum party_role from, char *text)
{
	uint8_t flight = h->party[from].flight;

	snprintf(text, LINE_LEN, "SRTP is offered, as in WebRTC: the %s compares the %s's certificate with the fingerprint in the SDP",
		 party_role_name(party_peer(from)), party_role_name(from));
	/* An empty message has nothing to compare. */
	return h->client_hello.hello.has_use_srtp && !odd_flight_lacks_certificate(h) && h->party[party_peer(from)].flight < flight &&
	       (flight == FLIGHT_SERVER_HELLO || (flight == FLIGHT_CLIENT_FINISHED &&
						   (h->is_dtls13 || flight_sent_type(&h->party[from], DTLS_MT_CERTIFICATE))));
}

static bool odd_numbers(const struct handshake *h, enum party_role from, char *text)
{
	snprintf(text, LINE_LEN, "its copies have the record numbers of the first copy, and a receiver that checks for "
		 "replays discards them");
	return h->party[from].odd.renumbered;
}

static const struct {
	bool (*applies)(const struct handshake *h, enum party_role from, char *text);
	bool breaks_rule;
	const char *hint;	/* before that of the verdict, or after it if the flight may not have arrived; NULL: there is none */
	bool is_enough;		/* if the flight was read, that of the verdict is left out */
} kinds[] = {
	{ odd_suite, true, NULL, false },
	{ odd_version, true, NULL, false },
	{ odd_message_seq, true, NULL, false },
	{ odd_connection_id, true, NULL, false },
	{ odd_certificate, false, "the server may require a certificate: if its log says so, give the client one, with its private key",
	  true },
	{ odd_cookie, false, NULL, false },
	{ odd_fragments, false, NULL, false },
	{ odd_numbers, false, NULL, false },
	{ odd_psk, false, "compare the PSK and its identity on both sides", false },
	{ odd_fingerprint, false, "compare the fingerprint in the SDP (a=fingerprint) with the certificate", false },
};

static void add_hint(struct verdict *v, const char *hint)
{
	size_t len = strlen(v->hint);

	snprintf(v->hint + len, sizeof(v->hint) - len, "%s%s", len && *hint ? "; " : "", hint);
}

void odd_flight_tell(struct verdict *v, const struct handshake *h, enum party_role from)
{
	char text[LINE_LEN], of_verdict[sizeof(v->hint)];
	bool is_read = h->flights[h->party[from].flight].read;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!h->party[from].flight || !kinds[i].applies(h, from, text) || v->num_evidence == VERDICT_MAX_EVIDENCE)
			continue;
		phrase_say(v->evidence[v->num_evidence++], "%s", text);
		if (!kinds[i].hint)
			continue;
		memcpy(of_verdict, v->hint, sizeof(of_verdict));
		if (is_read)
			v->hint[0] = '\0';
		add_hint(v, kinds[i].hint);
		if (is_read && !kinds[i].is_enough)
			add_hint(v, of_verdict);
	}
}

bool odd_flight_breaks_rule(const struct handshake *h, enum party_role from)
{
	char text[LINE_LEN];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].breaks_rule && kinds[i].applies(h, from, text))
			return true;
	return false;
}
