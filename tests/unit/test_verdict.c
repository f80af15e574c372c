// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* not-retransmitting: when it holds, when it is taken back, and what comes close to it. */
#include "stream_verdict.h"

/* --- not-retransmitting: the case the project began with --- */

/* When flight 4 is sent first; flight 5 follows at once. */
#define FLIGHT4 (START + MS)

/* The client's flight 5 is lost and it lets its timer pass; the server repeats at 1 and 3 s. */
static void founding_case(struct stream *s, struct pair *p, unsigned at)
{
	stream_begin(s, p, at);
	p->cookie = true;
	p->mtu = 256;
	dtls_hellos(p);
	stream_until(s, FLIGHT4);
	dtls_flight4(p);
	p->fate = LOST;
	dtls_flight5(p);
	p->fate = ARRIVES;
	stream_until(s, FLIGHT4 + SEC);
	dtls_flight4(p);
	stream_until(s, FLIGHT4 + 3 * SEC);
	dtls_flight4(p);
	assert_int_equal(s->num_changes, 0);
}

static void founding_case_from_the_client(void **state)
{
	const struct verdict *v;
	STORY_WITH(founding_case, s, p, AT_CLIENT);

	expect_exactly(&p, FLIGHT4 + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	expect_stuck_at(&s, &p, FLIGHT4 + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	v = &s.changes[0].verdict;
	assert_int_equal(v->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(v->summary,
			    "client 10.0.0.5:30041 (licode pid 812) is not retransmitting");
	assert_int_equal(v->num_evidence, 3);
	assert_string_equal(v->evidence[0], "the server sent flight 4 three times (at 0.0, 1.0, 3.0 s); "
			    "all of the first copy reached this host and was read");
	assert_non_null(strstr(v->evidence[1], "client sent flight 5 once and nothing in the 5."));
	assert_non_null(strstr(v->evidence[1], "its timer (assumed: 1.0 s) was due 4."));
	assert_string_equal(v->evidence[2],
			    "the repeated Certificate fragments are retransmissions, not errors");
	assert_non_null(strstr(v->hint, "DTLSv1_handle_timeout"));
}

static void founding_case_is_taken_back(void **state)
{
	STORY_WITH(founding_case, s, p, AT_CLIENT);

	stream_until(&s, FLIGHT4 + 7 * SEC);
	assert_int_equal(s.num_changes, 1);
	dtls_flight4(&p);	/* the server's repeat changes nothing */
	assert_int_equal(s.num_changes, 1);
	stream_until(&s, FLIGHT4 + 8 * SEC);
	dtls_flight5(&p);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	assert_int_equal(s.changes[1].now, FLIGHT4 + 8 * SEC);
	assert_true(p.h->was_stuck);
	dtls_flight6(&p);
	assert_int_equal(s.num_changes, 3);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_STUCK], 0);
	assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], 1);
	expect_silence(&s);
	assert_int_equal(s.wrong, 0);
}

