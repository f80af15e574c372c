// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* IP fragments: only what is whole comes out, and it is what was sent. */
#include "packets.h"

#include "reassembly.h"

#define SEC UINT64_C(1000000000)

static struct bytes udp;	/* header and payload, as sent */

static struct packet fragment(uint32_t begin, uint32_t end, bool more)
{
	return (struct packet){
		.ipv4 = true, .source = { .ip = { [15] = 1 } }, .destination = { .ip = { [15] = 2 } },
		.payload = udp.data + begin, .length = end - begin, .captured = end - begin, .fragment_id = 7,
		.fragment_offset = begin, .more_fragments = more,
	};
}

static struct reassembly *new_reassembly(void)
{
	struct reassembly *r = reassembly_new();
	struct bytes payload = { .len = 0 };

	assert_non_null(r);
	for (int i = 0; i < 992; i++)
		bytes_number(&payload, i * 7 % 251, 1);
	udp.len = 0;
	packet_udp(&udp, FROM_CLIENT, &payload);
	assert_int_equal(udp.len, 1000);
	return r;
}

static enum reassembly_result take(struct reassembly *r, struct packet f, struct packet *whole)
{
	uint32_t num_lost;
	enum reassembly_result result = reassembly_take(r, &f, SEC, whole, &num_lost);

	assert_int_equal(num_lost, 0);
	return result;
}

static void expect_whole(const struct packet *whole)
{
	assert_int_equal(whole->source.port, CLIENT_PORT);
	assert_int_equal(whole->destination.port, SERVER_PORT);
	assert_int_equal(whole->source.ip[15], 1);
	assert_int_equal(whole->destination.ip[15], 2);
	assert_int_equal(whole->length, 992);
	assert_memory_equal(whole->payload, udp.data + 8, whole->captured);
}

/* Every order of four fragments, each of them once or twice. */
static void in_any_order(void **state)
{
	static const uint32_t at[] = { 0, 400, 480, 808, 1000 };
	struct reassembly *r = new_reassembly();
	struct packet whole;

	for (int order = 0; order < 256; order++) {
		int seen = 0;

		for (int i = 0; i < 4; i++)
			seen |= 1 << (order >> 2 * i & 3);
		if (seen != 0xf)
			continue;
		for (int i = 0; i < 4; i++) {
			int n = order >> 2 * i & 3;
			struct packet f = fragment(at[n], at[n + 1], n < 3);

			assert_int_equal(take(r, f, &whole), i < 3 ? REASSEMBLY_WAITS : REASSEMBLY_WHOLE);
			if (i < 3)
				assert_int_equal(take(r, f, &whole), REASSEMBLY_WAITS);
		}
		assert_int_equal(whole.captured, 992);
		expect_whole(&whole);
		assert_int_equal(reassembly_waiting(r), 0);
	}
	reassembly_free(r);
}

/* One that is missing is not made up for. */
static void with_one_missing(void **state)
{
	struct packet whole;

	for (int missing = 0; missing < 3; missing++) {
		struct reassembly *r = new_reassembly();

		for (int n = 0; n < 3; n++)
			if (n != missing)
				assert_int_equal(take(r, fragment(n * 400, n < 2 ? n * 400 + 400 : 1000, n < 2), &whole),
						 REASSEMBLY_WAITS);
		assert_int_equal(reassembly_waiting(r), 1);
		reassembly_free(r);
	}
}

static void contradictions(void **state)
{
	static const struct { uint32_t begin, end; bool more; } seconds[] = {
		{ 392, 800, true },	/* overlaps its end */
		{ 0, 392, true },	/* part of it */
		{ 400, 803, true },	/* no multiple of 8, and not the last */
		{ 200, 208, false },	/* the last, within */
		{ 0, 400, false },	/* the first, and now the last */
		{ 400, 400, true },	/* nothing */
	};
	struct packet whole, f;

	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		struct reassembly *r = new_reassembly();
		bool same = seconds[i].begin == 0 && seconds[i].end == 400;

		assert_int_equal(take(r, fragment(0, 400, true), &whole), REASSEMBLY_WAITS);
		/* The very same bytes are taken for a copy of the first, whatever it says of others. */
		assert_int_equal(take(r, fragment(seconds[i].begin, seconds[i].end, seconds[i].more), &whole),
				 same ? REASSEMBLY_WAITS : REASSEMBLY_MALFORMED);
		assert_int_equal(reassembly_waiting(r), same);
		reassembly_free(r);
	}
	/* Behind the last, and another last. */
	for (int more = 0; more < 2; more++) {
		struct reassembly *r = new_reassembly();

		assert_int_equal(take(r, fragment(800, 1000, false), &whole), REASSEMBLY_WAITS);
		f = fragment(400, 408, more);
		f.fragment_offset = 1000;
		assert_int_equal(take(r, f, &whole), REASSEMBLY_MALFORMED);
		reassembly_free(r);
	}
	/* Beyond what an IP datagram can hold. */
	{
		struct reassembly *r = new_reassembly();

		f = fragment(0, 400, false);
		f.fragment_offset = 65528;
		assert_int_equal(take(r, f, &whole), REASSEMBLY_MALFORMED);
		reassembly_free(r);
	}
}

