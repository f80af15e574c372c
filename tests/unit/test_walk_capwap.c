// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The record walker: CAPWAP's preamble before a record (RFC 5415 s4.2), and what only looks like it. */
#include "bytes.h"

static struct bytes preamble(void)
{
	struct bytes b = { .len = 0 };

	bytes_number(&b, 0x01000000, 4);
	return b;
}

static void record(struct bytes *b)
{
	bytes_record(b, 22, 0xfefd, 0, 7, 12);
	bytes_message(b, 14, 0, 3, 0, 0);
}

static void a_record_behind_it(void **state)
{
	struct bytes b = preamble();
	struct walked got;

	record(&b);
	bytes_record(&b, 21, 0xfefd, 0, 8, 2);
	bytes_number(&b, 0x0228, 2);
	got = walk_bytes(&b);
	expect_walked(&got, 3, DTLS_OK);
	expect_record(&got.items[0], (struct dtls_record){
		.content_type = 22, .version = 0xfefd, .sequence = 7, .length = 12, .offset = 4,
		.flags = DTLS_RECORD_CAPWAP });
	expect_message(&got.items[1], (struct dtls_message){ .msg_type = 14, .message_seq = 3, .offset = 29 });
	expect_record(&got.items[2], (struct dtls_record){
		.content_type = 21, .version = 0xfefd, .sequence = 8, .length = 2, .offset = 29,
		.flags = DTLS_RECORD_ALERT, .alert_level = 2, .alert_description = 40 });
}

/* The flag stands beside what else a first record can be. */
static void an_alert_behind_it(void **state)
{
	struct bytes b = preamble();
	struct walked got;

	bytes_record(&b, 21, 0xfefd, 0, 8, 2);
	bytes_number(&b, 0x0228, 2);
	got = walk_bytes(&b);
	expect_walked(&got, 1, DTLS_OK);
	assert_int_equal(got.items[0].record.flags, DTLS_RECORD_CAPWAP | DTLS_RECORD_ALERT);
}

/* STUN, CAPWAP in clear (type 0), a unified header: none is a record behind the preamble. */
static void what_is_none(void **state)
{
	static const struct {
		uint64_t begin;		/* 8 bytes */
	} cases[] = {
		{ 0x0100000021122a44 }, { 0x010100002112a442 }, { 0x0100000016010100 },
		{ 0x0100000116fefd00 }, { 0x0200000016fefd00 }, { 0x0000000016fefd00 },
		{ 0x010000002efefd00 }, { 0x0100000001000000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		bytes_number(&b, cases[i].begin, 8);
		bytes_fill(&b, 0, 40);
		got = walk_bytes(&b);
		expect_walked(&got, 0, DTLS_MALFORMED_TRAILING_BYTES);
	}
}

/* Only a datagram begins with it; a second one is none. */
static void not_between_records(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	record(&b);
	bytes_number(&b, 0x01000000, 4);
	record(&b);
	got = walk_bytes(&b);
	expect_walked(&got, 2, DTLS_MALFORMED_TRAILING_BYTES);
}

static void cut_at_every_length(void **state)
{
	struct bytes b = preamble();

	record(&b);
	for (uint32_t len = 0; len < b.len; len++) {
		struct walked got = walk(b.data, len);

		assert_int_equal(got.num_items, 0);
		if (len >= 17)
			assert_int_equal(got.malformed, DTLS_MALFORMED_RECORD_LENGTH);
		else if (len)
			assert_int_equal(got.malformed, DTLS_MALFORMED_TRAILING_BYTES);
	}
}

/* What the kernel looks at first does not lose what the walk would find. */
static void its_beginning_is_let_through(void **state)
{
	assert_true(dtls_may_begin((const uint8_t *)"\x01\x00\x00"));
	assert_false(dtls_may_begin((const uint8_t *)"\x01\x01\x00"));
	assert_false(dtls_may_begin((const uint8_t *)"\x01\x00\x01"));
	assert_false(dtls_may_begin((const uint8_t *)"\x00\x00\x00"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_behind_it),
		cmocka_unit_test(an_alert_behind_it),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(not_between_records),
		cmocka_unit_test(cut_at_every_length),
		cmocka_unit_test(its_beginning_is_let_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
