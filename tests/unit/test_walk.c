// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The record walker: records with a legacy header, and what is taken for one. */
#include "bytes.h"

#include "dtls_has.h"

static void empty_datagram(void **state)
{
	struct walked got = walk((const uint8_t *)"", 0);

	expect_walked(&got, 0, DTLS_OK);
}

static void numbers_of_network_order(void **state)
{
	const uint8_t bytes[] = { 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6 };

	assert_int_equal(dtls_get16(bytes), 0x8192);
	assert_int_equal(dtls_get24(bytes), 0x8192a3);
	assert_true(dtls_get48(bytes) == 0x8192a3b4c5d6ULL);
}

/* Types 20 to 24 and 26 alike, in epoch 1, so that nothing inside is looked at. */
static void each_content_type(void **state)
{
	for (uint8_t type = 20; type <= 26; type++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		bytes_record(&b, type, 0xfefd, 1, 0x010203040506, 5);
		bytes_fill(&b, 0xee, 5);
		got = walk_bytes(&b);
		expect_walked(&got, 1, DTLS_OK);
		expect_record(&got.items[0], (struct dtls_record){
			.content_type = type, .version = 0xfefd, .epoch = 1,
			.sequence = 0x010203040506,
			.length = type == 25 ? 0 : 5,
			.flags = type == 25 ? DTLS_RECORD_CID : 0,
		});
	}
}

static void content_types_next_to_those(void **state)
{
	const uint8_t types[] = { 0, 19, 27, 31, 64, 128, 255 };

	for (size_t i = 0; i < sizeof(types); i++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		bytes_record(&b, types[i], 0xfefd, 0, 0, 0);
		got = walk_bytes(&b);
		expect_walked(&got, 0, DTLS_MALFORMED_TRAILING_BYTES);
	}
}

