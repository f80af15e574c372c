// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * no-response, peer-silent, alert, and the silences that are nobody's fault. A
 * source that shows what is read would know more of some: see test_verdict_reads.c.
 */
#include "stream_verdict.h"

/* --- no-response --- */

static void no_response(void **state)
{
	struct stream s;
	struct pair p;

	FOR_EACH_OBSERVER(at) {
		stream_init_blind(&s, at);
		pair_init(&p, &s, 30041, 0x11);
		p.fate = at == AT_CLIENT ? LOST : ARRIVES;
		repeat(&p, dtls_flight1, 3);
		expect_exactly(&p, START + FLOOR, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
		assert_string_equal(s.changes[0].verdict.evidence[0],
				    at == AT_CLIENT ?
				    "the client sent flight 1 three times (at 0.0, 1.0, 3.0 s)" :
				    "the client sent flight 1 three times (at 0.0, 1.0, 3.0 s); "
				    "all of the first copy reached this host and was read");
		stream_until(&s, START + 7 * SEC);
		dtls_flight1(&p);
		stream_until(&s, START + 15 * SEC);
		dtls_flight1(&p);
		stream_wait(&s, 60 * SEC);
		assert_int_equal(s.num_changes, 1);
		stream_fini(&s);
	}
}

/* The third copy may come after the floor: then its own timer is waited for. */
static void no_response_waits_for_the_last_copy(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	dtls_flight1(&p);
	stream_until(&s, START + 2 * SEC);
	dtls_flight1(&p);
	stream_until(&s, START + 6 * SEC);
	dtls_flight1(&p);
	expect_exactly(&p, START + 7 * SEC, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
	expect_stuck_at(&s, &p, START + 7 * SEC, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
}

static void two_client_hellos_are_not_no_response(void **state)
{
	struct stream s;
	struct pair p;

	FOR_EACH_OBSERVER(at) {
		stream_init_blind(&s, at);
		pair_init(&p, &s, 30041, 0x11);
		repeat(&p, dtls_flight1, 2);
		if (at == AT_SERVER)
			expect_silence(&s);
		else	/* timer 1 s seen, so 2 s due after the copy at 1 s: the floor decides */
			expect_stuck_at(&s, &p, START + SEC + FLOOR, VERDICT_NOT_RETRANSMITTING,
					VERDICT_SIDE_CLIENT);
		stream_fini(&s);
	}
}

static void an_answer_takes_no_response_back(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	repeat(&p, dtls_flight1, 3);
	stream_until(&s, START + 6 * SEC);
	assert_int_equal(s.num_changes, 1);
	p.fate = ARRIVES;
	dtls_flight4(&p);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_int_equal(s.num_changes, 3);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	expect_silence(&s);
}

/* --- peer-silent --- */

static void peer_silent_after_a_cookie(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.cookie = true;
	dtls_flight1(&p);
	stream_wait(&s, MS);
	dtls_flight2(&p);
	stream_wait(&s, MS);
	p.fate = LOST;
	repeat(&p, dtls_flight3, 3);
	expect_exactly(&p, START + 2 * MS + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
	expect_stuck_at(&s, &p, START + 2 * MS + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
	assert_string_equal(s.changes[0].verdict.summary, "server 10.0.0.9:4433 answered before "
			    "and is silent now: it sends nothing, or the path loses its datagrams");
	assert_non_null(strstr(s.changes[0].verdict.evidence[1], "the server last sent flight 2, 5."));
}

/* Both ends are on this host: then it is known that the server sends nothing. */
static void peer_silent_seen_at_both_ends(void **state)
{
	struct stream s STREAM_ENDS;
	struct pair p;

	stream_init_blind(&s, AT_BOTH);
	pair_init(&p, &s, 30041, 0x11);
	p.cookie = true;
	dtls_flight1(&p);
	dtls_flight2(&p);
	stream_wait(&s, MS);
	repeat(&p, dtls_flight3, 3);
	expect_stuck_at(&s, &p, START + MS + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
	assert_string_equal(s.changes[0].verdict.summary, "server 10.0.0.9:4433 (server pid 900) "
			    "answered before and is silent now: it sends nothing");
}

static void two_copies_are_not_peer_silent(void **state)
{
	struct stream s;
	struct pair p;

	for (unsigned at = AT_CLIENT; at <= AT_SERVER; at++) {
		stream_init_blind(&s, at);
		pair_init(&p, &s, 30041, 0x11);
		dtls_flight1(&p);
		stream_wait(&s, MS);
		p.fate = at == AT_CLIENT ? ARRIVES : LOST;
		repeat(&p, dtls_flight4, 2);
		if (at == AT_CLIENT)	/* the server's own timer cannot be judged from here */
			expect_silence(&s);
		else
			expect_stuck_at(&s, &p, START + MS + SEC + FLOOR,
					VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_SERVER);
		stream_fini(&s);
	}
}

/* It sends what it sent before: it is there, but does not get our flight or does not accept it. */
static void a_peer_that_repeats_is_not_silent(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	stream_wait(&s, MS);
	dtls_flight4(&p);
	stream_wait(&s, MS);
	for (int i = 0; i < 6; i++) {
		p.fate = LOST;
		dtls_flight5(&p);
		p.fate = ARRIVES;
		stream_wait(&s, 100 * MS);
		dtls_flight4(&p);
		stream_wait(&s, SEC << i);
	}
	assert_int_equal(p.h->flights[5].copies, 6);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_SERVER);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
	assert_non_null(strstr(s.changes[0].verdict.summary, "or does not receive all of it"));
}

/* --- who owes nothing --- */

/* Flight 6 was lost: its sender waits for nothing. The client's copies must come. */
static void sender_of_flight_6_owes_nothing(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	p.fate = LOST;
	dtls_flight6(&p);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	expect_silence(&s);
}

/* From one end, a lost flight, a lost answer and a client that is gone look alike. A client that repeats shows which. */
static void what_a_copy_would_make_up_for_is_said(void **state)
{
	for (int n = 0; n < 3; n++) {
		STORY(s, p, n == 1 ? AT_BOTH : AT_SERVER);
		dtls_flight1(&p);
		dtls_flight4(&p);
		if (n == 2)
			repeat(&p, dtls_flight1, 3);
		stream_wait(&s, FLOOR + SEC);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_SERVER);
		assert_int_equal(strstr(s.changes[0].verdict.hint, "flight 4, or the answer to it, may be lost on the path") != NULL, !n);
	}
}

/* Flight 5' was lost: the client waits for nothing, the server has a timer. */
static void sender_of_the_resumed_last_flight_owes_nothing(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_flight1(&p);
	dtls_flight4_resumed(&p);
	p.fate = LOST;
	dtls_finished(&p, PARTY_CLIENT);
	p.fate = ARRIVES;
	assert_true(p.h->resumed);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_SERVER);
	dtls_flight4_resumed(&p);
	expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	dtls_finished(&p, PARTY_CLIENT);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	expect_silence(&s);
}

/* A HelloVerifyRequest is sent from no state (s4.2.1): nobody repeats it. */
static void sender_of_hello_verify_request_owes_nothing(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		if (at != AT_SERVER)
			p.fate = LOST;
		dtls_flight2(&p);
		stream_wait(&s, HOUR);
		for (uint32_t i = 0; i < s.num_changes; i++)
			assert_int_not_equal(s.changes[i].verdict.side, VERDICT_SIDE_SERVER);
		if (at == AT_SERVER)
			assert_int_equal(s.num_changes, 0);
	}
}

/* --- alerts --- */

static void fatal_alert_fails(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		stream_wait(&s, 20 * MS);
		dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, 40);
		/* From elsewhere, anybody may have sent it: the two may go on. */
		assert_int_equal(s.num_changes, at != AT_CLIENT);
		stream_wait(&s, 600 * MS);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER);
		assert_int_equal(s.changes[0].verdict.severity, SEVERITY_FAULT);
		assert_int_equal(s.changes[0].verdict.confidence,
				 at == AT_CLIENT ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
		assert_non_null(strstr(s.changes[0].verdict.summary,
				       "the fatal alert handshake failure (40)"));
		assert_string_equal(s.changes[0].verdict.evidence[0], "the alert (level 2, description 40, "
				    "plaintext) came 0.020 s after the first ClientHello");
		assert_int_equal(p.h->alert.from, PARTY_SERVER);
		assert_int_equal(p.h->alert.ns, START + 20 * MS);
		assert_in_range(p.h->ended_ns, START + 20 * MS, START + 620 * MS);
		expect_silence(&s);
	}
}

