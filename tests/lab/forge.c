/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* forge: datagrams that nobody sent who could. Usage: forge.h */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dtls_bytes.h"
#include "forge.h"
#include "lab_net.h"

#define GARBAGE 0xa7
#define FINISHED_LEN 48 /* of AES-GCM, with nonce and tag: a datagram of 61 bytes */
#define HIGHEST_NUMBER 0xffffffffffffULL
#define WARNING 1
#define FATAL 2
#define HANDSHAKE_FAILURE 40
#define CLOSE_NOTIFY 0
#define HELLO_VERIFY_REQUEST 3
#define COOKIE_LEN 16
#define KEY_EXCHANGE_LEN 66

/* A message_seq that the receiver expects next, when flight 4 or 5 of a handshake with a cookie was lost. */
static const struct {
	const char *name;
	uint16_t seq;
} kinds[FORGE_NUM_KINDS] = {
	[FORGE_FINISHED] = { "finished-61-bytes", 0 },
	[FORGE_CCS] = { "change-cipher-spec", 0 },
	[FORGE_CCS_FINISHED] = { "change-cipher-spec-finished", 0 },
	[FORGE_ENCRYPTED_ALERT] = { "encrypted-alert", 0 },
	[FORGE_DATA] = { "data-epoch-1", 0 },
	[FORGE_HIGHEST_PLAIN] = { "highest-number-epoch-0", 0 },
	[FORGE_HIGHEST_CCS] = { "highest-number-change-cipher-spec", 0 },
	[FORGE_HIGHEST_MESSAGE] = { "highest-number-message", 1 },
	[FORGE_HIGHEST_ENCRYPTED] = { "highest-number-epoch-1", 0 },
	[FORGE_ALERT_FAILURE] = { "alert-handshake-failure", 0 },
	[FORGE_CLOSE_NOTIFY] = { "alert-close-notify", 0 },
	[FORGE_CLIENT_HELLO] = { "client-hello", 0 },
	[FORGE_HELLO_VERIFY] = { "hello-verify-request", 0 },
	[FORGE_SERVER_HELLO] = { "server-hello", 1 },
	[FORGE_SERVER_HELLO_DONE] = { "server-hello-done", 4 },
	[FORGE_FLIGHT_5] = { "flight-5", 2 },
	[FORGE_FLIGHT_5_AGAIN] = { "flight-5-again", 2 },
	[FORGE_ICMP_PORT] = { "icmp-port-unreachable", 0 },
};

const char *forge_name(enum forge_kind kind)
{
	return kinds[kind].name;
}

/* --- bytes ------------------------------------------------------------------ */

static size_t put_garbage(uint8_t *p, uint8_t type, uint16_t epoch, uint64_t number, size_t len)
{
	size_t at = dtls_put_record(p, type, epoch, number, len);

	memset(p + at, GARBAGE, len);
	return at + len;
}

static size_t put_message(uint8_t *p, const struct forgery *f, uint8_t type, size_t len)
{
	size_t at = dtls_put_headers(p, type, f->seq, f->number, len);

	memset(p + at, GARBAGE, len);
	return at + len;
}

static size_t put_ccs(uint8_t *p, uint64_t number)
{
	size_t at = dtls_put_record(p, DTLS_CCS, 0, number, 1);

	p[at] = 1;
	return at + 1;
}

static size_t put_alert(uint8_t *p, const struct forgery *f, uint8_t level, uint8_t description)
{
	size_t at = dtls_put_record(p, DTLS_ALERT, 0, f->number, 2);

	p[at] = level;
	p[at + 1] = description;
	return at + 2;
}

static size_t put_finished(uint8_t *p)
{
	return put_garbage(p, DTLS_HANDSHAKE, 1, 0, FINISHED_LEN);
}

/* Theirs begin with number and message_seq 0. */
static size_t renumber(uint8_t *p, const struct forgery *f, size_t len)
{
	size_t body = len - DTLS_HEADERS_LEN;

	dtls_put_headers(p, p[DTLS_RECORD_LEN], f->seq, f->number, body);
	return len;
}

static size_t put_hello(uint8_t *p, const struct forgery *f)
{
	uint8_t random[32];

	memset(random, GARBAGE, sizeof(random));
	return renumber(p, f, f->kind == FORGE_CLIENT_HELLO ? dtls_put_client_hello(p, random, "forged.example") :
							      dtls_put_server_hello(p, random));
}

/* RFC 6347 s4.2.1: version, cookie. */
static size_t put_hello_verify(uint8_t *p, const struct forgery *f)
{
	size_t at = put_message(p, f, HELLO_VERIFY_REQUEST, 3 + COOKIE_LEN);

	memcpy(p + DTLS_HEADERS_LEN, "\xfe\xff\x10", 3);
	return at;
}

