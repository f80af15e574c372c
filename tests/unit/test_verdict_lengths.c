// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* DTLS 1.3 hides all of a record but its length: what that tells of flights and ACKs, and what not. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

/* More lengths than are told apart: then it is not known to be the path that loses some. */
static void a_flight4_of_many_lengths(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls13_hellos(&p);
	for (unsigned i = 0; i < 6; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls13_server_hello(&p, 0, false);
		for (unsigned j = 0; j < FLIGHT_MAX_LENGTHS + 1; j++)
			dtls13_send(&p, PARTY_SERVER, EPOCH_HANDSHAKE, 200 + 10 * j);
	}
	stream_wait(&s, 60 * SEC);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
}

/* More lengths than are told apart, then an ACK of all but what is sent in one more. Near: in ever other ones. */
static void the_rest_of_a_flight4_of_many_lengths(void **state)
{
	for (int near = 0; near < 2; near++) {
		STORY(s, p, AT_SERVER);
		dtls13_hellos(&p);
		dtls13_server_hello(&p, 0, false);
		for (unsigned i = 0; i < FLIGHT_MAX_LENGTHS; i++)
			dtls13_send(&p, PARTY_SERVER, EPOCH_HANDSHAKE, 200 + 10 * i);
		stream_wait(&s, SEC);
		dtls13_ack(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, FLIGHT_MAX_LENGTHS);
		for (unsigned i = 0; i < 7; i++) {
			stream_wait(&s, 2 * SEC);
			dtls13_send(&p, PARTY_SERVER, EPOCH_HANDSHAKE, near ? 501 + i : 501);
		}
		assert_int_equal(p.h->flights[4].copies, near ? 1 : 7);
		assert_int_equal(s.num_changes, !near);
		if (!near)
			expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
	}
}

/* Smaller datagrams got there as a whole: what was too large is not missed. */
static void a_flight4_in_smaller_records(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls13_hellos(&p);
	for (unsigned i = 0; i < 8; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls13_server_hello(&p, 0, false);
		pair_flush(&p);
		p.fate = i < 2 ? LOST : ARRIVES;
		dtls13_send(&p, PARTY_SERVER, EPOCH_HANDSHAKE, i < 2 ? 1300 : 700);
		p.fate = ARRIVES;
	}
	assert_int_not_equal(p.h->flights[4].lengths_arrived_ns, 0);
	stream_wait(&s, 60 * SEC);
	assert_int_equal(s.changes[s.num_changes - 1].verdict.side, VERDICT_SIDE_CLIENT);
}

/* One record of flight 4 is as long as an ACK: sent again it acknowledges nothing. */
static void a_record_as_long_as_an_ack(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	dtls13_server_hello(&p, 0, false);
	dtls13_record_add(&p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_ACK(9));
	pair_flush(&p);
	p.fate = LOST;
	dtls13_flight5(&p);
	p.fate = ARRIVES;
	stream_until(&s, START + SEC);
	dtls13_server_hello(&p, 0, false);
	dtls13_record_add(&p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_ACK(9));
	pair_flush(&p);
	assert_int_equal(p.h->party[PARTY_SERVER].acks.num, 0);
	/* Cut anew, but not alone. */
	dtls13_record_add(&p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_ACK(5));
	dtls13_record_add(&p, PARTY_SERVER, EPOCH_HANDSHAKE, SEALED_FINISHED);
	pair_flush(&p);
	assert_int_equal(p.h->party[PARTY_SERVER].acks.num, 0);
	/* What is as long as none of its records is one. */
	dtls13_ack(&p, PARTY_SERVER, EPOCH_HANDSHAKE, 2);
	assert_int_equal(p.h->party[PARTY_SERVER].acks.num, 1);
}

/*
 * Likewise if it is so only since flight 4 is cut anew. Near: one such record behind a
 * late copy, a replay of it, and one that answers something.
 */
static void a_record_cut_to_an_ack(void **state)
{
	enum { IN_COPIES, IN_ONE_COPY, REPLAYED, LATE, ANSWERS, CASES };

	for (int what = 0; what < CASES; what++) {
		STORY(s, p, AT_CLIENT);
		dtls13_hellos(&p);
		dtls13_flight4(&p);
		dtls13_flight5(&p);
		stream_until(&s, START + SEC);
		dtls13_server_hello(&p, 0, false);
		dtls13_ack(&p, PARTY_SERVER, EPOCH_HANDSHAKE, 2);
		stream_wait(&s, what == LATE ? SEC - MS : 2 * SEC);
		dtls13_server_hello(&p, 0, false);
		pair_flush(&p);
		if (what == ANSWERS)
			dtls13_flight5(&p);
		if (what == REPLAYED)
			p.cipher_seq[PARTY_SERVER]--;
		if (what != IN_ONE_COPY)
			dtls13_ack(&p, PARTY_SERVER, EPOCH_HANDSHAKE, 2);
		assert_int_equal(p.h->party[PARTY_SERVER].acks.last_ns != 0, what != IN_COPIES);
		stream_wait(&s, 60 * SEC);
		assert_int_equal(s.num_changes, what == IN_COPIES);
		if (what == IN_COPIES)
			expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NOT_RETRANSMITTING,
				      VERDICT_SIDE_CLIENT);
	}
}

/* With a connection ID the first record of flight 5 may seem as long as an ACK: sent again it is none. */
static void a_flight5_as_long_as_an_ack(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	for (unsigned i = 0; i < 4; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls13_ack(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 5);
		assert_int_equal(p.h->flights[5].copies, i);
	}
	assert_int_equal(p.h->party[PARTY_CLIENT].acks.num, 1);
	stream_wait(&s, 60 * SEC);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
}

