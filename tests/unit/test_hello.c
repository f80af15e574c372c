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

	(void)state;
	assert_true(h.has_version && h.has_random && h.has_cookie && h.has_use_srtp);
	assert_false(h.has_cipher_suite);
	assert_int_equal(h.version, 0xfefd);
	assert_memory_equal(h.random, RANDOM, HELLO_RANDOM_LEN);
	assert_int_equal(h.server_name_len, 9);
	assert_memory_equal(h.server_name, "exa\x1bmple.", 9);
}

static void a_client_hello_cut_anywhere(void **state)
{
	(void)state;
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

	(void)state;
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

	(void)state;
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

	(void)state;
	assert_true(h.has_version && h.has_cipher_suite && h.has_use_srtp);
	assert_int_equal(h.version, 0xfeff);
	assert_int_equal(h.cipher_suite, 0xc02c);
	assert_false(parse(DTLS_MT_SERVER_HELLO, body, 36).has_cipher_suite);
}

static void a_hello_verify_request(void **state)
{
	(void)state;
	assert_true(parse(DTLS_MT_HELLO_VERIFY_REQUEST, "\xfe\xff\x02xy", 5).has_cookie);
	assert_false(parse(DTLS_MT_HELLO_VERIFY_REQUEST, "\xfe\xff\x00", 3).has_cookie);
	assert_false(parse(DTLS_MT_HELLO_VERIFY_REQUEST, "\xfe\xff", 2).has_cookie);
	/* Its version is not the one negotiated (RFC 6347 s4.2.1). */
	assert_false(parse(DTLS_MT_HELLO_VERIFY_REQUEST, "\xfe\xff\x02xy", 5).has_version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_hello),
		cmocka_unit_test(a_client_hello_cut_anywhere),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(a_server_name_too_long),
		cmocka_unit_test(a_server_hello),
		cmocka_unit_test(a_hello_verify_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
