// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Every extension: what it says, and that it says nothing when it is cut, lies, or comes twice. */
#include "hello_bodies.h"

/* Parse from memory of exactly this length, so that a sanitizer sees a read beyond. */
static struct hello parse(uint8_t msg_type, const uint8_t *body, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct hello hello;

	assert_non_null(copy);
	memcpy(copy, body, len);
	hello_parse(msg_type, copy, len, &hello);
	free(copy);
	return hello;
}

/* --- one extension each --- */

static bool groups(const struct hello *h)
{
	return h->groups.total == 3 && h->groups.num == 3 && h->groups.list[0] == 0x11ec &&
	       h->groups.list[2] == 0x17;
}

static bool srtp_offered(const struct hello *h)
{
	return h->srtp_profiles.total == 2 && h->srtp_profiles.list[0] == 7 && h->srtp_profiles.list[1] == 1;
}

static bool srtp_chosen(const struct hello *h)
{
	return h->srtp_profiles.total == 1 && h->srtp_profiles.list[0] == 7;
}

static bool alpn_offered(const struct hello *h)
{
	const char *name;

	return h->alpn.total == 2 && hello_alpn_name(&h->alpn, 0, &name) == 6 && !memcmp(name, "webrtc", 6) &&
	       hello_alpn_name(&h->alpn, 1, &name) == 2 && !memcmp(name, "h3", 2) &&
	       !hello_alpn_name(&h->alpn, 2, &name);
}

static bool alpn_chosen(const struct hello *h)
{
	const char *name;

	return h->alpn.total == 1 && hello_alpn_name(&h->alpn, 0, &name) == 2 && !memcmp(name, "h3", 2);
}

static bool certificate_types_offered(const struct hello *h)
{
	return h->client_certificate_types.total == 2 && h->client_certificate_types.list[0] == 2 &&
	       hello_has_raw_public_key(h);
}

static bool server_certificate_type_chosen(const struct hello *h)
{
	return h->server_certificate_types.total == 1 && hello_has_raw_public_key(h);
}

static bool a_ticket(const struct hello *h)
{
	return h->has_ticket;
}

static bool a_psk_chosen(const struct hello *h)
{
	return h->has_selected_psk && h->selected_psk == 1;
}

static bool versions(const struct hello *h)
{
	return h->offers_dtls13 && h->versions.total == 2 && h->versions.list[1] == DTLS_VERSION_1_2;
}

static bool a_version_chosen(const struct hello *h)
{
	return h->has_selected_version && h->selected_version == DTLS_VERSION_1_3;
}

static bool a_cookie(const struct hello *h)
{
	return h->has_cookie_extension && h->cookie_extension_len == 3;
}

static bool psk_modes(const struct hello *h)
{
	return h->has_psk_ke && h->has_psk_dhe_ke;
}

static bool key_shares(const struct hello *h)
{
	return h->num_key_shares == 2 && h->key_shares[0].group == 0x1d && h->key_shares[0].length == 4 &&
	       h->key_shares[1].group == 0x17 && h->key_shares[1].length == 1 && !h->has_selected_group;
}

static bool a_key_share_chosen(const struct hello *h)
{
	return h->has_selected_group && h->selected_group == 0x1d && h->key_shares[0].length == 4;
}

static bool a_connection_id(const struct hello *h)
{
	return h->has_connection_id && h->connection_id_len == 3;
}

static bool a_renegotiation(const struct hello *h)
{
	return h->is_renegotiation;
}

static bool a_name(const struct hello *h)
{
	return h->server_name_len == 4 && !memcmp(h->server_name, "peer", 4);
}

