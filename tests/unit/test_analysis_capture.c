// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Handshakes seen in a capture: neither side is local, nothing is known of
 * sockets, and of a side that is not in it nothing is concluded.
 */
#include <errno.h>

#include "stream_dtls13.h"
#include "stream_verdict.h"

static void begin(struct stream *s, struct pair *p, unsigned uncaptured)
{
	stream_init_blind(s, ON_WIRE);
	s->uncaptured = uncaptured;
	pair_init(p, s, 30041, 0x11);
}

static void expect_nobody_local(const struct pair *p)
{
	assert_true(p->h->captured);
	for (int role = 0; role < PARTY_MAX; role++) {
		const struct party *party = &p->h->party[role];

		assert_false(party->local || party->has_owner || party->uncaptured);
		assert_int_equal(party->socket, 0);
		assert_int_equal(party->netns, 0);
		assert_false(party->view[POINT_SENT].any || party->view[POINT_QUEUED].any);
	}
}

static void healthy_ones_complete(void **state)
{
	void (*const handshakes[])(struct pair *) = { dtls_full, dtls_resumed, dtls13_full };

	for (size_t i = 0; i < 3; i++) {
		for (int variant = 0; variant < 16; variant++) {
			STORY_WITH(begin, s, p, 0);
			p.cookie = variant & 1;
			p.client_certificate = variant & 2;
			p.ticket = variant & 4;
			p.mtu = variant & 8 ? 228 : 1400;
			handshakes[i](&p);
			expect_nobody_local(&p);
			expect_completed_only(&s, &p);
		}
	}
}

