// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Flights of DTLS 1.0 and 1.2 (RFC 6347 s4.2.4), and how scripts are put together. */
#include "script.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "dtls_wire.h"

/* Finished of 12 bytes, its header, and what GCM adds (RFC 5288 s3). */
#define FINISHED_LEN (24 + 12 + 12)

struct script_flight *script_flight_add(struct script *s, uint8_t number, enum party_role from)
{
	struct script_flight *f = &s->flights[s->num_flights++];

	assert(s->num_flights <= SCRIPT_MAX_FLIGHTS);
	f->number = number;
	f->from = from;
	return f;
}

/* message_seq counts over all messages that this side has sent. */
static uint16_t next_seq(const struct script *s, enum party_role from)
{
	uint16_t seq = 0;

	for (int i = 0; i < s->num_flights; i++)
		for (int j = 0; s->flights[i].from == from && j < s->flights[i].num; j++)
			seq += s->flights[i].messages[j].content == DTLS_CT_HANDSHAKE &&
			       !(s->seq_again && s->flights[i].stateless);
	return seq;
}

struct script_message *script_message_add(struct script *s, uint8_t content, uint8_t type,
					  uint8_t epoch, uint32_t len)
{
	struct script_flight *f = &s->flights[s->num_flights - 1];
	uint16_t seq = next_seq(s, f->from);
	struct script_message *m = &f->messages[f->num++];

	assert(f->num <= SCRIPT_MAX_MESSAGES && len <= SCRIPT_MAX_MESSAGE);
	*m = (struct script_message){
		.content = content, .type = type, .epoch = epoch, .seq = seq, .len = len, .hello = -1,
	};
	return m;
}

void script_hello_add(struct script *s, const struct scenario *sc, uint8_t type, bool second)
{
	struct script_hello *hello = &s->hello[s->num_hellos];
	struct script_message *m;

	if (type == DTLS_MT_CLIENT_HELLO)
		hello_client(hello, sc, second);
	else if (type == DTLS_MT_SERVER_HELLO)
		hello_server(hello, sc, second);
	else
		hello_verify_request(hello);
	m = script_message_add(s, DTLS_CT_HANDSHAKE, type, 0, hello->len);
	m->hello = s->num_hellos++;
}

/* --- DTLS 1.0 and 1.2 --- */

static void add(struct script *s, uint8_t type, uint32_t len)
{
	script_message_add(s, DTLS_CT_HANDSHAKE, type, 0, len);
}

/* ChangeCipherSpec and Finished; `epoch`: the one before. */
static void add_closing(struct script *s, uint8_t epoch)
{
	/* In AnyConnect's version it carries a sequence number. */
	script_message_add(s, DTLS_CT_CHANGE_CIPHER_SPEC, 0, epoch, s->version == DTLS_VERSION_BAD ? 3 : 1);
	script_message_add(s, DTLS_CT_HANDSHAKE, DTLS_MT_FINISHED, epoch + 1, FINISHED_LEN);
}

static void add_certificate(struct script *s, const struct scenario *sc)
{
	add(s, DTLS_MT_CERTIFICATE, sc->keys == KEYS_RAW ? 97 : sc->certificate_len);
}

/* RFC 6347 s4.2.4 figure 1, flight 4 */
static void add_server_flight(struct script *s, const struct scenario *sc)
{
	bool certificate = sc->keys == KEYS_CERTIFICATE || sc->keys == KEYS_RSA || sc->keys == KEYS_RAW;

	if (certificate)
		add_certificate(s, sc);
	if (certificate && sc->status)	/* RFC 6066 s8 */
		add(s, DTLS_MT_CERTIFICATE_STATUS, 503);
	if (sc->keys == KEYS_ECJPAKE)
		add(s, DTLS_MT_SERVER_KEY_EXCHANGE, 168);
	else if (sc->keys != KEYS_RSA && sc->keys != KEYS_PSK)
		add(s, DTLS_MT_SERVER_KEY_EXCHANGE, sc->keys == KEYS_PSK_HINT ? 14 : 333);
	if (sc->client_certificate)
		add(s, DTLS_MT_CERTIFICATE_REQUEST, 50);
	add(s, DTLS_MT_SERVER_HELLO_DONE, 0);
}

