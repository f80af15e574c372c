// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hello.h"

#include <string.h>

#include "dtls_wire.h"
#include "fnv.h"
#include "hello_cursor.h"
#include "hello_extensions.h"

#include "core.h"

/* RFC 8446 s4.1.3: SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[HELLO_RANDOM_LEN] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static bool parse_version_random(struct cursor *c, struct hello *out)
{
	uint32_t version;
	const uint8_t *random;

	if (!cursor_u16(c, &version))
		return false;
	out->version = version;
	out->has_version = true;
	random = cursor_take(c, HELLO_RANDOM_LEN);
	if (!random)
		return false;
	memcpy(out->random, random, HELLO_RANDOM_LEN);
	out->has_random = true;
	return true;
}

/* RFC 5246 s7.4.1.2. A session ID that is too long is ignored; the bytes after it are still parsed. */
static bool parse_session_id(struct cursor *c, struct hello *out)
{
	const uint8_t *id;
	uint32_t len;

	if (!cursor_u8(c, &len))
		return false;
	id = cursor_take(c, len);
	if (!id)
		return false;
	if (len > HELLO_SESSION_ID_MAX)
		return true;
	memcpy(out->session_id, id, len);
	out->session_id_len = len;
	out->has_session_id = true;
	return true;
}

/* RFC 6347 s4.2.1. The cookie's length is known even if its bytes are truncated. */
static bool parse_cookie(struct cursor *c, struct hello *out)
{
	uint32_t len;

	if (!cursor_u8(c, &len))
		return false;
	out->has_cookie = len > 0;
	out->has_cookie_len = true;
	out->cookie_len = len;
	/* A collision with a cookie that was given would need a peer that knows that cookie. */
	if (len && len <= c->left)
		out->cookie_hash = fnv_hash(c->at, len);
	return cursor_take(c, len);
}

static bool parse_cipher_suites(struct cursor *c, struct hello *out)
{
	uint32_t len, suite;
	struct cursor list;

	if (!cursor_u16(c, &len) || len > c->left)
		return false;
	list = cursor_split(c, len);
	if (len % 2)
		return true;
	while (cursor_u16(&list, &suite)) {
		if (out->num_cipher_suites < HELLO_CIPHER_SUITES_MAX)
			out->cipher_suites[out->num_cipher_suites] = suite;
		out->num_cipher_suites++;
	}
	return true;
}

/* RFC 6347 s4.2.1 */
static void parse_client_hello(struct cursor *c, struct hello *out)
{
	uint32_t len;

	if (!parse_version_random(c, out) || !parse_session_id(c, out) || !parse_cookie(c, out) ||
	    !parse_cipher_suites(c, out))
		return;
	if (!cursor_u8(c, &len) || !cursor_take(c, len))	/* compression_methods */
		return;
	hello_extensions_parse(c, DTLS_MT_CLIENT_HELLO, out);
}

/* RFC 5246 s7.4.1.3 */
static void parse_server_hello(struct cursor *c, struct hello *out)
{
	uint32_t cipher_suite, compression;

	if (!parse_version_random(c, out))
		return;
	out->is_hello_retry_request = !memcmp(out->random, retry_random, sizeof(retry_random));
	if (!parse_session_id(c, out) || !cursor_u16(c, &cipher_suite))
		return;
	out->cipher_suite = cipher_suite;
	out->has_cipher_suite = true;
	if (cursor_u8(c, &compression))
		hello_extensions_parse(c, DTLS_MT_SERVER_HELLO, out);
}

/* RFC 6347 s4.2.1. Its version is not the negotiated one. */
static void parse_hello_verify_request(struct cursor *c, struct hello *out)
{
	uint32_t version;

	if (cursor_u16(c, &version))
		parse_cookie(c, out);
}

void hello_parse(uint8_t msg_type, const uint8_t *body, uint32_t len, struct hello *out)
{
	struct cursor c = { body, len };

	memset(out, 0, sizeof(*out));
	switch (msg_type) {
	case DTLS_MT_CLIENT_HELLO:
		parse_client_hello(&c, out);
		break;
	case DTLS_MT_SERVER_HELLO:
		parse_server_hello(&c, out);
		break;
	case DTLS_MT_HELLO_VERIFY_REQUEST:
		parse_hello_verify_request(&c, out);
		break;
	}
}

static bool has_number(const struct hello_numbers *numbers, uint16_t number)
{
	for (uint32_t i = 0; i < numbers->num; i++)
		if (numbers->list[i] == number)
			return true;
	return false;
}

bool hello_has_raw_public_key(const struct hello *hello)
{
	return has_number(&hello->client_certificate_types, HELLO_CERTIFICATE_RAW_PUBLIC_KEY) ||
	       has_number(&hello->server_certificate_types, HELLO_CERTIFICATE_RAW_PUBLIC_KEY);
}

uint32_t hello_alpn_name(const struct hello_alpn *alpn, uint32_t index, const char **out_name)
{
	uint32_t at = 0;

	if (index >= alpn->num)
		return 0;
	while (index--)
		at += 1 + (uint8_t)alpn->names[at];
	*out_name = alpn->names + at + 1;
	return (uint8_t)alpn->names[at];
}