static size_t put_flight_5(uint8_t *p, const struct forgery *f)
{
	size_t at = put_message(p, f, DTLS_CLIENT_KEY_EXCHANGE, KEY_EXCHANGE_LEN);

	at += put_ccs(p + at, f->number + 1);
	if (f->kind == FORGE_FLIGHT_5_AGAIN)
		return at + put_garbage(p + at, DTLS_HANDSHAKE, 1, f->number, FINISHED_LEN);
	return at + put_finished(p + at);
}

size_t forge_write(uint8_t *p, const struct forgery *f)
{
	struct forgery highest = *f;
	size_t at;

	switch (f->kind) {
	case FORGE_FINISHED: return put_finished(p);
	case FORGE_CCS: return put_ccs(p, f->number);
	case FORGE_CCS_FINISHED: at = put_ccs(p, f->number); return at + put_finished(p + at);
	case FORGE_ENCRYPTED_ALERT: return put_garbage(p, DTLS_ALERT, 1, 1, 26);
	case FORGE_DATA: return put_garbage(p, DTLS_DATA, 1, 1, 64);
	case FORGE_HIGHEST_PLAIN: return put_garbage(p, DTLS_DATA, 0, HIGHEST_NUMBER, 20);
	case FORGE_HIGHEST_CCS: return put_ccs(p, HIGHEST_NUMBER);
	case FORGE_HIGHEST_MESSAGE:
		highest.number = HIGHEST_NUMBER;
		return put_message(p, &highest, DTLS_CERTIFICATE, 60);
	case FORGE_HIGHEST_ENCRYPTED: return put_garbage(p, DTLS_HANDSHAKE, 1, HIGHEST_NUMBER, FINISHED_LEN);
	case FORGE_ALERT_FAILURE: return put_alert(p, f, FATAL, HANDSHAKE_FAILURE);
	case FORGE_CLOSE_NOTIFY: return put_alert(p, f, WARNING, CLOSE_NOTIFY);
	case FORGE_CLIENT_HELLO:
	case FORGE_SERVER_HELLO: return put_hello(p, f);
	case FORGE_HELLO_VERIFY: return put_hello_verify(p, f);
	case FORGE_SERVER_HELLO_DONE: return put_message(p, f, DTLS_SERVER_HELLO_DONE, 0);
	case FORGE_FLIGHT_5:
	case FORGE_FLIGHT_5_AGAIN: return put_flight_5(p, f);
	case FORGE_ICMP_PORT:
	case FORGE_NUM_KINDS: break;
	}
	return 0;
}

/* --- its name --------------------------------------------------------------- */

static int parse_pair(struct forgery *f, const char *pair)
{
	const char *value = strchr(pair, '=');

	if (!value++)
		return -EINVAL;
	if (!strcmp(pair, "from=client") || !strcmp(pair, "from=server")) {
		f->dir = !strcmp(value, "client") ? FAULT_DIR_C2S : FAULT_DIR_S2C;
		return 0;
	}
	if (!strncmp(pair, "ms=", 3))
		return lab_parse_uint(&f->ms, value, 0, 60000);
	if (!strncmp(pair, "seq=", 4))
		return lab_parse_uint(&f->seq, value, 0, UINT16_MAX);
	if (!strncmp(pair, "number=", 7))
		return lab_parse_uint(&f->number, value, 0, HIGHEST_NUMBER);
	return -EINVAL;
}

static int parse_kind(struct forgery *f, const char *name)
{
	for (int i = 0; i < FORGE_NUM_KINDS; i++) {
		if (strcmp(name, kinds[i].name))
			continue;
		f->kind = i;
		f->seq = kinds[i].seq;
		return 0;
	}
	return -EINVAL;
}

int forge_parse(struct forgery *out_forgery, const char *spec, char *err, size_t err_len)
{
	char text[160], *rest = text, *word;

	*out_forgery = (struct forgery){ .dir = FAULT_NUM_DIRS, .ms = 300, .number = 40 };
	if ((size_t)snprintf(text, sizeof(text), "%s", spec) >= sizeof(text)) {
		snprintf(err, err_len, "too long");
		return -EINVAL;
	}
	word = strsep(&rest, ":");
	if (parse_kind(out_forgery, word)) {
		snprintf(err, err_len, "unknown kind '%s'", word);
		return -EINVAL;
	}
	while ((word = strsep(&rest, ","))) {
		if (!parse_pair(out_forgery, word))
			continue;
		snprintf(err, err_len, "bad '%s'", word);
		return -EINVAL;
	}
	if (out_forgery->dir != FAULT_NUM_DIRS)
		return 0;
	snprintf(err, err_len, "from=client or from=server is needed");
	return -EINVAL;
}
