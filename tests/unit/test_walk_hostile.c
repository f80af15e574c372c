// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The record walker against datagrams that are cut, too full, unreadable or noise. */
#include "bytes.h"

/*
 * A server's flight with what a cut can fall into: two messages in a record,
 * a fragment, an alert, ciphertext with both kinds of header.
 *
 *	at   0  handshake: ServerHello (40), Certificate (0-29 of 469)	94 bytes of body
 *	at 107  handshake: ServerHelloDone				12
 *	at 132  alert: warning						2
 *	at 147  handshake, epoch 1					48
 *	at 208  unified, S L						20
 *	at 233  application data, epoch 1				9
 *	   255
 */
static const uint16_t flight_records[] = { 0, 107, 132, 147, 208, 233 };

#define FLIGHT_LEN 255
#define FLIGHT_ITEMS 9

static struct bytes flight(void)
{
	struct bytes b = { .len = 0 };

	bytes_record(&b, 22, 0xfefd, 0, 1, 94);
	bytes_message(&b, 2, 40, 1, 0, 40);
	bytes_fill(&b, 0xee, 40);
	bytes_message(&b, 11, 469, 2, 0, 30);
	bytes_fill(&b, 0xee, 30);
	bytes_record(&b, 22, 0xfefd, 0, 2, 12);
	bytes_message(&b, 14, 0, 3, 0, 0);
	bytes_record(&b, 21, 0xfefd, 0, 3, 2);
	bytes_number(&b, 0x0164, 2);
	bytes_record(&b, 22, 0xfefd, 1, 0, 48);
	bytes_fill(&b, 0xee, 48);
	bytes_number(&b, 0x2ea5a50014, 5);
	bytes_fill(&b, 0xee, 20);
	bytes_record(&b, 23, 0xfefd, 1, 1, 9);
	bytes_fill(&b, 0xee, 9);
	assert_int_equal(b.len, FLIGHT_LEN);
	return b;
}

/* Bytes of the records yielded, header and body. */
static uint32_t records_len(const struct walked *got)
{
	uint32_t len = 0;

	for (uint32_t i = 0; i < got->num_items; i++) {
		const struct dtls_record *rec = &got->items[i].record;

		if (rec->kind == DTLS_ITEM_RECORD)
			len += (rec->flags & DTLS_RECORD_UNIFIED ? 5 : 13) + rec->length;
	}
	return len;
}

static void whole_flight(void **state)
{
	struct bytes b = flight();
	struct walked got = walk_bytes(&b);

	expect_walked(&got, FLIGHT_ITEMS, DTLS_OK);
	assert_int_equal(records_len(&got), FLIGHT_LEN);
	for (uint32_t i = 0, record = 0; i < got.num_items; i++)
		if (got.items[i].kind == DTLS_ITEM_RECORD)
			assert_int_equal(got.items[i].record.offset, flight_records[record++]);
}

/* Cut in a header: no header. Cut in a body: a length that lies. Cut between: all is well. */
static void flight_cut_at_every_length(void **state)
{
	const uint32_t num_records = sizeof(flight_records) / sizeof(flight_records[0]);
	struct bytes b = flight();

	for (uint32_t len = 0, next = 0; len < FLIGHT_LEN; len++) {
		struct walked got = walk(b.data, len);
		uint32_t header, begin;

		/* The record the cut is in, if not before it. */
		if (next + 1 < num_records && len >= flight_records[next + 1])
			next++;
		begin = flight_records[next];
		header = begin == 208 ? 5 : 13;
		if (len == begin)
			assert_int_equal(got.malformed, DTLS_OK);
		else if (len - begin < header)
			assert_int_equal(got.malformed, DTLS_MALFORMED_TRAILING_BYTES);
		else
			assert_int_equal(got.malformed, DTLS_MALFORMED_RECORD_LENGTH);
		assert_int_equal(records_len(&got), begin);
	}
}

/* The first record made shorter step by step, as if the sender had cut the messages. */
static void record_cut_at_every_length(void **state)
{
	struct bytes b = flight();

	for (uint16_t len = 0; len < 94; len++) {
		struct walked got;

		bytes_set16(&b, 11, len);
		got = walk(b.data, 13 + len);
		if (len == 0)
			expect_walked(&got, 1, DTLS_OK);
		else if (len < 12)
			expect_walked(&got, 1, DTLS_MALFORMED_MESSAGE_HEADER);
		else if (len < 52)
			expect_walked(&got, 1, DTLS_MALFORMED_FRAGMENT_LENGTH);
		else if (len == 52)
			expect_walked(&got, 2, DTLS_OK);
		else if (len < 64)
			expect_walked(&got, 2, DTLS_MALFORMED_MESSAGE_HEADER);
		else
			expect_walked(&got, 2, DTLS_MALFORMED_FRAGMENT_LENGTH);
		/* The same with the rest of the datagram behind it: no byte of it is borrowed. */
		if (len % 52) {
			struct walked longer = walk(b.data, FLIGHT_LEN);

			expect_walked(&longer, got.num_items, got.malformed);
		}
	}
}

