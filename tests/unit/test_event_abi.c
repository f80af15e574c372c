// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the layout assertions of the ABI cannot say: sizes in use, numbers that stay, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event.h"
#include "names.h"

/* A reservation of the kernel is one of these; `size` is a u16, events are 8-aligned. */
static void sizes_of_reservations(void **state)
{
	const uint64_t sizes[] = { EVENT_SIZE_BARE, EVENT_SIZE_SMALL, EVENT_SIZE_HELLO, EVENT_SIZE_LARGE };

	for (size_t i = 0; i < 4; i++) {
		struct event ev = { .size = sizes[i] };

		assert_true(ev.size == sizes[i]);
		assert_int_equal(sizes[i] % 8, 0);
		assert_true(!i || sizes[i] > sizes[i - 1]);
	}
	assert_int_equal(EVENT_SIZE_BARE, 144);
	assert_int_equal(EVENT_SIZE_LARGE, 2448);
}

/* Every item and byte that may be there fits the fields that count them. */
static void limits_fit_their_fields(void **state)
{
	struct event ev = { .num_items = EVENT_MAX_ITEMS, .hello_len = EVENT_HELLO_MAX };

	assert_int_equal(ev.num_items, 32);
	assert_int_equal(ev.hello_len, 1536);
	ev.hello_off = EVENT_SIZE(EVENT_MAX_ITEMS, 0);
	assert_int_equal(ev.hello_off, 912);
	assert_int_equal(sizeof(ev.comm), 16);
	assert_int_equal(DTLS_WALK_MAX_RECORDS, 16);
	ev.kind = EVENT_KIND_LAST;
	assert_int_equal(ev.kind, EVENT_KIND_LAST);
	ev.malformed = DTLS_MALFORMED_UNREADABLE;
	assert_int_equal(ev.malformed, 7);
}

/* They lie in recordings: a number once given keeps its meaning. */
static void numbers_that_stay(void **state)
{
	assert_int_equal(EVENT_ABI, 7);
	assert_int_equal(EVENT_SENT, 1);
	assert_int_equal(EVENT_QUEUED, 2);
	assert_int_equal(EVENT_READ, 3);
	assert_int_equal(EVENT_CLOSED, 4);
	assert_int_equal(EVENT_DROPPED, 5);
	assert_int_equal(EVENT_SEND_FAILED, 6);
	assert_int_equal(EVENT_ICMP_ERROR, 7);
	assert_int_equal(EVENT_CAPTURED, 8);
	assert_int_equal(EVENT_UNREAD, 11);
	assert_int_equal(EVENT_LIBRARY, 12);
	assert_int_equal(EVENT_IPV4, 1);
	assert_int_equal(EVENT_OWNER, 2);
	assert_int_equal(EVENT_HELLO_CUT, 4);
	assert_int_equal(EVENT_TX, 8);
	assert_int_equal(EVENT_BOTH_WAYS, 16);
	assert_int_equal(EVENT_FROM_CAPTURE, 32);
	assert_int_equal(EVENT_REPORTER, 64);
	assert_int_equal(EVENT_DTLS, 128);
	assert_int_equal(EVENT_NONBLOCKING, 512);
	assert_int_equal(EVENT_SIZE_REPORTER, 168);
	assert_int_equal(EVENT_SIZE_LIBRARY, 280);
	assert_int_equal(LIBRARY_NSS, 5);
	assert_int_equal(LIBRARY_FREED, 7);
	assert_int_equal(LIBRARY_RETURNED, 2);
	assert_int_equal(offsetof(struct event_library, object), 8);
	assert_int_equal(offsetof(struct event_library, area), 24);
	assert_int_equal(offsetof(struct event_library, file), 40);
	assert_int_equal(offsetof(struct event_library, function), 88);
	assert_int_equal(offsetof(struct event_reporter, mtu), 16);
	assert_int_equal(DTLS_ITEM_RECORD, 1);
	assert_int_equal(DTLS_ITEM_MESSAGE, 2);
	assert_int_equal(DTLS_RECORD_UNIFIED, 1);
	assert_int_equal(DTLS_RECORD_CID, 2);
	assert_int_equal(DTLS_RECORD_ALERT, 4);
}

/* --- names --- */

static const char *version_name(uint32_t n)
{
	return dtls_version_name(n);
}

static const char *content_type_name(uint32_t n)
{
	return dtls_content_type_name(n);
}

static const char *msg_type_name(uint32_t n)
{
	return dtls_msg_type_name(n);
}

static const char *msg_type_title(uint32_t n)
{
	return dtls_msg_type_title(n);
}

static const char *alert_name(uint32_t n)
{
	return dtls_alert_name(n);
}

static const char *malformed_name(uint32_t n)
{
	return dtls_malformed_name(n);
}

static const char *suite_name(uint32_t n)
{
	return cipher_suite_name(n);
}

