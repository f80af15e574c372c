// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The model of one handshake: what is a retransmission, what a duplicate, what new. */
#include "stream_dtls.h"

/* Facts of the index-th datagram callback; negative: from the end. */
static const struct seen *seen_at(const struct stream *s, int index)
{
	uint32_t i = index < 0 ? s->num_seen + index : (uint32_t)index;

	assert_true(i < s->num_seen && i < STREAM_MAX_SEEN);
	return &s->seen[i];
}

/* All message items of a datagram have these facts; there are some. */
static void expect_messages(const struct seen *seen, uint8_t flight, bool retransmission,
			    bool duplicate)
{
	assert_true(seen->num_items >= 2);
	/* Records of plaintext handshake messages alternate with the messages here. */
	for (uint32_t i = 1; i < seen->num_items; i += 2) {
		assert_int_equal(seen->items[i].flight, flight);
		assert_int_equal(seen->items[i].retransmission, retransmission);
		assert_int_equal(seen->items[i].duplicate, duplicate);
	}
}

/* A client has flight 4 in front of it; one point only, so that callbacks are easy to count. */
static void begin(struct stream *s, struct pair *p, unsigned at)
{
	stream_begin(s, p, at);
	p->unread = true;
	dtls_flight1(p);
	stream_wait(s, MS);
}

static const struct flight *flight(const struct pair *p, int number)
{
	return &p->h->flights[number];
}

/* --- retransmission, duplicate --- */

static void same_bytes_in_a_new_record_are_a_retransmission(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	dtls_flight4(&p);
	expect_messages(seen_at(&s, -1), 4, false, false);
	assert_int_equal(seen_at(&s, -1)->from, PARTY_SERVER);
	stream_wait(&s, SEC);
	dtls_flight4(&p);
	expect_messages(seen_at(&s, -1), 4, true, false);
	assert_false(seen_at(&s, -1)->items[0].duplicate);
	assert_int_equal(flight(&p, 4)->copies, 2);
	assert_int_equal(flight(&p, 4)->datagrams, 2);
	assert_int_equal(flight(&p, 4)->copy_ns[0], START + MS);
	assert_int_equal(flight(&p, 4)->copy_ns[1], START + MS + SEC);
	assert_int_equal(flight(&p, 4)->copy_ns[1], START + MS + SEC);
	assert_int_equal(flight(&p, 4)->last_ns, START + MS + SEC);
	assert_int_equal(p.h->party[PARTY_SERVER].retransmissions, 1);
	assert_int_equal(p.h->party[PARTY_CLIENT].retransmissions, 0);
}

static void same_record_is_a_duplicate(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	dtls_flight4(&p);
	stream_wait(&s, 10 * MS);
	pair_duplicate(&p);
	expect_messages(seen_at(&s, -1), 4, false, true);
	assert_true(seen_at(&s, -1)->items[0].duplicate);
	assert_int_equal(flight(&p, 4)->copies, 1);
	assert_int_equal(p.h->party[PARTY_SERVER].retransmissions, 0);
	assert_int_equal(p.h->party[PARTY_SERVER].timer_ns, 0);
	assert_int_equal(handshake_waited_ns(p.h), 0);
}

/* Three network duplicates of a ClientHello are no three copies: no verdict rests on them. */
static void duplicates_are_no_copies_at_both_ends(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, at);
		for (int i = 0; i < 3; i++)
			pair_duplicate(&p);
		assert_int_equal(flight(&p, 1)->copies, 1);
		dtls_flight4(&p);
		pair_duplicate(&p);
		dtls_flight5(&p);
		pair_duplicate(&p);
		assert_int_equal(flight(&p, 4)->copies, 1);
		assert_int_equal(flight(&p, 5)->copies, 1);
		dtls_flight6(&p);
		pair_duplicate(&p);
		assert_int_equal(flight(&p, 6)->copies, 1);
		assert_int_equal(p.h->party[PARTY_CLIENT].retransmissions, 0);
		assert_int_equal(p.h->party[PARTY_SERVER].retransmissions, 0);
		expect_completed_only(&s, &p);
	}
}

static void other_fragments_on_retransmission_are_one_copy(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, at);
		p.mtu = 600;
		dtls_flight4(&p);
		assert_true(flight(&p, 4)->complete);
		stream_wait(&s, SEC);
		p.mtu = 256;	/* a fallback after a timeout */
		dtls_flight4(&p);
		assert_int_equal(flight(&p, 4)->copies, 2);
		stream_wait(&s, 2 * SEC);
		p.mtu = 1400;
		dtls_flight4(&p);
		assert_int_equal(flight(&p, 4)->copies, 3);
		assert_int_equal(p.h->party[PARTY_SERVER].retransmissions, 2);
		assert_int_equal(s.num_changes, 0);
	}
}