/* Headers only: the kernel must not read, let alone copy, what a body says. */
static void each_header_byte_is_read_and_no_other(void **state)
{
	struct bytes b = flight();
	uint8_t reads[FLIGHT_LEN] = { 0 }, wanted[FLIGHT_LEN] = { 0 };
	struct bytes_reader r = {
		.data = b.data, .len = b.len, .fail_at = BYTES_READABLE, .reads = reads };
	struct walked got = walk_with(&r);

	expect_walked(&got, FLIGHT_ITEMS, DTLS_OK);
	memset(wanted, 1, 13 + 12);		/* record, ServerHello */
	memset(wanted + 65, 1, 12);		/* Certificate */
	memset(wanted + 107, 1, 13 + 12);	/* record, ServerHelloDone */
	memset(wanted + 132, 1, 13 + 2);	/* record, alert */
	memset(wanted + 147, 1, 13);
	memset(wanted + 208, 1, 5);
	memset(wanted + 233, 1, 13);
	for (uint32_t i = 0; i < FLIGHT_LEN; i++)
		if (!!reads[i] != wanted[i])
			fail_msg("byte %u was read %u times", i, reads[i]);
}

/* Items before what cannot be read are kept, and the walk says why it ended. */
static void unreadable_at_every_byte(void **state)
{
	struct bytes b = flight();
	uint8_t reads[FLIGHT_LEN] = { 0 };
	struct bytes_reader r = {
		.data = b.data, .len = b.len, .fail_at = BYTES_READABLE, .reads = reads };
	struct walked all = walk_with(&r);

	r.reads = NULL;
	for (r.fail_at = 0; r.fail_at < FLIGHT_LEN; r.fail_at++) {
		struct walked got = walk_with(&r);

		if (reads[r.fail_at]) {
			assert_int_equal(got.malformed, DTLS_MALFORMED_UNREADABLE);
			assert_in_range(got.num_items, 0, FLIGHT_ITEMS - 1);
		} else {
			expect_walked(&got, FLIGHT_ITEMS, DTLS_OK);
		}
		assert_memory_equal(got.items, all.items, got.num_items * sizeof(got.items[0]));
	}
}

/* How many items there are before a byte that cannot be had. */
static void unreadable_headers(void **state)
{
	static const struct {
		uint32_t fail_at, num_items;
	} cases[] = {
		{ 0, 0 }, { 12, 0 }, { 13, 1 }, { 24, 1 }, { 65, 2 }, { 107, 3 }, { 131, 4 }, { 132, 5 },
		{ 145, 5 }, { 147, 6 }, { 208, 7 }, { 211, 7 }, { 212, 7 }, { 233, 8 }, { 245, 8 },
	};
	struct bytes b = flight();
	struct bytes_reader r = { .data = b.data, .len = b.len };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct walked got;

		r.fail_at = cases[i].fail_at;
		got = walk_with(&r);
		expect_walked(&got, cases[i].num_items, DTLS_MALFORMED_UNREADABLE);
	}
}

static struct walked walk_records(uint32_t num, uint32_t extra)
{
	struct bytes b = { .len = 0 };

	for (uint32_t i = 0; i < num; i++)
		bytes_record(&b, 20, 0xfefd, 0, i, 0);
	bytes_fill(&b, 0xff, extra);
	return walk_bytes(&b);
}

static void as_many_records_as_there_may_be(void **state)
{
	struct walked got = walk_records(16, 0);

	expect_walked(&got, 16, DTLS_OK);
	assert_true(got.items[15].record.sequence == 15);
	assert_int_equal(got.items[15].record.offset, 195);
	/* A 17th, and less than one: there is more than is looked at. */
	got = walk_records(17, 0);
	expect_walked(&got, 16, DTLS_MALFORMED_TOO_MANY);
	got = walk_records(16, 1);
	expect_walked(&got, 16, DTLS_MALFORMED_TOO_MANY);
	got = walk_records(100, 0);
	expect_walked(&got, 16, DTLS_MALFORMED_TOO_MANY);
}

