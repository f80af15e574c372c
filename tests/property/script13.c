// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Flights of DTLS 1.3 (RFC 9147 s5.7): all but the hellos is encrypted, and the last is an ACK. */
#include "dtls_wire.h"
#include "script.h"

static void add(struct script *s, uint8_t type, uint32_t len)
{
	script_message_add(s, DTLS_CT_HANDSHAKE, type, 2, len);
}

static void add_certificate(struct script *s, const struct scenario *sc)
{
	add(s, DTLS_MT_CERTIFICATE, sc->keys == KEYS_RAW ? 97 : sc->certificate_len);
	add(s, DTLS_MT_CERTIFICATE_VERIFY, 78);
}

void script_build_13(struct script *s, const struct scenario *sc)
{
	script_flight_add(s, 1, PARTY_CLIENT);
	script_hello_add(s, sc, DTLS_MT_CLIENT_HELLO, false);
	if (sc->cookie) {	/* HelloRetryRequest (s5.1); who puts a ClientHello together keeps state */
		script_flight_add(s, 2, PARTY_SERVER)->stateless = !sc->large_hello;
		script_hello_add(s, sc, DTLS_MT_SERVER_HELLO, true);
		script_flight_add(s, 3, PARTY_CLIENT);
		script_hello_add(s, sc, DTLS_MT_CLIENT_HELLO, true);
	}
	script_flight_add(s, 4, PARTY_SERVER);
	script_hello_add(s, sc, DTLS_MT_SERVER_HELLO, false);
	add(s, DTLS_MT_ENCRYPTED_EXTENSIONS, 20);
	if (sc->client_certificate)
		add(s, DTLS_MT_CERTIFICATE_REQUEST, 50);
	if (sc->keys != KEYS_PSK)
		add_certificate(s, sc);
	add(s, DTLS_MT_FINISHED, 32);
	script_flight_add(s, 5, PARTY_CLIENT);
	if (sc->client_certificate)
		add_certificate(s, sc);
	add(s, DTLS_MT_FINISHED, 32);
	script_flight_add(s, 6, PARTY_SERVER)->is_ack = true;
	s->handshake_end = s->num_flights - 1;
}
