// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* last-flight-not-resent: the side that thinks it is done owes its peer the last flight (RFC 6347 s4.2.4). */
#include <errno.h>

#include "stream_verdict.h"

/* So long the server may take to answer a repeat. */
#define ANSWER (500 * MS)

/* Flight 6 is lost; the client repeats flight 5 at 1, 3 and 7 s, as often as `repeats` says. */
static void lose_last_flight(struct stream *s, struct pair *p, unsigned at, unsigned repeats)
{
	stream_begin(s, p, at);
	dtls_lose_flight6(p, repeats);
	stream_wait(s, ANSWER + SETTLED_NS);
}

/* The server's host has called it complete; that is taken back when it has not answered the second repeat. */
static void the_server_never_sends_it_again(void **state)
{
	const struct verdict *v;
	STORY_WITH(lose_last_flight, s, p, AT_SERVER, 1);

	assert_int_equal(s.num_changes, 1);
	stream_until(&s, START + 3 * SEC);
	dtls_flight5(&p);
	stream_wait(&s, ANSWER - MS);
	assert_int_equal(s.num_changes, 1);
	stream_wait(&s, SETTLED_NS);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 0, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	expect_change(&s, 1, &p, HANDSHAKE_STUCK, VERDICT_LAST_FLIGHT_NOT_RESENT, VERDICT_SIDE_SERVER);
	v = &s.changes[1].verdict;
	assert_int_equal(v->severity, SEVERITY_FAULT);
	/* Anybody may have sent the repeats. */
	assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
	assert_string_equal(v->summary, "server 10.0.0.9:4433 (server pid 900) does not retransmit "
			    "the last flight, and the client waits for it");
	assert_string_equal(v->evidence[0], "the server sent the last flight (6) once, most recently 3.5 s ago");
	assert_non_null(strstr(v->evidence[1], "client sent flight 5 three times (at 0.0, 1.0, 3.0 s)"));
	assert_string_equal(v->evidence[2], "2 of these copies came after the last flight and were read");
	assert_non_null(strstr(v->hint, "s4.2.4"));
	assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], 0);
	expect_silence(&s);
}

static void with_both_ends_here(void **state)
{
	STORY_WITH(lose_last_flight, s, p, AT_BOTH, 2);

	stream_settle(&s);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_LAST_FLIGHT_NOT_RESENT, VERDICT_SIDE_SERVER);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_CERTAIN);
	expect_silence(&s);
}

/* From the client's host the path may be to blame as well. */
static void from_the_client_it_is_silence(void **state)
{
	STORY_WITH(lose_last_flight, s, p, AT_CLIENT, 2);

	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
}

static void it_is_taken_back(void **state)
{
	FOR_EACH_OBSERVER(at) {
		if (at == AT_CLIENT)
			continue;
		STORY_WITH(lose_last_flight, s, p, at, 2);
		dtls_flight6(&p);
		assert_int_equal(stream_change(&s, s.num_changes - 1)->state, HANDSHAKE_COMPLETED);
		assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_STUCK], 0);
		assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], 1);
		expect_silence(&s);
	}
}

/* What else it says does not make up for it: close_notify, say. */
static void other_words_do_not(void **state)
{
	STORY_WITH(lose_last_flight, s, p, AT_SERVER, 2);

	dtls_record_add(&p, PARTY_SERVER, DTLS_CT_ALERT, 1, 26);
	pair_flush(&p);
	assert_int_equal(s.num_changes, 2);
	expect_silence(&s);
}

/* Its peer goes on: it has got the last flight, though that was not seen. */
static void data_takes_it_back(void **state)
{
	STORY_WITH(lose_last_flight, s, p, AT_SERVER, 2);

	assert_int_equal(s.num_changes, 2);
	dtls_data(&p, PARTY_CLIENT);
	assert_int_equal(s.num_changes, 3);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	expect_silence(&s);
}

