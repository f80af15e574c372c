// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* lost-on-path: the traces of two hosts are merged, and what one of them sent did not reach the other. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

#define WAIT CROSSINGS_LEAST_WAIT_NS

static struct analysis_host hosts[2];

/* Both traces cover all of it. */
static void begin_between_hosts(struct stream *s, struct pair *p)
{
	struct analysis_options opts = stream_options();

	hosts[0] = (struct analysis_host){ .name = "alpha", .start_ns = START - 10 * SEC, .end_ns = UINT64_MAX, .error_ns = MS };
	hosts[1] = hosts[0];
	hosts[1].name = "beta";
	opts.hosts = hosts;
	opts.num_hosts = 2;
	assert_true(stream_init_with(s, AT_BOTH, &opts));
	pair_init(p, s, 30041, 0x11);
	p->host[PARTY_CLIENT] = 1;
	p->host[PARTY_SERVER] = 2;
}

#define BETWEEN_HOSTS(s, p) STORY_WITH(begin_between_hosts, s, p)

/* The client's hellos arrive, and the server answers each; no answer does. */
static void answer_in_vain(struct pair *p)
{
	p->fate = ARRIVES;
	dtls_flight1(p);
	p->fate = LOST;
	dtls_flight4(p);
}

static void the_answers_are_lost(void **state)
{
	const struct verdict *v;
	BETWEEN_HOSTS(s, p);

	repeat(&p, answer_in_vain, 3);
	expect_stuck_at(&s, &p, START + 3 * SEC + WAIT, VERDICT_LOST_ON_PATH, VERDICT_SIDE_NETWORK);
	v = latest_verdict(&s);
	assert_int_equal(v->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(v->summary, "the path from beta to alpha loses all of flight 4 of server 10.0.0.9:4433 on beta (server pid 900)");
	assert_true(verdict_has_evidence(v, "3 of its 3 datagrams left beta and did not reach alpha"));
	assert_true(verdict_has_evidence(v, "nothing that the server sent has reached alpha"));
	assert_true(verdict_has_evidence(v, "in the other direction, 3 of 3 datagrams arrived"));
	assert_non_null(strstr(v->hint, "look between beta and alpha for what drops datagrams in this direction"));
}

/* The client's last flight never arrives: the other direction. */
static void the_last_flight_of_the_client_is_lost(void **state)
{
	BETWEEN_HOSTS(s, p);

	dtls_flight1(&p);
	dtls_flight4(&p);
	p.fate = LOST;
	repeat(&p, dtls_flight5, 4);
	stream_wait(&s, FLOOR);
	expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_LOST_ON_PATH, VERDICT_SIDE_NETWORK);
	assert_non_null(strstr(latest_verdict(&s)->summary, "from alpha to beta loses all of flight 5 of client"));
	assert_true(verdict_has_evidence(latest_verdict(&s), "1 of all 5 datagrams that the client sent reached beta"));
}

/* One of the datagrams is lost each time, whatever its size: its content is named. */
static void lose_the_certificate(struct pair *p)
{
	dtls_flight1(p);
	dtls_server_hello(p);
	pair_flush(p);
	p->fate = LOST;
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, 40, NULL);
	pair_flush(p);
	p->fate = ARRIVES;
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
	pair_flush(p);
}

static void a_part_is_lost(void **state)
{
	BETWEEN_HOSTS(s, p);

	repeat(&p, lose_the_certificate, 3);
	stream_until(&s, START + 4 * SEC + WAIT);
	expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_LOST_ON_PATH, VERDICT_SIDE_NETWORK);
	assert_non_null(strstr(latest_verdict(&s)->summary, "loses a part of flight 4 of server"));
	assert_true(verdict_has_evidence(latest_verdict(&s), "3 of its 9 datagrams left beta and did not reach alpha (65 bytes)"));
	assert_true(verdict_has_evidence(latest_verdict(&s), "all copies lack its Certificate (message_seq 1, 40 bytes)"));
}

static uint32_t lost_from;