#define C DTLS_MT_CLIENT_HELLO
#define S DTLS_MT_SERVER_HELLO
#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
	uint8_t msg_type;
	uint16_t type;
	uint32_t bit;		/* enum hello_extension */
	const char *data;
	uint16_t len;
	bool (*says)(const struct hello *h);	/* what it says if it is whole */
} extensions[] = {
	{ C, 0, HELLO_SERVER_NAME, BYTES("\0\7\0\0\4peer"), a_name },
	{ C, 10, HELLO_SUPPORTED_GROUPS, BYTES("\0\6\x11\xec\0\x1d\0\x17"), groups },
	{ C, 14, HELLO_USE_SRTP, BYTES("\0\4\0\7\0\1\2mk"), srtp_offered },
	{ S, 14, HELLO_USE_SRTP, BYTES("\0\2\0\7\0"), srtp_chosen },
	{ C, 16, HELLO_ALPN, BYTES("\0\x0a\6webrtc\2h3"), alpn_offered },
	{ S, 16, HELLO_ALPN, BYTES("\0\3\2h3"), alpn_chosen },
	{ C, 19, HELLO_CLIENT_CERTIFICATE_TYPE, BYTES("\2\2\0"), certificate_types_offered },
	{ S, 20, HELLO_SERVER_CERTIFICATE_TYPE, BYTES("\2"), server_certificate_type_chosen },
	{ C, 35, HELLO_SESSION_TICKET, BYTES("ticket"), a_ticket },
	{ S, 41, HELLO_PRE_SHARED_KEY, BYTES("\0\1"), a_psk_chosen },
	{ C, 43, HELLO_SUPPORTED_VERSIONS, BYTES("\4\xfe\xfc\xfe\xfd"), versions },
	{ S, 43, HELLO_SUPPORTED_VERSIONS, BYTES("\xfe\xfc"), a_version_chosen },
	{ C, 44, HELLO_COOKIE, BYTES("\0\3abc"), a_cookie },
	{ S, 44, HELLO_COOKIE, BYTES("\0\3abc"), a_cookie },
	{ C, 45, HELLO_PSK_KEY_EXCHANGE_MODES, BYTES("\2\0\1"), psk_modes },
	{ C, 51, HELLO_KEY_SHARE, BYTES("\0\x0d\0\x1d\0\4abcd\0\x17\0\1e"), key_shares },
	{ S, 51, HELLO_KEY_SHARE, BYTES("\0\x1d\0\4abcd"), a_key_share_chosen },
	{ C, 54, HELLO_CONNECTION_ID, BYTES("\3cid"), a_connection_id },
	{ S, 54, HELLO_CONNECTION_ID, BYTES("\3cid"), a_connection_id },
	{ C, 0xff01, HELLO_RENEGOTIATION_INFO, BYTES("\3abc"), a_renegotiation },
};
#define NUM_EXTENSIONS (sizeof(extensions) / sizeof(extensions[0]))

/* A hello of this extension alone, its content of `len` bytes. */
static uint32_t begin_body(struct bytes *b, uint8_t msg_type)
{
	return msg_type == C ? body_client(b, 0, 0) : body_server(b);
}

static void each_extension(void **state)
{
	struct bytes b;

	for (uint32_t i = 0; i < NUM_EXTENSIONS; i++) {
		uint32_t at = begin_body(&b, extensions[i].msg_type);
		struct hello h;

		h = parse(extensions[i].msg_type, b.data, b.len);
		assert_int_equal(h.extensions, 0);
		assert_false(extensions[i].says(&h));
		body_extend(&b, at, extensions[i].type, extensions[i].data, extensions[i].len);
		h = parse(extensions[i].msg_type, b.data, b.len);
		assert_int_equal(h.extensions, extensions[i].bit);
		if (!extensions[i].says(&h))
			fail_msg("extension %u of type %u", i, extensions[i].type);
		assert_int_equal(h.has_use_srtp, extensions[i].type == 14);
	}
}

/* Behind the header it is present; what is in it is known when its last byte is there. */
static void cut_at_every_byte(void **state)
{
	struct bytes b;

	for (uint32_t i = 0; i < NUM_EXTENSIONS; i++) {
		uint32_t at = begin_body(&b, extensions[i].msg_type);

		body_extend(&b, at, extensions[i].type, extensions[i].data, extensions[i].len);
		for (uint32_t len = 0; len < b.len; len++) {
			struct hello h = parse(extensions[i].msg_type, b.data, len);

			assert_int_equal(h.extensions, len >= at + 6 ? extensions[i].bit : 0);
			assert_false(extensions[i].says(&h));
		}
	}
}

