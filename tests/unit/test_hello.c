// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dtls_wire.h"
#include "hello.h"

#define RANDOM "\x01" "234567890123456789012345678901\xff"

/* RFC 6347 s4.2.1: version, random, session_id, cookie, cipher_suites, compression, extensions. */
static const char client_hello[] = "\xfe\xfd" RANDOM "\x02" "id" "\x03" "kie" "\x00\x04\xc0\x2c\xc0\x30" "\x01\x00"
	"\x00\x1b"
	"\x00\x0e\x00\x05" "\x00\x02\x00\x07\x00"		/* use_srtp */
	"\x00\x00\x00\x0e" "\x00\x0c\x00\x00\x09" "exa\x1bmple.";	/* server_name */
#define CLIENT_HELLO_LEN (sizeof(client_hello) - 1)

/* Parse from memory of exactly this length, so that a sanitizer sees a read beyond. */
static struct hello parse(uint8_t msg_type, const char *body, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct hello hello;

	assert_non_null(copy);
	memcpy(copy, body, len);
	hello_parse(msg_type, copy, len, &hello);
	free(copy);
	return hello;
}

static void a_client_hello(void **state)
{
	struct hello h = parse(DTLS_MT_CLIENT_HELLO, client_hello, CLIENT_HELLO_LEN);

	assert_true(h.has_version && h.has_random && h.has_cookie && h.has_use_srtp);
	assert_false(h.has_cipher_suite);
	assert_int_equal(h.version, 0xfefd);
	assert_memory_equal(h.random, RANDOM, HELLO_RANDOM_LEN);
	assert_int_equal(h.server_name_len, 9);
	assert_memory_equal(h.server_name, "exa\x1bmple.", 9);
}

static void a_client_hello_cut_anywhere(void **state)
{
	for (size_t len = 0; len < CLIENT_HELLO_LEN; len++) {
		struct hello h = parse(DTLS_MT_CLIENT_HELLO, client_hello, len);

		assert_int_equal(h.has_version, len >= 2);
		assert_int_equal(h.has_random, len >= 34);
		assert_int_equal(h.has_cookie, len >= 38);
		assert_int_equal(h.has_use_srtp, len >= 55);
		assert_int_equal(h.server_name_len, 0);
	}
}

static void lengths_that_lie(void **state)
{
	char body[CLIENT_HELLO_LEN];

	for (size_t i = 34; i < sizeof(body); i++)
		for (int value = 0; value < 256; value += 85) {
			memcpy(body, client_hello, sizeof(body));
			body[i] = value;
			assert_true(parse(DTLS_MT_CLIENT_HELLO, body, sizeof(body)).server_name_len <= 9);
		}
}

/* A DNS name has no more than 253 characters: what is longer is none. */
static void a_server_name_too_long(void **state)
{
	char body[34 + 7 + 2 + 4 + 5 + 256] = "\xfe\xfd" RANDOM "\0\0\0\2\xc0\x2c\0";
	char *ext = body + 34 + 7;

	for (int len = 255; len <= 256; len++) {
		memcpy(ext, "\x01\x09\x00\x00\x01\x05\x01\x03\x00\x01\x00", 11);
		ext[10] = len & 0xff;
		ext[9] = len >> 8;
		memset(ext + 11, 'a', len);
		assert_int_equal(parse(DTLS_MT_CLIENT_HELLO, body, sizeof(body)).server_name_len,
				 len == 255 ? 255 : 0);
	}
}

static void a_server_hello(void **state)
{
	static const char body[] = "\xfe\xff" RANDOM "\x00" "\xc0\x2c" "\x00" "\x00\x09" "\x00\x0e\x00\x05\x00\x02\x00\x07\x00";
	struct hello h = parse(DTLS_MT_SERVER_HELLO, body, sizeof(body) - 1);

	assert_true(h.has_version && h.has_cipher_suite && h.has_use_srtp);
	assert_int_equal(h.version, 0xfeff);
	assert_int_equal(h.cipher_suite, 0xc02c);
	assert_false(parse(DTLS_MT_SERVER_HELLO, body, 36).has_cipher_suite);
}