/* A Certificate and a ServerKeyExchange of their own datagrams; what is as long as lost_from is lost. */
static void lose_by_size(struct pair *p)
{
	static const uint32_t lengths[] = { 400, 200 };
	static const uint8_t types[] = { DTLS_MT_CERTIFICATE, DTLS_MT_SERVER_KEY_EXCHANGE };

	dtls_flight1(p);
	dtls_server_hello(p);
	pair_flush(p);
	for (int i = 0; i < 2; i++) {
		p->fate = lengths[i] >= lost_from ? LOST : ARRIVES;
		dtls_message_add(p, PARTY_SERVER, types[i], i + 1, lengths[i], NULL);
		pair_flush(p);
	}
	p->fate = ARRIVES;
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 3, 0, NULL);
	pair_flush(p);
}

/* With both ends, sizes below those that every path carries tell, too. Near: of one length, it may be the content. */
static void sizes_explain_it(void **state)
{
	for (int both = 0; both < 2; both++) {
		BETWEEN_HOSTS(s, p);

		lost_from = both ? 200 : 400;
		repeat(&p, lose_by_size, 3);
		stream_wait(&s, WAIT + SEC);
		expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, both ? VERDICT_MTU_BLACKHOLE : VERDICT_LOST_ON_PATH,
			      VERDICT_SIDE_NETWORK);
		assert_int_equal(latest_verdict(&s)->confidence, CONFIDENCE_CERTAIN);
		if (both)
			assert_true(verdict_has_evidence(latest_verdict(&s), "no datagram of 225 bytes or more arrived"));
	}
}

/* Near: an observer has a gap. What it does not show may have been there. */
enum gap { EVENTS_LOST, RATE_LIMITED, ENDED_EARLIER, CLOCK_UNKNOWN, UNREADABLE, ONE_HOST, NUM_GAPS };

static void near_a_gap_is_no_loss(void **state)
{
	for (enum gap gap = 0; gap < NUM_GAPS; gap++) {
		BETWEEN_HOSTS(s, p);

		if (gap == ENDED_EARLIER)
			hosts[0].end_ns = START + 3 * SEC;
		if (gap == CLOCK_UNKNOWN)
			hosts[1].error_ns = UINT64_MAX;
		if (gap == ONE_HOST)
			p.host[PARTY_SERVER] = 1;
		answer_in_vain(&p);
		if (gap == EVENTS_LOST)
			analysis_lost(s.analysis, 0, 1);
		if (gap == RATE_LIMITED)
			analysis_missing(s.analysis, 0, MISSING_LIMITED, s.now);
		for (int i = 0; i < 4; i++) {
			stream_wait(&s, SEC << i);
			p.fate = ARRIVES;
			dtls_flight1(&p);
			p.fate = LOST;
			if (gap == UNREADABLE)
				p.datagram.ev.malformed = DTLS_MALFORMED_UNREADABLE;
			dtls_flight4(&p);
		}
		stream_wait(&s, FLOOR);
		analysis_finish(s.analysis, s.now);
		for (uint32_t i = 0; i < s.num_changes; i++)
			assert_int_not_equal(s.changes[i].verdict.code, VERDICT_LOST_ON_PATH);
	}
}

/* Near: the server's trace begins after the first ClientHello, which may have come. What is sent after that counts. */
static void near_a_trace_that_begins_later(void **state)
{
	struct lost_datagrams lost;
	BETWEEN_HOSTS(s, p);

	hosts[1].start_ns = START + 500 * MS;
	p.fate = LOST;
	dtls_flight1(&p);
	stream_wait(&s, SEC);
	p.fate = ARRIVES;
	dtls_flight1(&p);
	stream_wait(&s, SEC);
	p.fate = LOST;
	dtls_flight1(&p);
	stream_wait(&s, 20 * SEC);
	assert_true(crossings_lost(p.h, PARTY_CLIENT, 0, s.now, &lost));
	assert_int_equal(lost.lost, 1);
	assert_int_equal(lost.sent, 2);
}

/* Near: the kernel of the receiver's host dropped it, or that of the sender's: the path did not. */
static void near_a_drop_of_a_kernel(void **state)
{
	static const enum fate fates[] = { REFUSED, DROPPED_IN, DROPPED_OUT };

	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		BETWEEN_HOSTS(s, p);

		p.drop_reason = REASON_NETFILTER;
		for (int n = 0; n < 3; n++) {
			p.fate = ARRIVES;
			dtls_flight1(&p);
			p.fate = fates[i];
			dtls_flight4(&p);
			stream_wait(&s, SEC << n);
		}
		stream_wait(&s, FLOOR);
		expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_KERNEL_DROP, VERDICT_SIDE_KERNEL);
	}
}