static void alert_of_the_client(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_FATAL, 48);
		stream_wait(&s, 600 * MS);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_CLIENT);
		assert_non_null(strstr(s.changes[0].verdict.summary, "unknown ca (48)"));
	}
}

static void alert_without_a_name(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, 199);
	stream_wait(&s, 600 * MS);
	assert_non_null(strstr(stream_change(&s, 0)->verdict.summary, "an alert without a name (199)"));
}

static void warning_alert_is_no_failure(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_WARNING, 112);
		dtls_flight4(&p);
		dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_WARNING, 90);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

static void alert_after_completion_is_no_failure(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_full(&p);
	dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_FATAL, 10);
	expect_completed_only(&s, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_response),
		cmocka_unit_test(no_response_waits_for_the_last_copy),
		cmocka_unit_test(two_client_hellos_are_not_no_response),
		cmocka_unit_test(an_answer_takes_no_response_back),
		cmocka_unit_test(peer_silent_after_a_cookie),
		cmocka_unit_test(peer_silent_seen_at_both_ends),
		cmocka_unit_test(two_copies_are_not_peer_silent),
		cmocka_unit_test(a_peer_that_repeats_is_not_silent),
		cmocka_unit_test(sender_of_flight_6_owes_nothing),
		cmocka_unit_test(what_a_copy_would_make_up_for_is_said),
		cmocka_unit_test(sender_of_the_resumed_last_flight_owes_nothing),
		cmocka_unit_test(sender_of_hello_verify_request_owes_nothing),
		cmocka_unit_test(fatal_alert_fails),
		cmocka_unit_test(alert_of_the_client),
		cmocka_unit_test(alert_without_a_name),
		cmocka_unit_test(warning_alert_is_no_failure),
		cmocka_unit_test(alert_after_completion_is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