/* RFC 8446 s4.1.3: it is told by its random alone. */
static void a_hello_retry_request(void **state)
{
	static const char body[] = "\xfe\xfd"
		"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
		"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"
		"\x00" "\x13\x01" "\x00" "\x00\x16" "\x00\x2b\x00\x02\xfe\xfc" "\x00\x33\x00\x02\x00\x1d"
		"\x00\x2c\x00\x04\x00\x02xy";
	char other[sizeof(body)];
	struct hello h = parse(DTLS_MT_SERVER_HELLO, body, sizeof(body) - 1);

	assert_true(h.is_hello_retry_request && h.has_selected_version && h.has_selected_group);
	assert_int_equal(h.selected_version, DTLS_VERSION_1_3);
	assert_int_equal(h.selected_group, 0x1d);
	assert_true(h.has_cookie_extension);
	assert_int_equal(h.cookie_extension_len, 2);
	memcpy(other, body, sizeof(other));
	other[33] ^= 1;
	h = parse(DTLS_MT_SERVER_HELLO, other, sizeof(body) - 1);
	assert_false(h.is_hello_retry_request || h.has_selected_group);
	assert_false(parse(DTLS_MT_CLIENT_HELLO, body, sizeof(body) - 1).is_hello_retry_request);
	assert_false(parse(DTLS_MT_SERVER_HELLO, body, 33).is_hello_retry_request);
}

/* RFC 8446 s4.2.1 */
static void supported_versions(void **state)
{
	static const char body[] = "\xfe\xfd" RANDOM "\x00" "\x00" "\x00\x02\x13\x01" "\x01\x00"
		"\x00\x09" "\x00\x2b\x00\x05\x04\xfe\xfc\xfe\xfd";
	char lies[sizeof(body)];
	struct hello h = parse(DTLS_MT_CLIENT_HELLO, body, sizeof(body) - 1);

	assert_true(h.offers_dtls13);
	assert_int_equal(h.versions.num, 2);
	assert_int_equal(h.versions.total, 2);
	assert_int_equal(h.versions.list[0], DTLS_VERSION_1_3);
	assert_int_equal(h.versions.list[1], DTLS_VERSION_1_2);
	assert_false(h.has_selected_version);
	h = parse(DTLS_MT_CLIENT_HELLO, body, sizeof(body) - 2);	/* cut: present, and that is all */
	assert_true(h.extensions & HELLO_SUPPORTED_VERSIONS);
	assert_false(h.offers_dtls13);
	/* A draft is DTLS 1.3, too; a neighbour of its numbers is nothing. */
	for (int high = 0x7e; high <= 0x80; high++) {
		memcpy(lies, body, sizeof(lies));
		lies[sizeof(body) - 5] = high;
		lies[sizeof(body) - 4] = 38;
		h = parse(DTLS_MT_CLIENT_HELLO, lies, sizeof(body) - 1);
		assert_int_equal(h.versions.list[0], high << 8 | 38);
		assert_int_equal(h.offers_dtls13, high == 0x7f);
	}
	for (int lie = 0; lie < 256; lie++) {
		memcpy(lies, body, sizeof(lies));
		lies[sizeof(body) - 6] = lie;
		assert_int_equal(parse(DTLS_MT_CLIENT_HELLO, lies, sizeof(body) - 1).versions.total,
				 lie == 4 ? 2 : 0);
	}
}

static void a_hello_verify_request(void **state)
{
	assert_true(parse(DTLS_MT_HELLO_VERIFY_REQUEST, "\xfe\xff\x02xy", 5).has_cookie);
	assert_false(parse(DTLS_MT_HELLO_VERIFY_REQUEST, "\xfe\xff\x00", 3).has_cookie);
	assert_false(parse(DTLS_MT_HELLO_VERIFY_REQUEST, "\xfe\xff", 2).has_cookie);
	/* Its version is not the one negotiated (RFC 6347 s4.2.1). */
	assert_false(parse(DTLS_MT_HELLO_VERIFY_REQUEST, "\xfe\xff\x02xy", 5).has_version);
}

/* --- as OpenSSL 3.0 sends them: s_client -servername dtls.example.org -use_srtp ... --- */

