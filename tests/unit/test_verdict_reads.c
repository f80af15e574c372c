// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the applications do with what reaches them: not-reading, silent-after-read, truncated-read. */
#include "stream_verdict.h"

/* --- not-reading --- */

/* The founding example: the client repeats flight 1, the server never reads. */
static void server_that_never_reads(void **state)
{
	FOR_EACH_OBSERVER(at) {
		if (at == AT_CLIENT)
			continue;
		STORY(s, p, at);
		p.unread = true;
		repeat(&p, dtls_flight1, 3);
		expect_exactly(&p, START + FLOOR, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
		assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_CERTAIN);
		assert_string_equal(s.changes[0].verdict.summary,
				    "server 10.0.0.9:4433 (server pid 900) does not read its socket");
		assert_non_null(strstr(s.changes[0].verdict.evidence[0],
				       "3 datagrams that it needs have been in its receive queue for up to "));
		assert_non_null(strstr(s.changes[0].verdict.evidence[0],
				       "it has read nothing of this handshake"));
		stream_until(&s, START + 7 * SEC);
		dtls_flight1(&p);
		expect_silence(&s);
	}
}

static void client_that_never_reads_flight_4(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	stream_wait(&s, MS);
	p.unread = true;
	dtls_flight4(&p);
	expect_stuck_at(&s, &p, START + MS + FLOOR, VERDICT_NOT_READING, VERDICT_SIDE_CLIENT);
}

/*
 * A server that has read before, and then nothing: what is unread may be forged, and a library that cannot use it may
 * only peek at it. Near: the client's socket is here and sent it; or the server has read nothing at all.
 */
static void who_sent_what_is_unread(void **state)
{
	static const struct { unsigned at; bool has_read; const char *doubt, *words; } cases[] = {
		{ AT_SERVER, true, "anybody may have sent what is unread", "datagram with the client's address has been in its receive queue" },
		{ AT_BOTH, true, NULL, "datagram that it needs has been in its receive queue" },
		{ AT_SERVER, false, NULL, "datagrams that it needs have been in its receive queue" },
	};
	const struct change *last;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		STORY(s, p, cases[i].at);
		p.unread = !cases[i].has_read;
		dtls_flight1(&p);
		if (cases[i].has_read)
			dtls_flight4(&p);
		else
			repeat(&p, dtls_flight1, 2);
		p.unread = true;
		stream_wait(&s, SEC);
		if (cases[i].has_read)
			dtls_flight5(&p);
		stream_wait(&s, 6 * SEC);
		last = &s.changes[s.num_changes - 1];
		expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
		assert_int_equal(last->verdict.confidence, cases[i].doubt ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
		if (cases[i].doubt)
			assert_string_equal(last->verdict.doubt, cases[i].doubt);
		if (!strstr(last->verdict.evidence[0], cases[i].words))
			fail_msg("case %zu: %s", i, last->verdict.evidence[0]);
	}
}

/* A slow application that reads in the end is no fault: taken back, and noted. */
static void not_reading_is_taken_back(void **state)
{
	STORY(s, p, AT_SERVER);

	p.unread = true;
	dtls_flight1(&p);
	stream_wait(&s, 6 * SEC);
	assert_int_equal(s.num_changes, 1);
	pair_read(&p, PARTY_SERVER, 1, p.last.ev.length);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	p.unread = false;
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	assert_true(has_note(&p, NOTE_SLOW_READER, "was in the server's receive queue for 6.0 s"));
	expect_silence(&s);
}

static void slow_reader_is_a_note_only(void **state)
{
	char text[VERDICT_TEXT_LEN];

	for (uint64_t wait = 200 * MS; wait < 5 * SEC; wait += 300 * MS) {
		STORY(s, p, AT_SERVER);
		p.unread = true;
		dtls_flight1(&p);
		stream_wait(&s, wait);
		pair_read(&p, PARTY_SERVER, 1, p.last.ev.length);
		p.unread = false;
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		assert_int_equal(note_write(p.h, NOTE_SLOW_READER, text), wait > 200 * MS);
		expect_completed_only(&s, &p);
	}
}

