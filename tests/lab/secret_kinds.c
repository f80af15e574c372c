/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* secret_kinds: where a secret may lie in a datagram. Usage: secret_kinds.h */
#include <string.h>

#include "dtls_bytes.h"
#include "secret_kinds.h"

struct datagram {
	uint8_t *p;
	size_t len;
	uint64_t number;
	const char *server_name;
};

static size_t put_hello(const struct datagram *dg)
{
	uint8_t random[32] = { 7 };

	memcpy(random + 8, &dg->number, sizeof(dg->number));
	return dtls_put_client_hello(dg->p, random, dg->server_name);
}

/* One record that is all of the datagram. */
static void put_whole(const struct datagram *dg, uint8_t type, uint16_t epoch)
{
	dtls_put_record(dg->p, type, epoch, dg->number, dg->len - DTLS_RECORD_LEN);
}

static void certificate(const struct datagram *dg)
{
	dtls_put_headers(dg->p, DTLS_CERTIFICATE, 1, dg->number, dg->len - DTLS_HEADERS_LEN);
}

static void certificate_fragment(const struct datagram *dg)
{
	put_whole(dg, DTLS_HANDSHAKE, 0);
	dtls_put_message(dg->p + DTLS_RECORD_LEN, DTLS_CERTIFICATE, 1, 5000, 1000, dg->len - DTLS_HEADERS_LEN);
}

/* As some stacks send ServerHello and Certificate: two messages in one record. */
static void hello_and_certificate(const struct datagram *dg)
{
	uint8_t random[32] = { 9 };
	size_t at = dtls_put_server_hello(dg->p, random);

	put_whole(dg, DTLS_HANDSHAKE, 0);
	dtls_put_message(dg->p + at, DTLS_CERTIFICATE, 1, dg->len - at - DTLS_MESSAGE_LEN, 0,
			 dg->len - at - DTLS_MESSAGE_LEN);
}

static void hello_and_data(const struct datagram *dg)
{
	size_t at = put_hello(dg);

	dtls_put_record(dg->p + at, DTLS_DATA, 1, dg->number, dg->len - at - DTLS_RECORD_LEN);
}

static void hello_and_garbage(const struct datagram *dg)
{
	put_hello(dg);
}

/* The fragment claims more than its record has: what is behind the record is no hello. */
static void hello_too_long_for_record(const struct datagram *dg)
{
	size_t at = put_hello(dg);

	dtls_put_message(dg->p + DTLS_RECORD_LEN, DTLS_CLIENT_HELLO, 0, dg->len - DTLS_HEADERS_LEN, 0,
			 dg->len - DTLS_HEADERS_LEN);
	dtls_put_record(dg->p, DTLS_HANDSHAKE, 0, dg->number, at - DTLS_RECORD_LEN);
}

/* What is encrypted may begin as a ClientHello does, by chance. */
static void sealed_like_hello(const struct datagram *dg)
{
	put_whole(dg, DTLS_HANDSHAKE, 1);
	dtls_put_message(dg->p + DTLS_RECORD_LEN, DTLS_CLIENT_HELLO, 0, dg->len - DTLS_HEADERS_LEN, 0,
			 dg->len - DTLS_HEADERS_LEN);
}

static void sealed(const struct datagram *dg)
{
	put_whole(dg, DTLS_HANDSHAKE, 1);
}

static void change_cipher_spec(const struct datagram *dg)
{
	put_whole(dg, DTLS_CCS, 0);
}

static void alert(const struct datagram *dg)
{
	put_whole(dg, DTLS_ALERT, 0);
}

static void sealed_alert(const struct datagram *dg)
{
	put_whole(dg, DTLS_ALERT, 1);
}

static void alert_and_garbage(const struct datagram *dg)
{
	dtls_put_record(dg->p, DTLS_ALERT, 0, dg->number, 2);
	memcpy(dg->p + DTLS_RECORD_LEN, "\2\x28", 2);
}

static void data(const struct datagram *dg)
{
	put_whole(dg, DTLS_DATA, 1);
}

