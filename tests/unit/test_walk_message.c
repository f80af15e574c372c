// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The record walker: handshake messages of plaintext records. */
#include "bytes.h"

/* A handshake record of epoch 0 that holds one header and the fragment's bytes. */
static void message_record(struct bytes *b, uint64_t sequence, uint8_t type, uint32_t length,
			   uint16_t message_seq, uint32_t offset, uint32_t fragment_length)
{
	bytes_record(b, 22, 0xfefd, 0, sequence, 12 + fragment_length);
	bytes_message(b, type, length, message_seq, offset, fragment_length);
	bytes_fill(b, 0xee, fragment_length);
}

static void one_message(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	message_record(&b, 3, 16, 66, 2, 0, 66);
	got = walk_bytes(&b);
	expect_walked(&got, 2, DTLS_OK);
	expect_record(&got.items[0], (struct dtls_record){
		.content_type = 22, .version = 0xfefd, .sequence = 3, .length = 78 });
	expect_message(&got.items[1], (struct dtls_message){
		.msg_type = 16, .message_seq = 2, .length = 66, .fragment_length = 66, .offset = 25 });
}

/* The walker judges no type: unknown ones are shown as they are. */
static void every_message_type(void **state)
{
	for (int type = 0; type < 256; type++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		message_record(&b, 0, type, 4, 0, 0, 4);
		got = walk_bytes(&b);
		expect_walked(&got, 2, DTLS_OK);
		assert_int_equal(got.items[1].message.msg_type, type);
	}
}

static void messages_share_a_record(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	bytes_record(&b, 22, 0xfefd, 0, 1, 12 + 70 + 12 + 0 + 12 + 5);
	bytes_message(&b, 2, 70, 1, 0, 70);		/* at 13 */
	bytes_fill(&b, 0xee, 70);
	bytes_message(&b, 14, 0, 4, 0, 0);		/* at 95 */
	bytes_message(&b, 11, 469, 2, 231, 5);		/* at 107 */
	bytes_fill(&b, 0xee, 5);
	bytes_record(&b, 20, 0xfefd, 0, 2, 1);		/* at 124 */
	bytes_fill(&b, 1, 1);
	got = walk_bytes(&b);
	expect_walked(&got, 5, DTLS_OK);
	expect_record(&got.items[0], (struct dtls_record){
		.content_type = 22, .version = 0xfefd, .sequence = 1, .length = 111 });
	expect_message(&got.items[1], (struct dtls_message){
		.msg_type = 2, .message_seq = 1, .length = 70, .fragment_length = 70, .offset = 25 });
	expect_message(&got.items[2], (struct dtls_message){
		.msg_type = 14, .message_seq = 4, .offset = 107 });
	expect_message(&got.items[3], (struct dtls_message){
		.msg_type = 11, .message_seq = 2, .length = 469, .fragment_offset = 231,
		.fragment_length = 5, .offset = 119 });
	expect_record(&got.items[4], (struct dtls_record){
		.content_type = 20, .version = 0xfefd, .sequence = 2, .length = 1, .offset = 124 });
}

/* ServerHelloDone is a header and nothing else; here it ends the datagram. */
static void empty_message(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	message_record(&b, 4, 14, 0, 4, 0, 0);
	got = walk_bytes(&b);
	expect_walked(&got, 2, DTLS_OK);
	assert_int_equal(got.items[0].record.length, 12);
	expect_message(&got.items[1], (struct dtls_message){
		.msg_type = 14, .message_seq = 4, .offset = 25 });
}

/* The record after it is a record and not a message of the empty one. */
static void empty_handshake_record(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	bytes_record(&b, 22, 0xfefd, 0, 0, 0);
	got = walk_bytes(&b);
	expect_walked(&got, 1, DTLS_OK);
	expect_record(&got.items[0], (struct dtls_record){ .content_type = 22, .version = 0xfefd });

	message_record(&b, 1, 14, 0, 4, 0, 0);
	bytes_record(&b, 22, 0xfefd, 0, 2, 0);
	got = walk_bytes(&b);
	expect_walked(&got, 4, DTLS_OK);
	assert_int_equal(got.items[1].kind, DTLS_ITEM_RECORD);
	assert_int_equal(got.items[2].kind, DTLS_ITEM_MESSAGE);
	assert_int_equal(got.items[3].kind, DTLS_ITEM_RECORD);
	assert_int_equal(got.items[3].record.offset, 38);
}

