// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What lossy networks in simulation have shown: healthy handshakes that look stuck, and stuck ones that do not. */
#include "stream_verdict.h"

/* Flight 5 of a client with a certificate, without the proof that it is its own. */
static void flight5_without_verify(struct pair *p)
{
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CERTIFICATE, 1, CERTIFICATE_LEN, NULL);
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 2, 66, NULL);
	dtls_finished(p, PARTY_CLIENT);
}

static void a_flight5_ends_with_its_verify(void **state)
{
	STORY(s, p, AT_SERVER);

	p.client_certificate = true;
	dtls_hellos(&p);
	dtls_flight4(&p);
	flight5_without_verify(&p);
	assert_false(p.h->flights[5].complete);
	expect_silence(&s);
	dtls_flight5(&p);
	assert_true(p.h->flights[5].complete);
	expect_stuck_at(&s, &p, s.now + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
}

/* RFC 5246 s7.4.6: who has none sends an empty one, and has nothing to prove. */
static void an_empty_certificate_needs_no_verify(void **state)
{
	STORY(s, p, AT_SERVER);

	p.client_certificate = true;
	dtls_hellos(&p);
	dtls_flight4(&p);
	dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CERTIFICATE, 1, 3, NULL);
	dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 2, 66, NULL);
	dtls_finished(&p, PARTY_CLIENT);
	expect_stuck_at(&s, &p, s.now + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
}

static void flight4_without_hello(struct pair *p)
{
	p->fate = LOST;
	dtls_server_hello(p);
	pair_flush(p);
	p->fate = ARRIVES;
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, CERTIFICATE_LEN, NULL);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
	pair_flush(p);
}

static void what_is_missing_is_the_beginning(void **state)
{
	STORY(s, p, AT_CLIENT);

	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_flight1(&p);
		flight4_without_hello(&p);
	}
	stream_wait(&s, FLOOR);
	assert_int_equal(s.changes[0].verdict.code, VERDICT_MISSING_FRAGMENT);
	assert_non_null(strstr(s.changes[0].verdict.summary, "the beginning of flight 4"));
}

/* The network delivers the first ClientHello twice, the cookie between; then it loses all. */
static void a_replay_asks_for_nothing(void **state)
{
	struct datagram first;
	STORY(s, p, AT_BOTH);

	p.cookie = true;
	dtls_flight1(&p);
	first = p.last;
	p.fate = LOST;
	dtls_flight2(&p);
	stream_wait(&s, MS);
	p.fate = ARRIVES;
	pair_arrive(&p, &first, PARTY_CLIENT);
	p.fate = LOST;
	for (unsigned i = 1; i < 4; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_flight1(&p);
	}
	stream_wait(&s, 2 * FLOOR);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_PEER_SILENT, VERDICT_SIDE_NETWORK);
}

/* Nor does one of flight 5, of which a newer copy is on its way. */
static void a_replay_asks_for_no_last_flight(void **state)
{
	struct datagram first;
	STORY(s, p, AT_BOTH);

	dtls_hellos(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	first = p.last;
	p.fate = LOST;
	dtls_flight6(&p);
	stream_until(&s, START + SEC);
	dtls_flight5(&p);
	p.fate = ARRIVES;
	stream_wait(&s, MS);
	pair_arrive(&p, &first, PARTY_CLIENT);
	stream_until(&s, START + 3 * SEC);
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_completed_only(&s, &p);
}

/* A late ClientHello is no copy of flight 5: that gets its three, and its time. */
static void three_copies_of_one_flight(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	stream_until(&s, START + 500 * MS);
	dtls_flight1(&p);
	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + (1u + 2 * i) * SEC);
		dtls_flight5(&p);
	}
	expect_stuck_at(&s, &p, START + SEC + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
}