static const uint8_t openssl_client_hello[] = {
	0xfe, 0xfd, 0x48, 0xbf, 0x8a, 0xa7, 0x53, 0x14, 0x52, 0x3f, 0x21, 0x5d, 0xb3, 0xf6, 0x29, 0xdd,
	0x15, 0x42, 0xb5, 0xfb, 0x38, 0xd3, 0x22, 0x4b, 0xea, 0x91, 0x52, 0x4f, 0x93, 0x90, 0x7a, 0x37,
	0x9d, 0x97, 0x00, 0x00, 0x00, 0x04, 0xc0, 0x2b, 0x00, 0xff, 0x01, 0x00, 0x00, 0x74, 0x00, 0x00,
	0x00, 0x15, 0x00, 0x13, 0x00, 0x00, 0x10, 0x64, 0x74, 0x6c, 0x73, 0x2e, 0x65, 0x78, 0x61, 0x6d,
	0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72, 0x67, 0x00, 0x0b, 0x00, 0x04, 0x03, 0x00, 0x01, 0x02, 0x00,
	0x0a, 0x00, 0x0c, 0x00, 0x0a, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x1e, 0x00, 0x19, 0x00, 0x18, 0x00,
	0x23, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x05, 0x00, 0x02, 0x00, 0x01, 0x00, 0x00, 0x16, 0x00, 0x00,
	0x00, 0x17, 0x00, 0x00, 0x00, 0x0d, 0x00, 0x2a, 0x00, 0x28, 0x04, 0x03, 0x05, 0x03, 0x06, 0x03,
	0x08, 0x07, 0x08, 0x08, 0x08, 0x09, 0x08, 0x0a, 0x08, 0x0b, 0x08, 0x04, 0x08, 0x05, 0x08, 0x06,
	0x04, 0x01, 0x05, 0x01, 0x06, 0x01, 0x03, 0x03, 0x03, 0x01, 0x03, 0x02, 0x04, 0x02, 0x05, 0x02,
	0x06, 0x02,
};

static const uint8_t openssl_server_hello[] = {
	0xfe, 0xfd, 0x37, 0x42, 0x7f, 0x88, 0x81, 0x9b, 0xa0, 0x3a, 0xff, 0x1a, 0xcc, 0xd6, 0x49, 0xd1,
	0x43, 0x24, 0x2d, 0xdf, 0xa6, 0xcc, 0x1a, 0x8e, 0x0f, 0xee, 0x4b, 0x84, 0x25, 0x12, 0x7c, 0x54,
	0xa9, 0xf1, 0x00, 0xc0, 0x2b, 0x00, 0x00, 0x1e, 0xff, 0x01, 0x00, 0x01, 0x00, 0x00, 0x0b, 0x00,
	0x04, 0x03, 0x00, 0x01, 0x02, 0x00, 0x23, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x05, 0x00, 0x02, 0x00,
	0x01, 0x00, 0x00, 0x17, 0x00, 0x00,
};

static const uint8_t openssl_hello_verify_request[] = {
	0xfe, 0xff, 0x14, 0x62, 0x61, 0x27, 0xd0, 0xd5, 0x31, 0xeb, 0xea, 0x8f, 0xf5, 0x44, 0x2e, 0xd4,
	0x3b, 0xa0, 0x52, 0xe1, 0xbd, 0xfa, 0x6d,
};

static void expect_openssl_client_hello(const struct hello *h, bool cookie)
{
	assert_true(h->has_version && h->has_random && h->has_use_srtp);
	assert_int_equal(h->has_cookie, cookie);
	assert_false(h->has_cipher_suite);
	assert_int_equal(h->version, 0xfefd);
	assert_int_equal(h->random[0], 0x48);
	assert_int_equal(h->random[31], 0x97);
	assert_int_equal(h->server_name_len, 16);
	assert_memory_equal(h->server_name, "dtls.example.org", 16);
}

/* The cookie of the HelloVerifyRequest is all that is new in the second one (s4.2.1). */
static void openssl_client_hellos(void **state)
{
	const size_t len = sizeof(openssl_client_hello);
	char second[sizeof(openssl_client_hello) + 20];
	struct hello h = parse(DTLS_MT_CLIENT_HELLO, (const char *)openssl_client_hello, len);

	assert_int_equal(len, 162);
	expect_openssl_client_hello(&h, false);
	memcpy(second, openssl_client_hello, 36);
	second[35] = 20;
	memcpy(second + 36, openssl_hello_verify_request + 3, 20);
	memcpy(second + 56, openssl_client_hello + 36, len - 36);
	h = parse(DTLS_MT_CLIENT_HELLO, second, sizeof(second));
	expect_openssl_client_hello(&h, true);
}