/* There the client is simply silent: which of it and the path is to blame cannot be seen. */
static void founding_case_from_the_server(void **state)
{
	STORY_WITH(founding_case, s, p, AT_SERVER);

	expect_exactly(&p, FLIGHT4 + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
	expect_stuck_at(&s, &p, FLIGHT4 + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
	assert_string_equal(s.changes[0].verdict.summary, "client 10.0.0.5:30041 answered before "
			    "and is silent now: it sends nothing, or the path loses its datagrams");
	assert_non_null(strstr(s.changes[0].verdict.evidence[0], "server sent flight 4 three times"));
}

static void founding_case_from_both(void **state)
{
	STORY_WITH(founding_case, s, p, AT_BOTH);

	expect_exactly(&p, FLIGHT4 + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	expect_stuck_at(&s, &p, FLIGHT4 + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_CERTAIN);
}

/* A copy more of the side that waits moves nothing: what was said stays said. */
static void the_waiting_sides_repeat_takes_nothing_back(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY_WITH(founding_case, s, p, at);
		stream_until(&s, FLIGHT4 + 7 * SEC);
		assert_int_equal(s.num_changes, 1);
		dtls_flight4(&p);
		stream_until(&s, FLIGHT4 + 15 * SEC);
		dtls_flight4(&p);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, 1);
	}
}

static void lost_events_make_it_likely(void **state)
{
	const struct verdict *v;
	STORY_WITH(founding_case, s, p, AT_CLIENT);

	analysis_lost(s.analysis, 0, 3);
	expect_stuck_at(&s, &p, FLIGHT4 + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	v = &s.changes[0].verdict;
	assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
	assert_string_equal(v->evidence[v->num_evidence - 1], "the tracer lost 3 events during this handshake");
}

/* What was lost before a handshake began does not weaken what is said of it. */
static void events_lost_before_do_not_count(void **state)
{
	struct stream s STREAM_ENDS;
	struct pair p;

	stream_init(&s, AT_CLIENT);
	analysis_lost(s.analysis, 0, 3);
	pair_init(&p, &s, 30041, 0x11);
	p.fate = LOST;
	dtls_flight1(&p);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_CERTAIN);
}

/* What began by the time up to which something is missing may lack it; what began later does not. */
static void what_is_missing_makes_it_likely(void **state)
{
	const uint64_t until[] = { START - 1, START, START + SEC };
	const struct verdict *v;

	for (int i = 0; i < 3; i++) {
		STORY_WITH(founding_case, s, p, AT_CLIENT);
		analysis_missing(s.analysis, 0, MISSING_LIMITED, until[i]);
		expect_stuck_at(&s, &p, FLIGHT4 + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
		v = &s.changes[0].verdict;
		assert_int_equal(v->confidence, i ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
		if (i)
			assert_string_equal(v->evidence[v->num_evidence - 1],
					    "the rate limit left out datagrams during this handshake");
	}
}

/* The end of a healthy handshake is told when it comes: what was missing then is known before. */
static void missing_before_it_ends(void **state)
{
	const struct change *last;
	struct stream s;
	struct pair p;

	for (int lost = 0; lost < 2; lost++) {
		stream_init(&s, AT_BOTH);
		analysis_missing(s.analysis, 0, lost ? MISSING_LOST : MISSING_LIMITED, START);
		pair_init(&p, &s, 30041, 0x11);
		dtls_full(&p);
		last = &s.changes[s.num_changes - 1];
		assert_int_equal(last->verdict.code, VERDICT_COMPLETED);
		assert_int_equal(last->verdict.confidence, CONFIDENCE_LIKELY);
		stream_fini(&s);
	}
}

/* Nothing is said any more of a handshake that is not looked at. */
static void limited_is_not_followed(void **state)
{
	struct event ev;
	STORY_WITH(founding_case, s, p, AT_CLIENT);

	ev = pair_bare(&p, PARTY_CLIENT, EVENT_LIMITED);
	analysis_event(s.analysis, &ev, sizeof(ev));
	assert_int_equal(s.num_changes, 1);
	assert_int_equal(s.changes[0].verdict.code, VERDICT_EVICTED);
	assert_non_null(strstr(s.changes[0].verdict.summary, "rate limit"));
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	assert_int_equal(analysis_stats(s.analysis)->evicted, 1);
}

static void still_stuck_at_the_end(void **state)
{
	struct stream s;
	struct pair p;

	founding_case(&s, &p, AT_CLIENT);
	analysis_finish(s.analysis, START + 4 * SEC);	/* too early for a verdict: said once, as open */
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	stream_fini(&s);

	founding_case(&s, &p, AT_CLIENT);
	stream_until(&s, START + 6 * SEC);
	analysis_finish(s.analysis, START + 60 * SEC);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 1, &p, HANDSHAKE_STUCK, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	assert_non_null(strstr(s.changes[1].verdict.evidence[1], "flight 5 once and nothing in the 60.0 s since"));
	stream_fini(&s);
}

/* One flight sent once, seen at its sender's socket. */
static void one_client_hello_and_silence(void **state)
{
	struct stream s;
	struct pair p;

	FOR_EACH_OBSERVER(at) {
		stream_init_blind(&s, at);
		pair_init(&p, &s, 30041, 0x11);
		dtls_flight1(&p);
		if (at == AT_SERVER) {
			/* From here a client that gave up and a path that broke look alike. */
			expect_silence(&s);
		} else {
			expect_exactly(&p, START + FLOOR, VERDICT_NOT_RETRANSMITTING,
				       VERDICT_SIDE_CLIENT);
			expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NOT_RETRANSMITTING,
					VERDICT_SIDE_CLIENT);
		}
		stream_fini(&s);
	}
}

/* A learned timer counts from the latest copy, doubled as its owner doubles it. */
static void a_long_timer_is_waited_for(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	dtls_flight1(&p);
	stream_until(&s, START + 4 * SEC);
	dtls_flight1(&p);
	expect_exactly(&p, START + 20 * SEC, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	expect_stuck_at(&s, &p, START + 20 * SEC, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	assert_non_null(strstr(s.changes[0].verdict.evidence[0], "its timer (measured: 8.0 s)"));
}

/* With both ends here it is seen that nothing gets there: no side is silent, the path is to blame. */
static void the_path_loses_it(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_flight1(&p);
	p.fate = LOST;
	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_flight4(&p);
	}
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_NETWORK);
	assert_non_null(strstr(s.changes[0].verdict.summary, "the path loses flight 4, or a part of it, on the way to client 10.0.0.5:30041"));
}

static void server_that_does_not_retransmit(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_flight1(&p);
	stream_wait(&s, 200 * MS);
	p.fate = LOST;
	dtls_flight4(&p);
	expect_exactly(&p, s.now + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_SERVER);
	expect_stuck_at(&s, &p, s.now + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_SERVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(founding_case_from_the_client),
		cmocka_unit_test(founding_case_is_taken_back),
		cmocka_unit_test(founding_case_from_the_server),
		cmocka_unit_test(founding_case_from_both),
		cmocka_unit_test(the_waiting_sides_repeat_takes_nothing_back),
		cmocka_unit_test(lost_events_make_it_likely),
		cmocka_unit_test(events_lost_before_do_not_count),
		cmocka_unit_test(what_is_missing_makes_it_likely),
		cmocka_unit_test(missing_before_it_ends),
		cmocka_unit_test(limited_is_not_followed),
		cmocka_unit_test(still_stuck_at_the_end),
		cmocka_unit_test(one_client_hello_and_silence),
		cmocka_unit_test(a_long_timer_is_waited_for),
		cmocka_unit_test(the_path_loses_it),
		cmocka_unit_test(server_that_does_not_retransmit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
