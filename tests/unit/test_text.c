// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_escape(out, sizeof(out), cases[i].in, cases[i].len);
		assert_string_equal(out, cases[i].out);
	}
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
	char out[8];

	(void)state;
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
		{ "a\x1b", 2, "a\x1b" },				/* json-c escapes it */
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

	(void)state;
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

	(void)state;
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
	(void)state;
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
	assert_null(cipher_suite_name(0x0a0a));
}

static void event_sizes_fit_their_field_and_the_ring(void **state)
{
	static const size_t sizes[] = { EVENT_SIZE_BARE, EVENT_SIZE_SMALL, EVENT_SIZE_HELLO, EVENT_SIZE_LARGE };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_true(sizes[i] <= UINT16_MAX);
		assert_int_equal(sizes[i] % 8, 0);
	}
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