static const char *group_name(uint32_t n)
{
	return named_group_name(n);
}

static const char *profile_name(uint32_t n)
{
	return srtp_profile_name(n);
}

static const char *kind_name(uint32_t n)
{
	return event_kind_name(n);
}

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define MAX_NAMES 512

static const struct {
	const char *what;
	const char *(*name)(uint32_t n);
	uint32_t last;		/* the highest number */
	const char *charset;	/* of the names */
	uint32_t num_names;	/* 0: any number of them */
} registries[] = {
	{ "version", version_name, UINT16_MAX, LETTERS " .()", 4 + 256 /* drafts */ },
	{ "content type", content_type_name, UINT8_MAX, LOWER "_", 7 },
	{ "message type", msg_type_name, UINT8_MAX, LOWER "_", 21 },
	{ "message title", msg_type_title, UINT8_MAX, LETTERS, 21 },
	{ "alert", alert_name, UINT8_MAX, LOWER "_", 0 },
	{ "malformed", malformed_name, UINT8_MAX, LOWER "-", 7 },
	{ "cipher suite", suite_name, UINT16_MAX, LETTERS "_", 0 },
	{ "group", group_name, UINT16_MAX, LETTERS "_", 0 },
	{ "SRTP profile", profile_name, UINT16_MAX, LETTERS "_", 14 },
	{ "event kind", kind_name, UINT8_MAX, LOWER "_", EVENT_KIND_LAST },
};

/* RFC 1812 s5.2.7.1, RFC 4443 s3: what people search for. */
static void icmp_errors_have_names(void **state)
{
	assert_string_equal(icmp_error_name(true, 3, 0), "network unreachable");
	assert_string_equal(icmp_error_name(true, 3, 1), "host unreachable");
	assert_string_equal(icmp_error_name(true, 3, 3), "port unreachable");
	assert_string_equal(icmp_error_name(true, 3, 4), "fragmentation needed");
	assert_string_equal(icmp_error_name(true, 3, 9), "network administratively prohibited");
	assert_string_equal(icmp_error_name(true, 3, 10), "host administratively prohibited");
	assert_string_equal(icmp_error_name(true, 3, 13), "communication administratively prohibited");
	assert_string_equal(icmp_error_name(true, 3, 15), "precedence cutoff in effect");
	assert_null(icmp_error_name(true, 3, 16));
	assert_string_equal(icmp_error_name(true, 11, 0), "time to live exceeded");
	assert_null(icmp_error_name(true, 11, 2));
	assert_string_equal(icmp_error_name(true, 12, 77), "parameter problem");
	assert_null(icmp_error_name(true, 1, 4));
	assert_string_equal(icmp_error_name(false, 1, 0), "no route to destination");
	assert_string_equal(icmp_error_name(false, 1, 1), "communication administratively prohibited");
	assert_string_equal(icmp_error_name(false, 1, 4), "port unreachable");
	assert_string_equal(icmp_error_name(false, 1, 7), "error in source routing header");
	assert_null(icmp_error_name(false, 1, 8));
	assert_string_equal(icmp_error_name(false, 2, 0), "packet too big");
	assert_string_equal(icmp_error_name(false, 3, 1), "fragment reassembly time exceeded");
	assert_string_equal(icmp_error_name(false, 4, 0), "parameter problem");
	assert_null(icmp_error_name(false, 0, 0));
	assert_null(icmp_error_name(true, 0, 0));
}

/* In supported_versions 0x7fNN is draft NN, decimal. */
static void drafts_have_names(void **state)
{
	assert_string_equal(dtls_version_name(0x7f26), "DTLS 1.3 draft 38");
	assert_string_equal(dtls_version_name(0x7f1f), "DTLS 1.3 draft 31");
	assert_string_equal(dtls_version_name(0x7f00), "DTLS 1.3 draft 0");
	assert_string_equal(dtls_version_name(0x7f09), "DTLS 1.3 draft 9");
	assert_string_equal(dtls_version_name(0x7fff), "DTLS 1.3 draft 255");
	assert_null(dtls_version_name(0x7eff));
	assert_null(dtls_version_name(0x8026));
	assert_true(DTLS_VERSION_IS_1_3(0x7f26) && DTLS_VERSION_IS_1_3(DTLS_VERSION_1_3));
	assert_false(DTLS_VERSION_IS_1_3(DTLS_VERSION_1_2) || DTLS_VERSION_IS_1_3(0x7e26) || DTLS_VERSION_IS_1_3(0));
}

