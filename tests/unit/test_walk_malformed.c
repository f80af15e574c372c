// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The record walker on what strangers send. The reader in walk.h refuses every read beyond the end. */
#include <stdlib.h>

#include "walk.h"

static void expect(const struct bytes *b, uint32_t num_items, uint32_t malformed)
{
	struct walked w = walk(b);

	assert_int_equal(w.num_items, num_items);
	assert_int_equal(w.malformed, malformed);
}

static void record_longer_than_the_datagram(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_record(&b, 22, 0, 0, 13);
	put_message(&b, DTLS_MT_SERVER_HELLO_DONE, 0, 4, 0, 0);
	expect(&b, 0, DTLS_MALFORMED_RECORD_LENGTH);
}

static void unified_record_longer_than_the_datagram(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put(&b, "\x2e\x00\x01\x00\x04" "abc", 8);
	expect(&b, 0, DTLS_MALFORMED_RECORD_LENGTH);
	b.len = 4;	/* cut inside its length */
	expect(&b, 0, DTLS_MALFORMED_TRAILING_BYTES);
}

static void garbage_after_a_record(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_record(&b, 23, 1, 0, 0);
	put(&b, "garbage of more than thirteen bytes", 35);
	expect(&b, 1, DTLS_MALFORMED_TRAILING_BYTES);
}

static void message_header_cut_by_its_record(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_record(&b, 22, 0, 0, 11);
	put_message(&b, DTLS_MT_SERVER_HELLO_DONE, 0, 4, 0, 0);
	expect(&b, 1, DTLS_MALFORMED_MESSAGE_HEADER);
}

static void fragment_longer_than_its_record(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_record(&b, 22, 0, 0, 12 + 4);
	put_message(&b, DTLS_MT_CERTIFICATE, 9, 1, 0, 5);
	expect(&b, 1, DTLS_MALFORMED_FRAGMENT_LENGTH);
}

static void fragment_beyond_its_message(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_record(&b, 22, 0, 0, 12 + 5);
	put_message(&b, DTLS_MT_CERTIFICATE, 9, 1, 5, 5);
	expect(&b, 1, DTLS_MALFORMED_FRAGMENT_RANGE);
}

static void claims_of_2_to_the_24(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_record(&b, 22, 0, 0, 12);
	put_number(&b, DTLS_MT_CERTIFICATE, 1);
	put_number(&b, 0xffffff, 3);
	put_number(&b, 0, 2);
	put_number(&b, 0xffffff, 3);
	put_number(&b, 0xffffff, 3);
	expect(&b, 1, DTLS_MALFORMED_FRAGMENT_LENGTH);
}

static void bytes_that_cannot_be_read(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	put_record(&b, 22, 0, 0, 12 + 5);
	put_message(&b, DTLS_MT_CERTIFICATE, 5, 1, 0, 5);
	b.unreadable_from = 13;
	expect(&b, 1, DTLS_MALFORMED_UNREADABLE);
	b.unreadable_from = 12;
	expect(&b, 0, DTLS_MALFORMED_UNREADABLE);
}

/* Cut at every length, a flight gives its first items or a name for what is wrong. */
static void every_prefix_of_a_flight(void **state)
{
	struct bytes b = { .len = 0 }, cut;
	struct walked whole, w;

	(void)state;
	put_record(&b, 22, 0, 4, 12 + 33);
	put_message(&b, DTLS_MT_CLIENT_KEY_EXCHANGE, 33, 1, 0, 33);
	put_record(&b, 20, 0, 5, 1);
	put(&b, "\x01", 1);
	put_record(&b, 22, 1, 0, 48);
	b.len += 48;
	whole = walk(&b);
	assert_int_equal(whole.num_items, 4);
	for (uint32_t len = 0; len < b.len; len++) {
		cut = b;
		cut.len = len;
		w = walk(&cut);
		assert_true(w.num_items < 4);
		for (uint32_t i = 0; i < w.num_items; i++)
			assert_memory_equal(&w.items[i], &whole.items[i], sizeof(w.items[i]));
		/* Whole records only: nothing is wrong with those. */
		if (len == 0 || len == 13 + 45 || len == 13 + 45 + 14)
			assert_int_equal(w.malformed, DTLS_OK);
		else
			assert_true(w.malformed == DTLS_MALFORMED_TRAILING_BYTES ||
				    w.malformed == DTLS_MALFORMED_RECORD_LENGTH);
	}
}

/* Noise behind plausible headers: the walk ends, and what it yields lies within the datagram. */
static void noise(void **state)
{
	struct bytes b;
	struct walked w;

	(void)state;
	srand(1);
	for (int round = 0; round < 100000; round++) {
		b.len = 0;
		b.unreadable_from = 0;
		while (b.len < 200 && rand() % 8) {
			if (rand() % 2)
				put_record(&b, 20 + rand() % 7, rand() % 2, rand(), rand() % 64);
			else
				put_message(&b, rand(), rand() % 99, rand() % 9, rand() % 50, rand() % 50);
			b.at[rand() % b.len] ^= rand() % 4 ? 0 : rand();
		}
		w = walk(&b);
		for (uint32_t i = 0; i < w.num_items; i++) {
			const struct dtls_item *item = &w.items[i];

			if (item->kind == DTLS_ITEM_RECORD)
				assert_true(item->record.offset + item->record.length < b.len);
			else
				assert_true(item->message.offset + item->message.fragment_length <= b.len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_longer_than_the_datagram),
		cmocka_unit_test(unified_record_longer_than_the_datagram),
		cmocka_unit_test(garbage_after_a_record),
		cmocka_unit_test(message_header_cut_by_its_record),
		cmocka_unit_test(fragment_longer_than_its_record),
		cmocka_unit_test(fragment_beyond_its_message),
		cmocka_unit_test(claims_of_2_to_the_24),
		cmocka_unit_test(bytes_that_cannot_be_read),
		cmocka_unit_test(every_prefix_of_a_flight),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
