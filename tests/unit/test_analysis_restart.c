// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A client that begins anew from the same port before its handshake ended. */
#include "stream_dtls.h"

/* A and B: one client socket, one server socket, two handshakes. */
static void two_init(struct stream *s, struct pair *a, struct pair *b, unsigned at)
{
	stream_init(s, at);
	s->transit_ns = 5 * MS;
	pair_init(a, s, 30041, 0x0a);
	pair_init(b, s, 30041, 0x0b);
}

static void step(struct stream *s)
{
	stream_wait(s, 10 * MS);
}

static void restart_abandons_the_older(void **state)
{
	struct stream s;
	struct pair a, b;

	FOR_EACH_OBSERVER(at) {
		two_init(&s, &a, &b, at);
		a.fate = at == AT_SERVER ? ARRIVES : LOST;
		dtls_flight1(&a);
		stream_wait(&s, SEC);
		dtls_flight1(&a);
		stream_wait(&s, 3 * SEC);	/* A's next copy was due at 3 s: it is over */
		dtls_full(&b);
		assert_int_equal(s.num_changes, 2);
		expect_change(&s, 0, &b, HANDSHAKE_COMPLETED, VERDICT_COMPLETED,
			      VERDICT_SIDE_UNKNOWN);
		expect_change(&s, 1, &a, HANDSHAKE_ABANDONED, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, 2);
		assert_int_equal(s.faults, 0);
		stream_fini(&s);
	}
}

/* The server does not know that the client gave up, and repeats flight 4 meanwhile. */
static void restart_while_the_server_repeats(void **state)
{
	struct stream s;
	struct pair a, b;

	FOR_EACH_OBSERVER(at) {
		two_init(&s, &a, &b, at);
		dtls_flight1(&a);
		step(&s);
		dtls_flight4(&a);
		stream_wait(&s, SEC);
		dtls_flight1(&b);
		step(&s);
		dtls_flight4(&b);
		step(&s);
		dtls_flight4(&a);
		step(&s);
		dtls_flight5(&b);
		step(&s);
		dtls_flight6(&b);
		assert_int_equal(s.wrong, 0);
		stream_wait(&s, SEC);
		dtls_flight4(&a);
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 0);
		assert_int_equal(s.num_changes, 2);
		expect_change(&s, 1, &a, HANDSHAKE_ABANDONED, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
		stream_fini(&s);
	}
}

/* However often it begins anew, only the latest attempt can be stuck. */
static void only_the_latest_of_many_restarts_is_stuck(void **state)
{
	struct pair attempts[7];
	struct stream s;

	stream_init(&s, AT_CLIENT);
	for (uint8_t i = 0; i < 7; i++) {
		pair_init(&attempts[i], &s, 30041, i + 1);
		attempts[i].fate = LOST;
		dtls_flight1(&attempts[i]);
		stream_wait(&s, SEC);
	}
	stream_wait(&s, HOUR);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_equal(s.changes[i].id, attempts[6].id);
	assert_int_equal(s.num_changes, 1);
	assert_int_equal(s.wrong, 0);
	stream_fini(&s);
}

/* An alert ends the handshake whose numbers it continues, not the other. */
static void alert_ends_its_own_handshake(void **state)
{
	struct stream s;
	struct pair a, b;

	FOR_EACH_OBSERVER(at) {
		two_init(&s, &a, &b, at);
		dtls_flight1(&a);
		step(&s);
		dtls_flight4(&a);
		step(&s);
		dtls_flight1(&b);
		step(&s);
		dtls_alert(&b, PARTY_SERVER, DTLS_ALERT_FATAL, 70);
		stream_wait(&s, 600 * MS);
		assert_int_equal(s.wrong, 0);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &b, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER);
		assert_int_equal(a.h->state, HANDSHAKE_IN_PROGRESS);
		stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(restart_abandons_the_older),
		cmocka_unit_test(restart_while_the_server_repeats),
		cmocka_unit_test(only_the_latest_of_many_restarts_is_stuck),
		cmocka_unit_test(alert_ends_its_own_handshake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
