// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the simulated handshakes (tests/property) have found, each case made small. */
#include "stream_dtls.h"

static void record_alone(struct pair *p, enum party_role from, uint8_t content_type, uint16_t epoch,
			 uint16_t len)
{
	dtls_record_add(p, from, content_type, epoch, len);
	pair_flush(p);
}

/* Of flight 4' each record in its own datagram, and the first Finished was lost. */
static void a_finished_with_a_later_number_is_the_handshakes(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		for (int copy = 0; copy < 2; copy++) {
			stream_wait(&s, copy * SEC);
			dtls_server_hello(&p);
			pair_flush(&p);
			record_alone(&p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
			p.fate = copy ? ARRIVES : LOST;
			record_alone(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
		}
		dtls_finished(&p, PARTY_CLIENT);
		expect_completed_only(&s, &p);
	}
}

/* It overtakes the ServerHello. */
static void a_finished_may_come_first(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	stream_wait(&s, MS);
	record_alone(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
	dtls_server_hello(&p);
	dtls_record_add(&p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	pair_flush(&p);
	dtls_finished(&p, PARTY_CLIENT);
	expect_completed_only(&s, &p);
	assert_true(p.h->resumed);
}

/* The client wakes up every second; the server ignores that and follows its own timer of 4 s. */
static void a_local_side_may_follow_its_own_timer(void **state)
{
	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		STORY(s, p, at);
		dtls_flight1(&p);
		stream_wait(&s, MS);
		p.fate = LOST;
		for (int second = 0; second <= 12; second++) {
			if (second == 0 || second == 4 || second == 12)
				dtls_flight4(&p);
			p.fate = second < 12 ? ARRIVES : LOST;
			dtls_flight1(&p);
			p.fate = second < 11 ? LOST : ARRIVES;
			stream_wait(&s, SEC);
		}
		dtls_flight5(&p);
		dtls_flight6(&p);
		assert_int_equal(s.faults, 0);
		expect_completed_only(&s, &p);
	}
}

/* Its timer stopped at the ServerHello; the rest of flight 4 gets lost again and again. */
static void a_local_side_owes_nothing_to_half_a_flight(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	for (int copy = 0; copy < 5; copy++) {
		stream_wait(&s, SEC << copy);
		dtls_server_hello(&p);
		pair_flush(&p);
	}
	stream_wait(&s, 16 * SEC);
	dtls_flight4(&p);
	stream_wait(&s, MS);
	for (uint32_t i = 0; i < s.num_changes; i++) {
		assert_int_not_equal(s.changes[i].verdict.code, VERDICT_PEER_SILENT);
		assert_int_not_equal(s.changes[i].verdict.side, VERDICT_SIDE_CLIENT);
	}
}

/* A stack that keeps nothing ahead has read each message, and none of the copies in order. */
static void what_came_in_no_order_was_not_read(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	for (int copy = 0; copy < 2; copy++) {
		stream_wait(&s, SEC << copy);
		dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
		pair_flush(&p);
		dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, 400, NULL);
		pair_flush(&p);
		dtls_server_hello(&p);
		pair_flush(&p);
	}
	stream_wait(&s, 7 * SEC);
	assert_true(p.h->flights[4].arrived);
	assert_int_equal(p.h->flights[4].usable_ns, 0);
	assert_int_equal(s.faults, 0);
}

/* What was thrown away before its turn is a replay when the network doubles it (s4.1.2.6). */
static void a_duplicate_is_no_second_chance(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_server_hello(&p);
	pair_flush(&p);
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, 400, NULL);
	p.fate = HELD;
	pair_flush(&p);
	p.fate = ARRIVES;
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
	pair_flush(&p);
	pair_release(&p, 0);
	pair_duplicate(&p);
	assert_true(p.h->flights[4].read);
	assert_int_equal(p.h->flights[4].usable_ns, 0);
}

/* Without its ChangeCipherSpec nobody can make anything of a Finished. */
static void a_finished_without_change_cipher_spec_was_not_read(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_flight1(&p);
	dtls_flight4(&p);
	for (int copy = 0; copy < 4; copy++) {
		dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
		record_alone(&p, PARTY_CLIENT, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
		stream_wait(&s, SEC << copy);
		dtls_flight4(&p);
	}
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.side, VERDICT_SIDE_SERVER);
	assert_int_equal(p.h->flights[5].usable_ns, 0);
}

/* A repeated flight 4 that gets lost obliges a client to nothing, whose last flight was lost, too. */
static void repeats_that_get_lost_oblige_nobody(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_flight1(&p);
	dtls_flight4_resumed(&p);
	p.fate = LOST;
	dtls_finished(&p, PARTY_CLIENT);
	for (int copy = 0; copy < 4; copy++) {
		stream_wait(&s, SEC << copy);
		dtls_flight4_resumed(&p);
	}
	stream_wait(&s, SEC);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.side, VERDICT_SIDE_CLIENT);
}

/* ChangeCipherSpec and Finished, and the ServerHello before them lost: nothing to decrypt with. */
static void without_its_server_hello_no_flight_is_whole(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	for (int copy = 0; copy < 4; copy++) {
		record_alone(&p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		record_alone(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
		stream_wait(&s, SEC << copy);
		dtls_flight1(&p);
	}
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.side, VERDICT_SIDE_CLIENT);
}

/* The server asks for the last flight to be sent again with a Finished, not with a part before it. */
static void half_a_repeat_asks_for_nothing(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	p.fate = LOST;
	dtls_flight6(&p);
	for (int copy = 0; copy < 2; copy++) {
		stream_wait(&s, SEC << copy);
		p.fate = ARRIVES;
		dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
		pair_flush(&p);
		p.fate = LOST;
		dtls_finished(&p, PARTY_CLIENT);
	}
	stream_wait(&s, 4 * SEC);
	assert_int_equal(s.faults, 0);
	p.fate = ARRIVES;
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_completed_only(&s, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_finished_with_a_later_number_is_the_handshakes),
		cmocka_unit_test(a_finished_may_come_first),
		cmocka_unit_test(a_local_side_may_follow_its_own_timer),
		cmocka_unit_test(a_local_side_owes_nothing_to_half_a_flight),
		cmocka_unit_test(what_came_in_no_order_was_not_read),
		cmocka_unit_test(a_duplicate_is_no_second_chance),
		cmocka_unit_test(a_finished_without_change_cipher_spec_was_not_read),
		cmocka_unit_test(repeats_that_get_lost_oblige_nobody),
		cmocka_unit_test(without_its_server_hello_no_flight_is_whole),
		cmocka_unit_test(half_a_repeat_asks_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