/* Resumed, the last flight is the client's (figure 2). */
static void resumed_it_is_the_clients(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4_resumed(&p);
	p.fate = LOST;
	dtls_finished(&p, PARTY_CLIENT);
	p.fate = ARRIVES;
	stream_wait(&s, SEC);
	dtls_flight4_resumed(&p);
	assert_int_equal(s.num_changes, 1);
	stream_wait(&s, 2 * SEC);
	dtls_flight4_resumed(&p);
	stream_wait(&s, ANSWER + SETTLED_NS);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 1, &p, HANDSHAKE_STUCK, VERDICT_LAST_FLIGHT_NOT_RESENT, VERDICT_SIDE_CLIENT);
}

/* --- what comes close --- */

/* Each repeat is answered, and each answer is lost but the last. */
static void every_repeat_is_answered(void **state)
{
	STORY_WITH(lose_last_flight, s, p, AT_SERVER, 0);

	/* After a third answer, another repeat is odd: see answer-unacknowledged. */
	for (int i = 0; i < 2; i++) {
		stream_wait(&s, SEC << i);
		dtls_flight5(&p);
		dtls_flight6(&p);
	}
	expect_completed_only(&s, &p);
}

/*
 * GnuTLS sends its last flight again only after a window that doubles. So the second of two repeats may come in
 * it, and another right behind it: none of these is unanswered.
 */
static void repeats_in_the_window_of_gnutls(void **state)
{
	/* Milliseconds after the flight began. */
	static const struct { unsigned int repeat; bool answered; } plays[] = {
		{ 1200, true }, { 2500, false }, { 2600, false }, { 4550, true },
	};

	FOR_EACH_OBSERVER(at) {
		if (at == AT_CLIENT)
			continue;
		STORY_WITH(lose_last_flight, s, p, at, 0);
		for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
			stream_until(&s, START + plays[i].repeat * MS);
			dtls_flight5(&p);
			/* On its own host, the application takes a while. */
			stream_wait(&s, 50 * MS);
			p.fate = i + 1 < sizeof(plays) / sizeof(plays[0]) ? LOST : ARRIVES;
			if (plays[i].answered)
				dtls_flight6(&p);
			p.fate = ARRIVES;
			assert_int_equal(s.faults, 0);
		}
	}
}

/*
 * The last flight was sent, but this host's kernel refused it: the application did what it had to. Both ends,
 * and the server alone.
 */