static void versions(void **state)
{
	static const struct {
		uint16_t version;
		bool known;
	} cases[] = {
		{ 0xfeff, true }, { 0xfefd, true }, { 0x0100, true },
		/* DTLS 1.3 says fe fd (RFC 9147 s4); there never was a DTLS 1.1. */
		{ 0xfefc, false }, { 0xfefe, false },
		/* TLS 1.0 and 1.2; near the bad version; none. */
		{ 0x0301, false }, { 0x0303, false }, { 0x0101, false }, { 0x0001, false }, { 0, false },
		{ 0xfffe, false }, { 0xfdfe, false }, { 0xffff, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		bytes_record(&b, 20, cases[i].version, 0, 7, 1);
		bytes_fill(&b, 1, 1);
		got = walk_bytes(&b);
		if (cases[i].known) {
			expect_walked(&got, 1, DTLS_OK);
			assert_int_equal(got.items[0].record.version, cases[i].version);
		} else {
			expect_walked(&got, 0, DTLS_MALFORMED_TRAILING_BYTES);
		}
	}
}

/* Of all 2^24 beginnings, 7 content types times 3 versions. */
static void what_is_taken_for_a_record(void **state)
{
	uint32_t num = 0;

	for (uint32_t i = 0; i < 1 << 24; i++) {
		const uint8_t first3[] = { i >> 16, i >> 8 & 0xff, i & 0xff };

		num += dtls_is_legacy(first3);
	}
	assert_int_equal(num, 21);
	assert_true(dtls_is_legacy((const uint8_t *)"\x14\xfe\xff"));
	assert_true(dtls_is_legacy((const uint8_t *)"\x16\xfe\xfd"));
	assert_true(dtls_is_legacy((const uint8_t *)"\x1a\x01\x00"));
}

/* What shares a socket with DTLS (RFC 7983, RFC 9443), and what looks like it. */
static void other_protocols(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[16];
	} cases[] = {
		{ "STUN binding request", { 0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42 } },
		{ "STUN success", { 0x01, 0x01, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42 } },
		{ "ZRTP hello", { 0x10, 0x00, 0x12, 0x34, 'Z', 'R', 'T', 'P' } },
		{ "ZRTP, the last of its range", { 0x13, 0xfe, 0xfd, 0x00 } },
		{ "TURN ChannelData", { 0x40, 0x00, 0x00, 0x10, 0x16, 0xfe, 0xfd } },
		{ "RTP", { 0x80, 0x60, 0x12, 0x34 } },
		{ "RTCP", { 0x80, 0xc8, 0x00, 0x06 } },
		{ "QUIC initial", { 0xc3, 0x00, 0x00, 0x00, 0x01, 0x08 } },
		{ "QUIC short header", { 0x43, 0xfe, 0xfd } },
		{ "TLS over TCP", { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01 } },
		{ "CAPWAP preamble", { 0x01, 0x00, 0x00, 0x00, 0x16, 0xfe, 0xfd } },
		{ "DNS query", { 0x16, 0xfe, 0x01, 0x00, 0x00, 0x01 } },
		{ "GTP", { 0x32, 0xff, 0x00, 0x08 } },
		{ "zeros", { 0 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct walked got = walk(cases[i].bytes, sizeof(cases[i].bytes));

		if (dtls_is_legacy(cases[i].bytes))
			fail_msg("%s is taken for a DTLS record", cases[i].name);
		/* By their first byte alone 0x20-0x3f are unified headers (RFC 9147 s4). */
		if ((cases[i].bytes[0] & 0xe0) == 0x20)
			continue;
		if (got.num_items || got.malformed != DTLS_MALFORMED_TRAILING_BYTES)
			fail_msg("%s is walked", cases[i].name);
	}
}

static void several_records_in_a_datagram(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	bytes_record(&b, 20, 0xfefd, 0, 5, 1);		/* at 0 */
	bytes_fill(&b, 1, 1);
	bytes_record(&b, 22, 0xfefd, 1, 0, 48);		/* at 14 */
	bytes_fill(&b, 0xee, 48);
	bytes_record(&b, 23, 0xfefd, 1, 1, 0);		/* at 75, of no bytes */
	bytes_record(&b, 21, 0xfefd, 1, 2, 26);		/* at 88 */
	bytes_fill(&b, 0xee, 26);
	got = walk_bytes(&b);
	expect_walked(&got, 4, DTLS_OK);
	expect_record(&got.items[0], (struct dtls_record){
		.content_type = 20, .version = 0xfefd, .sequence = 5, .length = 1, .offset = 0 });
	expect_record(&got.items[1], (struct dtls_record){
		.content_type = 22, .version = 0xfefd, .epoch = 1, .length = 48, .offset = 14 });
	expect_record(&got.items[2], (struct dtls_record){
		.content_type = 23, .version = 0xfefd, .epoch = 1, .sequence = 1, .offset = 75 });
	expect_record(&got.items[3], (struct dtls_record){
		.content_type = 21, .version = 0xfefd, .epoch = 1, .sequence = 2, .length = 26,
		.offset = 88 });
}

/* Each record has its own version: OpenSSL's servers mix fe ff and fe fd (RFC 6347 s4.2.1). */
static void versions_mixed_in_a_datagram(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	bytes_record(&b, 20, 0xfeff, 0, 0, 0);
	bytes_record(&b, 20, 0xfefd, 0, 1, 0);
	bytes_record(&b, 20, 0x0100, 0, 2, 0);
	got = walk_bytes(&b);
	expect_walked(&got, 3, DTLS_OK);
	assert_int_equal(got.items[0].record.version, 0xfeff);
	assert_int_equal(got.items[1].record.version, 0xfefd);
	assert_int_equal(got.items[2].record.version, 0x0100);
}

static void numbers_at_their_maxima(void **state)
{
	struct walked got;
	uint8_t *data = calloc(1, 65535);
	struct bytes b = { .len = 0 };

	assert_non_null(data);
	/* The longest UDP payload there could be, of one record. */
	bytes_record(&b, 23, 0xfefd, 0xffff, 0xffffffffffff, 65535 - 13);
	memcpy(data, b.data, b.len);
	got = walk(data, 65535);
	expect_walked(&got, 1, DTLS_OK);
	expect_record(&got.items[0], (struct dtls_record){
		.content_type = 23, .version = 0xfefd, .epoch = 0xffff,
		.sequence = 0xffffffffffff, .length = 65522 });
	/* A record that begins at the last byte where one can. */
	memset(&b, 0, sizeof(b));
	bytes_record(&b, 23, 0xfefd, 1, 1, 65535 - 26);
	memcpy(data, b.data, b.len);
	b.len = 0;
	bytes_record(&b, 20, 0xfefd, 1, 2, 0);
	memcpy(data + 65522, b.data, b.len);
	got = walk(data, 65535);
	expect_walked(&got, 2, DTLS_OK);
	assert_int_equal(got.items[1].record.offset, 65522);
	free(data);
}

/* Only 2 bytes in epoch 0 are a plaintext alert (RFC 5246 s7.2, s4.1). */
static void alerts(void **state)
{
	static const struct {
		uint16_t epoch, length;
		bool readable;
	} cases[] = {
		{ 0, 2, true }, { 0, 0, false }, { 0, 1, false }, { 0, 3, false }, { 0, 4, false },
		{ 0, 26, false }, { 1, 2, false }, { 1, 26, false }, { 0x100, 2, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = { .len = 0 };
		struct walked got;

		bytes_record(&b, 21, 0xfefd, cases[i].epoch, 9, cases[i].length);
		bytes_number(&b, 0x0230, 2);	/* fatal, unknown_ca */
		bytes_fill(&b, 0xee, 30);
		b.len = 13 + cases[i].length;
		got = walk_bytes(&b);
		expect_walked(&got, 1, DTLS_OK);
		expect_record(&got.items[0], (struct dtls_record){
			.content_type = 21, .version = 0xfefd, .epoch = cases[i].epoch, .sequence = 9,
			.length = cases[i].length,
			.flags = cases[i].readable ? DTLS_RECORD_ALERT : 0,
			.alert_level = cases[i].readable ? 2 : 0,
			.alert_description = cases[i].readable ? 48 : 0 });
	}
}

/* What follows an alert is walked on; the alert's bytes do not leak into it. */
static void records_after_an_alert(void **state)
{
	struct bytes b = { .len = 0 };
	struct walked got;

	bytes_record(&b, 21, 0xfeff, 0, 1, 2);
	bytes_number(&b, 0x0100, 2);	/* warning, close_notify */
	bytes_record(&b, 20, 0xfeff, 0, 2, 1);
	bytes_fill(&b, 1, 1);
	got = walk_bytes(&b);
	expect_walked(&got, 2, DTLS_OK);
	expect_record(&got.items[0], (struct dtls_record){
		.content_type = 21, .version = 0xfeff, .sequence = 1, .length = 2,
		.flags = DTLS_RECORD_ALERT, .alert_level = 1 });
	expect_record(&got.items[1], (struct dtls_record){
		.content_type = 20, .version = 0xfeff, .sequence = 2, .length = 1, .offset = 15 });
}

/* The bodies that may leave the kernel, of all 256 types. */
static void only_hellos_are_public(void **state)
{
	for (int type = 0; type < 256; type++)
		assert_int_equal(dtls_is_hello(type), type == 1 || type == 2 || type == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_datagram),
		cmocka_unit_test(numbers_of_network_order),
		cmocka_unit_test(each_content_type),
		cmocka_unit_test(content_types_next_to_those),
		cmocka_unit_test(versions),
		cmocka_unit_test(what_is_taken_for_a_record),
		cmocka_unit_test(other_protocols),
		cmocka_unit_test(several_records_in_a_datagram),
		cmocka_unit_test(versions_mixed_in_a_datagram),
		cmocka_unit_test(numbers_at_their_maxima),
		cmocka_unit_test(alerts),
		cmocka_unit_test(records_after_an_alert),
		cmocka_unit_test(only_hellos_are_public),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
