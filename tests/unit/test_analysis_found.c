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
	struct stream s;
	struct pair p;

	(void)state;
	FOR_EACH_OBSERVER(at) {
		stream_init(&s, at);
		pair_init(&p, &s, 30041, 0x11);
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
		stream_fini(&s);
	}
}

/* It overtakes the ServerHello. */
static void a_finished_may_come_first(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	stream_init(&s, AT_CLIENT);
	pair_init(&p, &s, 30041, 0x11);
	dtls_flight1(&p);
	stream_wait(&s, MS);
	record_alone(&p, PARTY_SERVER, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
	dtls_server_hello(&p);
	dtls_record_add(&p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	pair_flush(&p);
	dtls_finished(&p, PARTY_CLIENT);
	expect_completed_only(&s, &p);
	assert_true(p.h->resumed);
	stream_fini(&s);
}

/* The client wakes up every second; the server ignores that and follows its own timer. */
static void a_local_side_may_follow_its_own_timer(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		stream_init(&s, at);
		pair_init(&p, &s, 30041, 0x11);
		dtls_flight1(&p);
		stream_wait(&s, MS);
		p.fate = LOST;
		for (int second = 0; second <= 15; second++) {
			if (second == 0 || second == 1 || second == 3 || second == 7 || second == 15)
				dtls_flight4(&p);
			p.fate = second < 15 ? ARRIVES : LOST;
			dtls_flight1(&p);
			p.fate = second < 14 ? LOST : ARRIVES;
			stream_wait(&s, SEC);
		}
		dtls_flight5(&p);
		dtls_flight6(&p);
		assert_int_equal(s.faults, 0);
		expect_completed_only(&s, &p);
		stream_fini(&s);
	}
}

/* Its timer stopped at the ServerHello; the rest of flight 4 gets lost again and again. */
static void a_local_side_owes_nothing_to_half_a_flight(void **state)
{
	struct stream s;
	struct pair p;

	(void)state;
	stream_init(&s, AT_CLIENT);
	pair_init(&p, &s, 30041, 0x11);
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
	stream_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_finished_with_a_later_number_is_the_handshakes),
		cmocka_unit_test(a_finished_may_come_first),
		cmocka_unit_test(a_local_side_may_follow_its_own_timer),
		cmocka_unit_test(a_local_side_owes_nothing_to_half_a_flight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
