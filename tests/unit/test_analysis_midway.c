// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Handshakes that were under way when the trace began; test_stuck_before.c has those that were stuck. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

/* Only what comes from now on is seen. */
static void begin(struct stream *s, struct pair *p, unsigned observers)
{
	stream_begin(s, p, observers);
	p->seq[PARTY_CLIENT][0] = p->seq[PARTY_SERVER][0] = 3;
}

static void with_flight_4(void **state)
{
	char text[VERDICT_TEXT_LEN];

	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, at);
		dtls_flight4(&p);
		assert_true(p.h->midway);
		assert_int_equal(p.h->party[PARTY_SERVER].address.port, 4433);
		assert_int_equal(p.h->party[PARTY_SERVER].local, !!(at & AT_SERVER));
		assert_true(p.h->flights[4].complete);
		dtls_flight5(&p);
		assert_true(p.h->flights[5].complete);
		dtls_flight6(&p);
		assert_true(note_write(p.h, NOTE_MID_HANDSHAKE, text));
		assert_null(strstr(s.changes[0].verdict.summary, "completed in"));
		expect_completed_only(&s, &p);
	}
}

/* Each record in a datagram of its own: nothing but a Finished tells that the server answered. */
static void with_flight_5(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, at);
		dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
		pair_flush(&p);
		for (int from = PARTY_CLIENT; from < PARTY_MAX; from++) {
			dtls_record_add(&p, from, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
			pair_flush(&p);
			assert_int_equal(s.num_changes, 0);
			dtls_record_add(&p, from, DTLS_CT_HANDSHAKE, 1, FINISHED_LEN);
			pair_flush(&p);
		}
		expect_completed_only(&s, &p);
	}
}

/* Whose turn it is rests on what was not seen: three copies say nothing yet. */
static void it_may_be_healthy(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	repeat(&p, dtls_flight4, 2);
	stream_wait(&s, 60 * SEC);
	assert_int_equal(s.num_changes, 0);
	pair_close(&p, PARTY_CLIENT, 0);
	assert_int_equal(p.h->verdict.code, VERDICT_NONE);
	assert_false(handshake_is_open(p.h));
}

/* A fatal alert speaks for itself. */
static void an_alert_is_told(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT);

	dtls_flight4(&p);
	dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_FATAL, 48);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_CLIENT);
	assert_null(strstr(s.changes[0].verdict.evidence[0], "ClientHello"));
}

/* The client begins anew: what is seen from then on is known from its beginning. */
static void a_client_hello_ends_it(void **state)
{
	struct pair next;

	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, at);
		dtls_flight4(&p);
		pair_init(&next, &s, 30041, 0x22);
		dtls_hellos(&next);
		assert_int_equal(p.h->state, HANDSHAKE_ABANDONED);
		assert_false(next.h->midway);
		dtls_flight4(&next);
		dtls_flight5(&next);
		dtls_flight6(&next);
		assert_int_equal(next.h->state, HANDSHAKE_COMPLETED);
		assert_true(next.h->flights[4].complete);
		assert_int_equal(s.faults, 0);
	}
}

/* What was come upon, and is over with the ClientHello that follows, takes nothing from that. */
static void what_was_come_upon_ends_with_a_hello(void **state)
{
	STORY(s, p, AT_SERVER);

	p.cookie = p.client_certificate = true;
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE_REQUEST, 4, 50, NULL);
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 5, 0, NULL);
	pair_flush(&p);
	dtls_flight3(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_int_equal(s.num_changes, 2);
	assert_int_equal(s.changes[0].state, HANDSHAKE_ABANDONED);
	assert_int_equal(s.changes[1].state, HANDSHAKE_COMPLETED);
}

/* Even if the first of it that was seen is not its beginning. */
static void a_client_hello_in_fragments_ends_it(void **state)
{
	struct pair next;
	STORY_WITH(begin, s, p, AT_SERVER);

	pair_init(&next, &s, 30041, 0x22);
	next.mtu = 60;
	next.fate = HELD;
	dtls_flight1(&next);
	assert_int_equal(next.num_held, 3);
	next.fate = ARRIVES;
	pair_release(&next, 1);
	dtls_flight4(&p);
	assert_true(p.h->midway);
	pair_release(&next, 0);
	assert_int_equal(p.h->state, HANDSHAKE_ABANDONED);
	assert_false(next.h->midway);
}

/* The ClientHello that was answered, again, and in DTLS 1.3, where nothing says whose the rest is. */
static void the_client_hello_that_was_answered(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	dtls13_flight4(&p);
	dtls13_flight1(&p);
	assert_true(p.h->midway);
	dtls13_flight5(&p);
	dtls13_flight6(&p);
	assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
	assert_null(strstr(s.changes[s.num_changes - 1].verdict.summary, "completed in"));
	stream_wait(&s, HOUR);
	assert_int_equal(s.faults, 0);
}

static void expect_none(struct stream *s)
{
	assert_int_equal(s->seen[s->num_seen - 1].id, 0);
	stream_fini(s);
}

/* Neither long after the trace began, nor what both sides send, nor when the table is full. */
static void what_does_not_begin_one(void **state)
{
	struct analysis_options opts = stream_options();
	struct stream s;
	struct pair p, other;

	begin(&s, &p, AT_CLIENT);
	pair_init(&other, &s, 30042, 0x22);
	dtls_full(&other);
	stream_wait(&s, 257 * SEC);
	dtls_flight4(&p);
	expect_none(&s);

	begin(&s, &p, AT_CLIENT);
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, 469, NULL);
	pair_flush(&p);
	dtls_finished(&p, PARTY_SERVER);
	expect_none(&s);

	opts.max_handshakes = 1;
	assert_true(stream_init_with(&s, AT_CLIENT, &opts));
	pair_init(&other, &s, 30042, 0x22);
	pair_init(&p, &s, 30041, 0x11);
	dtls_flight1(&other);
	dtls_flight4(&p);
	assert_int_equal(other.h->verdict.code, VERDICT_NONE);
	expect_none(&s);
}

/* A socket is closed: it has ended, in the state too, and what the peer repeats then is not another one. */
static void a_socket_is_closed(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, at);
		dtls_flight4(&p);
		stream_wait(&s, SEC);
		pair_close(&p, at & AT_CLIENT ? PARTY_CLIENT : PARTY_SERVER, 0);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_ABANDONED, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
		assert_string_equal(ending_name(p.h), "socket-closed");
		p.fate = at & AT_SERVER ? ARRIVES : LOST;
		dtls_flight4(&p);
		assert_int_equal(analysis_stats(s.analysis)->handshakes, 1);
		assert_int_equal(s.wrong, 0);
		expect_silence(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_flight_4),
		cmocka_unit_test(with_flight_5),
		cmocka_unit_test(it_may_be_healthy),
		cmocka_unit_test(an_alert_is_told),
		cmocka_unit_test(a_socket_is_closed),
		cmocka_unit_test(a_client_hello_ends_it),
		cmocka_unit_test(what_was_come_upon_ends_with_a_hello),
		cmocka_unit_test(a_client_hello_in_fragments_ends_it),
		cmocka_unit_test(the_client_hello_that_was_answered),
		cmocka_unit_test(what_does_not_begin_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
