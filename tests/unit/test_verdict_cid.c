// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connection IDs hide what a record is (RFC 9146 s3) and its number (RFC 9147 s4): what is said all the same. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

/* RFC 9146 s3: what arrives in a record with a connection ID may be the end of the flight. */
static void a_connection_id_hides_the_end(void **state)
{
	STORY(s, p, AT_BOTH);

	for (unsigned i = 0; i < 3; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_flight1(&p);
		dtls_server_hello(&p);
		pair_flush(&p);
		p.fate = i ? ARRIVES : LOST;
		dtls_record_add(&p, PARTY_SERVER, DTLS_CT_CID, 1, 50);
		pair_flush(&p);
		p.fate = i < 2 ? LOST : ARRIVES;
		dtls_record_add(&p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		pair_flush(&p);
		p.fate = ARRIVES;
	}
	stream_wait(&s, FLOOR);
	assert_false(p.h->flights[4].arrived);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.code, VERDICT_MISSING_FRAGMENT);
}

/* Data that follows a Finished which was lost looks like it, being the first after the change of ciphers. */
static void data_that_looks_like_a_finished(void **state)
{
	for (int arrives = 0; arrives < 2; arrives++) {
		STORY(s, p, AT_SERVER);
		dtls_hellos(&p);
		dtls_flight4(&p);
		dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
		dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		pair_flush(&p);
		p.fate = arrives ? ARRIVES : LOST;
		dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_CID, 1, 50);
		pair_flush(&p);
		p.fate = ARRIVES;
		dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_CID, 1, 50);
		pair_flush(&p);
		if (arrives)
			expect_stuck_at(&s, &p, s.now + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
		else
			expect_silence(&s);
	}
}

/* Of two repeats one may be a replay, which nobody answers: its record number is hidden. */
static void a_repeat_that_may_be_a_replay(void **state)
{
	struct datagram replay;
	STORY(s, p, AT_SERVER);

	p.cid_len[PARTY_CLIENT] = 4;
	dtls13_full(&p);
	stream_until(&s, START + SEC);
	dtls13_flight5(&p);
	replay = p.last;
	dtls13_flight6(&p);
	stream_wait(&s, SEC);
	pair_arrive(&p, &replay, PARTY_CLIENT);
	stream_until(&s, START + 3 * SEC);
	dtls13_flight5(&p);
	assert_int_equal(s.faults, 0);
	dtls13_flight6(&p);
	assert_int_equal(s.faults, 0);
	/* Nobody answers these, and they are not all replays. */
	for (unsigned i = 3; i < 5; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		assert_int_equal(s.faults, 0);
		dtls13_flight5(&p);
	}
	stream_wait(&s, SEC);
	assert_int_equal(s.changes[s.num_changes - 1].verdict.code, VERDICT_LAST_FLIGHT_NOT_RESENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_id_hides_the_end),
		cmocka_unit_test(data_that_looks_like_a_finished),
		cmocka_unit_test(a_repeat_that_may_be_a_replay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