/* Names are what scripts match: one for one number, and plain characters. */
static void names_are_plain_and_unique(void **state)
{
	for (size_t i = 0; i < sizeof(registries) / sizeof(registries[0]); i++) {
		const char *names[MAX_NAMES], *name;
		uint32_t num = 0;

		for (uint32_t n = 0; n <= registries[i].last; n++) {
			name = registries[i].name(n);
			if (!name)
				continue;
			if (!*name || name[strspn(name, registries[i].charset)])
				fail_msg("%s %u: '%s'", registries[i].what, n, name);
			for (uint32_t j = 0; j < num; j++)
				if (!strcmp(names[j], name))
					fail_msg("%s %u: '%s' again", registries[i].what, n, name);
			assert_true(num < MAX_NAMES);
			names[num++] = name;
		}
		assert_true(num > 0);
		if (registries[i].num_names)
			assert_int_equal(num, registries[i].num_names);
	}
}

static void every_kind_and_malformation_has_a_name(void **state)
{
	static const char *const malformed[] = {
		[DTLS_MALFORMED_TRAILING_BYTES] = "trailing-bytes",
		[DTLS_MALFORMED_RECORD_LENGTH] = "record-length",
		[DTLS_MALFORMED_MESSAGE_HEADER] = "message-header",
		[DTLS_MALFORMED_FRAGMENT_LENGTH] = "fragment-length",
		[DTLS_MALFORMED_FRAGMENT_RANGE] = "fragment-range",
		[DTLS_MALFORMED_TOO_MANY] = "too-many",
		[DTLS_MALFORMED_UNREADABLE] = "unreadable",
	};

	assert_null(dtls_malformed_name(DTLS_OK));
	for (uint8_t i = 1; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		assert_string_equal(dtls_malformed_name(i), malformed[i]);
	assert_null(event_kind_name(0));
	for (uint8_t i = EVENT_SENT; i <= EVENT_KIND_LAST; i++)
		assert_non_null(event_kind_name(i));
	assert_string_equal(event_kind_name(EVENT_SENT), "sent");
	assert_string_equal(event_kind_name(EVENT_QUEUED), "queued");
	assert_string_equal(event_kind_name(EVENT_READ), "read");
	assert_string_equal(event_kind_name(EVENT_CLOSED), "closed");
	assert_string_equal(event_kind_name(EVENT_DROPPED), "dropped");
	assert_string_equal(event_kind_name(EVENT_SEND_FAILED), "send_failed");
	assert_string_equal(event_kind_name(EVENT_ICMP_ERROR), "icmp_error");
	assert_string_equal(event_kind_name(EVENT_CAPTURED), "captured");
	assert_string_equal(event_kind_name(EVENT_OTHER), "other");
	assert_string_equal(event_kind_name(EVENT_UNREAD), "unread");
	assert_string_equal(event_kind_name(EVENT_LIBRARY), "library");
	assert_string_equal(event_other_name(EVENT_OTHER_STUN), "stun");
	assert_string_equal(event_other_name(EVENT_OTHER_RTP), "rtp");
	assert_string_equal(event_other_name(EVENT_OTHER_ELSE), "else");
	assert_null(event_other_name(EVENT_OTHER_KINDS));
	assert_null(event_other_title(EVENT_OTHER_KINDS));
}

/* RFC 5246 s7.4, RFC 6347 s4.3.2, RFC 8446 s4, RFC 9147 s5.2: all that this project knows. */
static void every_message_type_has_both_names(void **state)
{
	static const uint8_t known[] = { 0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 21, 22,
					 23, 24, 25 };
	bool is_known[256] = { false };

	for (size_t i = 0; i < sizeof(known); i++)
		is_known[known[i]] = true;
	for (int type = 0; type < 256; type++) {
		assert_int_equal(dtls_msg_type_name(type) != NULL, is_known[type]);
		assert_int_equal(dtls_msg_type_title(type) != NULL, is_known[type]);
	}
	assert_string_equal(dtls_msg_type_title(DTLS_MT_SERVER_HELLO_DONE), "ServerHelloDone");
	assert_string_equal(dtls_msg_type_name(DTLS_MT_SERVER_HELLO_DONE), "server_hello_done");
}

/* The title is the name in another spelling: each letter of one is in the other. */
static void titles_spell_the_names(void **state)
{
	for (int type = 0; type < 256; type++) {
		const char *name = dtls_msg_type_name(type), *title = dtls_msg_type_title(type);

		for (; name && *name; name++) {
			if (*name == '_')
				continue;
			if ((*title | 0x20) != *name)
				fail_msg("type %d: %s is not %s", type, title, name);
			title++;
		}
		assert_true(!name || !*title);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_of_reservations),
		cmocka_unit_test(limits_fit_their_fields),
		cmocka_unit_test(numbers_that_stay),
		cmocka_unit_test(icmp_errors_have_names),
		cmocka_unit_test(drafts_have_names),
		cmocka_unit_test(names_are_plain_and_unique),
		cmocka_unit_test(every_kind_and_malformation_has_a_name),
		cmocka_unit_test(every_message_type_has_both_names),
		cmocka_unit_test(titles_spell_the_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