static void cid(const struct datagram *dg)
{
	put_whole(dg, DTLS_CID, 1);
}

/* RFC 9147 s4: no connection ID, 16 bits of number, with a length; and with a connection ID. */
static void unified(const struct datagram *dg)
{
	dg->p[0] = 0x2e;
	dg->p[3] = (dg->len - 5) >> 8;
	dg->p[4] = dg->len - 5;
}

static void unified_cid(const struct datagram *dg)
{
	dg->p[0] = 0x3b;
}

static void syslog_text(const struct datagram *dg)
{
	memcpy(dg->p, "<34>1 - host app - - - ", 23);
}

static void nmea_text(const struct datagram *dg)
{
	memcpy(dg->p, "$GPGGA,", 7);
}

static void stun(const struct datagram *dg)
{
	memcpy(dg->p, "\0\1", 2);
	dg->p[2] = (dg->len - 20) >> 8;
	dg->p[3] = dg->len - 20;
	memcpy(dg->p + 4, "\x21\x12\xa4\x42", 4);
}

static void rtp(const struct datagram *dg)
{
	dg->p[0] = 0x80;
}

static void record_beyond_end(const struct datagram *dg)
{
	dtls_put_record(dg->p, DTLS_HANDSHAKE, 0, dg->number, dg->len);
	dtls_put_message(dg->p + DTLS_RECORD_LEN, DTLS_CERTIFICATE, 1, dg->len, 0, dg->len);
}

static void message_cut(const struct datagram *dg)
{
	dtls_put_record(dg->p, DTLS_HANDSHAKE, 0, dg->number, 5);
}

static void fragment_beyond_message(const struct datagram *dg)
{
	put_whole(dg, DTLS_HANDSHAKE, 0);
	dtls_put_message(dg->p + DTLS_RECORD_LEN, DTLS_CERTIFICATE, 1, 40, 30, dg->len - DTLS_HEADERS_LEN);
}

/* Records as short as they can be, more than are walked, then the secret. */
static void many_records(const struct datagram *dg)
{
	size_t at = 0;

	for (int i = 0; i < 20; i++) {
		at += dtls_put_record(dg->p + at, DTLS_DATA, 1, i, 1);
		dg->p[at++] = i;
	}
}

static const struct {
	const char *name;
	void (*put)(const struct datagram *dg);
} kinds[] = {
	{ "certificate", certificate },
	{ "certificate-fragment", certificate_fragment },
	{ "hello-and-certificate", hello_and_certificate },
	{ "hello-and-data", hello_and_data },
	{ "hello-and-garbage", hello_and_garbage },
	{ "hello-too-long-for-record", hello_too_long_for_record },
	{ "sealed-like-hello", sealed_like_hello },
	{ "sealed", sealed },
	{ "change-cipher-spec", change_cipher_spec },
	{ "alert", alert },
	{ "sealed-alert", sealed_alert },
	{ "alert-and-garbage", alert_and_garbage },
	{ "data", data },
	{ "cid", cid },
	{ "unified", unified },
	{ "unified-cid", unified_cid },
	{ "syslog", syslog_text },
	{ "nmea", nmea_text },
	{ "stun", stun },
	{ "rtp", rtp },
	{ "record-beyond-end", record_beyond_end },
	{ "message-cut", message_cut },
	{ "fragment-beyond-message", fragment_beyond_message },
	{ "many-records", many_records },
};

int secret_num_kinds(void)
{
	return sizeof(kinds) / sizeof(kinds[0]);
}

const char *secret_kind_name(int kind)
{
	return kinds[kind].name;
}

void secret_fill(uint8_t *p, size_t len, int kind, uint64_t number, const uint8_t secret[SECRET_LEN],
		 const char *server_name)
{
	const struct datagram dg = { p, len, number, server_name };

	for (size_t i = 0; i < len; i++)
		p[i] = secret[i % SECRET_LEN];
	kinds[kind].put(&dg);
}