/* Near: what a kernel drops for its checksum may be anybody's copy, also of what the other host did send. */
static void near_a_copy_with_a_wrong_checksum(void **state)
{
	BETWEEN_HOSTS(s, p);

	for (int n = 0; n < 5; n++) {
		p.fate = ARRIVES;
		dtls_flight1(&p);
		p.drop_reason = REASON_CHECKSUM;
		p.fate = REFUSED;
		dtls_flight4(&p);
		stream_wait(&s, SEC << n);
	}
	stream_wait(&s, FLOOR);
	assert_int_equal(p.h->state, HANDSHAKE_STUCK);
	assert_true(latest_verdict(&s)->code != VERDICT_KERNEL_DROP || latest_verdict(&s)->confidence == CONFIDENCE_LIKELY);
}

/* Near: chance loses some, and the handshake goes on. */
static void near_losses_that_are_made_up_for(void **state)
{
	BETWEEN_HOSTS(s, p);

	repeat(&p, answer_in_vain, 2);
	stream_wait(&s, 2 * SEC);
	p.fate = ARRIVES;
	dtls_full(&p);
	expect_completed_only(&s, &p);
}

/* Of a healthy one, too; a delay in one direction is seen. */
static void the_delays_are_told(void **state)
{
	BETWEEN_HOSTS(s, p);

	s.transit_ns = 5 * MS;
	dtls_flight1(&p);
	dtls_flight4(&p);
	s.transit_ns = 40 * MS;
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_int_equal(p.h->verdict.code, VERDICT_COMPLETED);
	assert_true(has_note(&p, NOTE_ONE_WAY_DELAY, "datagrams took 5.0 to 40.0 ms from alpha to beta, 5.0 to 40.0 ms from beta to alpha; the "
			     "clocks agree within 2.0 ms"));
}

static void near_one_host_has_no_delays(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_full(&p);
	assert_false(has_note(&p, NOTE_ONE_WAY_DELAY, ""));
}

/* The verdict is taken back once a copy gets through. */
static void it_moves_again(void **state)
{
	BETWEEN_HOSTS(s, p);

	repeat(&p, answer_in_vain, 3);
	stream_until(&s, START + 4 * SEC + WAIT);
	assert_int_equal(latest_verdict(&s)->code, VERDICT_LOST_ON_PATH);
	p.fate = ARRIVES;
	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	stream_settle(&s);
	assert_int_equal(latest_verdict(&s)->code, VERDICT_COMPLETED);
}

/* Near: the trace of one host ends while the handshake is stuck. What was known then is kept. */
static void it_is_kept_when_a_trace_ends(void **state)
{
	BETWEEN_HOSTS(s, p);

	hosts[0].end_ns = START + 10 * SEC;
	repeat(&p, answer_in_vain, 3);
	stream_until(&s, START + 11 * SEC);
	dtls_flight4(&p);
	stream_until(&s, START + 20 * SEC);
	analysis_finish(s.analysis, s.now);
	assert_int_equal(latest_verdict(&s)->code, VERDICT_LOST_ON_PATH);
	assert_int_equal(latest_verdict(&s)->confidence, CONFIDENCE_CERTAIN);
}

static void hellos_that_reach_nobody(void **state)
{
	struct pair q;
	BETWEEN_HOSTS(s, p);

	dtls_full(&p);
	pair_init(&q, &s, 30042, 0x22);
	memcpy(q.host, p.host, sizeof(q.host));
	q.fate = LOST;
	repeat(&q, dtls_flight1, 4);
	stream_wait(&s, FLOOR);
	expect_change(&s, s.num_changes - 1, &q, HANDSHAKE_STUCK, VERDICT_LOST_ON_PATH, VERDICT_SIDE_NETWORK);
	assert_int_equal(latest_verdict(&s)->confidence, CONFIDENCE_LIKELY);
	assert_non_null(strstr(latest_verdict(&s)->summary, "from alpha to beta loses all of flight 1 of client"));
}

static void dtls13_flights_are_lost(void **state)
{
	BETWEEN_HOSTS(s, p);

	dtls13_flight1(&p);
	dtls13_flight4(&p);
	p.fate = LOST;
	repeat(&p, dtls13_flight5, 4);
	stream_wait(&s, FLOOR);
	expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_LOST_ON_PATH, VERDICT_SIDE_NETWORK);
}