/* The content is shorter or longer than it says it is: nothing is made of it. */
static void a_content_that_lies(void **state)
{
	static const uint16_t fixed[] = { 35, 0 };	/* a ticket is any bytes; a name may have others behind it */
	struct bytes b;

	for (uint32_t i = 0; i < NUM_EXTENSIONS; i++) {
		for (int change = -1; change <= 1; change += 2) {
			uint32_t at = begin_body(&b, extensions[i].msg_type), len = extensions[i].len + change;
			char data[64] = { 0 };
			struct hello h;

			if (extensions[i].type == fixed[0] || (extensions[i].type == fixed[1] && change > 0))
				continue;
			memcpy(data, extensions[i].data, extensions[i].len);
			body_extend(&b, at, extensions[i].type, data, len);
			h = parse(extensions[i].msg_type, b.data, b.len);
			assert_int_equal(h.extensions, extensions[i].bit);
			if (extensions[i].says(&h))
				fail_msg("type %u, %u bytes", extensions[i].type, len);
		}
	}
}

/* RFC 8446 s4.2: there must not be two of one type: the first is what counts. */
static void twice(void **state)
{
	struct bytes b;
	uint32_t at = body_client(&b, 0, 0);
	struct hello h;

	body_server_name(&b, at, "first", 5);
	body_server_name(&b, at, "second", 6);
	BODY_EXTEND(&b, at, 54, "\0");
	BODY_EXTEND(&b, at, 54, "\2ab");
	BODY_EXTEND(&b, at, 10, "\0\2\0\x1d");
	BODY_EXTEND(&b, at, 10, "\0\2\0\x17");
	h = parse(C, b.data, b.len);
	assert_int_equal(h.server_name_len, 5);
	assert_true(h.has_connection_id);
	assert_int_equal(h.connection_id_len, 0);
	assert_int_equal(h.groups.total, 1);
	assert_int_equal(h.groups.list[0], 0x1d);
}

/* Every one at once, in either order. */
static void all_together(void **state)
{
	struct bytes b;

	for (int backwards = 0; backwards < 2; backwards++) {
		for (uint8_t msg_type = C; msg_type <= S; msg_type++) {
			uint32_t at = begin_body(&b, msg_type), bits = 0;
			struct hello h;

			for (uint32_t k = 0; k < NUM_EXTENSIONS; k++) {
				uint32_t i = backwards ? NUM_EXTENSIONS - 1 - k : k;

				if (extensions[i].msg_type != msg_type)
					continue;
				body_extend(&b, at, 0xabcd, "unknown", 7);
				body_extend(&b, at, extensions[i].type, extensions[i].data, extensions[i].len);
				bits |= extensions[i].bit;
			}
			h = parse(msg_type, b.data, b.len);
			assert_int_equal(h.extensions, bits);
			for (uint32_t i = 0; i < NUM_EXTENSIONS; i++)
				if (extensions[i].msg_type == msg_type)
					assert_true(extensions[i].says(&h));
		}
	}
}

/* --- what is empty, and what that means --- */