static void openssl_client_hello_cut_anywhere(void **state)
{
	for (size_t len = 0; len < sizeof(openssl_client_hello); len++) {
		struct hello h = parse(DTLS_MT_CLIENT_HELLO, (const char *)openssl_client_hello, len);

		assert_int_equal(h.has_version, len >= 2);
		assert_int_equal(h.version, len >= 2 ? 0xfefd : 0);
		assert_int_equal(h.has_random, len >= 34);
		assert_int_equal(h.random[31], len >= 34 ? 0x97 : 0);
		assert_int_equal(h.server_name_len, len >= 71 ? 16 : 0);
		assert_int_equal(h.has_use_srtp, len >= 103);
		assert_false(h.has_cookie || h.has_cipher_suite);
	}
}

static void openssl_server_hello_cut_anywhere(void **state)
{
	assert_int_equal(sizeof(openssl_server_hello), 70);
	for (size_t len = 0; len <= sizeof(openssl_server_hello); len++) {
		struct hello h = parse(DTLS_MT_SERVER_HELLO, (const char *)openssl_server_hello, len);

		assert_int_equal(h.has_version, len >= 2);
		assert_int_equal(h.has_random, len >= 34);
		assert_int_equal(h.has_cipher_suite, len >= 37);
		assert_int_equal(h.cipher_suite, len >= 37 ? 0xc02b : 0);
		assert_int_equal(h.has_use_srtp, len >= 61);
		assert_false(h.has_cookie || h.server_name_len);
	}
}

static void openssl_hello_verify_request_cut_anywhere(void **state)
{
	for (size_t len = 0; len <= sizeof(openssl_hello_verify_request); len++) {
		struct hello h = parse(DTLS_MT_HELLO_VERIFY_REQUEST,
				       (const char *)openssl_hello_verify_request, len);

		assert_int_equal(h.has_cookie, len >= 3);
		assert_false(h.has_version || h.has_random || h.has_cipher_suite || h.server_name_len);
	}
}

/* --- as GnuTLS 3.7 sends it, with a cookie: gnutls-cli --udp --insecure --- */

static const uint8_t gnutls_client_hello[] = {
	0xfe, 0xfd, 0x6a, 0x47, 0x1e, 0x19, 0x2a, 0xf9, 0xbd, 0x04, 0xc6, 0xb7, 0x43, 0x64, 0x3e, 0x25,
	0x84, 0xb4, 0x6e, 0xed, 0xad, 0xfc, 0xf6, 0x3f, 0xa8, 0x8d, 0x57, 0xcb, 0x2a, 0xf5, 0x0e, 0x22,
	0xb1, 0xd5, 0x00, 0x10, 0x81, 0x07, 0x08, 0x01, 0x02, 0x1b, 0x68, 0x97, 0xad, 0x21, 0x04, 0xe4,
	0xd7, 0x5c, 0x12, 0xc5, 0x00, 0x32, 0xc0, 0x2c, 0xcc, 0xa9, 0xc0, 0xad, 0xc0, 0x0a, 0xc0, 0x2b,
	0xc0, 0xac, 0xc0, 0x09, 0xc0, 0x30, 0xcc, 0xa8, 0xc0, 0x14, 0xc0, 0x2f, 0xc0, 0x13, 0x00, 0x9d,
	0xc0, 0x9d, 0x00, 0x35, 0x00, 0x9c, 0xc0, 0x9c, 0x00, 0x2f, 0x00, 0x9f, 0xcc, 0xaa, 0xc0, 0x9f,
	0x00, 0x39, 0x00, 0x9e, 0xc0, 0x9e, 0x00, 0x33, 0x01, 0x00, 0x00, 0x66, 0x00, 0x05, 0x00, 0x05,
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x16, 0x00, 0x14, 0x00, 0x17, 0x00, 0x18, 0x00,
	0x19, 0x00, 0x1d, 0x00, 0x1e, 0x01, 0x00, 0x01, 0x01, 0x01, 0x02, 0x01, 0x03, 0x01, 0x04, 0x00,
	0x0b, 0x00, 0x02, 0x01, 0x00, 0x00, 0x0d, 0x00, 0x22, 0x00, 0x20, 0x04, 0x01, 0x08, 0x09, 0x08,
	0x04, 0x04, 0x03, 0x08, 0x07, 0x05, 0x01, 0x08, 0x0a, 0x08, 0x05, 0x05, 0x03, 0x08, 0x08, 0x06,
	0x01, 0x08, 0x0b, 0x08, 0x06, 0x06, 0x03, 0x02, 0x01, 0x02, 0x03, 0x00, 0x16, 0x00, 0x00, 0x00,
	0x17, 0x00, 0x00, 0x00, 0x23, 0x00, 0x00, 0xff, 0x01, 0x00, 0x01, 0x00, 0x00, 0x1c, 0x00, 0x02,
	0x40, 0x00,
};

