// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The record walker: headers that hide something - DTLS 1.3 ciphertext and connection IDs. */
#include "bytes.h"

/* A unified header (RFC 9147 s4) without CID: flags, sequence, [length]. */
static void unified(struct bytes *b, uint8_t first, uint16_t length)
{
	bytes_fill(b, first, 1);
	bytes_fill(b, 0xa5, first & 0x08 ? 2 : 1);
	if (first & 0x04)
		bytes_number(b, length, 2);
}

static void which_first_bytes_are_unified(void **state)
{
	for (int first = 0; first < 256; first++)
		assert_int_equal(dtls_is_unified(first), first >= 0x20 && first <= 0x3f);
}

/* C, S and L in all combinations, with all epochs; 24 bytes in all. */
static void all_flags(void **state)
{
	static const struct {
		uint8_t first, flags;
		uint16_t length;
	} cases[] = {
		{ 0x20, DTLS_RECORD_UNIFIED, 22 },			/* - - - */
		{ 0x24, DTLS_RECORD_UNIFIED, 20 },			/* - - L */
		{ 0x28, DTLS_RECORD_UNIFIED, 21 },			/* - S - */
		{ 0x2c, DTLS_RECORD_UNIFIED, 19 },			/* - S L */
		{ 0x30, DTLS_RECORD_UNIFIED | DTLS_RECORD_CID, 0 },	/* C - - */
		{ 0x34, DTLS_RECORD_UNIFIED | DTLS_RECORD_CID, 0 },	/* C - L */
		{ 0x38, DTLS_RECORD_UNIFIED | DTLS_RECORD_CID, 0 },	/* C S - */
		{ 0x3c, DTLS_RECORD_UNIFIED | DTLS_RECORD_CID, 0 },	/* C S L */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (uint8_t epoch = 0; epoch < 4; epoch++) {
			struct bytes b = { .len = 0 };
			struct walked got;

			unified(&b, cases[i].first | epoch, cases[i].length);
			bytes_fill(&b, 0xee, 24 - b.len);
			got = walk_bytes(&b);
			expect_walked(&got, 1, DTLS_OK);
			expect_record(&got.items[0], (struct dtls_record){
				.flags = cases[i].flags, .epoch = epoch, .length = cases[i].length,
				.unified = cases[i].first | epoch,
				.sequence = cases[i].flags & DTLS_RECORD_CID ? 0 :
					    cases[i].first & 0x08 ? 0xa5a5 : 0xa5 });
		}
	}
}

/* With L a record ends where it says, and the next one begins there. */
static void two_with_a_length(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	unified(&b, 0x2e, 30);		/* S L, epoch 2: at 0 */
	bytes_fill(&b, 0xee, 30);
	unified(&b, 0x27, 17);		/* L, epoch 3: at 35 */
	bytes_fill(&b, 0xee, 17);
	got = walk_bytes(&b);
	expect_walked(&got, 2, DTLS_OK);
	expect_record(&got.items[0], (struct dtls_record){
		.flags = DTLS_RECORD_UNIFIED, .epoch = 2, .length = 30, .offset = 0,
		.unified = 0x2e, .sequence = 0xa5a5 });
	expect_record(&got.items[1], (struct dtls_record){
		.flags = DTLS_RECORD_UNIFIED, .epoch = 3, .length = 17, .offset = 35,
		.unified = 0x27, .sequence = 0xa5 });
}

/* Without L a record takes what is left, even if that looks like a record. */
static void no_length_takes_the_rest(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	unified(&b, 0x2e, 18);
	bytes_fill(&b, 0xee, 18);
	unified(&b, 0x2a, 0);		/* S, epoch 2: at 23 */
	bytes_fill(&b, 0xee, 20);
	bytes_record(&b, 20, 0xfefd, 0, 0, 0);
	got = walk_bytes(&b);
	expect_walked(&got, 2, DTLS_OK);
	expect_record(&got.items[1], (struct dtls_record){
		.flags = DTLS_RECORD_UNIFIED, .epoch = 2, .length = 33, .offset = 23,
		.unified = 0x2a, .sequence = 0xa5a5 });
}

/* What a DTLS 1.3 server's first datagram is: ServerHello, then ciphertext of epoch 2. */
static void after_a_legacy_record(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	bytes_record(&b, 22, 0xfefd, 0, 1, 12 + 88);
	bytes_message(&b, 2, 88, 1, 0, 88);
	bytes_fill(&b, 0xee, 88);
	unified(&b, 0x2e, 40);		/* at 113 */
	bytes_fill(&b, 0xee, 40);
	bytes_record(&b, 26, 0xfefd, 0, 2, 2);	/* at 158: a plaintext ACK of nothing */
	bytes_number(&b, 0, 2);
	got = walk_bytes(&b);
	expect_walked(&got, 4, DTLS_OK);
	expect_message(&got.items[1], (struct dtls_message){
		.msg_type = 2, .message_seq = 1, .length = 88, .fragment_length = 88, .offset = 25 });
	expect_record(&got.items[2], (struct dtls_record){
		.flags = DTLS_RECORD_UNIFIED, .epoch = 2, .length = 40, .offset = 113,
		.unified = 0x2e, .sequence = 0xa5a5 });
	expect_record(&got.items[3], (struct dtls_record){
		.content_type = 26, .version = 0xfefd, .sequence = 2, .length = 2, .offset = 158 });
}