static void not_reading_needs_a_source_that_sees_reads(void **state)
{
	struct stream s STREAM_ENDS;
	struct pair p;

	stream_init_blind(&s, AT_SERVER);
	pair_init(&p, &s, 30041, 0x11);
	p.unread = true;
	dtls_flight1(&p);
	expect_silence(&s);
	repeat(&p, dtls_flight1, 2);
	stream_wait(&s, HOUR);
	assert_int_equal(p.h->verdict.code, VERDICT_NO_RESPONSE);
}

/* The READ may be among what was lost. What is queued after the loss counts again, but less. */
static void not_reading_does_not_rest_on_lost_reads(void **state)
{
	STORY(s, p, AT_SERVER);

	p.unread = true;
	dtls_flight1(&p);
	stream_wait(&s, SEC);
	analysis_lost(s.analysis, 0, 1);
	expect_silence(&s);
	dtls_flight1(&p);
	expect_stuck_at(&s, &p, s.now + FLOOR, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
}

/* Without drops in sight what is queued may have been dropped. */
static void not_reading_without_drops_is_likely(void **state)
{
	struct analysis_options opts = stream_options();
	struct stream s STREAM_ENDS;
	struct pair p;

	opts.sees_drops = false;
	assert_true(stream_init_with(&s, AT_SERVER, &opts));
	pair_init(&p, &s, 30041, 0x11);
	p.unread = true;
	dtls_flight1(&p);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
}

/* Another client's datagram behind it was read from the same socket: so was this one. */
static void a_later_read_of_the_socket_says_that_it_was_read(void **state)
{
	struct pair other;
	STORY(s, p, AT_SERVER);

	pair_init(&other, &s, 30042, 0x22);
	p.unread = true;
	dtls_flight1(&p);
	stream_wait(&s, SEC);
	dtls_full(&other);
	stream_wait(&s, HOUR);
	assert_int_equal(s.faults, 0);
}

/* What was dropped does not lie in the queue. */
static void dropped_datagrams_are_not_unread(void **state)
{
	STORY(s, p, AT_SERVER);

	p.unread = true;
	p.fate = DROPPED_IN;
	p.drop_reason = REASON_FILTER;
	dtls_flight1(&p);
	stream_wait(&s, HOUR);
	assert_int_equal(p.h->verdict.code, VERDICT_KERNEL_DROP);
}

/* Repeats of what was read and answered are not waited for: the timer is. */
static void unread_repeats_do_not_hide_a_missing_timer(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_flight4(&p);
	p.fate = LOST;
	dtls_flight5(&p);
	p.fate = ARRIVES;
	p.unread = true;
	stream_wait(&s, SEC);
	dtls_flight4(&p);
	stream_wait(&s, 2 * SEC);
	dtls_flight4(&p);
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
}

/* But the last flight is on no timer: only reading the repeat of flight 5 sends it again. */
static void unread_repeats_before_the_last_flight(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	p.fate = LOST;
	dtls_flight6(&p);
	p.fate = ARRIVES;
	p.unread = true;
	stream_wait(&s, SEC);
	dtls_flight5(&p);
	stream_wait(&s, 2 * SEC);
	dtls_flight5(&p);
	expect_stuck_at(&s, &p, START + SEC + FLOOR, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
}

/* --- silent-after-read --- */

static void server_that_reads_and_does_not_answer(void **state)
{
	FOR_EACH_OBSERVER(at) {
		if (at == AT_CLIENT)
			continue;
		STORY(s, p, at);
		repeat(&p, dtls_flight1, 3);
		expect_exactly(&p, START + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
		expect_stuck_at(&s, &p, START + FLOOR, VERDICT_SILENT_AFTER_READ,
				VERDICT_SIDE_SERVER);
		/* From elsewhere, anybody can have sent a ClientHello. */
		assert_int_equal(s.changes[0].verdict.confidence, at & AT_CLIENT ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		assert_string_equal(s.changes[0].verdict.summary, "server 10.0.0.9:4433 (server pid "
				    "900) has read flight 1 and does not answer");
		assert_non_null(strstr(s.changes[0].verdict.evidence[1], "all of flight 1 was read 5."));
		dtls_flight4(&p);
		expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	}
}

static void client_that_reads_flight_4_and_does_not_answer(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.mtu = 256;
	dtls_flight1(&p);
	stream_wait(&s, MS);
	dtls_flight4(&p);
	expect_stuck_at(&s, &p, START + MS + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_CLIENT);
}

static void silent_after_a_cookie_and_after_flight_5(void **state)
{
	struct stream s;
	struct pair p;

	stream_begin(&s, &p, AT_BOTH);
	p.cookie = true;
	dtls_flight1(&p);
	stream_wait(&s, MS);
	dtls_flight2(&p);
	expect_stuck_at(&s, &p, START + MS + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_CLIENT);
	stream_fini(&s);

	stream_begin(&s, &p, AT_SERVER);
	dtls_flight1(&p);
	dtls_flight4(&p);
	stream_wait(&s, MS);
	dtls_flight5(&p);
	expect_stuck_at(&s, &p, START + MS + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
	stream_fini(&s);
}

/* A part of the flight is missing: nothing can be answered yet. */
static void silence_before_all_was_read_is_none(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	p.mtu = 700;
	p.fate = HELD;
	dtls_flight4(&p);
	pair_release(&p, 0);
	stream_wait(&s, HOUR);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.code, VERDICT_SILENT_AFTER_READ);
}

/* Its answer was lost: that is another thing. So is a side that is owed an answer. */
static void who_has_answered_is_not_silent(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight4(&p);
		p.fate = LOST;
		dtls_flight5(&p);
		p.fate = ARRIVES;
		repeat(&p, dtls_flight4, 4);
		stream_wait(&s, HOUR);
		for (uint32_t i = 0; i < s.num_changes; i++)
			assert_int_not_equal(s.changes[i].verdict.code, VERDICT_SILENT_AFTER_READ);
	}
}

/* A user-space proxy reads flight 5 and loses it behind; then nobody on this leg owes an answer to it. */
static void proxy_that_loses_what_it_read(void **state)
{
	struct stream s;
	struct pair p;

	stream_begin(&s, &p, AT_BOTH);
	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);	/* read by the proxy, lost behind it */
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	stream_fini(&s);

	stream_begin(&s, &p, AT_BOTH);
	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	stream_wait(&s, SEC);
	dtls_flight4(&p);	/* the server repeats, through the proxy */
	stream_wait(&s, 2 * SEC);
	dtls_flight4(&p);
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	stream_fini(&s);
}

static void silence_needs_reads_and_nothing_lost_since(void **state)
{
	struct stream s;
	struct pair p;

	stream_init_blind(&s, AT_SERVER);
	pair_init(&p, &s, 30041, 0x11);
	dtls_flight1(&p);
	expect_silence(&s);
	stream_fini(&s);

	stream_begin(&s, &p, AT_SERVER);
	dtls_flight1(&p);
	stream_wait(&s, MS);
	analysis_lost(s.analysis, 0, 1);	/* the answer, perhaps */
	expect_silence(&s);
	stream_fini(&s);
}

static void silence_is_likely_where_sends_may_fail_unseen(void **state)
{
	struct analysis_options opts = stream_options();
	struct stream s STREAM_ENDS;
	struct pair p;

	opts.sees_send_failures = false;
	assert_true(stream_init_with(&s, AT_SERVER, &opts));
	pair_init(&p, &s, 30041, 0x11);
	dtls_flight1(&p);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
}

/* --- truncated-read --- */

static void buffer_too_small_for_flight_4(void **state)
{
	FOR_EACH_OBSERVER(at) {
		if (at == AT_SERVER)
			continue;
		STORY(s, p, at);
		dtls_flight1(&p);
		stream_wait(&s, MS);
		p.buffer = 512;
		repeat(&p, dtls_flight4, 3);
		expect_exactly(&p, START + MS + FLOOR, VERDICT_TRUNCATED_READ, VERDICT_SIDE_CLIENT);
		expect_stuck_at(&s, &p, START + MS + FLOOR, VERDICT_TRUNCATED_READ,
				VERDICT_SIDE_CLIENT);
		assert_non_null(strstr(s.changes[0].verdict.summary,
				       "reads with a buffer of 512 bytes, too small for a datagram of "));
		assert_non_null(strstr(s.changes[0].verdict.evidence[1],
				       "its reads truncated a datagram three times"));
		p.buffer = 0;
		dtls_flight4(&p);
		expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	}
}

static void buffer_too_small_once_is_a_note(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		p.buffer = 512;
		dtls_flight4(&p);
		p.buffer = 0;
		stream_wait(&s, SEC);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		assert_int_equal(has_note(&p, NOTE_TRUNCATED_READ, "512 bytes for a datagram of"),
				 at != AT_SERVER);
		expect_completed_only(&s, &p);
	}
}

/* Exactly as large as the datagram is large enough; and what fits is not cut. */
static void buffers_that_are_large_enough(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		p.mtu = p.buffer = 512;
		dtls_full(&p);
		assert_int_equal(p.h->party[PARTY_CLIENT].cut.num, 0);
		assert_false(has_note(&p, NOTE_TRUNCATED_READ, ""));
		expect_completed_only(&s, &p);
	}
}