static void empty_is_not_absent(void **state)
{
	struct bytes b;
	uint32_t at = body_client(&b, 0, 0);
	struct hello h = parse(C, b.data, b.len);

	assert_false(h.has_connection_id || h.has_ticket || h.is_renegotiation);
	assert_true(h.has_session_id && h.has_cookie_len);
	assert_false(h.has_cookie);
	BODY_EXTEND(&b, at, 54, "\0");		/* RFC 9146 s3: "I take none, but may send some" */
	BODY_EXTEND(&b, at, 35, "");		/* RFC 5077 s3.2: "I take tickets" */
	BODY_EXTEND(&b, at, 0xff01, "\0");	/* RFC 5746 s3.4: no renegotiation, but secure */
	BODY_EXTEND(&b, at, 23, "");
	BODY_EXTEND(&b, at, 5, "\1\0\0\0\0");
	BODY_EXTEND(&b, at, 51, "\0\0");		/* RFC 8446 s4.2.8: ask me by a HelloRetryRequest */
	h = parse(C, b.data, b.len);
	assert_true(h.has_connection_id);
	assert_int_equal(h.connection_id_len, 0);
	assert_true(h.extensions & HELLO_SESSION_TICKET);
	assert_true(h.extensions & HELLO_EXTENDED_MASTER_SECRET);
	assert_true(h.extensions & HELLO_STATUS_REQUEST);
	assert_true(h.extensions & HELLO_KEY_SHARE);
	assert_false(h.has_ticket || h.is_renegotiation);
	assert_int_equal(h.num_key_shares, 0);
}

static void connection_ids_of_every_length(void **state)
{
	struct bytes b, ext;

	for (uint32_t len = 0; len < 256; len++) {
		uint32_t at = body_server(&b);
		struct hello h;

		ext.len = 0;
		bytes_number(&ext, len, 1);
		bytes_fill(&ext, 0xcd, len);
		body_extend(&b, at, 54, ext.data, ext.len);
		h = parse(S, b.data, b.len);
		assert_true(h.has_connection_id);
		assert_int_equal(h.connection_id_len, len);
	}
}

static void session_ids_and_cookies_of_every_length(void **state)
{
	struct bytes b;

	for (uint32_t len = 0; len < 256; len++) {
		uint32_t at = body_client(&b, len, 255 - len);
		struct hello h;

		BODY_EXTEND(&b, at, 23, "");
		h = parse(C, b.data, b.len);
		/* RFC 5246 s7.4.1.2: 32 at most; what follows a longer one is read all the same. */
		assert_int_equal(h.has_session_id, len <= 32);
		assert_int_equal(h.session_id_len, len <= 32 ? len : 0);
		assert_int_equal(h.cookie_len, 255 - len);
		assert_int_equal(h.has_cookie, len < 255);
		assert_int_equal(h.num_cipher_suites, 2);
		assert_int_equal(h.cipher_suites[1], 0xc02b);
		assert_int_equal(h.extensions, HELLO_EXTENDED_MASTER_SECRET);
	}
}

/* --- bounds --- */

static void lists_beyond_their_bounds(void **state)
{
	struct bytes b, ext = { .len = 0 };
	uint32_t at = body_client(&b, 0, 0);
	struct hello h;

	bytes_number(&ext, 200, 2);
	for (int i = 0; i < 100; i++)
		bytes_number(&ext, 0x1000 + i, 2);
	body_extend(&b, at, 10, ext.data, ext.len);
	ext.len = 0;
	bytes_number(&ext, 20 * 5, 2);
	for (int i = 0; i < 20; i++) {
		bytes_number(&ext, 0x2000 + i, 2);
		bytes_number(&ext, 1, 2);
		bytes_fill(&ext, 0, 1);
	}
	body_extend(&b, at, 51, ext.data, ext.len);
	ext.len = 0;
	bytes_number(&ext, 3 * 101, 2);
	for (int i = 0; i < 3; i++) {
		bytes_number(&ext, 100, 1);
		bytes_fill(&ext, 'a' + i, 100);
	}
	body_extend(&b, at, 16, ext.data, ext.len);
	h = parse(C, b.data, b.len);
	assert_int_equal(h.groups.total, 100);
	assert_int_equal(h.groups.num, HELLO_NUMBERS_MAX);
	assert_int_equal(h.groups.list[HELLO_NUMBERS_MAX - 1], 0x1000 + HELLO_NUMBERS_MAX - 1);
	assert_int_equal(h.num_key_shares, 20);
	assert_int_equal(h.key_shares[HELLO_KEY_SHARES_MAX - 1].group, 0x2000 + HELLO_KEY_SHARES_MAX - 1);
	assert_int_equal(h.alpn.total, 3);
	assert_int_equal(h.alpn.num, 1);
}