/* Near: elsewhere in the trace, a datagram between these hosts took long: what seems lost may take as long. */
static void near_a_slow_path(void **state)
{
	BETWEEN_HOSTS(s, p);

	hosts[0].longest_ns = 9 * SEC;
	repeat(&p, answer_in_vain, 3);
	stream_until(&s, START + 12 * SEC);
	assert_int_equal(p.h->verdict.code, VERDICT_NONE);
	stream_until(&s, START + 15 * SEC);
	assert_int_equal(latest_verdict(&s)->code, VERDICT_LOST_ON_PATH);
}

/* A server without state sends the same bytes again: how many of these are lost is known, not which. */
static void copies_of_the_same_bytes(void **state)
{
	static const enum fate fates[] = { LOST, ARRIVES, LOST, ARRIVES, LOST };
	struct lost_datagrams lost;
	BETWEEN_HOSTS(s, p);

	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		p.fate = ARRIVES;
		dtls_flight1(&p);
		p.fate = fates[i];
		p.seq[PARTY_SERVER][0] = 0;
		dtls_flight2(&p);
		stream_wait(&s, SEC);
	}
	stream_wait(&s, WAIT);
	assert_true(crossings_lost(p.h, PARTY_SERVER, 0, s.now, &lost));
	assert_int_equal(lost.sent, 5);
	assert_int_equal(lost.lost, 3);
}

/* Near: what comes after the server has closed the socket by which it asked for a cookie is not shown there. */
static void near_a_socket_that_is_closed(void **state)
{
	struct lost_datagrams lost;
	BETWEEN_HOSTS(s, p);

	dtls_flight1(&p);
	p.fate = LOST;
	dtls_flight2(&p);
	pair_close(&p, PARTY_SERVER, 0);
	repeat(&p, dtls_flight1, 4);
	stream_wait(&s, WAIT + SEC);
	assert_true(!crossings_lost(p.h, PARTY_CLIENT, 0, s.now, &lost) || !lost.lost);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.code, VERDICT_LOST_ON_PATH);
}

/* The first copy came, and was answered: then the path went dead. */
static void later_copies_are_lost(void **state)
{
	BETWEEN_HOSTS(s, p);

	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	p.fate = LOST;
	dtls_flight6(&p);
	stream_wait(&s, SEC);
	repeat(&p, dtls_flight5, 4);
	stream_wait(&s, WAIT + 5 * SEC);
	expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_LOST_ON_PATH, VERDICT_SIDE_NETWORK);
	assert_non_null(strstr(latest_verdict(&s)->summary, "from alpha to beta loses all of flight 5 of client"));
	assert_true(verdict_has_evidence(latest_verdict(&s), "4 of its 5 datagrams left alpha and did not reach beta"));
}

/* Near: later copies are lost, but the answer to an earlier one has come. */
static void near_an_answer_that_came(void **state)
{
	BETWEEN_HOSTS(s, p);

	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	p.fate = LOST;
	repeat(&p, dtls_flight5, 4);
	stream_wait(&s, WAIT + 5 * SEC);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.code, VERDICT_LOST_ON_PATH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answers_are_lost),
		cmocka_unit_test(the_last_flight_of_the_client_is_lost),
		cmocka_unit_test(a_part_is_lost),
		cmocka_unit_test(sizes_explain_it),
		cmocka_unit_test(near_a_gap_is_no_loss),
		cmocka_unit_test(near_a_trace_that_begins_later),
		cmocka_unit_test(near_a_drop_of_a_kernel),
		cmocka_unit_test(near_a_copy_with_a_wrong_checksum),
		cmocka_unit_test(near_losses_that_are_made_up_for),
		cmocka_unit_test(the_delays_are_told),
		cmocka_unit_test(near_one_host_has_no_delays),
		cmocka_unit_test(it_moves_again),
		cmocka_unit_test(it_is_kept_when_a_trace_ends),
		cmocka_unit_test(hellos_that_reach_nobody),
		cmocka_unit_test(dtls13_flights_are_lost),
		cmocka_unit_test(near_a_slow_path),
		cmocka_unit_test(copies_of_the_same_bytes),
		cmocka_unit_test(near_a_socket_that_is_closed),
		cmocka_unit_test(later_copies_are_lost),
		cmocka_unit_test(near_an_answer_that_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
