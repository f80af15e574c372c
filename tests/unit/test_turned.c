// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A side that begins as a client, and then serves the handshake that its peer began in the other direction, has left its own. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

#define BAD_CERTIFICATE 42

enum end { COMPLETES, IS_REFUSED, IS_REFUSED_LATER, LEFT_ALONE, NUM_ENDS };

/* The client of `p` is not answered; 10 ms after its `copies`, its peer begins, and is served. */
static void turn(struct stream *s, struct pair *p, struct pair *q, unsigned at, enum end end, bool is_dtls13, int copies)
{
	stream_begin(s, p, at);
	s->transit_ns = MS;
	pair_reverse(q, p);
	for (int i = 0; i < copies; i++) {
		if (i)
			stream_wait(s, SEC);
		(is_dtls13 ? dtls13_flight1 : dtls_flight1)(p);
	}
	stream_wait(s, 10 * MS);
	stream_swap(s);
	(is_dtls13 ? dtls13_flight1 : dtls_flight1)(q);
	(is_dtls13 ? dtls13_flight4 : dtls_flight4)(q);
	if (end == IS_REFUSED)
		dtls_alert(q, PARTY_CLIENT, DTLS_ALERT_FATAL, BAD_CERTIFICATE);
	if (end == COMPLETES || end == IS_REFUSED_LATER)
		(is_dtls13 ? dtls13_flight5 : dtls_flight5)(q);
	if (end == COMPLETES)
		(is_dtls13 ? dtls13_flight6 : dtls_flight6)(q);
	if (end == IS_REFUSED_LATER)
		dtls_alert(q, PARTY_SERVER, DTLS_ALERT_FATAL, BAD_CERTIFICATE);
	stream_swap(s);
}

/* Can it be known from here that it serves, and not that anybody has sent a ServerHello? */
static bool is_known(unsigned at, enum end end)
{
	return at & AT_CLIENT || end != LEFT_ALONE;
}

static void expect_replaced(const struct stream *s, const struct pair *p, unsigned at, int end)
{
	const struct change *last = NULL;

	for (uint32_t i = 0; i < s->num_changes; i++) {
		assert_false(s->changes[i].id == p->id && s->changes[i].state == HANDSHAKE_STUCK);
		if (s->changes[i].id == p->id)
			last = &s->changes[i];
	}
	assert_non_null(last);
	if (last->state != HANDSHAKE_ABANDONED || last->verdict.code != VERDICT_NONE)
		fail_msg("at %u, end %d: %s, %s", at, end, handshake_state_name(last->state), verdict_code_name(last->verdict.code));
}

static void however_the_second_ends(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (unsigned n = 0; n < NUM_ENDS * 2 * 2; n++) {
			enum end end = n % NUM_ENDS;
			struct pair q;

			if (!is_known(at, end))
				continue;
			STORY_WITH(turn, s, p, &q, at, end, n / NUM_ENDS & 1, 1 + n / NUM_ENDS / 2);
			stream_wait(&s, 2 * FLOOR);
			analysis_finish(s.analysis, s.now);
			expect_replaced(&s, &p, at, end);
		}
}

/* It does not wait for the floor if its socket is closed, or the trace ends. */
static void it_closes_before_the_floor(void **state)
{
	for (unsigned at = AT_CLIENT; at <= AT_BOTH; at += AT_SERVER)
		for (unsigned end = IS_REFUSED; end < NUM_ENDS; end++) {
			struct pair q;

			STORY_WITH(turn, s, p, &q, at, end, false, 1);
			stream_wait(&s, SEC);
			pair_close(&p, PARTY_CLIENT, 0);
			expect_replaced(&s, &p, at, end);
		}
}

/* Near: it goes on to send its ClientHello after it has served. */
static void near_it_does_not_give_up(void **state)
{
	for (int n = 0; n < 2; n++) {
		struct pair q;

		STORY_WITH(turn, s, p, &q, n ? AT_BOTH : AT_CLIENT, IS_REFUSED, false, 1);
		for (int i = 0; i < 4; i++) {
			stream_wait(&s, SEC << i);
			dtls_flight1(&p);
		}
		stream_wait(&s, FLOOR);
		assert_int_equal(p.h->state, HANDSHAKE_STUCK);
	}
}

/* Near: it does not serve the other direction. */
static void near_it_does_not_serve(void **state)
{
	for (unsigned at = AT_CLIENT; at <= AT_BOTH; at += AT_SERVER) {
		STORY(s, p, at);
		struct pair q;

		pair_reverse(&q, &p);
		dtls_flight1(&p);
		stream_wait(&s, 10 * MS);
		stream_swap(&s);
		dtls_flight1(&q);
		stream_swap(&s);
		stream_wait(&s, 3 * FLOOR);
		assert_int_equal(p.h->state, HANDSHAKE_STUCK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(however_the_second_ends),
		cmocka_unit_test(it_closes_before_the_floor),
		cmocka_unit_test(near_it_does_not_give_up),
		cmocka_unit_test(near_it_does_not_serve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