/* Near: each time there is flight 4 again to be acknowledged. */
static void acks_that_are_alike(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	for (unsigned i = 0; i < 4; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls13_flight4(&p);
		dtls13_ack(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 3);
	}
	assert_int_equal(p.h->party[PARTY_CLIENT].acks.num, 4);
	assert_int_equal(p.h->flights[5].copies, 0);
}

/* Of what the server sends, a record as long as an ACK of `too_many` is none, and one of `entries` is one. */
static void expect_acks(struct pair *p, unsigned too_many, unsigned entries)
{
	dtls13_ack(p, PARTY_SERVER, EPOCH_HANDSHAKE, too_many);
	assert_int_equal(p->h->party[PARTY_SERVER].acks.num, 0);
	dtls13_ack(p, PARTY_SERVER, EPOCH_HANDSHAKE, entries);
	assert_int_equal(p->h->party[PARTY_SERVER].acks.num, 1);
}

/* Of a client that sent two records nobody acknowledges sixty: that is flight 4, cut anew. */
static void an_ack_of_more_than_was_sent(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	dtls13_flight5(&p);
	stream_wait(&s, SEC);
	expect_acks(&p, 60, 2);
}

/* Nor are its records so many because they are long: all of them were seen. */
static void an_ack_of_more_records_than_were_sent(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	for (unsigned i = 0; i < 3; i++)
		dtls13_send(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 1001);
	dtls13_flight5(&p);
	stream_wait(&s, SEC);
	expect_acks(&p, 9, 5);
}

/* Near: behind a connection ID may be more records, and where an event has no room for them, too. */
static void an_ack_of_records_that_were_not_seen(void **state)
{
	for (int cid = 0; cid < 2; cid++) {
		STORY(s, p, AT_CLIENT);
		p.cid_len[PARTY_CLIENT] = cid ? 8 : 0;
		dtls13_hellos(&p);
		dtls13_flight4(&p);
		if (cid)
			dtls13_send(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 1001);
		for (unsigned i = 0; !cid && i < EVENT_MAX_ITEMS; i++)
			dtls13_record_add(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, 61);
		pair_flush(&p);
		stream_wait(&s, SEC);
		dtls13_ack(&p, PARTY_SERVER, EPOCH_HANDSHAKE, 30);
		assert_int_equal(p.h->party[PARTY_SERVER].acks.num, 1);
	}
}

/* In plaintext nobody acknowledges what is encrypted (RFC 9147 s7). */
static void a_plaintext_ack_of_flight_5(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls13_hellos(&p);
	dtls13_flight4(&p);
	dtls13_flight5(&p);
	/* Of the ClientHello, and late. */
	dtls13_plain_ack(&p, PARTY_SERVER, 2);
	expect_exactly(&p, s.now + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	/* Near: one in epoch 2. */
	dtls13_ack(&p, PARTY_SERVER, EPOCH_HANDSHAKE, 1);
	expect_silence(&s);
}

/* What is too large for the path, and what is not. */
static void large_flight5(struct pair *p, bool with_large)
{
	p->fate = LOST;
	if (with_large)
		dtls13_send(p, PARTY_CLIENT, EPOCH_HANDSHAKE, 1300);
	dtls13_send(p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED_FINISHED);
	p->fate = ARRIVES;
}

/* Three copies of it, of which the server acknowledges something; then `with_large` of it again. */
static void acknowledged_in_part(struct stream *s, struct pair *p, bool with_large)
{
	stream_begin(s, p, AT_CLIENT);
	dtls13_hellos(p);
	dtls13_flight4(p);
	for (unsigned i = 0; i < 3; i++) {
		stream_until(s, START + ((1u << i) - 1) * SEC);
		large_flight5(p, true);
		stream_wait(s, 600 * MS);
		dtls13_flight4(p);
	}
	dtls13_ack(p, PARTY_SERVER, EPOCH_HANDSHAKE, 1);
	stream_until(s, START + 10 * SEC);
	assert_int_equal(s->num_changes, 0);
	large_flight5(p, with_large);
	stream_wait(s, 600 * MS);
	dtls13_flight4(p);
	stream_wait(s, SEC);
}

/* Only what is sent after an ACK shows which sizes it is of. */
static void a_size_that_was_acknowledged(void **state)
{
	struct stream s;
	struct pair p;

	acknowledged_in_part(&s, &p, false);
	assert_int_equal(s.num_changes, 0);
	stream_fini(&s);
	acknowledged_in_part(&s, &p, true);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_MTU_BLACKHOLE, VERDICT_SIDE_NETWORK);
	stream_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flight4_of_many_lengths),
		cmocka_unit_test(the_rest_of_a_flight4_of_many_lengths),
		cmocka_unit_test(a_flight4_in_smaller_records),
		cmocka_unit_test(a_record_as_long_as_an_ack),
		cmocka_unit_test(a_record_cut_to_an_ack),
		cmocka_unit_test(a_flight5_as_long_as_an_ack),
		cmocka_unit_test(acks_that_are_alike),
		cmocka_unit_test(an_ack_of_more_than_was_sent),
		cmocka_unit_test(an_ack_of_more_records_than_were_sent),
		cmocka_unit_test(an_ack_of_records_that_were_not_seen),
		cmocka_unit_test(a_plaintext_ack_of_flight_5),
		cmocka_unit_test(a_size_that_was_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