/* The Certificate of the case the project began with: 469 bytes, cut at 231. */
static void fragments(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	message_record(&b, 1, 11, 469, 1, 0, 231);
	message_record(&b, 2, 11, 469, 1, 231, 238);
	message_record(&b, 3, 11, 469, 1, 200, 100);	/* overlaps: allowed (s4.2.3) */
	message_record(&b, 4, 11, 469, 1, 469, 0);	/* of no bytes, at the end */
	got = walk_bytes(&b);
	expect_walked(&got, 8, DTLS_OK);
	expect_message(&got.items[1], (struct dtls_message){
		.msg_type = 11, .message_seq = 1, .length = 469, .fragment_length = 231,
		.offset = 25 });
	expect_message(&got.items[3], (struct dtls_message){
		.msg_type = 11, .message_seq = 1, .length = 469, .fragment_offset = 231,
		.fragment_length = 238, .offset = 281 });
	expect_message(&got.items[5], (struct dtls_message){
		.msg_type = 11, .message_seq = 1, .length = 469, .fragment_offset = 200,
		.fragment_length = 100, .offset = 544 });
	expect_message(&got.items[7], (struct dtls_message){
		.msg_type = 11, .message_seq = 1, .length = 469, .fragment_offset = 469,
		.offset = 669 });
}

/* From epoch 1 on a handshake record is ciphertext, whatever it looks like (s4.1). */
static void no_messages_in_encrypted_records(void **state)
{
	const uint16_t epochs[] = { 1, 2, 3, 0x100, 0xffff };

	for (size_t i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		message_record(&b, 0, 20, 12, 3, 0, 12);
		bytes_set16(&b, 3, epochs[i]);
		bytes_record(&b, 22, 0xfefd, epochs[i], 1, 3);	/* too short for a header */
		bytes_fill(&b, 0xee, 3);
		got = walk_bytes(&b);
		expect_walked(&got, 2, DTLS_OK);
		assert_int_equal(got.items[0].kind, DTLS_ITEM_RECORD);
		assert_int_equal(got.items[0].record.length, 24);
		assert_int_equal(got.items[1].kind, DTLS_ITEM_RECORD);
		assert_int_equal(got.items[1].record.length, 3);
	}
}

/* What looks like a message elsewhere than in a handshake record is none. */
static void no_messages_in_other_records(void **state)
{
	for (uint8_t type = 20; type <= 26; type++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		message_record(&b, 0, 1, 8, 0, 0, 8);
		b.data[0] = type;
		got = walk_bytes(&b);
		expect_walked(&got, type == 22 ? 2 : 1, DTLS_OK);
	}
}

/* A message may begin after a plaintext record and before an encrypted one. */
static void epochs_change_in_a_datagram(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	message_record(&b, 4, 16, 33, 2, 0, 33);
	bytes_record(&b, 20, 0xfefd, 0, 5, 1);
	bytes_fill(&b, 1, 1);
	bytes_record(&b, 22, 0xfefd, 1, 0, 48);
	bytes_fill(&b, 0xee, 48);
	got = walk_bytes(&b);
	expect_walked(&got, 4, DTLS_OK);
	assert_int_equal(got.items[1].message.msg_type, 16);
	assert_int_equal(got.items[2].record.content_type, 20);
	expect_record(&got.items[3], (struct dtls_record){
		.content_type = 22, .version = 0xfefd, .epoch = 1, .length = 48, .offset = 72 });
}

static void numbers_at_their_maxima(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	message_record(&b, 0xffffffffffff, 255, 0xffffff, 0xffff, 0, 1);
	message_record(&b, 1, 11, 0xffffff, 1, 0xfffffe, 1);
	message_record(&b, 2, 11, 0xffffff, 1, 0xffffff, 0);
	got = walk_bytes(&b);
	expect_walked(&got, 6, DTLS_OK);
	assert_true(got.items[0].record.sequence == 0xffffffffffff);
	expect_message(&got.items[1], (struct dtls_message){
		.msg_type = 255, .message_seq = 0xffff, .length = 0xffffff, .fragment_length = 1,
		.offset = 25 });
	expect_message(&got.items[3], (struct dtls_message){
		.msg_type = 11, .message_seq = 1, .length = 0xffffff, .fragment_offset = 0xfffffe,
		.fragment_length = 1, .offset = 51 });
	expect_message(&got.items[5], (struct dtls_message){
		.msg_type = 11, .message_seq = 1, .length = 0xffffff, .fragment_offset = 0xffffff,
		.offset = 77 });
}