/* Two handshakes on one address pair, one after the other and with the roles exchanged. */
static void several_on_one_pair(void **state)
{
	struct pair q;
	STORY_WITH(begin, s, p, 0);

	pair_init(&q, &s, 30041, 0x22);
	q.address[PARTY_CLIENT] = p.address[PARTY_SERVER];
	q.address[PARTY_SERVER] = p.address[PARTY_CLIENT];
	dtls_full(&p);
	stream_wait(&s, 10 * SEC);
	dtls_full(&q);
	stream_wait(&s, HOUR);
	assert_int_equal(s.wrong, 0);
	assert_int_equal(s.faults, 0);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 0, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	expect_change(&s, 1, &q, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
}

/* The capture ends anywhere within: in progress, for no time has passed. */
static void an_end_within(void **state)
{
	void (*const flights[])(struct pair *) = { dtls_flight1, dtls_flight2, dtls_flight3, dtls_flight4,
						   dtls_flight5 };

	for (size_t num = 1; num <= 5; num++) {
		STORY_WITH(begin, s, p, 0);
		p.cookie = true;
		for (size_t i = 0; i < num; i++)
			flights[i](&p);
		analysis_finish(s.analysis, s.now);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	}
}

/* --- silence --- */

static void no_response_if_the_server_is_in_it(void **state)
{
	STORY_WITH(begin, s, p, 0);

	repeat(&p, dtls_flight1, 3);
	expect_exactly(&p, START + FLOOR, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
}

/* One side only is in it: whatever it repeats, the other may have answered. */
static void one_direction_only(void **state)
{
	STORY_WITH(begin, s, p, 1 << PARTY_SERVER);

	repeat(&p, dtls_flight1, 5);
	expect_silence(&s);
	dtls_flight4(&p);
	repeat(&p, dtls_flight5, 5);
	expect_silence(&s);
	dtls_data(&p, PARTY_CLIENT);
	expect_silence(&s);
	analysis_finish(s.analysis, s.now);
	assert_int_equal(s.faults, 0);
}

/* The founding case: flight 5 has passed, once; the server repeats flight 4 as if it had not. */
static void an_answer_that_passed_and_is_not_repeated(void **state)
{
	uint64_t sent;
	STORY_WITH(begin, s, p, 0);

	dtls_hellos(&p);
	dtls_flight4(&p);
	sent = s.now;
	dtls_flight5(&p);
	for (int copy = 0; copy < 3; copy++) {
		stream_until(&s, sent + ((2u << copy) - 1) * SEC);
		assert_int_equal(s.num_changes, 0);	/* two copies are not enough */
		dtls_flight4(&p);
	}
	expect_stuck_at(&s, &p, sent + 8 * SEC, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
	assert_non_null(strstr(s.changes[0].verdict.summary, "it sends nothing, or the path loses its datagrams"));
	assert_int_equal(s.changes[0].verdict.num_evidence, 4);
	assert_non_null(strstr(s.changes[0].verdict.evidence[2], "must retransmit it"));
	assert_non_null(strstr(s.changes[0].verdict.evidence[3], "retransmissions, not errors"));
	/* It moves after all: taken back. */
	dtls_flight5(&p);
	expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	dtls_flight6(&p);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
}

/* The same, but the client sends flight 5 again each time: nothing is wrong with it. */
static void an_answer_that_is_repeated(void **state)
{
	STORY_WITH(begin, s, p, 0);

	dtls_hellos(&p);
	dtls_flight4(&p);
	for (int copy = 0; copy < 2; copy++) {
		dtls_flight5(&p);
		stream_wait(&s, (1u << copy) * SEC);
		dtls_flight4(&p);
	}
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_completed_only(&s, &p);
}

/* A copy of flight 4 of which only these parts pass where the capture is taken. */
static void flight4_in_part(struct pair *p, bool begins, bool ends)
{
	p->fate = begins ? ARRIVES : UNSENT;
	dtls_server_hello(p);
	pair_flush(p);
	p->fate = ends ? ARRIVES : UNSENT;
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 1, 0, NULL);
	pair_flush(p);
	p->fate = ARRIVES;
}

/* The same of a flight 5 whose messages are hidden, and differ in their lengths. */
static void hidden_flight5_in_part(struct pair *p, bool begins, bool ends)
{
	if (begins)
		dtls13_send(p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED_VERIFY);
	if (ends)
		dtls13_send(p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED_FINISHED);
}

/* Three copies begin, but of each message only two pass: who does not answer these may not have got it all. */
static void copies_that_pass_in_parts(void **state)
{
	for (int hidden = 0; hidden < 2; hidden++) {
		void (*send)(struct pair *, bool, bool) = hidden ? hidden_flight5_in_part : flight4_in_part;

		STORY_WITH(begin, s, p, 0);
		if (hidden) {
			dtls13_hellos(&p);
			dtls13_flight4(&p);
		} else {
			dtls_hellos(&p);
		}
		send(&p, true, false);
		stream_until(&s, START + SEC);
		send(&p, true, true);
		stream_until(&s, START + 3 * SEC);
		send(&p, false, true);
		assert_int_equal(p.h->flights[hidden ? 5 : 4].copies, 3);
		expect_silence(&s);
		send(&p, true, true);
		expect_stuck_at(&s, &p, s.now + SEC, VERDICT_PEER_SILENT,
				hidden ? VERDICT_SIDE_SERVER : VERDICT_SIDE_CLIENT);
	}
}

/* What came before its handshake was known is no more at a socket than what came after. */
static void a_fragment_before_the_first(void **state)
{
	STORY_WITH(begin, s, p, 0);

	p.mtu = 80;
	p.fate = UNSENT;
	dtls_client_hello(&p, 0);
	p.fate = ARRIVES;
	pair_flush(&p);
	assert_null(p.h);
	dtls_full(&p);
	assert_int_equal(p.h->flights[1].copies, 2);
	expect_nobody_local(&p);
	assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
}

/* Nothing that rests on a socket is ever said, whatever time passes. */
static void nothing_about_sockets(void **state)
{
	for (int flights = 1; flights <= 5; flights++) {
		STORY_WITH(begin, s, p, 0);
		dtls_flight1(&p);
		if (flights >= 4)
			dtls_flight4(&p);
		if (flights >= 5)
			dtls_flight5(&p);
		expect_silence(&s);
		assert_int_equal(s.faults, 0);
	}
}

/* --- ICMP errors --- */

/* Whoever's address is the lower one, the client's datagrams are refused, and what says so may be forged. */
static void icmp_port_unreachable(void **state)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		STORY_WITH(begin, s, p, 0);
		if (swapped) {
			p.address[PARTY_CLIENT] = endpoint(9, 30041);
			p.address[PARTY_SERVER] = endpoint(5, 4433);
		}
		for (int i = 0; i < 3; i++) {
			dtls_flight1(&p);
			pair_icmp_from(&p, PARTY_CLIENT, ECONNREFUSED, 3, 3, swapped ? 5 : 9);
			stream_wait(&s, SEC);
		}
		expect_nobody_local(&p);
		expect_exactly(&p, START + FLOOR, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER);
		stream_until(&s, START + 6 * SEC);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER);
		assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
		assert_non_null(strstr(s.changes[0].verdict.summary, "the port of server 10.0.0."));
		assert_int_equal(s.wrong, 0);
	}
}