/* RFC 7918: the client's data came too early, and says nothing; its repeats after that do. */
static void data_before_the_last_flight(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_hellos(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	p.fate = LOST;
	dtls_flight6(&p);
	p.fate = ARRIVES;
	stream_until(&s, START + SEC);
	dtls_flight5(&p);
	stream_wait(&s, 500 * MS);
	dtls_data(&p, PARTY_CLIENT);
	stream_until(&s, START + 3 * SEC);
	dtls_flight5(&p);
	assert_int_equal(s.num_changes, 0);
	stream_until(&s, START + 7 * SEC);
	dtls_flight5(&p);
	stream_wait(&s, SEC);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_LAST_FLIGHT_NOT_RESENT, VERDICT_SIDE_SERVER);
}

/* What was lost to the tracer after it was complete may have been the last flight again. */
static void the_answer_may_have_gone_unseen(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_full(&p);
	stream_until(&s, START + SEC);
	dtls_flight5(&p);
	analysis_lost(s.analysis, 0, 5);
	for (unsigned i = 2; i < 4; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_flight5(&p);
		assert_int_equal(s.faults, 0);
	}
	stream_until(&s, START + 15 * SEC);
	dtls_flight5(&p);
	stream_wait(&s, SEC);
	assert_int_equal(s.faults, 1);
	assert_int_equal(s.changes[s.num_changes - 1].verdict.code, VERDICT_LAST_FLIGHT_NOT_RESENT);
	assert_int_equal(s.changes[s.num_changes - 1].verdict.confidence, CONFIDENCE_LIKELY);
	assert_int_equal(p.h->events_lost, 5);
}

/* Records of a renegotiation may be as long as Finished. */
static void a_renegotiation_repeats_no_finished(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_resumed(&p);
	dtls_record_add(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN - 12);
	pair_flush(&p);
	for (unsigned i = 1; i < 5; i++) {
		stream_until(&s, START + i * SEC);
		dtls_record_add(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
		pair_flush(&p);
	}
	expect_completed_only(&s, &p);
}

/* Of the first copy of a resumption's flight 4 nothing got through, of the second its Finished. */
static void a_finished_of_a_later_copy(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	p.fate = LOST;
	dtls_flight4_resumed(&p);
	dtls_server_hello(&p);
	pair_flush(&p);
	dtls_record_add(&p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	pair_flush(&p);
	p.fate = ARRIVES;
	dtls_record_add(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
	pair_flush(&p);
	assert_int_equal(p.h->flights[4].copies, 1);
	assert_true(p.h->resumed);
}

/* A server on this host that has not got the first fragment ignores nothing. */
static void the_first_fragment_is_lost(void **state)
{
	STORY(s, p, AT_BOTH);

	p.mtu = 80;
	for (unsigned i = 0; i < 4; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		p.fate = LOST;
		dtls_client_hello(&p, 0);
		p.fate = ARRIVES;
		pair_flush(&p);
	}
	stream_wait(&s, FLOOR);
	assert_true(p.h->party[PARTY_SERVER].local);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_MISSING_FRAGMENT, VERDICT_SIDE_NETWORK);
}

/* A server that acknowledges parts of the ClientHello has not ignored it. */
static void fragments_before_the_first_are_no_unanswered_copies(void **state)
{
	STORY(s, p, ON_WIRE);

	p.mtu = 80;
	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + i * SEC);
		if (i < 2)
			p.fate = UNSENT;
		dtls_client_hello(&p, 0);
		p.fate = ARRIVES;
		pair_flush(&p);
	}
	assert_int_equal(p.h->party[PARTY_CLIENT].unheard.copies, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flight5_ends_with_its_verify),
		cmocka_unit_test(an_empty_certificate_needs_no_verify),
		cmocka_unit_test(what_is_missing_is_the_beginning),
		cmocka_unit_test(a_replay_asks_for_nothing),
		cmocka_unit_test(a_replay_asks_for_no_last_flight),
		cmocka_unit_test(three_copies_of_one_flight),
		cmocka_unit_test(data_before_the_last_flight),
		cmocka_unit_test(the_answer_may_have_gone_unseen),
		cmocka_unit_test(a_renegotiation_repeats_no_finished),
		cmocka_unit_test(a_finished_of_a_later_copy),
		cmocka_unit_test(the_first_fragment_is_lost),
		cmocka_unit_test(fragments_before_the_first_are_no_unanswered_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