/* One record of `record_length` bytes, its body filled; the datagram is longer by a CCS. */
static struct walked walk_lying_header(uint16_t record_length, uint32_t length, uint32_t offset,
				       uint32_t fragment_length)
{
	struct bytes b = { .len = 0 };

	bytes_record(&b, 22, 0xfefd, 0, 0, record_length);
	bytes_message(&b, 11, length, 1, offset, fragment_length);
	bytes_fill(&b, 0xee, 100);
	b.len = 13 + record_length;
	bytes_record(&b, 20, 0xfefd, 0, 1, 1);
	bytes_fill(&b, 1, 1);
	return walk_bytes(&b);
}

static void lying_headers(void **state)
{
	static const struct {
		uint16_t record_length;
		uint32_t length, offset, fragment_length;
		enum dtls_malformed want;
	} cases[] = {
		/* The header does not fit the record, though the datagram has the bytes. */
		{ 1, 8, 0, 8, DTLS_MALFORMED_MESSAGE_HEADER },
		{ 11, 8, 0, 8, DTLS_MALFORMED_MESSAGE_HEADER },
		/* The fragment does not, by one byte and by all there can be. */
		{ 12, 8, 0, 1, DTLS_MALFORMED_FRAGMENT_LENGTH },
		{ 19, 8, 0, 8, DTLS_MALFORMED_FRAGMENT_LENGTH },
		{ 20, 0xffffff, 0, 0xffffff, DTLS_MALFORMED_FRAGMENT_LENGTH },
		/* It does not fit its message: offset, length and sums beyond 24 bits. */
		{ 20, 7, 0, 8, DTLS_MALFORMED_FRAGMENT_RANGE },
		{ 20, 8, 1, 8, DTLS_MALFORMED_FRAGMENT_RANGE },
		{ 12, 8, 9, 0, DTLS_MALFORMED_FRAGMENT_RANGE },
		{ 12, 0, 1, 0, DTLS_MALFORMED_FRAGMENT_RANGE },
		{ 20, 0xffffff, 0xfffff8, 8, DTLS_MALFORMED_FRAGMENT_RANGE },
		{ 13, 0, 0xffffff, 1, DTLS_MALFORMED_FRAGMENT_RANGE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct walked got = walk_lying_header(cases[i].record_length, cases[i].length,
						      cases[i].offset, cases[i].fragment_length);

		/* The record is shown; the message is not, nor what follows. */
		expect_walked(&got, 1, cases[i].want);
		expect_record(&got.items[0], (struct dtls_record){
			.content_type = 22, .version = 0xfefd, .length = cases[i].record_length });
	}
}

/* A good message, then 1 to 11 bytes of the next header: the good one is kept. */
static void bytes_after_a_message(void **state)
{
	for (uint32_t extra = 1; extra < 12; extra++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		message_record(&b, 0, 14, 0, 4, 0, 0);
		bytes_fill(&b, 0, extra);
		bytes_set16(&b, 11, 12 + extra);
		got = walk_bytes(&b);
		expect_walked(&got, 2, DTLS_MALFORMED_MESSAGE_HEADER);
		assert_int_equal(got.items[1].message.msg_type, 14);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_message),
		cmocka_unit_test(every_message_type),
		cmocka_unit_test(messages_share_a_record),
		cmocka_unit_test(empty_message),
		cmocka_unit_test(empty_handshake_record),
		cmocka_unit_test(fragments),
		cmocka_unit_test(no_messages_in_encrypted_records),
		cmocka_unit_test(no_messages_in_other_records),
		cmocka_unit_test(epochs_change_in_a_datagram),
		cmocka_unit_test(numbers_at_their_maxima),
		cmocka_unit_test(lying_headers),
		cmocka_unit_test(bytes_after_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