static void a_gnutls_client_hello(void **state)
{
	static const uint16_t groups[] = { 0x17, 0x18, 0x19, 0x1d, 0x1e, 0x100, 0x101, 0x102, 0x103, 0x104 };
	struct hello h = parse(DTLS_MT_CLIENT_HELLO, (const char *)gnutls_client_hello,
			       sizeof(gnutls_client_hello));

	assert_int_equal(h.version, 0xfefd);
	assert_true(h.has_session_id && h.has_cookie && !h.has_ticket && !h.is_renegotiation && !h.offers_dtls13);
	assert_int_equal(h.session_id_len, 0);
	assert_int_equal(h.cookie_len, 16);
	assert_int_equal(h.num_cipher_suites, 25);
	assert_int_equal(h.cipher_suites[0], 0xc02c);
	assert_int_equal(h.cipher_suites[24], 0x33);
	assert_int_equal(h.groups.total, 10);
	assert_memory_equal(h.groups.list, groups, sizeof(groups));
	assert_int_equal(h.extensions, HELLO_STATUS_REQUEST | HELLO_SUPPORTED_GROUPS |
			 HELLO_EXTENDED_MASTER_SECRET | HELLO_SESSION_TICKET | HELLO_RENEGOTIATION_INFO);
	for (size_t len = 0; len < sizeof(gnutls_client_hello); len++) {
		h = parse(DTLS_MT_CLIENT_HELLO, (const char *)gnutls_client_hello, len);
		assert_int_equal(h.groups.total, len >= 143 ? 10 : 0);
		assert_int_equal(h.num_cipher_suites, len >= 104 ? 25 : 0);
	}
}

/* --- server names --- */

/* A ClientHello of nothing but a server_name extension; each length can be made to lie. */
struct sni {
	uint8_t type;
	const char *name;
	size_t len;
	int extensions_lie, extension_lie, list_lie, name_lie;
};

static struct hello parse_sni(struct sni sni)
{
	static const char begin[] = "\xfe\xfd" RANDOM "\0\0\0\2\xc0\x2c\1\0";
	const int lengths[] = { 9 + sni.len + sni.extensions_lie, 0, 5 + sni.len + sni.extension_lie,
				3 + sni.len + sni.list_lie };
	char body[512];
	size_t len = sizeof(begin) - 1;

	memcpy(body, begin, len);
	for (int i = 0; i < 4; i++) {	/* extensions, type, extension, list */
		body[len++] = lengths[i] >> 8;
		body[len++] = lengths[i] & 0xff;
	}
	body[len++] = sni.type;
	body[len++] = (sni.len + sni.name_lie) >> 8;
	body[len++] = (sni.len + sni.name_lie) & 0xff;
	memcpy(body + len, sni.name, sni.len);
	return parse(DTLS_MT_CLIENT_HELLO, body, len + sni.len);
}

