// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Handshakes that were stuck before the trace began, and what comes close: a healthy side that waits
 * for a timer of up to a minute. See user/analysis/late.h.
 */
#include "stream_dtls13.h"
#include "stream_verdict.h"

#define LONGEST HANDSHAKE_LONGEST_TIMER_NS

/* Only what comes from now on is seen. */
static void begin(struct stream *s, struct pair *p, unsigned at)
{
	(at == ON_WIRE ? stream_init_blind : stream_init)(s, at);
	pair_init(p, s, 30041, 0x11);
	p->seq[PARTY_CLIENT][0] = p->seq[PARTY_SERVER][0] = 5;
}

/* Copies of a flight at these seconds from START; 0 ends the list, except as the first. */
static void copies_at(struct pair *p, void (*flight)(struct pair *p), const unsigned *seconds)
{
	for (unsigned i = 0; !i || seconds[i]; i++) {
		stream_until(p->s, START + seconds[i] * SEC);
		flight(p);
	}
}

static const unsigned doubling[] = { 0, 8, 24, 0 }, constant[] = { 0, 10, 20, 30, 40, 50, 60, 0 }, two[] = { 0, 8, 0 };

/* Stuck from then on, with a sentence that says that the trace began later. */
static void expect_likely(struct stream *s, const struct pair *p, uint64_t at, enum verdict_code code,
			  enum verdict_side side)
{
	const struct verdict *v;
	bool says_so = false;

	expect_stuck_at(s, p, at, code, side);
	v = &stream_change(s, s->num_changes - 1)->verdict;
	assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
	for (uint32_t i = 0; i < v->num_evidence; i++) {
		says_so |= strstr(v->evidence[i], "the trace began later than the handshake") != NULL;
		assert_null(strstr(v->evidence[i], "ClientHello"));
	}
	assert_true(says_so);
}

/* --- a client that does not answer flight 4 --- */

/* Its timer is not longer than what the server's back-off shows. */
static void a_server_that_backs_off(void **state)
{
	for (int n = 0; n < 4; n++) {
		STORY_WITH(begin, s, p, n & 1 ? AT_BOTH : AT_CLIENT);
		p.cookie = n & 2;
		copies_at(&p, dtls_flight4, doubling);
		expect_likely(&s, &p, START + 24 * SEC + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_CLIENT);
		/* It moves again. */
		dtls_flight5(&p);
		assert_int_equal(p.h->state, HANDSHAKE_IN_PROGRESS);
	}
}

/* How long the server has repeated itself is not known: the longest timer has to pass. */
static void a_server_that_does_not_back_off(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_CLIENT);
	copies_at(&p, dtls_flight4, constant);
	expect_likely(&s, &p, START + LONGEST + SEC, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_CLIENT);
	stream_fini(&s);
	begin(&s, &p, AT_CLIENT);
	copies_at(&p, dtls_flight4, two);
	expect_likely(&s, &p, START + LONGEST + SEC, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_CLIENT);
	stream_fini(&s);
}

/* A copy that is lost makes a constant timer look like one that doubles; the record numbers tell. */
static void a_copy_that_is_lost(void **state)
{
	static const unsigned first[] = { 0, 10, 0 }, last[] = { 30, 0 };
	STORY_WITH(begin, s, p, AT_CLIENT);

	copies_at(&p, dtls_flight4, first);
	p.fate = LOST;
	stream_until(&s, START + 20 * SEC);
	dtls_flight4(&p);
	p.fate = ARRIVES;
	copies_at(&p, dtls_flight4, last);
	expect_likely(&s, &p, START + LONGEST + SEC, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_CLIENT);
}

/* --- near: the client is healthy --- */

static void a_client_whose_timer_is_long(void **state)
{
	static const unsigned more[] = { 61, 70, 80, 90, 100, 110, 120, 0 };
	STORY_WITH(begin, s, p, AT_CLIENT);

	copies_at(&p, dtls_flight4, constant);
	/* Its flight 5 gets lost once a minute, and is no answer to what it reads. */
	p.fate = LOST;
	dtls_flight5(&p);
	p.fate = ARRIVES;
	copies_at(&p, dtls_flight4, more);
	p.fate = LOST;
	dtls_flight5(&p);
	assert_int_equal(s.num_changes, 0);
	expect_silence(&s);
}

static void one_copy_says_nothing(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, at);
		(at & 1 ? dtls_flight4 : dtls_flight5)(&p);
		expect_silence(&s);
	}
}

/* What the path takes from each copy the client cannot answer. */
static void a_flight_that_is_not_whole(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	p.mtu = 300;
	for (unsigned i = 0; i < 2; i++) {
		stream_until(&s, START + i * 8 * SEC);
		dtls_server_hello(&p);
		pair_flush(&p);
		p.fate = LOST;
		dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, CERTIFICATE_LEN, NULL);
		pair_flush(&p);
		p.fate = ARRIVES;
		dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
		pair_flush(&p);
	}
	expect_silence(&s);
}

static void both_sides_repeat(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		STORY_WITH(begin, s, p, at);
		for (unsigned i = 0; i < 5; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			dtls_flight4(&p);
			stream_wait(&s, 300 * MS);
			dtls_flight5(&p);
		}
		assert_int_equal(s.num_changes, 0);
	}
}

/* --- a client that does not read --- */

static void a_client_that_does_not_read(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	p.unread = true;
	dtls_flight4(&p);
	expect_likely(&s, &p, START + FLOOR, VERDICT_NOT_READING, VERDICT_SIDE_CLIENT);
}

/* --- an answer that has no timer is due for each copy --- */

