// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hello.h"

#include <string.h>

#include "dtls_wire.h"

#include "core.h"

#define EXTENSION_SERVER_NAME 0		/* RFC 6066 s3 */
#define EXTENSION_USE_SRTP 14		/* RFC 5764 s4.1.1 */
#define EXTENSION_SUPPORTED_VERSIONS 43	/* RFC 8446 s4.2.1 */
#define NAME_TYPE_HOST 0		/* RFC 6066 s3 */

/* What is left to read. A read beyond the end empties it. */
struct cursor {
	const uint8_t *at;
	uint32_t left;
};

static const uint8_t *cursor_take(struct cursor *c, uint32_t len)
{
	const uint8_t *taken = c->at;

	if (len > c->left) {
		c->left = 0;
		return NULL;
	}
	c->at += len;
	c->left -= len;
	return taken;
}

static bool cursor_u8(struct cursor *c, uint32_t *out)
{
	const uint8_t *p = cursor_take(c, 1);

	if (p)
		*out = p[0];
	return p;
}

static bool cursor_u16(struct cursor *c, uint32_t *out)
{
	const uint8_t *p = cursor_take(c, 2);

	if (p)
		*out = (uint32_t)p[0] << 8 | p[1];
	return p;
}

/* Split off the next `len` bytes, or what there is of them in a cut body. */
static struct cursor cursor_split(struct cursor *c, uint32_t len)
{
	struct cursor part = { c->at, len < c->left ? len : c->left };

	cursor_take(c, len);
	return part;
}

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

/* RFC 6066 s3: a list of (type u8, name<1..2^16-1>); only one host_name is allowed. */
static void parse_server_name(struct cursor ext, struct hello *out)
{
	uint32_t list_len, type, len;
	const uint8_t *name;
	struct cursor list;

	if (!cursor_u16(&ext, &list_len))
		return;
	list = cursor_split(&ext, list_len);
	if (!cursor_u8(&list, &type) || !cursor_u16(&list, &len))
		return;
	name = cursor_take(&list, len);
	if (type != NAME_TYPE_HOST || !name || len > HELLO_SERVER_NAME_MAX)
		return;
	memcpy(out->server_name, name, len);
	out->server_name_len = len;
}

/* RFC 8446 s4.2.1: in a ServerHello one version, in a ClientHello a list. */
static void parse_supported_versions(struct cursor ext, uint8_t msg_type, struct hello *out)
{
	uint32_t version;

	if (msg_type != DTLS_MT_SERVER_HELLO || ext.left != 2 || !cursor_u16(&ext, &version))
		return;
	out->selected_version = version;
	out->has_selected_version = true;
}

/* RFC 5246 s7.4.1.4 */
static void parse_extensions(struct cursor *c, uint8_t msg_type, struct hello *out)
{
	uint32_t total, type, len;
	struct cursor all;

	if (!cursor_u16(c, &total))
		return;
	all = cursor_split(c, total);
	while (cursor_u16(&all, &type) && cursor_u16(&all, &len)) {
		struct cursor ext = cursor_split(&all, len);

		if (type == EXTENSION_SERVER_NAME)
			parse_server_name(ext, out);
		else if (type == EXTENSION_USE_SRTP)
			out->has_use_srtp = true;
		else if (type == EXTENSION_SUPPORTED_VERSIONS)
			parse_supported_versions(ext, msg_type, out);
	}
}

/* RFC 6347 s4.2.1 */
static void parse_client_hello(struct cursor *c, struct hello *out)
{
	uint32_t len;

	if (!parse_version_random(c, out))
		return;
	if (!cursor_u8(c, &len) || !cursor_take(c, len))	/* session_id */
		return;
	if (!cursor_u8(c, &len))
		return;
	out->has_cookie = len > 0;
	if (!cursor_take(c, len))
		return;
	if (!cursor_u16(c, &len) || !cursor_take(c, len))	/* cipher_suites */
		return;
	if (!cursor_u8(c, &len) || !cursor_take(c, len))	/* compression_methods */
		return;
	parse_extensions(c, DTLS_MT_CLIENT_HELLO, out);
}

/* RFC 5246 s7.4.1.3 */
static void parse_server_hello(struct cursor *c, struct hello *out)
{
	uint32_t len, cipher_suite, compression;

	if (!parse_version_random(c, out))
		return;
	if (!cursor_u8(c, &len) || !cursor_take(c, len))	/* session_id */
		return;
	if (!cursor_u16(c, &cipher_suite))
		return;
	out->cipher_suite = cipher_suite;
	out->has_cipher_suite = true;
	if (cursor_u8(c, &compression))
		parse_extensions(c, DTLS_MT_SERVER_HELLO, out);
}

/* RFC 6347 s4.2.1. Its version says nothing about the one negotiated. */
static void parse_hello_verify_request(struct cursor *c, struct hello *out)
{
	uint32_t version, len;

	if (cursor_u16(c, &version) && cursor_u8(c, &len))
		out->has_cookie = len > 0;
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
