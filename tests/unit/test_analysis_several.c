// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Several handshakes on one address pair or one socket, proxies, both ends on one host. */
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

static void expect_both_completed(struct stream *s, const struct pair *a, const struct pair *b)
{
	char text[VERDICT_TEXT_LEN];

	assert_int_equal(s->wrong, 0);
	assert_int_equal(s->num_changes, 2);
	expect_change(s, 0, a, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	expect_change(s, 1, b, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	assert_int_equal(a->h->party[PARTY_CLIENT].retransmissions, 0);
	assert_int_equal(b->h->party[PARTY_SERVER].retransmissions, 0);
	assert_true(note_write(a->h, NOTE_INTERLEAVED, text));
	assert_true(note_write(b->h, NOTE_INTERLEAVED, text));
	assert_string_equal(text, "another handshake ran on this address pair at the same time");
	stream_wait(s, HOUR);
	assert_int_equal(s->num_changes, 2);
	assert_int_equal(s->faults, 0);
}

/* --- interleaved --- */

static void alternate(struct pair *a, struct pair *b, void (*flight)(struct pair *p))
{
	flight(a);
	step(a->s);
	flight(b);
	step(a->s);
}

static void check_alternating(unsigned at, bool cookie, uint32_t mtu)
{
	struct stream s STREAM_ENDS;
	struct pair a, b;

	two_init(&s, &a, &b, at);
	a.cookie = b.cookie = cookie;
	a.mtu = b.mtu = mtu;
	alternate(&a, &b, dtls_flight1);
	if (cookie) {
		alternate(&a, &b, dtls_flight2);
		alternate(&a, &b, dtls_flight3);
	}
	alternate(&a, &b, dtls_flight4);
	alternate(&a, &b, dtls_flight5);
	alternate(&a, &b, dtls_flight6);
	expect_both_completed(&s, &a, &b);
}

static void alternating_at_the_client(void **state)
{
	check_alternating(AT_CLIENT, false, 1400);
	check_alternating(AT_CLIENT, true, 1400);
	check_alternating(AT_CLIENT, true, 256);
}

static void alternating_at_the_server(void **state)
{
	check_alternating(AT_SERVER, false, 1400);
	check_alternating(AT_SERVER, true, 1400);
	check_alternating(AT_SERVER, true, 256);
}

static void alternating_seen_at_both_ends(void **state)
{
	check_alternating(AT_BOTH, false, 1400);
	check_alternating(AT_BOTH, true, 1400);
	check_alternating(AT_BOTH, true, 256);
}

/* B completes while A has not sent its flight 5: what ends a handshake cannot be A's yet. */
static void one_overtakes_the_other(void **state)
{
	struct stream s;
	struct pair a, b;

	FOR_EACH_OBSERVER(at) {
		two_init(&s, &a, &b, at);
		alternate(&a, &b, dtls_flight1);
		dtls_flight4(&a);
		stream_wait(&s, SEC);
		dtls_flight1(&b);	/* so that B's flight 5 has other numbers than A's */
		step(&s);
		dtls_flight4(&b);
		step(&s);
		dtls_flight5(&b);
		step(&s);
		dtls_flight6(&b);
		step(&s);
		assert_string_equal(handshake_state_name(b.h->state), "completed");
		dtls_flight5(&a);
		step(&s);
		dtls_flight6(&a);
		assert_string_equal(handshake_state_name(a.h->state), "completed");
		assert_int_equal(s.wrong, 0);
		assert_int_equal(s.faults, 0);
		stream_fini(&s);
	}
}

/* B begins and completes while A waits for flight 6, which comes late: nobody gave A up. */
static void the_overtaken_completes_at_last(void **state)
{
	struct stream s;
	struct pair a, b;

	FOR_EACH_OBSERVER(at) {
		two_init(&s, &a, &b, at);
		b.client_certificate = true;	/* so that its flight 6 has other numbers than A's */
		dtls_flight1(&a);
		step(&s);
		dtls_flight4(&a);
		step(&s);
		dtls_flight5(&a);
		step(&s);
		dtls_full(&b);
		step(&s);
		dtls_flight6(&a);
		assert_int_equal(s.wrong, 0);
		assert_string_equal(handshake_state_name(b.h->state), "completed");
		assert_string_equal(handshake_state_name(a.h->state), "completed");
		stream_fini(&s);
	}
}

/* Record numbers tell which of two in the same state a datagram is of, in any order. */
static void numbers_tell_them_apart(void **state)
{
	struct stream s;
	struct pair a, b;

	FOR_EACH_OBSERVER(at) {
		two_init(&s, &a, &b, at);
		alternate(&a, &b, dtls_flight1);
		dtls_flight4(&a);
		stream_wait(&s, SEC);
		dtls_flight1(&b);
		step(&s);
		dtls_flight4(&b);
		step(&s);
		dtls_flight5(&b);
		step(&s);
		dtls_flight5(&a);
		step(&s);
		assert_int_equal(s.wrong, 0);
		assert_int_equal(a.h->party[PARTY_CLIENT].flight, 5);
		assert_int_equal(b.h->party[PARTY_CLIENT].flight, 5);
		stream_fini(&s);
	}
}

/* Retransmitted flights of A while B runs stay A's. */
static void retransmissions_stay_with_their_handshake(void **state)
{
	struct stream s;
	struct pair a, b;

	FOR_EACH_OBSERVER(at) {
		two_init(&s, &a, &b, at);
		dtls_flight1(&a);
		step(&s);
		dtls_flight4(&a);
		stream_wait(&s, SEC);
		dtls_flight4(&a);
		step(&s);
		dtls_flight1(&b);
		step(&s);
		dtls_flight4(&b);
		stream_wait(&s, 2 * SEC);
		dtls_flight4(&a);
		assert_int_equal(s.wrong, 0);
		assert_int_equal(a.h->flights[4].copies, 3);
		assert_int_equal(b.h->flights[4].copies, 1);
		stream_fini(&s);
	}
}

static void one_after_the_other_is_not_interleaved(void **state)
{
	char text[VERDICT_TEXT_LEN];
	struct stream s;
	struct pair a, b;

	FOR_EACH_OBSERVER(at) {
		two_init(&s, &a, &b, at);
		dtls_full(&a);
		stream_wait(&s, SEC);
		dtls_full(&b);
		assert_int_equal(s.num_changes, 2);
		assert_int_equal(s.wrong, 0);
		assert_false(note_write(a.h, NOTE_INTERLEAVED, text));
		assert_false(note_write(b.h, NOTE_INTERLEAVED, text));
		assert_int_equal(s.changes[1].verdict.confidence, stream_sees_last(&b) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		stream_fini(&s);
	}
}

/* --- identity --- */

/* A proxy's two legs carry one ClientHello: they are two handshakes. */
static void proxy_legs_are_two_handshakes(void **state)
{
	struct stream s STREAM_ENDS;
	struct pair in, out;

	stream_init(&s, AT_BOTH);
	pair_init(&in, &s, 30041, 0x11);
	pair_init(&out, &s, 30042, 0x11);
	in.address[PARTY_SERVER] = endpoint(7, 4433);
	in.socket[PARTY_SERVER] = 60;
	out.address[PARTY_CLIENT] = endpoint(7, 50000);
	dtls_flight1(&in);
	dtls_flight1(&out);
	dtls_flight4(&out);
	dtls_flight4(&in);
	dtls_flight5(&in);
	dtls_flight5(&out);
	assert_int_equal(in.id, 1);
	assert_int_equal(out.id, 2);
	dtls_flight6(&out);
	dtls_flight6(&in);
	assert_int_equal(s.num_changes, 2);
	expect_change(&s, 0, &out, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	expect_change(&s, 1, &in, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	assert_int_equal(s.wrong, 0);
	assert_false(in.h->interleaved || out.h->interleaved);
}

static void both_ends_on_this_host_are_one_handshake(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_full(&p);
	assert_int_equal(analysis_stats(s.analysis)->handshakes, 1);
	assert_true(p.h->party[PARTY_CLIENT].local && p.h->party[PARTY_SERVER].local);
	assert_int_equal(p.h->party[PARTY_CLIENT].socket, p.socket[PARTY_CLIENT]);
	assert_int_equal(p.h->party[PARTY_SERVER].socket, p.socket[PARTY_SERVER]);
	assert_int_equal(p.h->party[PARTY_CLIENT].pid, 812);
	assert_int_equal(p.h->party[PARTY_SERVER].pid, 900);
	assert_int_equal(p.h->flights[5].copies, 1);
	assert_true(p.h->flights[5].arrived);
	expect_completed_only(&s, &p);
}

/* Many clients of one server socket do not touch each other. */
static void clients_of_one_server_socket(void **state)
{
	struct pair clients[8];
	struct stream s;

	FOR_EACH_OBSERVER(at) {
		stream_init(&s, at);
		for (int i = 0; i < 8; i++) {
			pair_init(&clients[i], &s, 30041 + i, 0x11);
			dtls_flight1(&clients[i]);
		}
		for (int i = 7; i >= 0; i--)
			dtls_flight4(&clients[i]);
		for (int i = 0; i < 8; i++)
			dtls_flight5(&clients[i]);
		for (int i = 7; i >= 0; i--)
			dtls_flight6(&clients[i]);
		assert_int_equal(s.num_changes, 8);
		assert_int_equal(s.wrong, 0);
		assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], 8);
		assert_false(clients[3].h->interleaved);
		stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alternating_at_the_client),
		cmocka_unit_test(alternating_at_the_server),
		cmocka_unit_test(alternating_seen_at_both_ends),
		cmocka_unit_test(one_overtakes_the_other),
		cmocka_unit_test(the_overtaken_completes_at_last),
		cmocka_unit_test(numbers_tell_them_apart),
		cmocka_unit_test(retransmissions_stay_with_their_handshake),
		cmocka_unit_test(one_after_the_other_is_not_interleaved),
		cmocka_unit_test(proxy_legs_are_two_handshakes),
		cmocka_unit_test(both_ends_on_this_host_are_one_handshake),
		cmocka_unit_test(clients_of_one_server_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
