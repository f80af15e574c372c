// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A ClientHello of which only later fragments come: a path may drop what is as large as the first one. */
#include "stream_verdict.h"

#define SMALL 60	/* 35 bytes of a message in each datagram: a ClientHello is three */

static void begin(struct stream *s, struct pair *p)
{
	stream_init(s, AT_SERVER);
	pair_init(p, s, 30041, 0x11);
	p->mtu = SMALL;
}

/* Of each copy of the ClientHello, a second apart at first, what comes is not its beginning. */
static void without_beginning(struct stream *s, struct pair *p, int copies)
{
	for (int i = 0; i < copies; i++) {
		p->fate = HELD;
		dtls_flight1(p);
		p->fate = ARRIVES;
		for (uint32_t k = 1; k < p->num_held; k++)
			pair_release(p, k);
		p->num_held = 0;
		stream_wait(s, SEC << i);
	}
}

/* There is no random, and yet it is told what is missing; once that comes, it is one handshake. */
static void the_beginning_never_comes(void **state)
{
	struct stream s;
	struct pair p;

	for (int i = 0; i < 4; i++) {
		begin(&s, &p);
		p.version = i & 1 ? DTLS_VERSION_1_0 : DTLS_VERSION_1_2;
		without_beginning(&s, &p, 4);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_MISSING_FRAGMENT, VERDICT_SIDE_NETWORK);
		assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
		assert_non_null(strstr(s.changes[0].verdict.summary, "bytes 0 to 34 of its ClientHello (message_seq 0, 76 bytes)"));
		assert_false(handshake_knows_random(p.h));
		if (i & 2) {
			dtls_flight1(&p);
			dtls_flight4(&p);
			dtls_flight5(&p);
			dtls_flight6(&p);
			stream_wait(&s, SEC);
			expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
			assert_true(handshake_knows_random(p.h));
		}
		expect_silence(&s);
		assert_int_equal(analysis_stats(s.analysis)->handshakes, 1);
		stream_fini(&s);
	}
}

/* Near: twice may be by chance, and what the network doubles is one copy. */
static void the_beginning_may_come(void **state)
{
	struct stream s;
	struct pair p;

	for (int i = 0; i < 2; i++) {
		begin(&s, &p);
		for (int copy = 0; copy <= i; copy++) {
			without_beginning(&s, &p, 1);
			for (int k = 0; k < 5; k++)
				pair_duplicate(&p);
		}
		stream_wait(&s, 30 * SEC);
		assert_int_equal(s.num_changes, 0);
		assert_int_equal(analysis_stats(s.analysis)->handshakes, 0);
		stream_fini(&s);
	}
}

/*
 * Near: the trace began late, and each copy is one record: the server may have acknowledged the others by then
 * (RFC 9147 s7).
 */
static void the_beginning_was_acknowledged(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p);
	for (int i = 0; i < 5; i++) {
		p.seq[PARTY_CLIENT][0] = 6 + i - 2;
		p.fate = HELD;
		dtls_flight1(&p);
		p.fate = ARRIVES;
		pair_release(&p, 2);
		p.num_held = 0;
		stream_wait(&s, SEC << i);
	}
	assert_int_equal(s.faults, 0);
	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_int_equal(s.faults, 0);
	assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], 1);
	assert_int_equal(analysis_stats(s.analysis)->handshakes, 1);
	stream_fini(&s);
}

/* Near: another handshake runs between these addresses, so anybody may have sent it. */
static void the_beginning_is_of_nobody(void **state)
{
	struct stream s;
	struct pair p, q;

	begin(&s, &p);
	p.mtu = 1400;
	dtls_flight1(&p);
	dtls_flight4(&p);
	pair_init(&q, &s, 30041, 0x22);
	q.mtu = SMALL;
	q.socket[PARTY_SERVER] = p.socket[PARTY_SERVER];
	without_beginning(&s, &q, 3);
	assert_int_equal(analysis_stats(s.analysis)->handshakes, 1);
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	stream_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_beginning_never_comes),
		cmocka_unit_test(the_beginning_may_come),
		cmocka_unit_test(the_beginning_was_acknowledged),
		cmocka_unit_test(the_beginning_is_of_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
