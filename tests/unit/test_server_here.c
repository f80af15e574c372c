// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* ClientHellos that are lost between two sockets of this host: that the server's socket is here, another handshake shows. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static void full(struct pair *p, bool is_dtls13)
{
	is_dtls13 ? dtls13_full(p) : dtls_full(p);
}

/* The hellos of another client of the same host, none of which arrives. */
static void lose_hellos(struct pair *q, bool is_dtls13)
{
	q->fate = LOST;
	repeat(q, is_dtls13 ? dtls13_flight1 : dtls_flight1, 4);
	stream_wait(q->s, FLOOR);
}

static void hellos_that_reach_nobody(void **state)
{
	struct pair q;

	for (int is_dtls13 = 0; is_dtls13 < 2; is_dtls13++) {
		STORY(s, p, AT_BOTH);
		full(&p, is_dtls13);
		pair_init(&q, &s, 30042, 0x22);
		lose_hellos(&q, is_dtls13);
		expect_change(&s, s.num_changes - 1, &q, HANDSHAKE_STUCK, VERDICT_NO_RESPONSE, VERDICT_SIDE_NETWORK);
		assert_int_equal(latest_verdict(&s)->confidence, CONFIDENCE_LIKELY);
		assert_non_null(strstr(latest_verdict(&s)->summary, "the path loses the ClientHello"));
		assert_true(verdict_has_evidence(latest_verdict(&s), "nothing of this one did"));
		assert_non_null(strstr(latest_verdict(&s)->hint, "both sockets are on this host"));
	}
}

enum near { OTHER_NAMESPACE, OTHER_PORT, CLOSED, CLIENT_ONLY, NUM_NEAR };

/* Near: nothing shows that the address leads to a socket of this host, from there and by now. */
static void near_a_server_that_is_not_known_to_be_here(void **state)
{
	struct pair q;

	for (int near = 0; near < NUM_NEAR; near++) {
		STORY(s, p, near == CLIENT_ONLY ? AT_CLIENT : AT_BOTH);
		if (near == OTHER_NAMESPACE)
			p.netns = 77;
		dtls_flight1(&p);
		if (near == CLOSED)
			pair_close(&p, PARTY_SERVER, 0);
		pair_init(&q, &s, 30042, 0x22);
		if (near == OTHER_PORT)
			q.address[PARTY_SERVER].port++;
		lose_hellos(&q, false);
		assert_int_equal(latest_verdict(&s)->code, VERDICT_NO_RESPONSE);
		expect_change(&s, s.num_changes - 1, &q, HANDSHAKE_STUCK, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
	}
}

/* Near: it got them, and does not answer. */
static void near_a_server_that_does_not_answer(void **state)
{
	struct pair q;

	for (int unread = 0; unread < 2; unread++) {
		STORY(s, p, AT_BOTH);
		dtls_full(&p);
		pair_init(&q, &s, 30042, 0x22);
		q.unread = unread;
		repeat(&q, dtls_flight1, 4);
		stream_wait(&s, FLOOR);
		expect_change(&s, s.num_changes - 1, &q, HANDSHAKE_STUCK, unread ? VERDICT_NOT_READING : VERDICT_SILENT_AFTER_READ,
			      VERDICT_SIDE_SERVER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hellos_that_reach_nobody),
		cmocka_unit_test(near_a_server_that_is_not_known_to_be_here),
		cmocka_unit_test(near_a_server_that_does_not_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