static void a_server_that_does_not_answer_flight_5(void **state)
{
	struct stream s;
	struct pair p;

	for (int n = 0; n < 8; n++) {
		begin(&s, &p, n & 1 ? AT_BOTH : AT_SERVER);
		p.cookie = n & 2;
		p.client_certificate = n & 4;
		copies_at(&p, dtls_flight5, two);
		expect_likely(&s, &p, START + 8 * SEC + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
		dtls_flight6(&p);
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
		stream_fini(&s);
		/* Near: it answers each, and what it sends gets lost. */
		begin(&s, &p, n & 1 ? AT_BOTH : AT_SERVER);
		p.cookie = n & 2;
		dtls_flight5(&p);
		dtls_flight6(&p);
		assert_int_equal(s.faults, 0);
		stream_fini(&s);
	}
}

/* The trace may have begun after the Certificate, and then that is in the next copy. */
static void a_certificate_that_may_be_missing(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 2, 66, NULL);
	dtls_finished(&p, PARTY_CLIENT);
	stream_wait(&s, 8 * SEC);
	p.seq[PARTY_CLIENT][0] += 1;	/* its Certificate is lost */
	dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 2, 66, NULL);
	dtls_finished(&p, PARTY_CLIENT);
	assert_false(p.h->flights[5].complete);
	expect_silence(&s);
}

static void a_client_of_an_abbreviated_handshake(void **state)
{
	for (int n = 0; n < 4; n++) {
		STORY_WITH(begin, s, p, n & 1 ? AT_BOTH : AT_CLIENT);
		p.cookie = n & 2;
		copies_at(&p, dtls_flight4_resumed, two);
		assert_true(p.h->resumed);
		expect_likely(&s, &p, START + 8 * SEC + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_CLIENT);
	}
}

/* --- a ClientHello that was sent before --- */

static void a_server_that_does_not_answer_a_repeated_hello(void **state)
{
	void (*const hellos[])(struct pair *p) = { dtls_flight1, dtls_flight3, dtls13_flight1 };

	for (size_t n = 0; n < 3; n++) {
		STORY_WITH(begin, s, p, AT_SERVER);
		copies_at(&p, hellos[n], doubling);
		stream_until(&s, START + 24 * SEC + FLOOR - 1);
		assert_int_equal(s.num_changes, 0);	/* it may have answered, and wait for its own timer */
		stream_wait(&s, SEC);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
		assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
	}
}

/* Near: the trace has run for so long that copies of it would have been seen; they were lost. */
static void a_hello_whose_first_copy_was_lost(void **state)
{
	struct pair other;
	STORY_WITH(begin, s, p, AT_SERVER);

	pair_init(&other, &s, 30042, 0x22);
	dtls_full(&other);
	stream_wait(&s, 300 * SEC);
	dtls_flight1(&p);
	stream_wait(&s, FLOOR + SEC);
	expect_change(&s, 1, &p, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
	assert_false(p.h->late);
}

/* Near: the server's first copy that is seen is not its first, so its timer is not known. */
static void a_server_in_back_off(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	dtls_flight1(&p);
	stream_wait(&s, 100 * MS);
	p.fate = LOST;
	dtls_flight4(&p);
	stream_wait(&s, 60 * SEC);
	assert_int_equal(s.num_changes, 0);
}

/* --- what the others can see --- */

/* From elsewhere, and in a capture, where nothing is known of reads: the side is silent, or the path loses. */
static void a_side_that_is_elsewhere(void **state)
{
	static const unsigned three[] = { 0, 1, 3, 0 };

	for (int n = 0; n < 4; n++) {
		bool server = n & 1;

		STORY_WITH(begin, s, p, n & 2 ? ON_WIRE : server ? AT_CLIENT : AT_SERVER);
		copies_at(&p, server ? dtls_flight5 : dtls_flight4, three);
		stream_until(&s, START + FLOOR + 100 * MS);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_PEER_SILENT,
			      server ? VERDICT_SIDE_SERVER : VERDICT_SIDE_CLIENT);
		assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
		assert_non_null(strstr(s.changes[0].verdict.summary, "or the path loses"));
	}
}

/* DTLS 1.3 hides where flight 4 ends: more copies are needed. */
static void a_client_of_dtls_13(void **state)
{
	static const unsigned six[] = { 0, 10, 20, 30, 40, 50, 0 };
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_CLIENT);
	copies_at(&p, dtls13_flight4, six);
	expect_likely(&s, &p, START + LONGEST + SEC, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
	assert_null(strstr(s.changes[0].verdict.summary, "or the path loses"));
	stream_fini(&s);
	/* Near: two copies may not have been whole. */
	begin(&s, &p, AT_CLIENT);
	copies_at(&p, dtls13_flight4, two);
	expect_silence(&s);
	stream_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_backs_off),
		cmocka_unit_test(a_server_that_does_not_back_off),
		cmocka_unit_test(a_copy_that_is_lost),
		cmocka_unit_test(a_client_whose_timer_is_long),
		cmocka_unit_test(one_copy_says_nothing),
		cmocka_unit_test(a_flight_that_is_not_whole),
		cmocka_unit_test(both_sides_repeat),
		cmocka_unit_test(a_client_that_does_not_read),
		cmocka_unit_test(a_server_that_does_not_answer_flight_5),
		cmocka_unit_test(a_certificate_that_may_be_missing),
		cmocka_unit_test(a_client_of_an_abbreviated_handshake),
		cmocka_unit_test(a_server_that_does_not_answer_a_repeated_hello),
		cmocka_unit_test(a_hello_whose_first_copy_was_lost),
		cmocka_unit_test(a_server_in_back_off),
		cmocka_unit_test(a_side_that_is_elsewhere),
		cmocka_unit_test(a_client_of_dtls_13),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
