// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A HelloVerifyRequest or HelloRetryRequest that is lost, or that nobody answers. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static void begin(struct stream *s, struct pair *p, unsigned at)
{
	stream_begin(s, p, at);
	p->cookie = true;
}

/* A server with state sends its HelloRetryRequest again, unasked. */
static void a_retry_request_on_a_timer(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	dtls13_flight1(&p);
	repeat(&p, dtls13_flight2, 3);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
	dtls13_flight3(&p);
	assert_int_equal(p.h->state, HANDSHAKE_IN_PROGRESS);
}

/* Near: one without answers each ClientHello, and owes nothing more; nor does its client, elsewhere. */
static void a_retry_request_for_each_hello(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	for (unsigned i = 0; i < 4; i++) {
		dtls13_flight1(&p);
		dtls13_flight2(&p);
		stream_wait(&s, SEC << i);
	}
	expect_silence(&s);
}

/* Near: what asked for it may be among the events that were lost; and of DTLS 1.2 it is on no timer. */
static void a_cookie_that_seems_unasked(void **state)
{
	for (int lost = 0; lost < 2; lost++) {
		STORY_WITH(begin, s, p, AT_SERVER);
		dtls13_flight1(&p);
		if (lost)
			analysis_lost(s.analysis, 0, 1);
		repeat(&p, lost ? dtls13_flight2 : dtls_flight2, 4);
		expect_silence(&s);
	}
}

/* --- the ClientHello again --- */

/* In two fragments, of which some get there. */
static void hello_in_two(struct pair *p, bool first, bool second)
{
	struct dtls_message part = { .msg_type = DTLS_MT_CLIENT_HELLO, .length = 120, .fragment_length = 60 };
	struct body body = body_begin(p, p->random);

	p->fate = first ? ARRIVES : LOST;
	dtls_fragment_add(p, PARTY_CLIENT, part, body.bytes);
	pair_flush(p);
	p->fate = second ? ARRIVES : LOST;
	part.fragment_offset = 60;
	dtls_fragment_add(p, PARTY_CLIENT, part, NULL);
	pair_flush(p);
	p->fate = ARRIVES;
}

static void hello_that_arrives(struct pair *p)
{
	hello_in_two(p, true, true);
}

/* Only the rest of it: a server without state answers the first fragment alone. */
static void rest_of_hello(struct pair *p)
{
	hello_in_two(p, false, true);
}

static void a_cookie_that_is_not_sent_again(void **state)
{
	uint64_t start;
	STORY_WITH(begin, s, p, AT_SERVER);

	hello_that_arrives(&p);
	dtls_flight2(&p);
	stream_wait(&s, SEC);
	start = s.now;
	repeat(&p, hello_that_arrives, 3);
	expect_stuck_at(&s, &p, start + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
	dtls_flight2(&p);
	assert_int_equal(p.h->state, HANDSHAKE_IN_PROGRESS);
}

/* So often within a floor that not all that came is remembered, read or not. */
static void a_cookie_that_is_asked_for_often(void **state)
{
	uint64_t start;

	for (int unread = 0; unread < 2; unread++) {
		STORY_WITH(begin, s, p, AT_SERVER);
		hello_that_arrives(&p);
		dtls_flight2(&p);
		stream_wait(&s, SEC);
		p.unread = unread;
		start = s.now;
		for (unsigned i = 0; i < 23; i++) {
			hello_that_arrives(&p);
			stream_wait(&s, 210 * MS);
		}
		expect_stuck_at(&s, &p, start + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
	}
}

/* Near: the rest of it is never read though what came behind it is, as with a checksum that is wrong. */
static void a_cookie_for_half_a_hello(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	hello_that_arrives(&p);
	dtls_flight2(&p);
	for (unsigned i = 0; i < PARTY_MAX_ARRIVALS; i++) {
		stream_wait(&s, FLOOR / 10);
		hello_in_two(&p, true, false);
		p.unread = true;
		rest_of_hello(&p);
		p.unread = false;
	}
	assert_int_equal(s.num_changes, 0);
	hello_in_two(&p, true, false);
	expect_silence(&s);
}

/* Near: part of it, and then all of it for less than a floor. */
static void a_cookie_that_nobody_asked_for(void **state)
{
	FOR_EACH_OBSERVER(at) {
		if (!(at & AT_SERVER))
			continue;
		STORY_WITH(begin, s, p, at);
		hello_that_arrives(&p);
		dtls_flight2(&p);
		stream_wait(&s, SEC);
		repeat(&p, rest_of_hello, 5);
		hello_that_arrives(&p);
		stream_wait(&s, FLOOR - 10 * MS);
		assert_int_equal(s.num_changes, 0);
	}
}

/* --- fragments --- */

static void fragmented_flight3(struct pair *p)
{
	p->mtu = 70;
	dtls13_flight3(p);
	p->mtu = 1400;
}

/* It took a ClientHello in one piece, and has nothing to say to one in many but what it said before. */
static void a_retry_request_instead_of_an_answer(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	dtls13_flight1(&p);
	dtls13_flight2(&p);
	fragmented_flight3(&p);
	for (unsigned i = 0; i < 3; i++) {
		stream_wait(&s, SEC);
		dtls13_flight2(&p);
		fragmented_flight3(&p);
	}
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_HELLO_FRAGMENTS_IGNORED, VERDICT_SIDE_SERVER);
}

/* Near: what it says is that it has got something. */
static void an_ack_instead_of_an_answer(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	dtls13_flight1(&p);
	dtls13_flight2(&p);
	fragmented_flight3(&p);
	stream_wait(&s, SEC);
	fragmented_flight3(&p);
	dtls13_plain_ack(&p, PARTY_SERVER, 2);
	stream_wait(&s, 60 * SEC);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.code, VERDICT_HELLO_FRAGMENTS_IGNORED);
}

/* Each ClientHello with its cookie is answered by another request, however often the client repeats it. Near: the third is taken. */
static void a_loop_and_a_short_timer(void **state)
{
	FOR_EACH_OBSERVER(at)
		for (int taken = 0; taken < 2; taken++) {
			STORY_WITH(begin, s, p, at);
			dtls_flight1(&p);
			dtls_flight2(&p);
			for (unsigned i = 0; i < 7; i++) {
				dtls_flight3(&p);
				(taken && i == 2 ? dtls_flight4 : dtls_flight2)(&p);
				stream_wait(&s, SEC);
				if (taken && i == 2)
					break;
			}
			if (taken)
				assert_int_equal(s.num_changes, 0);
			else
				expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_COOKIE_LOOP, VERDICT_SIDE_SERVER);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_retry_request_on_a_timer),
		cmocka_unit_test(a_loop_and_a_short_timer),
		cmocka_unit_test(a_retry_request_for_each_hello),
		cmocka_unit_test(a_cookie_that_seems_unasked),
		cmocka_unit_test(a_cookie_that_is_not_sent_again),
		cmocka_unit_test(a_cookie_that_is_asked_for_often),
		cmocka_unit_test(a_cookie_for_half_a_hello),
		cmocka_unit_test(a_cookie_that_nobody_asked_for),
		cmocka_unit_test(a_retry_request_instead_of_an_answer),
		cmocka_unit_test(an_ack_instead_of_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
