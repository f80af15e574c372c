// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "names.h"
#include "text.h"

static void a_terminal_gets_printable_ascii_only(void **state)
{
	static const struct { const char *in; size_t len; const char *out; } cases[] = {
		{ "licode", 6, "licode" },
		{ "a\x1b[31mb", 7, "a\\x1b[31mb" },
		{ "a\\b", 3, "a\\x5cb" },
		{ "\x00\x07\x7f", 3, "\\x00\\x07\\x7f" },
		{ "\xc3\xa9", 2, "\\xc3\\xa9" },
		{ "", 0, "" },
	};
	char out[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_escape(out, sizeof(out), cases[i].in, cases[i].len);
		assert_string_equal(out, cases[i].out);
	}
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
	char out[8];

	memset(out, 'x', sizeof(out));
	text_escape(out, 5, "ab\x1b", 3);
	assert_string_equal(out, "ab");
	text_escape(out, 7, "ab\x1b", 3);
	assert_string_equal(out, "ab\\x1b");
	text_escape(out, 1, "ab", 2);
	assert_string_equal(out, "");
	text_utf8(out, 4, "a\xe2\x82\xac", 4);
	assert_string_equal(out, "a");
	text_utf8(out, 5, "a\xe2\x82\xac", 4);
	assert_string_equal(out, "a\xe2\x82\xac");
}