/* Somebody else says so of the server: then it may be a firewall that rejects. */
static void icmp_port_unreachable_by_another(void **state)
{
	STORY_WITH(begin, s, p, 0);

	dtls_flight1(&p);
	pair_icmp_from(&p, PARTY_CLIENT, ECONNREFUSED, 3, 3, 77);
	stream_wait(&s, HOUR);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER);
	assert_string_equal(s.changes[0].verdict.summary,
			    "10.0.0.77 reports that the port of server 10.0.0.9:4433 is unreachable (ICMP)");
}

/* Anybody can send an ICMP error. An answer disproves it, before the verdict and after it. */
static void a_forged_icmp_error(void **state)
{
	static const struct { uint16_t error; uint8_t code; } errors[] = { { ECONNREFUSED, 3 }, { EHOSTUNREACH, 13 } };

	for (int late = 0; late < 2; late++) {
		for (int i = 0; i < 2; i++) {
			STORY_WITH(begin, s, p, 0);
			dtls_flight1(&p);
			pair_icmp_from(&p, PARTY_CLIENT, errors[i].error, 3, errors[i].code, 77);
			stream_wait(&s, late ? 10 * SEC : SEC);
			assert_int_equal(s.num_changes, late);
			dtls_flight4(&p);
			if (late)
				expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
			dtls_flight5(&p);
			pair_icmp_from(&p, PARTY_CLIENT, errors[i].error, 3, errors[i].code, 77);
			dtls_flight6(&p);
			expect_change(&s, 2 * late, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
			expect_silence(&s);
		}
	}
}

/* The server's datagrams are not in the capture, but the client answers them. */
static void icmp_error_disproved_by_the_next_flight(void **state)
{
	STORY_WITH(begin, s, p, 1 << PARTY_SERVER);

	dtls_flight1(&p);
	pair_icmp_from(&p, PARTY_CLIENT, EHOSTUNREACH, 3, 13, 77);
	dtls_flight4(&p);
	dtls_flight5(&p);
	expect_silence(&s);
	assert_int_equal(s.faults, 0);
}

/* Between other addresses, it is about nothing here. */
static void icmp_error_of_others(void **state)
{
	struct pair q;
	STORY_WITH(begin, s, p, 0);

	dtls_flight1(&p);
	pair_init(&q, &s, 30042, 0x22);
	q.h = p.h;
	pair_icmp_from(&q, PARTY_CLIENT, ECONNREFUSED, 3, 3, 9);
	assert_int_equal(p.h->party[PARTY_CLIENT].icmp.unreachable, 0);
	expect_silence(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_ones_complete),
		cmocka_unit_test(several_on_one_pair),
		cmocka_unit_test(an_end_within),
		cmocka_unit_test(no_response_if_the_server_is_in_it),
		cmocka_unit_test(one_direction_only),
		cmocka_unit_test(an_answer_that_passed_and_is_not_repeated),
		cmocka_unit_test(an_answer_that_is_repeated),
		cmocka_unit_test(copies_that_pass_in_parts),
		cmocka_unit_test(a_fragment_before_the_first),
		cmocka_unit_test(nothing_about_sockets),
		cmocka_unit_test(icmp_port_unreachable),
		cmocka_unit_test(icmp_port_unreachable_by_another),
		cmocka_unit_test(a_forged_icmp_error),
		cmocka_unit_test(icmp_error_disproved_by_the_next_flight),
		cmocka_unit_test(icmp_error_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