/* One record that holds `num` empty messages, then `num_records` records. */
static struct walked walk_messages(uint32_t num, uint32_t num_records)
{
	struct bytes b = { .len = 0 };

	bytes_record(&b, 22, 0xfefd, 0, 0, 12 * num);
	for (uint32_t i = 0; i < num; i++)
		bytes_message(&b, 14, 0, i, 0, 0);
	for (uint32_t i = 0; i < num_records; i++)
		bytes_record(&b, 20, 0xfefd, 0, 1 + i, 0);
	return walk_bytes(&b);
}

static void as_many_items_as_there_may_be(void **state)
{
	struct walked got = walk_messages(31, 0);

	expect_walked(&got, 32, DTLS_OK);
	assert_int_equal(got.items[31].message.message_seq, 30);
	got = walk_messages(32, 0);
	expect_walked(&got, 32, DTLS_MALFORMED_TOO_MANY);
	assert_int_equal(got.items[31].message.message_seq, 30);
	/* The limit is one of both kinds together. */
	got = walk_messages(21, 10);
	expect_walked(&got, 32, DTLS_OK);
	assert_int_equal(got.items[31].kind, DTLS_ITEM_RECORD);
	got = walk_messages(21, 11);
	expect_walked(&got, 32, DTLS_MALFORMED_TOO_MANY);
}

static void every_malformation_in_its_plainest_form(void **state)
{
	static const struct {
		enum dtls_malformed want;
		uint32_t num_items;
		uint8_t len;
		uint8_t bytes[40];
	} cases[] = {
		{ DTLS_OK, 1, 14, { 20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1 } },
		{ DTLS_MALFORMED_TRAILING_BYTES, 1, 15,
		  { 20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0 } },
		{ DTLS_MALFORMED_RECORD_LENGTH, 0, 14,
		  { 20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1 } },
		{ DTLS_MALFORMED_MESSAGE_HEADER, 1, 14,
		  { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1 } },
		{ DTLS_MALFORMED_FRAGMENT_LENGTH, 1, 25,
		  { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 } },
		{ DTLS_MALFORMED_FRAGMENT_RANGE, 1, 25,
		  { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct walked got = walk(cases[i].bytes, cases[i].len);

		expect_walked(&got, cases[i].num_items, cases[i].want);
	}
}

/* --- noise --- */

static uint32_t noise(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Every item lies within the datagram, in order, and says what can be. */
static void expect_sane(const struct walked *got, uint32_t len)
{
	uint32_t at = 0, end = 0;

	assert_in_range(got->malformed, DTLS_OK, DTLS_MALFORMED_TOO_MANY);
	for (uint32_t i = 0; i < got->num_items; i++) {
		const struct dtls_item *item = &got->items[i];

		if (item->kind == DTLS_ITEM_RECORD) {
			assert_true(item->record.offset >= at);
			at = item->record.offset;
			end = at + 2 + item->record.length;
		} else {
			assert_int_equal(item->kind, DTLS_ITEM_MESSAGE);
			assert_true(i > 0 && item->message.offset >= at + 12);
			at = item->message.offset;
			end = at + item->message.fragment_length;
			assert_true(item->message.fragment_offset + item->message.fragment_length <=
				    item->message.length);
		}
		assert_true(end <= len);
	}
}

/* A flight with a few bytes changed and its end cut: 100000 of them, always the same. */
static void noise_in_a_flight(void **state)
{
	uint32_t seed = 20160917, seen = 0;

	for (int round = 0; round < 100000; round++) {
		struct bytes b = flight();
		struct walked got;

		for (uint32_t num = noise(&seed) % 6; num; num--)
			b.data[noise(&seed) % b.len] = noise(&seed) & 0xff;
		b.len -= noise(&seed) % 4 ? 0 : noise(&seed) % b.len;
		got = walk_bytes(&b);
		expect_sane(&got, b.len);
		seen |= 1 << got.malformed;
	}
	/* It reached all outcomes that a flight of so few records can have. */
	assert_int_equal(seen, 0x3f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_flight),
		cmocka_unit_test(flight_cut_at_every_length),
		cmocka_unit_test(record_cut_at_every_length),
		cmocka_unit_test(each_header_byte_is_read_and_no_other),
		cmocka_unit_test(unreadable_at_every_byte),
		cmocka_unit_test(unreadable_headers),
		cmocka_unit_test(as_many_records_as_there_may_be),
		cmocka_unit_test(as_many_items_as_there_may_be),
		cmocka_unit_test(every_malformation_in_its_plainest_form),
		cmocka_unit_test(noise_in_a_flight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
