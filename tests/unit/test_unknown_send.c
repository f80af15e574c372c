// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A send that the kernel refused, of which only the socket is known: it may be for another peer, and no part of a flight. */
#include <errno.h>

#include "stream_dtls13.h"
#include "stream_verdict.h"

/* The kernel refuses a send of the socket at one end: neither its length nor its address is known. */
static void refuse(struct pair *p, enum party_role at)
{
	struct event ev = pair_bare(p, at, EVENT_SEND_FAILED);

	memset(&ev.local.ip, 0, sizeof(ev.local.ip));
	memset(&ev.remote, 0, sizeof(ev.remote));
	ev.error = EMSGSIZE;
	analysis_event(p->s->analysis, &ev, sizeof(ev));
}

/* Up to the flight that `at` has to answer. */
static void begin(struct stream *s, struct pair *p, unsigned observers, enum party_role at, bool is_dtls13)
{
	stream_begin(s, p, observers);
	is_dtls13 ? dtls13_flight1(p) : dtls_flight1(p);
	if (at == PARTY_CLIENT)
		is_dtls13 ? dtls13_flight4(p) : dtls_flight4(p);
	stream_wait(s, 70 * MS);
}

/* It has read the flight and sends nothing: then the send that failed may be why, and is not proven to be. */
static void of_a_side_that_owes_a_flight(void **state)
{
	for (int n = 0; n < 3; n++) {
		enum party_role at = n == 1 ? PARTY_CLIENT : PARTY_SERVER;

		STORY_WITH(begin, s, p, 1 << at, at, n == 2);
		refuse(&p, at);
		stream_wait(&s, FLOOR + SEC);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_SEND_FAILED, side_of_role(at));
		assert_int_equal(latest_verdict(&s)->confidence, CONFIDENCE_LIKELY);
		assert_true(verdict_has_evidence(latest_verdict(&s), "cannot see what it tried to send"));
	}
}

/* The flight was tried just before: it is what was refused. */
static void just_after_the_flight_was_tried(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER, PARTY_SERVER, false);

	p.fate = DROPPED_OUT;
	p.drop_reason = REASON_NETFILTER;
	dtls_flight4(&p);
	refuse(&p, PARTY_SERVER);
	stream_wait(&s, FLOOR + SEC);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_SEND_FAILED, VERDICT_SIDE_SERVER);
	assert_int_equal(latest_verdict(&s)->confidence, CONFIDENCE_CERTAIN);
	assert_false(verdict_has_evidence(latest_verdict(&s), "cannot see what it tried to send"));
}

/* The server of another session sends data that is too large, and the client waits for one second only. */
static void near_a_client_that_leaves_early(void **state)
{
	for (int is_dtls13 = 0; is_dtls13 < 2; is_dtls13++) {
		STORY_WITH(begin, s, p, AT_BOTH, PARTY_SERVER, is_dtls13);
		refuse(&p, PARTY_SERVER);
		stream_until(&s, START + SEC);
		pair_close(&p, PARTY_CLIENT, 0);
		stream_settle(&s);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_ABANDONED, VERDICT_CLOSED_BY_APPLICATION, VERDICT_SIDE_CLIENT);
		assert_true(has_note(&p, NOTE_SEND_FAILED, "sends of the server failed once, the latest with EMSGSIZE"));
	}
}

/* It has answered all that it read: what its socket fails to send is not awaited. */
static void near_a_side_that_owes_nothing(void **state)
{
	for (int n = 0; n < 3; n++) {
		enum party_role at = n == 1 ? PARTY_CLIENT : PARTY_SERVER;

		STORY_WITH(begin, s, p, 1 << at, at, n == 2);
		if (n == 2)
			dtls13_flight4(&p);
		else
			n ? dtls_flight5(&p) : dtls_flight4(&p);
		stream_wait(&s, SEC);
		refuse(&p, at);
		stream_wait(&s, HOUR);
		for (uint32_t i = 0; i < s.num_changes; i++)
			assert_int_not_equal(s.changes[i].verdict.code, VERDICT_SEND_FAILED);
		assert_true(has_note(&p, NOTE_SEND_FAILED, "failed once"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_side_that_owes_a_flight),
		cmocka_unit_test(just_after_the_flight_was_tried),
		cmocka_unit_test(near_a_client_that_leaves_early),
		cmocka_unit_test(near_a_side_that_owes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