/* A name that finds no room is not held, and a shorter one behind it is not put in its place. */
static void alpn_keeps_its_order(void **state)
{
	struct bytes b, ext = { .len = 0 };
	uint32_t at = body_client(&b, 0, 0);
	const char *name;
	struct hello h;

	bytes_number(&ext, 3 + 256 + 3, 2);
	bytes_add(&ext, "\2h3", 3);
	bytes_number(&ext, 255, 1);
	bytes_fill(&ext, 'a', 255);
	bytes_add(&ext, "\2h2", 3);
	body_extend(&b, at, 16, ext.data, ext.len);
	h = parse(C, b.data, b.len);
	assert_int_equal(h.alpn.total, 3);
	assert_int_equal(h.alpn.num, 1);
	assert_int_equal(hello_alpn_name(&h.alpn, 0, &name), 2);
	assert_int_equal(hello_alpn_name(&h.alpn, 1, &name), 0);
}

static void cipher_suites(void **state)
{
	struct bytes b = { .len = 0 };
	struct hello h;

	bytes_number(&b, DTLS_VERSION_1_2, 2);
	bytes_fill(&b, BODY_RANDOM, HELLO_RANDOM_LEN);
	bytes_number(&b, 0, 2);
	bytes_number(&b, 200, 2);
	for (int i = 0; i < 100; i++)
		bytes_number(&b, 0xc000 + i, 2);
	bytes_number(&b, 0x0100, 2);
	h = parse(C, b.data, b.len);
	assert_int_equal(h.num_cipher_suites, 100);
	assert_int_equal(h.cipher_suites[63], 0xc03f);
	/* Cut, the list is not there; of an odd length neither. */
	assert_int_equal(parse(C, b.data, b.len - 3).num_cipher_suites, 0);
	bytes_set16(&b, 36, 199);
	assert_int_equal(parse(C, b.data, b.len).num_cipher_suites, 0);
}

/* --- noise --- */

/* Bytes changed at random, always the same way, in hellos with everything: nothing out of bounds. */
static void noise(void **state)
{
	struct bytes whole[2], b;
	uint32_t seed = 9146, said = 0;

	for (uint8_t msg_type = C; msg_type <= S; msg_type++) {
		uint32_t at = begin_body(&whole[msg_type - C], msg_type);

		for (uint32_t i = 0; i < NUM_EXTENSIONS; i++)
			if (extensions[i].msg_type == msg_type)
				body_extend(&whole[msg_type - C], at, extensions[i].type, extensions[i].data,
					    extensions[i].len);
	}
	for (int round = 0; round < 100000; round++) {
		uint8_t msg_type = C + round % 2;
		struct hello h;

		b = whole[round % 2];
		for (int i = 0; i < 3; i++) {
			seed = seed * 1664525 + 1013904223;
			b.data[34 + (seed >> 8) % (b.len - 34)] = seed >> 24;
		}
		h = parse(msg_type, b.data, b.len - (seed >> 16) % 8);
		assert_in_range(h.groups.num, 0, HELLO_NUMBERS_MAX);
		assert_in_range(h.alpn.len, 0, HELLO_ALPN_MAX);
		assert_true(h.alpn.num <= h.alpn.total);
		assert_in_range(h.session_id_len, 0, HELLO_SESSION_ID_MAX);
		said += !!h.extensions;
	}
	assert_in_range(said, 50000, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_extension),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(a_content_that_lies),
		cmocka_unit_test(twice),
		cmocka_unit_test(all_together),
		cmocka_unit_test(empty_is_not_absent),
		cmocka_unit_test(connection_ids_of_every_length),
		cmocka_unit_test(session_ids_and_cookies_of_every_length),
		cmocka_unit_test(lists_beyond_their_bounds),
		cmocka_unit_test(alpn_keeps_its_order),
		cmocka_unit_test(cipher_suites),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
