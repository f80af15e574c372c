// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A client that begins anew from the same port before its handshake ended. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

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
	struct stream s STREAM_ENDS;

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

/* --- by another process, with another socket, while the server keeps the handshake of the one before --- */

static bool tells(const struct pair *p, const char *text)
{
	struct verdict v;

	verdict_describe(p->h, p->s->now, &v);
	for (uint32_t i = 0; i < v.num_evidence; i++)
		if (strstr(v.evidence[i], text))
			return true;
	return false;
}

/* Whose record numbers go on after the ones of `from`? One server has one socket for both. */
static void follow_numbers(struct pair *to, const struct pair *from)
{
	to->seq[PARTY_SERVER][0] = from->seq[PARTY_SERVER][0];
}

static void begin_restart(struct stream *s, struct pair *a, struct pair *b, unsigned at, bool is13)
{
	two_init(s, a, b, at);
	b->socket[PARTY_CLIENT] = 40;
	b->pid[PARTY_CLIENT] = 813;
	(is13 ? dtls13_flight1 : dtls_flight1)(a);
	(is13 ? dtls13_flight4 : dtls_flight4)(a);
	stream_wait(s, 100 * MS);
	pair_close(a, PARTY_CLIENT, 0);
	stream_wait(s, 500 * MS);
}

static void the_server_keeps_the_one_before(void **state)
{
	char note[VERDICT_TEXT_LEN];
	struct stream s;
	struct pair a, b;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int is13 = 0; is13 < 2; is13++) {
			begin_restart(&s, &a, &b, at, is13);
			for (int i = 0; i < 4; i++) {
				(is13 ? dtls13_flight1 : dtls_flight1)(&b);
				stream_wait(&s, SEC << i);
				/* What the server repeats comes to the socket that is open now. */
				a.socket[PARTY_CLIENT] = 40;
				a.pid[PARTY_CLIENT] = 813;
				(is13 ? dtls13_flight4 : dtls_flight4)(&a);
			}
			assert_int_equal(s.wrong, 0);
			assert_false(note_write(b.h, NOTE_NOT_SENT_BY_PEER, note));
			assert_int_equal(b.h->state, HANDSHAKE_STUCK);
			assert_string_equal(verdict_side_name(b.h->verdict.side), "server");
			assert_true(tells(&b, "goes on with handshake #1,"));
			assert_false(tells(&b, "nothing from the server"));
			/* The process of the first one is still told of that. */
			assert_int_equal(a.h->party[PARTY_CLIENT].pid, at & AT_CLIENT ? 812 : 0);
			stream_fini(&s);
		}
}

/* Near: it answers the new one, with numbers that go on or begin again. */
static void near_the_server_takes_the_new_one(void **state)
{
	struct stream s;
	struct pair a, b;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int n = 0; n < 4; n++) {
			begin_restart(&s, &a, &b, at, n & 1);
			(n & 1 ? dtls13_flight1 : dtls_flight1)(&b);
			stream_wait(&s, 10 * MS);
			if (n & 2)
				follow_numbers(&b, &a);
			(n & 1 ? dtls13_flight4 : dtls_flight4)(&b);
			(n & 1 ? dtls13_flight5 : dtls_flight5)(&b);
			(n & 1 ? dtls13_flight6 : dtls_flight6)(&b);
			assert_int_equal(b.h->state, HANDSHAKE_COMPLETED);
			stream_wait(&s, HOUR);
			assert_int_equal(s.faults, 0);
			assert_int_equal(s.wrong, 0);
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
		cmocka_unit_test(the_server_keeps_the_one_before),
		cmocka_unit_test(near_the_server_takes_the_new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
