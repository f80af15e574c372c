// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts of DTLS 1.3, where the flights from 4 on are hidden: what can be said, and what cannot. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static void begin(struct stream *s, struct pair *p, unsigned at)
{
	stream_begin(s, p, at);
	dtls13_hellos(p);
	dtls13_flight4(p);
}

/* The server's ACK is lost, and it does not send it again (RFC 9147 s7.1). */
static void the_ack_is_not_sent_again(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	dtls13_flight5(&p);
	p.fate = LOST;
	dtls13_flight6(&p);
	p.fate = ARRIVES;
	for (int i = 0; i < 2; i++) {
		stream_wait(&s, SEC << i);
		dtls13_flight5(&p);
	}
	stream_wait(&s, SEC);
	assert_int_equal(stream_change(&s, s.num_changes - 1)->state, HANDSHAKE_STUCK);
	expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_LAST_FLIGHT_NOT_RESENT,
		      VERDICT_SIDE_SERVER);
	dtls13_flight6(&p);
	assert_int_equal(stream_change(&s, s.num_changes - 1)->state, HANDSHAKE_COMPLETED);
}

/* Near: each repeat is acknowledged. */
static void each_repeat_is_acknowledged(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	/* After a third answer, another repeat is odd: see answer-unacknowledged. */
	for (int i = 0; i < 3; i++) {
		dtls13_flight5(&p);
		p.fate = LOST;
		dtls13_flight6(&p);
		p.fate = ARRIVES;
		stream_wait(&s, SEC << i);
	}
	stream_wait(&s, HOUR);
	assert_int_equal(s.faults, 0);
}

/* The client's Finished goes out five times, the server repeats its flight 4. */
static void the_server_repeats_itself(void **state)
{
	for (unsigned copies = 3; copies <= 5; copies += 2) {
		STORY_WITH(begin, s, p, AT_CLIENT);
		for (unsigned i = 0; i < copies; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			dtls13_flight5(&p);
			stream_wait(&s, 100 * MS);
			dtls13_flight4(&p);
		}
		stream_settle(&s);
		for (uint32_t i = 0; i < s.num_changes; i++)
			assert_int_equal(s.changes[i].verdict.code, VERDICT_CANNOT_DECRYPT);
		assert_int_equal(s.num_changes, copies == 5);
		if (s.num_changes)
			assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
	}
}

/* Parts of a flight 4 that nobody can see the end of are no holes. */
static void hidden_flights_have_no_holes(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		for (unsigned i = 0; i < 4; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			dtls13_flight1(&p);
			dtls13_server_hello(&p, 0, false);
			pair_flush(&p);
			p.fate = LOST;
			dtls13_flight4_rest(&p);
			p.fate = ARRIVES;
		}
		stream_wait(&s, HOUR);
		for (uint32_t i = 0; i < s.num_changes; i++) {
			assert_int_not_equal(s.changes[i].verdict.code, VERDICT_MISSING_FRAGMENT);
			assert_int_not_equal(s.changes[i].verdict.code, VERDICT_CANNOT_DECRYPT);
			assert_int_not_equal(s.changes[i].verdict.code, VERDICT_SILENT_AFTER_READ);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ack_is_not_sent_again),
		cmocka_unit_test(each_repeat_is_acknowledged),
		cmocka_unit_test(the_server_repeats_itself),
		cmocka_unit_test(hidden_flights_have_no_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