/* Fragments of different datagrams, senders and families do not mix. */
static void several_at_once(void **state)
{
	struct reassembly *r = new_reassembly();
	struct packet whole, f;

	for (int last = 0; last < 2; last++)
		for (int i = 0; i < 5; i++) {
			f = last ? fragment(400, 1000, false) : fragment(0, 400, true);
			f.fragment_id += i == 1;
			f.source.ip[0] = i == 2;
			f.destination.ip[0] = i == 3;
			f.ipv4 = i != 4;
			assert_int_equal(take(r, f, &whole), last ? REASSEMBLY_WHOLE : REASSEMBLY_WAITS);
		}
	assert_int_equal(reassembly_waiting(r), 0);
	reassembly_free(r);
}

/* A capture that cuts a fragment: what comes behind the hole is not there. */
static void a_cut_fragment(void **state)
{
	struct packet whole, f;

	for (uint32_t captured = 8; captured < 400; captured += 7) {
		struct reassembly *r = new_reassembly();

		f = fragment(0, 400, true);
		f.captured = captured;
		assert_int_equal(take(r, f, &whole), REASSEMBLY_WAITS);
		assert_int_equal(take(r, fragment(400, 1000, false), &whole), REASSEMBLY_WHOLE);
		assert_int_equal(whole.captured, captured - 8);
		expect_whole(&whole);
		reassembly_free(r);
	}
}

/* 30 s and no longer; then it is said to be lost, and its rest begins another that never ends. */
static void too_late(void **state)
{
	struct reassembly *r = new_reassembly();
	struct packet first = fragment(0, 400, true), last = fragment(400, 1000, false), whole;
	uint32_t num_lost;

	assert_int_equal(reassembly_take(r, &first, SEC, &whole, &num_lost), REASSEMBLY_WAITS);
	assert_int_equal(reassembly_take(r, &last, 31 * SEC, &whole, &num_lost), REASSEMBLY_WHOLE);
	assert_int_equal(num_lost, 0);
	assert_int_equal(reassembly_take(r, &first, SEC, &whole, &num_lost), REASSEMBLY_WAITS);
	assert_int_equal(reassembly_take(r, &last, 31 * SEC + 1, &whole, &num_lost), REASSEMBLY_WAITS);
	assert_int_equal(num_lost, 1);
	assert_int_equal(reassembly_waiting(r), 1);
	reassembly_free(r);
}

/* A flood of first fragments: the oldest give way, each is said to be lost. */
static void more_than_are_kept(void **state)
{
	struct reassembly *r = new_reassembly();
	struct packet f = fragment(0, 400, true), whole;
	uint32_t lost = 0, num_lost;

	for (uint32_t i = 0; i < 1000; i++) {
		f.fragment_id = i;
		assert_int_equal(reassembly_take(r, &f, SEC + i, &whole, &num_lost), REASSEMBLY_WAITS);
		lost += num_lost;
	}
	assert_int_equal(lost + reassembly_waiting(r), 1000);
	assert_true(reassembly_waiting(r) > 1);
	f = fragment(400, 1000, false);
	f.fragment_id = 999;
	assert_int_equal(take(r, f, &whole), REASSEMBLY_WHOLE);
	f.fragment_id = 0;
	assert_int_equal(reassembly_take(r, &f, SEC, &whole, &num_lost), REASSEMBLY_WAITS);
	reassembly_free(r);
}

static void whole_but_no_udp_datagram(void **state)
{
	struct reassembly *r = new_reassembly();
	struct packet whole;

	bytes_set16(&udp, 4, 1001);
	assert_int_equal(take(r, fragment(0, 400, true), &whole), REASSEMBLY_WAITS);
	assert_int_equal(take(r, fragment(400, 1000, false), &whole), REASSEMBLY_MALFORMED);
	assert_int_equal(reassembly_waiting(r), 0);
	reassembly_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_any_order),
		cmocka_unit_test(with_one_missing),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(a_cut_fragment),
		cmocka_unit_test(too_late),
		cmocka_unit_test(more_than_are_kept),
		cmocka_unit_test(whole_but_no_udp_datagram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
