// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* DTLS 1.3: what is as short as an encrypted alert ends a handshake if its sender leaves it at that, and completes none. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static void begin(struct stream *s, struct pair *p, unsigned at)
{
	stream_begin(s, p, at);
	dtls13_hellos(p);
	dtls13_flight4(p);
}

/* The client refuses the server's flight, or the server that of the client. */
static void refuse(struct pair *p, enum party_role by)
{
	if (by == PARTY_SERVER)
		dtls13_flight5(p);
	dtls13_send(p, by, by == PARTY_CLIENT ? EPOCH_HANDSHAKE : EPOCH_APPLICATION, SEALED_ALERT);
}

static void expect_alert(struct stream *s, struct pair *p, enum party_role by)
{
	const struct change *last = &s->changes[s->num_changes - 1];

	assert_int_equal(s->num_changes, 1);
	expect_change(s, 0, p, HANDSHAKE_FAILED, VERDICT_ALERT, by == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
	assert_int_equal(last->verdict.confidence, CONFIDENCE_LIKELY);
	assert_int_equal(last->verdict.severity, SEVERITY_FAULT);
	assert_non_null(strstr(last->verdict.evidence[0], "as short as an alert"));
}

/* --- it is one --- */

static void nothing_follows(void **state)
{
	FOR_EACH_OBSERVER(at) {
		for (int by = 0; by < PARTY_MAX; by++) {
			struct stream s;
			struct pair p;

			begin(&s, &p, at);
			refuse(&p, by);
			stream_wait(&s, FLOOR - 100 * MS);
			assert_int_equal(s.num_changes, 0);
			stream_wait(&s, 200 * MS);
			expect_alert(&s, &p, by);
			expect_silence(&s);
			stream_fini(&s);
		}
	}
}

/* Whoever is refused closes its socket, or who refuses does: how it ended is not why. */
static void a_side_closes(void **state)
{
	for (int by = 0; by < PARTY_MAX; by++) {
		for (int closes = 0; closes < PARTY_MAX; closes++) {
			struct stream s;
			struct pair p;

			begin(&s, &p, AT_BOTH);
			refuse(&p, by);
			stream_wait(&s, 2 * SEC);
			pair_close(&p, closes, 0);
			expect_alert(&s, &p, by);
			stream_fini(&s);
		}
	}
}

/* A client that is refused answers the alert with close_notify, and has sent data before it came. */
static void the_client_says_goodbye(void **state)
{
	FOR_EACH_OBSERVER(at) {
		struct stream s;
		struct pair p;

		begin(&s, &p, at);
		dtls13_flight5(&p);
		dtls13_data(&p, PARTY_CLIENT);
		dtls13_send(&p, PARTY_SERVER, EPOCH_APPLICATION, SEALED_ALERT);
		stream_wait(&s, 10 * MS);
		dtls13_send(&p, PARTY_CLIENT, EPOCH_APPLICATION, SEALED_ALERT);
		stream_wait(&s, 2 * FLOOR);
		expect_alert(&s, &p, PARTY_SERVER);
		stream_fini(&s);
	}
}

/* --- it is none --- */

/* An ACK without entries, or two bytes of data, and then what belongs there. */
static void the_sender_goes_on(void **state)
{
	FOR_EACH_OBSERVER(at) {
		for (int by = 0; by < PARTY_MAX; by++) {
			struct stream s;
			struct pair p;

			begin(&s, &p, at);
			refuse(&p, by);
			stream_wait(&s, SEC);
			if (by == PARTY_CLIENT)
				dtls13_flight5(&p);
			dtls13_flight6(&p);
			expect_completed_only(&s, &p);
			stream_fini(&s);
		}
	}
}

/* The client of a server with an odd ACK sends data, long after it would have repeated its Finished. */
static void the_client_goes_on(void **state)
{
	FOR_EACH_OBSERVER(at) {
		struct stream s;
		struct pair p;

		begin(&s, &p, at);
		refuse(&p, PARTY_SERVER);
		stream_wait(&s, 3 * SEC);
		dtls13_data(&p, PARTY_CLIENT);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
		stream_fini(&s);
	}
}

/* Near: the client repeats its Finished, so it got no answer; the server's next one is whole. */
static void the_client_repeats(void **state)
{
	FOR_EACH_OBSERVER(at) {
		struct stream s;
		struct pair p;

		begin(&s, &p, at);
		refuse(&p, PARTY_SERVER);
		for (int i = 0; i < 2; i++) {
			stream_wait(&s, SEC << i);
			dtls13_flight5(&p);
			dtls13_data(&p, PARTY_CLIENT);
			assert_int_equal(s.num_changes, 0);
		}
		dtls13_flight6(&p);
		expect_completed_only(&s, &p);
		stream_fini(&s);
	}
}

/* After its Finished the client may close at once, and the server may answer that: no side has refused. */
static void the_client_was_done(void **state)
{
	FOR_EACH_OBSERVER(at) {
		struct stream s;
		struct pair p;

		begin(&s, &p, at);
		dtls13_flight5(&p);
		dtls13_send(&p, PARTY_CLIENT, EPOCH_APPLICATION, SEALED_ALERT);
		dtls13_send(&p, PARTY_SERVER, EPOCH_APPLICATION, SEALED_ALERT);
		pair_close(&p, at & AT_CLIENT ? PARTY_CLIENT : PARTY_SERVER, 0);
		stream_wait(&s, 2 * FLOOR);
		assert_int_equal(s.faults, 0);
		assert_int_not_equal(p.h->verdict.code, VERDICT_ALERT);
		stream_fini(&s);
	}
}

/* Elsewhere the client goes on to repeat its Finished: what it got was no alert, so its sender is silent. */
static void the_client_repeats_for_long(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	refuse(&p, PARTY_SERVER);
	for (int i = 0; i < 4; i++) {
		stream_wait(&s, SEC << i);
		dtls13_flight5(&p);
		assert_int_not_equal(p.h->verdict.code, VERDICT_ALERT);
	}
	stream_wait(&s, 2 * FLOOR);
	assert_true(s.num_changes);
	assert_int_not_equal(p.h->verdict.code, VERDICT_ALERT);
}

/* Near: one byte more, or less, is no alert. */
static void another_length_is_an_answer(void **state)
{
	for (int more = -1; more < 2; more += 2) {
		struct stream s;
		struct pair p;

		begin(&s, &p, AT_BOTH);
		dtls13_flight5(&p);
		dtls13_send(&p, PARTY_SERVER, EPOCH_APPLICATION, SEALED_ALERT + more);
		expect_completed_only(&s, &p);
		stream_fini(&s);
	}
}

/* A handshake that is complete has its alerts, too. */
static void after_the_handshake_it_is_a_goodbye(void **state)
{
	FOR_EACH_OBSERVER(at) {
		struct stream s;
		struct pair p;

		begin(&s, &p, at);
		dtls13_flight5(&p);
		dtls13_flight6(&p);
		dtls13_send(&p, PARTY_CLIENT, EPOCH_APPLICATION, SEALED_ALERT);
		dtls13_send(&p, PARTY_SERVER, EPOCH_APPLICATION, SEALED_ALERT);
		expect_completed_only(&s, &p);
		expect_silence(&s);
		stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_follows),
		cmocka_unit_test(a_side_closes),
		cmocka_unit_test(the_client_says_goodbye),
		cmocka_unit_test(the_sender_goes_on),
		cmocka_unit_test(the_client_goes_on),
		cmocka_unit_test(the_client_repeats),
		cmocka_unit_test(the_client_was_done),
		cmocka_unit_test(the_client_repeats_for_long),
		cmocka_unit_test(another_length_is_an_answer),
		cmocka_unit_test(after_the_handshake_it_is_a_goodbye),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
