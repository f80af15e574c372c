// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* DTLS 1.3: what is said of a handshake that does not go on, and what cannot be. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static void a_client_that_lets_its_timer_pass(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	p.fate = LOST;
	dtls13_flight5(&p);
	expect_exactly(&p, s.now + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	expect_stuck_at(&s, &p, s.now + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	p.fate = ARRIVES;
	dtls13_flight5(&p);
	dtls13_flight6(&p);
	assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
}

/* Copies that could not be counted still show how long its timer is. */
static void nor_one_with_a_long_timer(void **state)
{
	uint16_t len = 70;
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	p.fate = LOST;
	for (uint64_t gap = SEC; gap <= 16 * SEC; gap *= 2) {
		dtls13_send(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED(len += 2));
		stream_wait(&s, gap);
	}
	assert_int_equal(p.h->flights[5].copies, 1);
	assert_int_equal(s.num_changes, 0);
}

static void a_client_that_does_not_answer(void **state)
{
	uint64_t start;
	STORY(s, p, AT_SERVER);

	dtls13_hellos(&p);
	start = s.now;
	repeat(&p, dtls13_flight4, 3);
	expect_stuck_at(&s, &p, start + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
}

/* What is left of flight 4, which the client has acknowledged a part of. */
static void rest_of_flight4(struct pair *p)
{
	dtls13_record_add(p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_VERIFY);
	dtls13_record_add(p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_FINISHED);
	pair_flush(p);
}

/* Each second; the first `acks` of these are acknowledged in part. */
static void repeat_the_rest(struct pair *p, unsigned num, unsigned acks)
{
	for (unsigned i = 0; i < num; i++) {
		stream_wait(p->s, SEC - 100 * MS);
		rest_of_flight4(p);
		stream_wait(p->s, 100 * MS);
		if (i < acks)
			dtls13_ack(p, PARTY_CLIENT, EPOCH_HANDSHAKE, 3 + i);
	}
}

/* A timer that does not grow (JSSE): its first copy after the ACKs does not say that it is long. */
static void a_client_that_acknowledges_no_more(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	stream_wait(&s, 100 * MS);
	dtls13_ack(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 2);
	repeat_the_rest(&p, 3, 2);
	assert_int_equal(p.h->flights[4].copies, 1);
	repeat_the_rest(&p, 1, 0);
	assert_int_equal(p.h->flights[4].copies, 2);
	assert_int_equal(p.h->party[PARTY_SERVER].timer_ns, SEC);
	/* What comes sooner belongs to this copy. */
	stream_wait(&s, 200 * MS);
	rest_of_flight4(&p);
	assert_int_equal(p.h->flights[4].copies, 2);
	stream_wait(&s, 100 * MS);
	repeat_the_rest(&p, 30, 0);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
}

/* Near: it goes on, and so nothing is owed. */
static void a_client_that_acknowledges_all_the_time(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	repeat_the_rest(&p, 30, 30);
	expect_silence(&s);
}

static void a_server_that_does_not_answer(void **state)
{
	uint64_t start;
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	start = s.now;
	repeat(&p, dtls13_flight5, 3);
	assert_int_equal(p.h->flights[5].copies, 3);
	expect_stuck_at(&s, &p, start + FLOOR, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
}

/* Of 294 bytes, less than any path takes: it is not its size. */
static void flight5_loses_its_verify(struct pair *p)
{
	dtls13_message_add(p, PARTY_CLIENT, CERTIFICATE_LEN);
	pair_flush(p);
	p->fate = LOST;
	dtls13_record_add(p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED_VERIFY);
	pair_flush(p);
	p->fate = ARRIVES;
	dtls13_record_add(p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED_FINISHED);
	pair_flush(p);
}

/* Both ends are seen: a record that never arrives is neither the server's silence nor its keys. */
static void a_path_that_loses_one_record(void **state)
{
	uint64_t start;
	STORY(s, p, AT_BOTH);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	start = s.now;
	for (unsigned i = 0; i < 4; i++) {
		stream_until(&s, start + ((1u << i) - 1) * SEC);
		flight5_loses_its_verify(&p);
		stream_wait(&s, 10 * MS);
		dtls13_flight4(&p);
	}
	stream_wait(&s, 60 * SEC);
	for (uint32_t i = 0; i < s.num_changes && i < STREAM_MAX_CHANGES; i++)
		assert_int_not_equal(s.changes[i].verdict.code, VERDICT_CANNOT_DECRYPT);
	/* When it gets there after all it was all that was missing. */
	assert_int_equal(p.h->flights[5].lengths_arrived_ns, 0);
	dtls13_send(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED_VERIFY);
	assert_int_equal(p.h->flights[5].lengths_arrived_ns, s.now);
}

/* RFC 9147 s7.1: who has acknowledged a flight may take its time to answer it. */
static void a_server_whose_flight_was_acknowledged_may_wait(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls13_hellos(&p);
		dtls13_flight4(&p);
		dtls13_ack(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 6);
		stream_wait(&s, 60 * SEC);
		assert_int_equal(s.num_changes, 0);
		dtls13_flight5(&p);
		dtls13_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* Behind a connection ID of unknown length an ACK and a Finished look alike. */
static void what_may_be_an_ack_obliges_nobody(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	p.cid_len[PARTY_CLIENT] = 8;	/* not what the hellos said */
	dtls13_ack(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 2);
	expect_silence(&s);
}

/* --- closing --- */

static void closing_before_flight_5_is_giving_up(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	pair_close(&p, PARTY_CLIENT, 0);
	expect_change(&s, 0, &p, HANDSHAKE_ABANDONED, VERDICT_CLOSED_BY_APPLICATION, VERDICT_SIDE_CLIENT);
}

/* The client may be done; whether its Finished arrived is not known. */
static void closing_after_it_is_not(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls13_hellos(&p);
		dtls13_flight4(&p);
		dtls13_flight5(&p);
		pair_close(&p, PARTY_CLIENT, 0);
		pair_close(&p, PARTY_SERVER, 0);
		assert_int_equal(p.h->state, HANDSHAKE_ABANDONED);
		assert_int_equal(p.h->verdict.code, VERDICT_NONE);
		assert_false(handshake_is_open(p.h));
	}
}

/* A datagram was cut on reading, a later copy of it was not. */
static void a_cut_read_is_forgiven(void **state)
{
	for (int again = 0; again < 2; again++) {
		STORY(s, p, AT_BOTH);
		dtls13_hellos(&p);
		p.buffer = 100;
		dtls13_flight4(&p);
		p.buffer = 0;
		if (again) {
			stream_wait(&s, SEC);
			dtls13_flight4(&p);
		}
		stream_wait(&s, FLOOR + SEC);
		assert_int_equal(s.num_changes > 0 && s.changes[0].verdict.code == VERDICT_TRUNCATED_READ,
				 !again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_lets_its_timer_pass),
		cmocka_unit_test(nor_one_with_a_long_timer),
		cmocka_unit_test(a_client_that_does_not_answer),
		cmocka_unit_test(a_client_that_acknowledges_no_more),
		cmocka_unit_test(a_client_that_acknowledges_all_the_time),
		cmocka_unit_test(a_server_that_does_not_answer),
		cmocka_unit_test(a_path_that_loses_one_record),
		cmocka_unit_test(a_server_whose_flight_was_acknowledged_may_wait),
		cmocka_unit_test(what_may_be_an_ack_obliges_nobody),
		cmocka_unit_test(closing_before_flight_5_is_giving_up),
		cmocka_unit_test(closing_after_it_is_not),
		cmocka_unit_test(a_cut_read_is_forgiven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