/* A fragment of the first copy comes after the second copy began. */
static void late_fragment_is_no_third_copy(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	p.mtu = 700;
	p.fate = HELD;
	dtls_flight4(&p);
	assert_int_equal(p.num_held, 2);
	pair_release(&p, 0);
	assert_false(flight(&p, 4)->complete);
	stream_wait(&s, SEC);
	p.fate = ARRIVES;
	dtls_flight4(&p);
	assert_int_equal(flight(&p, 4)->copies, 2);
	pair_release(&p, 1);
	assert_int_equal(flight(&p, 4)->copies, 2);
	assert_true(flight(&p, 4)->complete);
	assert_int_equal(p.h->party[PARTY_SERVER].retransmissions, 1);
}

/* The same with Finished, whose number is of another epoch than the flight's other records. */
static void late_finished_is_no_third_copy(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	dtls_flight4(&p);
	dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
	pair_flush(&p);
	p.fate = HELD;
	dtls_finished(&p, PARTY_CLIENT);
	p.fate = ARRIVES;
	stream_wait(&s, SEC);
	dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
	pair_flush(&p);
	pair_release(&p, 0);
	dtls_finished(&p, PARTY_CLIENT);
	assert_int_equal(flight(&p, 5)->copies, 2);
	assert_int_equal(p.h->party[PARTY_CLIENT].retransmissions, 1);
}

/* Datagrams of one copy in the wrong order are one copy. */
static void reordered_copy_is_one_copy(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	p.mtu = 600;
	p.fate = HELD;
	dtls_flight4(&p);
	assert_int_equal(p.num_held, 2);
	pair_release(&p, 1);
	pair_release(&p, 0);
	assert_int_equal(flight(&p, 4)->copies, 1);
	assert_true(flight(&p, 4)->complete);
	p.fate = ARRIVES;
	for (uint32_t copy = 2; copy < 5; copy++) {
		stream_wait(&s, SEC);
		dtls_flight4(&p);
		assert_int_equal(flight(&p, 4)->copies, copy);
	}
}

static void another_random_is_another_handshake(void **state)
{
	struct pair q;
	STORY_WITH(begin, s, p, AT_SERVER);

	assert_true(seen_at(&s, 0)->begins);
	pair_init(&q, &s, 30041, 0x22);
	q.seq[PARTY_CLIENT][0] = 1;
	dtls_flight1(&q);
	assert_true(seen_at(&s, -2)->begins);
	assert_int_equal(p.id, 1);
	assert_int_equal(q.id, 2);
	dtls_flight1(&q);
	assert_false(seen_at(&s, -2)->begins);
	expect_messages(seen_at(&s, -2), 1, true, false);
	assert_int_equal(flight(&q, 1)->copies, 2);
	assert_int_equal(flight(&p, 1)->copies, 1);
	assert_int_equal(analysis_stats(s.analysis)->handshakes, 2);
}

/* A server without state gives its HelloVerifyRequest the number that its ServerHello has too. */
static void hello_verify_request_with_the_number_of_server_hello(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	p.cookie = true;
	dtls_flight2(&p);
	dtls_flight3(&p);
	p.seq[PARTY_SERVER][0] = 0;
	dtls_flight4(&p);
	expect_messages(seen_at(&s, -1), 4, false, false);
	assert_false(seen_at(&s, -1)->items[0].duplicate);
	assert_int_equal(flight(&p, 2)->copies, 1);
	assert_int_equal(flight(&p, 4)->copies, 1);
	assert_true(flight(&p, 4)->complete);
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_completed_only(&s, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_bytes_in_a_new_record_are_a_retransmission),
		cmocka_unit_test(same_record_is_a_duplicate),
		cmocka_unit_test(duplicates_are_no_copies_at_both_ends),
		cmocka_unit_test(other_fragments_on_retransmission_are_one_copy),
		cmocka_unit_test(late_fragment_is_no_third_copy),
		cmocka_unit_test(late_finished_is_no_third_copy),
		cmocka_unit_test(reordered_copy_is_one_copy),
		cmocka_unit_test(another_random_is_another_handshake),
		cmocka_unit_test(hello_verify_request_with_the_number_of_server_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