/* RFC 3629 s4 */
static void json_gets_valid_utf8_only(void **state)
{
	static const struct { const char *in; size_t len; const char *out; } cases[] = {
		{ "a\x1b", 2, "a\x1b" },				/* the JSON sink escapes it */
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd" },		/* overlong */
		{ "\xe0\x80\xaf", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },	/* a surrogate */
		{ "\xf4\x90\x80\x80", 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf5z", 2, "\xef\xbf\xbdz" },
		{ "a\xe2\x82", 3, "a\xef\xbf\xbd\xef\xbf\xbd" },		/* cut */
		{ "\x80", 1, "\xef\xbf\xbd" },
	};
	char out[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_utf8(out, sizeof(out), cases[i].in, cases[i].len);
		assert_string_equal(out, cases[i].out);
	}
}

static void endpoints(void **state)
{
	struct event_endpoint v4 = { .ip = { [10] = 0xff, 0xff, 192, 0, 2, 1 }, .port = 443 };
	struct event_endpoint v6 = { .ip = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, .port = 65535 };
	struct event_endpoint longest = { .port = 65535 };
	char out[TEXT_ENDPOINT_LEN];

	text_endpoint(out, &v4, true);
	assert_string_equal(out, "192.0.2.1:443");
	text_endpoint(out, &v6, false);
	assert_string_equal(out, "[2001:db8::1]:65535");
	memset(longest.ip, 0x88, 16);
	text_endpoint(out, &longest, false);
	assert_string_equal(out, "[8888:8888:8888:8888:8888:8888:8888:8888]:65535");
}

static void every_number_of_the_abi_has_a_name(void **state)
{
	for (int kind = EVENT_SENT; kind <= EVENT_KIND_LAST; kind++)
		assert_non_null(event_kind_name(kind));
	assert_null(event_kind_name(EVENT_KIND_LAST + 1));
	for (int malformed = 1; malformed <= DTLS_MALFORMED_UNREADABLE; malformed++)
		assert_non_null(dtls_malformed_name(malformed));
	assert_null(dtls_malformed_name(DTLS_OK));
	for (int type = DTLS_CT_FIRST; type <= DTLS_CT_LAST; type++)
		assert_non_null(dtls_content_type_name(type));
	assert_string_equal(dtls_msg_type_name(DTLS_MT_CLIENT_HELLO), "client_hello");
	assert_null(dtls_msg_type_name(7));
	assert_null(dtls_msg_type_name(255));
	assert_string_equal(dtls_alert_name(48), "unknown_ca");
	assert_string_equal(cipher_suite_name(0xc02c), "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
	assert_string_equal(cipher_suite_name(0xc0ff), "TLS_ECJPAKE_WITH_AES_128_CCM_8");
	assert_null(cipher_suite_name(0x0a0a));
	assert_string_equal(named_group_name(0x1d), "x25519");
	assert_string_equal(named_group_name(0x11ec), "X25519MLKEM768");
	assert_null(named_group_name(0x0a0a));
	assert_string_equal(srtp_profile_name(7), "SRTP_AEAD_AES_128_GCM");
	assert_null(srtp_profile_name(0));
	assert_string_equal(dtls_alert_name(52), "too_many_cids_requested");
}

static void event_sizes_fit_their_field_and_the_ring(void **state)
{
	static const size_t sizes[] = { EVENT_SIZE_BARE, EVENT_SIZE_SMALL, EVENT_SIZE_HELLO, EVENT_SIZE_LARGE };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_true(sizes[i] <= UINT16_MAX);
		assert_int_equal(sizes[i] % 8, 0);
	}
}

/* --- every byte, every buffer size --- */

/* 95 characters are printable; the backslash is not one of those that stay. */
static void each_byte_on_a_terminal(void **state)
{
	uint32_t num_plain = 0;

	for (int value = 0; value < 256; value++) {
		char in = value, out[8], hex[8];

		text_escape(out, sizeof(out), &in, 1);
		if (out[0] == in && !out[1]) {
			assert_in_range(value, 0x20, 0x7e);
			num_plain++;
		} else {
			snprintf(hex, sizeof(hex), "\\x%02x", value);
			assert_string_equal(out, hex);
		}
	}
	assert_int_equal(num_plain, 94);
}

static void utf8(char *out, size_t size, const char *bytes, size_t len)
{
	text_utf8(out, size, bytes, len);
}

/* Size 0 writes nothing at all, any other ends with a 0 and does not write behind it. */
static void no_buffer_is_too_small(void **state)
{
	static const char in[] = "ab\x1b\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z\xffq";
	static void (*const functions[])(char *, size_t, const char *, size_t) = { text_escape, utf8 };
	char whole[128], out[128];

	for (int f = 0; f < 2; f++) {
		functions[f](whole, sizeof(whole), in, sizeof(in) - 1);
		for (size_t size = 0; size <= strlen(whole) + 2; size++) {
			memset(out, 'X', sizeof(out));
			functions[f](out, size, in, sizeof(in) - 1);
			for (size_t i = size; i < sizeof(out); i++)
				assert_int_equal(out[i], 'X');
			if (!size)
				continue;
			assert_true(strnlen(out, size) < size);
			assert_memory_equal(out, whole, strlen(out));
			if (size > strlen(whole))
				assert_string_equal(out, whole);
		}
	}
}

/* How much of "a", U+E9, U+20AC, U+1F600 and of a bad byte is there in each size. */
static void sequences_are_not_split(void **state)
{
	static const char in[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xff";
	static const uint8_t lens[] = { 0, 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10, 13, 13 };
	char out[32];

	for (size_t size = 1; size < sizeof(lens); size++) {
		text_utf8(out, size, in, sizeof(in) - 1);
		assert_int_equal(strlen(out), lens[size]);
	}
	/* A short character behind one that does not fit is cut as well. */
	text_utf8(out, 4, "a\xe2\x82\xac" "b", 5);
	assert_string_equal(out, "a");
	text_escape(out, 5, "a\x1b" "b", 3);
	assert_string_equal(out, "a");
}

/* --- all of Unicode --- */

/* RFC 3629 s3 */
static size_t encode(char out[4], uint32_t c)
{
	if (c < 0x80) {
		out[0] = c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = 0xc0 | c >> 6;
		out[1] = 0x80 | (c & 0x3f);
		return 2;
	}
	if (c < 0x10000) {
		out[0] = 0xe0 | c >> 12;
		out[1] = 0x80 | (c >> 6 & 0x3f);
		out[2] = 0x80 | (c & 0x3f);
		return 3;
	}
	out[0] = 0xf0 | c >> 18;
	out[1] = 0x80 | (c >> 12 & 0x3f);
	out[2] = 0x80 | (c >> 6 & 0x3f);
	out[3] = 0x80 | (c & 0x3f);
	return 4;
}

/* Bidi_Control of the Unicode Character Database (PropList.txt). */
static bool is_bidi_control(uint32_t c)
{
	static const uint32_t controls[] = { 0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e,
					     0x2066, 0x2067, 0x2068, 0x2069 };

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (controls[i] == c)
			return true;
	return false;
}

/* Each of the 2^21 numbers that the encoding could hold: what Unicode has stays, no other does. */
static void every_character(void **state)
{
	for (uint32_t c = 1; c < 1 << 21; c++) {
		char in[4], out[16];
		size_t len = encode(in, c), used;
		bool valid = c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);

		used = text_utf8(out, sizeof(out), in, len);
		assert_int_equal(used, strlen(out));
		/* DEL, the C1 controls and these are whole characters, but a terminal may obey them. */
		if ((c >= 0x7f && c < 0xa0) || is_bidi_control(c)) {
			assert_string_equal(out, "\xef\xbf\xbd");
		} else if (valid) {
			assert_int_equal(strlen(out), len);
			assert_memory_equal(out, in, len);
		} else {
			assert_int_equal(strlen(out), 3 * len);
			assert_memory_equal(out, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9);
		}
	}
}

/* Overlong forms, wrong second, third and fourth bytes, lone ones; what follows is kept. */
static void sequences_that_are_none(void **state)
{
	static const struct { const char *in; size_t len; uint32_t num_bad; const char *rest; } cases[] = {
		{ "\xc0\x80z", 3, 2, "z" }, { "\xc1\xbfz", 3, 2, "z" },
		{ "\xe0\x9f\xbfz", 4, 3, "z" }, { "\xf0\x8f\xbf\xbfz", 5, 4, "z" },
		{ "\xf8\x88\x80\x80\x80z", 6, 5, "z" },
		{ "\xfez", 2, 1, "z" }, { "\xffz", 2, 1, "z" }, { "\xbfz", 2, 1, "z" },
		{ "\xc3z", 2, 1, "z" }, { "\xc3\xc0z", 3, 2, "z" }, { "\xc3 z", 3, 1, " z" }, { "\xc3\x7fz", 3, 2, "z" },
		{ "\xe2\x82z", 3, 2, "z" }, { "\xe2\x82\xc3\xa9", 4, 2, "\xc3\xa9" },
		{ "\xf0\x9f\x98z", 4, 3, "z" }, { "\xf0\x9f\x98\xe2\x82\xac", 6, 3, "\xe2\x82\xac" },
		/* The bytes that would complete it are there, but not the text's. */
		{ "\xc3\xa9", 1, 1, "" }, { "\xe2\x82\xac", 2, 2, "" }, { "\xf0\x9f\x98\x80", 3, 3, "" },
		{ "\xc3", 1, 1, "" }, { "\xf0\x9f\x98", 3, 3, "" },
	};
	char out[64], want[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		want[0] = 0;
		for (uint32_t num = 0; num < cases[i].num_bad; num++)
			strcat(want, "\xef\xbf\xbd");
		strcat(want, cases[i].rest);
		text_utf8(out, sizeof(out), cases[i].in, cases[i].len);
		assert_string_equal(out, want);
	}
}

static void other_endpoints(void **state)
{
	struct event_endpoint mapped = { .ip = { [10] = 0xff, 0xff, 255, 255, 255, 255 }, .port = 0 };
	struct event_endpoint any = { .port = 1 };
	char out[TEXT_ENDPOINT_LEN];

	text_endpoint(out, &mapped, true);
	assert_string_equal(out, "255.255.255.255:0");
	/* A packet of IPv6 with a mapped address: shown as what it was. */
	text_endpoint(out, &mapped, false);
	assert_string_equal(out, "[::ffff:255.255.255.255]:0");
	text_endpoint(out, &any, false);
	assert_string_equal(out, "[::]:1");
	text_endpoint(out, &any, true);
	assert_string_equal(out, "0.0.0.0:1");
}

static void bytes_as_digits(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x09, 0xa0, 0xff };
	char out[10] = "xxxxxxxxx";

	text_hex(out, bytes, sizeof(bytes));
	assert_string_equal(out, "0009a0ff");
	text_hex(out, bytes, 0);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_gets_printable_ascii_only),
		cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
		cmocka_unit_test(json_gets_valid_utf8_only),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(every_number_of_the_abi_has_a_name),
		cmocka_unit_test(event_sizes_fit_their_field_and_the_ring),
		cmocka_unit_test(each_byte_on_a_terminal),
		cmocka_unit_test(no_buffer_is_too_small),
		cmocka_unit_test(sequences_are_not_split),
		cmocka_unit_test(every_character),
		cmocka_unit_test(sequences_that_are_none),
		cmocka_unit_test(other_endpoints),
		cmocka_unit_test(bytes_as_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
