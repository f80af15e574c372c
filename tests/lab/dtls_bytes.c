/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* dtls_bytes: DTLS records and messages, byte by byte. Usage: dtls_bytes.h */
#include <string.h>

#include "dtls_bytes.h"

#define FILLER 0x5a
#define CERTIFICATE_LEN 700
#define KEY_EXCHANGE_LEN 258
#define FINISHED_LEN 48 /* AES-GCM: nonce 8, message 24, tag 16 */

static size_t put_number(uint8_t *p, uint64_t value, int num_bytes)
{
	for (int i = 0; i < num_bytes; i++)
		p[i] = value >> 8 * (num_bytes - 1 - i);
	return num_bytes;
}

size_t dtls_put_record(uint8_t *p, uint8_t type, uint16_t epoch, uint64_t number, size_t len)
{
	p[0] = type;
	put_number(p + 1, 0xfefd, 2);
	put_number(p + 3, epoch, 2);
	put_number(p + 5, number, 6);
	put_number(p + 11, len, 2);
	return DTLS_RECORD_LEN;
}

size_t dtls_put_message(uint8_t *p, uint8_t type, uint16_t seq, size_t len, size_t off, size_t frag_len)
{
	p[0] = type;
	put_number(p + 1, len, 3);
	put_number(p + 4, seq, 2);
	put_number(p + 6, off, 3);
	put_number(p + 9, frag_len, 3);
	return DTLS_MESSAGE_LEN;
}

size_t dtls_put_headers(uint8_t *p, uint8_t type, uint16_t seq, uint64_t number, size_t len)
{
	dtls_put_record(p, DTLS_HANDSHAKE, 0, number, DTLS_MESSAGE_LEN + len);
	dtls_put_message(p + DTLS_RECORD_LEN, type, seq, len, 0, len);
	return DTLS_HEADERS_LEN;
}

/* RFC 6066 s3: the extension server_name with one name. */
static size_t put_server_name(uint8_t *p, const char *name)
{
	size_t len = strlen(name), at = put_number(p, 0, 2);

	at += put_number(p + at, len + 5, 2);
	at += put_number(p + at, len + 3, 2);
	at += put_number(p + at, 0, 1);
	at += put_number(p + at, len, 2);
	memcpy(p + at, name, len);
	return at + len;
}

size_t dtls_put_client_hello(uint8_t *p, const uint8_t random[32], const char *name)
{
	static const uint8_t middle[] = "\0\0\0\2\0\x9c\1"; /* no session, no cookie, RSA with AES-128-GCM */
	uint8_t *body = p + DTLS_HEADERS_LEN;
	size_t at = put_number(body, 0xfefd, 2), name_len;

	memcpy(body + at, random, 32);
	at += 32;
	memcpy(body + at, middle, sizeof(middle)); /* with its final 0: no compression */
	at += sizeof(middle);
	name_len = put_server_name(body + at + 2, name);
	at += put_number(body + at, name_len, 2) + name_len;
	return dtls_put_headers(p, DTLS_CLIENT_HELLO, 0, 0, at) + at;
}

size_t dtls_put_server_hello(uint8_t *p, const uint8_t random[32])
{
	static const uint8_t rest[] = "\0\0\x9c"; /* no session; the final 0: no compression */
	uint8_t *body = p + DTLS_HEADERS_LEN;
	size_t at = put_number(body, 0xfefd, 2);

	memcpy(body + at, random, 32);
	memcpy(body + at + 32, rest, sizeof(rest));
	at += 32 + sizeof(rest);
	return dtls_put_headers(p, DTLS_SERVER_HELLO, 0, 0, at) + at;
}

static size_t put_filled(uint8_t *p, uint8_t type, uint16_t seq, uint64_t number, size_t len)
{
	size_t at = dtls_put_headers(p, type, seq, number, len);

	memset(p + at, FILLER, len);
	return at + len;
}

/* ChangeCipherSpec, and Finished as the first record of epoch 1. */
static size_t put_finished(uint8_t *p, uint64_t number)
{
	size_t at = dtls_put_record(p, DTLS_CCS, 0, number, 1);

	p[at++] = 1;
	at += dtls_put_record(p + at, DTLS_HANDSHAKE, 1, 0, FINISHED_LEN);
	memset(p + at, FILLER, FINISHED_LEN);
	return at + FINISHED_LEN;
}

size_t dtls_put_flight(uint8_t *p, int flight, const uint8_t random[32])
{
	size_t at;

	switch (flight) {
	case 0:
		return dtls_put_client_hello(p, random, "bench.example");
	case 1:
		at = dtls_put_server_hello(p, random);
		at += put_filled(p + at, DTLS_CERTIFICATE, 1, 1, CERTIFICATE_LEN);
		return at + put_filled(p + at, DTLS_SERVER_HELLO_DONE, 2, 2, 0);
	case 2:
		at = put_filled(p, DTLS_CLIENT_KEY_EXCHANGE, 1, 1, KEY_EXCHANGE_LEN);
		return at + put_finished(p + at, 2);
	}
	return put_finished(p, 3);
}