/* A message whose type is 0x20..0x3f is inside a record and no unified header. */
static void not_inside_a_handshake_record(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	bytes_record(&b, 22, 0xfefd, 0, 0, 12 + 3);
	bytes_message(&b, 0x2c, 3, 0, 0, 3);
	bytes_fill(&b, 0x2c, 3);
	got = walk_bytes(&b);
	expect_walked(&got, 2, DTLS_OK);
	assert_int_equal(got.items[1].kind, DTLS_ITEM_MESSAGE);
	assert_int_equal(got.items[1].message.msg_type, 0x2c);
}

/* A header that does not fit is no header; one without a body but with L has none. */
static void cut_headers(void **state)
{
	static const struct {
		uint8_t first;
		uint8_t header;		/* bytes of it */
	} cases[] = { { 0x20, 2 }, { 0x24, 4 }, { 0x28, 3 }, { 0x2c, 5 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		unified(&b, cases[i].first, 0);
		assert_int_equal(b.len, cases[i].header);
		for (uint32_t len = 1; len < cases[i].header; len++) {
			got = walk(b.data, len);
			expect_walked(&got, 0, DTLS_MALFORMED_TRAILING_BYTES);
		}
		got = walk_bytes(&b);
		if (cases[i].first & 0x04) {
			expect_walked(&got, 1, DTLS_OK);
			assert_int_equal(got.items[0].record.length, 0);
		} else {
			expect_walked(&got, 0, DTLS_MALFORMED_TRAILING_BYTES);
		}
		bytes_fill(&b, 0xee, 1);
		if (cases[i].first & 0x04)
			bytes_set16(&b, cases[i].header - 2, 1);
		got = walk_bytes(&b);
		expect_walked(&got, 1, DTLS_OK);
		assert_int_equal(got.items[0].record.length, 1);
	}
}

static void lying_lengths(void **state)
{
	const uint16_t lengths[] = { 11, 12, 0x100, 0x7fff, 0xffff };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		unified(&b, 0x2c, lengths[i]);
		bytes_fill(&b, 0xee, 10);
		got = walk_bytes(&b);
		expect_walked(&got, 0, DTLS_MALFORMED_RECORD_LENGTH);
		unified(&b, 0x2c, 0);
		bytes_set16(&b, 3, 10);
		got = walk_bytes(&b);
		expect_walked(&got, 2, DTLS_OK);
	}
}

/* RFC 9146 s3: the CID lies where other records have their length, so it is no length. */
static void cid_record(void **state)
{
	const uint16_t epochs[] = { 0, 1 };

	for (size_t i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		bytes_record(&b, 20, 0xfefd, 0, 6, 1);
		bytes_fill(&b, 1, 1);
		bytes_record(&b, 25, 0xfefd, epochs[i], 7, 0xffff);	/* at 14 */
		bytes_fill(&b, 0xc1, 6);
		bytes_number(&b, 20, 2);
		bytes_fill(&b, 0xee, 20);
		bytes_record(&b, 20, 0xfefd, 0, 8, 0);	/* swallowed */
		got = walk_bytes(&b);
		expect_walked(&got, 2, DTLS_OK);
		expect_record(&got.items[1], (struct dtls_record){
			.content_type = 25, .flags = DTLS_RECORD_CID, .version = 0xfefd,
			.epoch = epochs[i], .sequence = 7, .length = 0, .offset = 14 });
	}
}

/* The shortest there can be: a CID of no bytes (RFC 9146 s3), and less than that. */
static void cid_record_cut(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	bytes_record(&b, 25, 0xfefd, 1, 7, 0);
	got = walk_bytes(&b);
	expect_walked(&got, 1, DTLS_OK);
	for (uint32_t len = 1; len < 13; len++) {
		got = walk(b.data, len);
		expect_walked(&got, 0, DTLS_MALFORMED_TRAILING_BYTES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_first_bytes_are_unified),
		cmocka_unit_test(all_flags),
		cmocka_unit_test(two_with_a_length),
		cmocka_unit_test(no_length_takes_the_rest),
		cmocka_unit_test(after_a_legacy_record),
		cmocka_unit_test(not_inside_a_handshake_record),
		cmocka_unit_test(cut_headers),
		cmocka_unit_test(lying_lengths),
		cmocka_unit_test(cid_record),
		cmocka_unit_test(cid_record_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