/* It answered in spite of it: what was cut was something else, or read elsewhere. */
static void who_answers_has_read_enough(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	p.buffer = 512;
	dtls_flight4(&p);
	p.buffer = 0;
	p.fate = LOST;
	dtls_flight5(&p);
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
}

/* --- closed-by-application --- */

static void closing_says_where_and_what_was_left(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	stream_wait(&s, SEC);
	p.unread = true;
	dtls_flight4(&p);
	stream_wait(&s, SEC);
	pair_close(&p, PARTY_CLIENT, 7);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_ABANDONED, VERDICT_CLOSED_BY_APPLICATION,
		      VERDICT_SIDE_CLIENT);
	assert_string_equal(s.changes[0].verdict.evidence[2],
			    "it closed the socket 2.0 s after the first ClientHello, 2.0 s after it last sent flight 1");
	assert_string_equal(s.changes[0].verdict.evidence[3],
			    "7 unread datagrams were in its receive queue");
	expect_silence(&s);
}

static void closing_after_a_fault_leaves_the_fault(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	p.unread = true;
	dtls_flight4(&p);
	stream_wait(&s, 6 * SEC);
	pair_close(&p, PARTY_CLIENT, 7);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 1, &p, HANDSHAKE_STUCK, VERDICT_NOT_READING, VERDICT_SIDE_CLIENT);
	assert_false(handshake_is_open(p.h));
	expect_silence(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_that_never_reads),
		cmocka_unit_test(client_that_never_reads_flight_4),
		cmocka_unit_test(who_sent_what_is_unread),
		cmocka_unit_test(not_reading_is_taken_back),
		cmocka_unit_test(slow_reader_is_a_note_only),
		cmocka_unit_test(not_reading_needs_a_source_that_sees_reads),
		cmocka_unit_test(not_reading_does_not_rest_on_lost_reads),
		cmocka_unit_test(not_reading_without_drops_is_likely),
		cmocka_unit_test(a_later_read_of_the_socket_says_that_it_was_read),
		cmocka_unit_test(dropped_datagrams_are_not_unread),
		cmocka_unit_test(unread_repeats_do_not_hide_a_missing_timer),
		cmocka_unit_test(unread_repeats_before_the_last_flight),
		cmocka_unit_test(server_that_reads_and_does_not_answer),
		cmocka_unit_test(client_that_reads_flight_4_and_does_not_answer),
		cmocka_unit_test(silent_after_a_cookie_and_after_flight_5),
		cmocka_unit_test(silence_before_all_was_read_is_none),
		cmocka_unit_test(who_has_answered_is_not_silent),
		cmocka_unit_test(proxy_that_loses_what_it_read),
		cmocka_unit_test(silence_needs_reads_and_nothing_lost_since),
		cmocka_unit_test(silence_is_likely_where_sends_may_fail_unseen),
		cmocka_unit_test(buffer_too_small_for_flight_4),
		cmocka_unit_test(buffer_too_small_once_is_a_note),
		cmocka_unit_test(buffers_that_are_large_enough),
		cmocka_unit_test(who_answers_has_read_enough),
		cmocka_unit_test(closing_says_where_and_what_was_left),
		cmocka_unit_test(closing_after_a_fault_leaves_the_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