static void add_full(struct script *s, const struct scenario *sc)
{
	script_flight_add(s, 4, PARTY_SERVER);
	script_hello_add(s, sc, DTLS_MT_SERVER_HELLO, false);
	add_server_flight(s, sc);
	script_flight_add(s, 5, PARTY_CLIENT);
	if (sc->client_certificate)
		add_certificate(s, sc);
	add(s, DTLS_MT_CLIENT_KEY_EXCHANGE, sc->keys == KEYS_ECJPAKE ? 165 : 66);
	if (sc->client_certificate)
		add(s, DTLS_MT_CERTIFICATE_VERIFY, 80);
	add_closing(s, 0);
	script_flight_add(s, 6, PARTY_SERVER);
	if (sc->ticket)
		add(s, DTLS_MT_NEW_SESSION_TICKET, 202);
	add_closing(s, 0);
}

/* Figure 2: here the last flight is the client's. */
static void add_abbreviated(struct script *s, const struct scenario *sc)
{
	script_flight_add(s, 4, PARTY_SERVER);
	script_hello_add(s, sc, DTLS_MT_SERVER_HELLO, false);
	if (sc->ticket)		/* RFC 5077 s3.3 */
		add(s, DTLS_MT_NEW_SESSION_TICKET, 202);
	add_closing(s, 0);
	script_flight_add(s, 5, PARTY_CLIENT);
	add_closing(s, 0);
}

static void add_encrypted(struct script *s, uint8_t type, uint32_t len)
{
	script_message_add(s, DTLS_CT_HANDSHAKE, type, 1, len + 36);
}

/* All of it in epoch 1, so that nothing but record headers can be seen. */
static void add_renegotiation(struct script *s, const struct scenario *sc)
{
	if (s->flights[s->handshake_end].from == PARTY_CLIENT) {
		script_flight_add(s, 7, PARTY_SERVER);
		add_encrypted(s, DTLS_MT_HELLO_REQUEST, 0);
	}
	script_flight_add(s, 8, PARTY_CLIENT);
	add_encrypted(s, DTLS_MT_CLIENT_HELLO, 180);
	script_flight_add(s, 9, PARTY_SERVER);
	add_encrypted(s, DTLS_MT_SERVER_HELLO, 80);
	add_encrypted(s, DTLS_MT_CERTIFICATE, sc->certificate_len);
	add_encrypted(s, DTLS_MT_SERVER_HELLO_DONE, 0);
	script_flight_add(s, 10, PARTY_CLIENT);
	add_encrypted(s, DTLS_MT_CLIENT_KEY_EXCHANGE, 66);
	add_closing(s, 1);
	script_flight_add(s, 11, PARTY_SERVER);
	add_closing(s, 1);
}

void script_build_12(struct script *s, const struct scenario *sc)
{
	script_flight_add(s, 1, PARTY_CLIENT);
	script_hello_add(s, sc, DTLS_MT_CLIENT_HELLO, false);
	if (sc->cookie) {
		script_flight_add(s, 2, PARTY_SERVER)->stateless = true;
		script_hello_add(s, sc, DTLS_MT_HELLO_VERIFY_REQUEST, false);
		script_flight_add(s, 3, PARTY_CLIENT);
		script_hello_add(s, sc, DTLS_MT_CLIENT_HELLO, true);
	}
	if (sc->variant == VARIANT_FULL)
		add_full(s, sc);
	else
		add_abbreviated(s, sc);
	s->handshake_end = s->num_flights - 1;
	if (sc->renegotiates)
		add_renegotiation(s, sc);
}

void script_build(struct script *s, const struct scenario *sc)
{
	memset(s, 0, offsetof(struct script, hello));
	s->num_hellos = 0;
	s->version = sc->version;
	s->hello_version = sc->version;
	s->dtls13 = sc->dtls13;
	s->data_epoch = sc->dtls13 ? 3 : 1;
	for (int role = 0; role < PARTY_MAX; role++)
		s->cid[role] = sc->cid[role] && !peer_is(sc, role, PEER_NO_CID);
	s->seq_again = peer_is(sc, PARTY_SERVER, PEER_SEQ_AGAIN);
	if (sc->dtls13)
		script_build_13(s, sc);
	else
		script_build_12(s, sc);
}