static void the_kernel_refused_the_last_flight(void **state)
{
	FOR_EACH_OBSERVER(at) {
		if (at == AT_CLIENT)
			continue;
		STORY(s, p, at);
		dtls_hellos(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		p.fate = DROPPED_OUT;
		p.drop_reason = REASON_NETFILTER;
		dtls_flight6(&p);
		p.fate = ARRIVES;
		pair_send_failed(&p, PARTY_SERVER, EPERM, 0);
		for (unsigned i = 1; i <= 4; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			dtls_flight5(&p);
		}
		for (uint32_t i = 0; i < s.num_changes; i++)
			assert_int_not_equal(s.changes[i].verdict.code, VERDICT_LAST_FLIGHT_NOT_RESENT);
		assert_true(s.faults > 0);
	}
}

/*
 * The Finished arrives, but not the NewSessionTicket before it: the client cannot take it, and repeats. It is
 * one story until the ticket comes.
 */
static void a_finished_without_what_comes_before_it(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_hellos(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	for (unsigned i = 1; i <= 4; i++) {
		p.fate = LOST;
		dtls_message_add(&p, PARTY_SERVER, DTLS_MT_NEW_SESSION_TICKET, 4, 202, NULL);
		pair_flush(&p);
		p.fate = ARRIVES;
		dtls_finished(&p, PARTY_SERVER);
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		if (i < 4)
			dtls_flight5(&p);
	}
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_MISSING_FRAGMENT, VERDICT_SIDE_NETWORK);
	dtls_flight5(&p);
	p.ticket = true;
	dtls_flight6(&p);
	assert_int_equal(stream_change(&s, s.num_changes - 1)->state, HANDSHAKE_COMPLETED);
	assert_int_equal(s.num_changes, 2);
}

/* One repeat may cross the last flight on its way. */
static void one_repeat_is_not_enough(void **state)
{
	STORY_WITH(lose_last_flight, s, p, AT_SERVER, 1);

	expect_completed_only(&s, &p);
}

/* What the network doubles is no repeat. */
static void duplicates_are_no_repeats(void **state)
{
	STORY_WITH(lose_last_flight, s, p, AT_SERVER, 1);

	for (int i = 0; i < 5; i++) {
		stream_wait(&s, SEC);
		pair_duplicate(&p);
	}
	expect_completed_only(&s, &p);
}

/* Repeats that were on their way when the last flight was sent: a path of 2 s each way. */
static void repeats_on_their_way(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_hellos(&p);
	dtls_flight4(&p);
	stream_wait(&s, 4 * SEC);
	dtls_flight5(&p);
	dtls_flight6(&p);
	for (int i = 0; i < 3; i++) {
		stream_wait(&s, 1200 * MS);
		dtls_flight5(&p);
	}
	expect_completed_only(&s, &p);
}

/* Repeats that the application has not read are not unanswered: it does not read its socket. */
static void unread_repeats(void **state)
{
	const struct verdict *v;
	uint64_t first;
	STORY_WITH(lose_last_flight, s, p, AT_SERVER, 0);

	p.unread = true;
	stream_wait(&s, SEC);
	first = s.now;
	repeat(&p, dtls_flight5, 2);
	assert_int_equal(s.num_changes, 1);
	expect_stuck_at(&s, &p, first + FLOOR, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
	v = &s.changes[1].verdict;
	/* Anybody may have sent the repeats. */
	assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
	assert_non_null(strstr(v->evidence[0], "2 datagrams with the client's address have been in its receive queue for up to 5.0 s"));
	assert_string_equal(v->evidence[2], "2 of these copies came after the last flight (6), and reading them makes the "
			    "server send it again");
	expect_silence(&s);
}

/* The last flight lies in the client's queue: not the server is slow, but the client. */
static void the_peer_is_slow_to_read(void **state)
{
	STORY_WITH(lose_last_flight, s, p, AT_BOTH, 0);

	p.unread = true;
	dtls_flight6(&p);
	p.unread = false;
	for (int i = 0; i < 3; i++) {
		stream_wait(&s, SEC << i);
		dtls_flight5(&p);
	}
	expect_completed_only(&s, &p);
}

/* A client that gave up and began again does not wait for the old one. */
static void superseded(void **state)
{
	struct pair q;
	STORY_WITH(lose_last_flight, s, p, AT_SERVER, 0);

	pair_init(&q, &s, 30041, 0x22);
	stream_wait(&s, SEC);
	dtls_full(&q);
	assert_int_equal(s.faults, 0);
	expect_silence(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_never_sends_it_again),
		cmocka_unit_test(with_both_ends_here),
		cmocka_unit_test(from_the_client_it_is_silence),
		cmocka_unit_test(it_is_taken_back),
		cmocka_unit_test(other_words_do_not),
		cmocka_unit_test(data_takes_it_back),
		cmocka_unit_test(resumed_it_is_the_clients),
		cmocka_unit_test(every_repeat_is_answered),
		cmocka_unit_test(repeats_in_the_window_of_gnutls),
		cmocka_unit_test(the_kernel_refused_the_last_flight),
		cmocka_unit_test(a_finished_without_what_comes_before_it),
		cmocka_unit_test(one_repeat_is_not_enough),
		cmocka_unit_test(duplicates_are_no_repeats),
		cmocka_unit_test(repeats_on_their_way),
		cmocka_unit_test(unread_repeats),
		cmocka_unit_test(the_peer_is_slow_to_read),
		cmocka_unit_test(superseded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
