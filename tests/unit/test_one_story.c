// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A verdict that was reported stays until something new refutes it. */
#include "stream_verdict.h"

/* The client's timer does not double, the server's does. Every copy of flight 5 is lost, or one verdict after another is due. */
static void timers_differ(void **state)
{
	for (int both = 0; both < 2; both++) {
		uint64_t server_ns = SEC, gap = SEC;

		STORY(s, p, both ? AT_BOTH : AT_CLIENT);
		dtls_flight1(&p);
		dtls_flight4(&p);
		for (unsigned i = 0; i < 30; i++) {
			stream_until(&s, START + i * 2 * SEC + 300 * MS);
			p.fate = both ? LOST : ARRIVES;
			dtls_flight5(&p);
			p.fate = ARRIVES;
			for (; server_ns < (i + 1) * 2 * SEC; gap *= 2, server_ns += gap) {
				stream_until(&s, START + server_ns);
				dtls_flight4(&p);
			}
		}
		/* At the client many copies say what the first ones did not: the server may get them, and not decrypt them. */
		assert_int_equal(s.num_changes, both ? 1 : 2);
		if (!both)
			expect_change(&s, 1, &p, HANDSHAKE_STUCK, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_SERVER);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_ANSWER_UNACKNOWLEDGED,
			      both ? VERDICT_SIDE_NETWORK : VERDICT_SIDE_SERVER);
	}
}

/* Near: the server misses its own timer. Then it is silent, and that is news. */
static void a_side_that_stops_is_silent(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	for (unsigned i = 0; i < 4; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_flight4(&p);
		stream_wait(&s, 300 * MS);
		dtls_flight5(&p);
	}
	for (unsigned i = 0; i < 30; i++) {
		stream_wait(&s, 2 * SEC);
		dtls_flight5(&p);
	}
	assert_int_equal(s.num_changes, 3);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_ANSWER_UNACKNOWLEDGED, VERDICT_SIDE_SERVER);
	expect_change(&s, 1, &p, HANDSHAKE_STUCK, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_SERVER);
	expect_change(&s, 2, &p, HANDSHAKE_STUCK, VERDICT_PEER_SILENT, VERDICT_SIDE_SERVER);
}

/* Two verdicts become due within a second, and nothing comes in between: the one with precedence is reported, alone. */
static void what_is_due_soon_is_awaited(void **state)
{
	static const uint32_t client_ms[] = { 2, 59, 163, 367, 775, 1579, 3183, 6387 };
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_flight4(&p);
	for (unsigned i = 0; i < 8; i++) {
		stream_until(&s, START + client_ms[i] * MS);
		dtls_flight5(&p);
		if (i == 0 || i == 5 || i == 7)
			dtls_flight6(&p);
	}
	stream_wait(&s, 2 * SEC);
	expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_CLIENT);
	assert_int_equal(s.faults, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_differ),
		cmocka_unit_test(a_side_that_stops_is_silent),
		cmocka_unit_test(what_is_due_soon_is_awaited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