/* Names are handed on as they came, to be made harmless where they are shown. */
static void hostile_server_names(void **state)
{
	static const struct sni cases[] = {
		{ .name = "a\0b\0", .len = 4 },
		{ .name = "\0", .len = 1 },
		{ .name = "\x1b]0;owned\x07", .len = 10 },
		{ .name = "\xff\xfe\r\n", .len = 4 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hello h = parse_sni(cases[i]);

		assert_int_equal(h.server_name_len, cases[i].len);
		assert_memory_equal(h.server_name, cases[i].name, cases[i].len);
	}
}

static void server_names_that_are_none(void **state)
{
	static const struct sni cases[] = {
		{ .name = "", .len = 0 },
		{ .type = 1, .name = "name", .len = 4 },
		{ .type = 255, .name = "name", .len = 4 },
		{ .name = "name", .len = 4, .name_lie = 1 },
		{ .name = "name", .len = 4, .name_lie = 0xff00 },
		{ .name = "name", .len = 4, .extension_lie = -1 },	/* the name leaves its extension */
		{ .name = "name", .len = 4, .extension_lie = -9 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(parse_sni(cases[i]).server_name_len, 0);
	/* An honest one, to show that the others fail for their own reasons. */
	assert_int_equal(parse_sni((struct sni){ .name = "name", .len = 4 }).server_name_len, 4);
}

/* RFC 6066 s3: what lies behind the end of the list is not in it. */
static void a_name_behind_its_list(void **state)
{
	assert_int_equal(parse_sni((struct sni){ .name = "name", .len = 4, .list_lie = -1 }).server_name_len, 0);
	assert_int_equal(parse_sni((struct sni){ .name = "name", .len = 4, .list_lie = -7 }).server_name_len, 0);
}

/* RFC 5246 s7.4.1.2: what lies behind the end of the extensions is none. */
static void an_extension_behind_the_extensions(void **state)
{
	assert_int_equal(parse_sni((struct sni){ .name = "name", .len = 4, .extensions_lie = -13 })
			 .server_name_len, 0);
	assert_int_equal(parse_sni((struct sni){ .name = "name", .len = 4, .extensions_lie = -1 })
			 .server_name_len, 0);
}

/* --- noise --- */

static void other_messages_say_nothing(void **state)
{
	struct hello nothing;

	memset(&nothing, 0, sizeof(nothing));
	for (int type = 0; type < 256; type++) {
		struct hello h;

		if (type >= DTLS_MT_CLIENT_HELLO && type <= DTLS_MT_HELLO_VERIFY_REQUEST)
			continue;
		memset(&h, 0xff, sizeof(h));
		hello_parse(type, openssl_client_hello, sizeof(openssl_client_hello), &h);
		assert_memory_equal(&h, &nothing, sizeof(h));
	}
}

/* Some bytes changed, always the same way: nothing is read that is not there. */
static void noise_in_a_client_hello(void **state)
{
	uint32_t seed = 20160917, named = 0;

	for (int round = 0; round < 50000; round++) {
		char body[sizeof(openssl_client_hello)];
		struct hello h;

		memcpy(body, openssl_client_hello, sizeof(body));
		for (int i = 0; i < 3; i++) {
			seed = seed * 1664525 + 1013904223;
			body[34 + (seed >> 8) % 128] = seed >> 24;
		}
		h = parse(1 + round % 3, body, sizeof(body) - (seed >> 16) % 8);
		assert_in_range(h.server_name_len, 0, 111);
		assert_int_equal(h.has_random, round % 3 != 2);
		named += h.server_name_len > 0;
	}
	assert_in_range(named, 1000, 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_hello),
		cmocka_unit_test(a_client_hello_cut_anywhere),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(a_server_name_too_long),
		cmocka_unit_test(a_server_hello),
		cmocka_unit_test(a_hello_retry_request),
		cmocka_unit_test(supported_versions),
		cmocka_unit_test(a_hello_verify_request),
		cmocka_unit_test(openssl_client_hellos),
		cmocka_unit_test(openssl_client_hello_cut_anywhere),
		cmocka_unit_test(openssl_server_hello_cut_anywhere),
		cmocka_unit_test(openssl_hello_verify_request_cut_anywhere),
		cmocka_unit_test(a_gnutls_client_hello),
		cmocka_unit_test(hostile_server_names),
		cmocka_unit_test(server_names_that_are_none),
		cmocka_unit_test(a_name_behind_its_list),
		cmocka_unit_test(an_extension_behind_the_extensions),
		cmocka_unit_test(other_messages_say_nothing),
		cmocka_unit_test(noise_in_a_client_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
