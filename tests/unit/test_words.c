// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sentences and hints that must agree with what is known of both ends, and of each copy. */
#include <errno.h>

#include "stream_odd.h"

static const struct verdict *latest(const struct stream *s)
{
	return &stream_change(s, s->num_changes - 1)->verdict;
}

/* --- copies --- */

/* Copies of the ClientHello, of which all but one are dropped on receipt, or none. */
static void play_copies(struct stream *s, struct pair *p, unsigned whole, unsigned copies)
{
	stream_begin(s, p, AT_SERVER);
	p->drop_reason = REASON_NETFILTER;
	for (unsigned i = 0; i < copies; i++) {
		stream_until(s, START + i * SEC);
		p->fate = i == whole ? ARRIVES : REFUSED;
		dtls_flight1(p);
	}
	stream_wait(s, 2 * FLOOR);
}

/* "three times; all of it was read" would mean each of the three. */
static void what_reached_the_host(void **state)
{
	static const struct { unsigned whole, copies; const char *fate; } plays[] = {
		{ 0, 3, "flight 1 three times (at 0.0, 1.0, 2.0 s); all of the first copy reached this host and was read" },
		{ 1, 3, "flight 1 three times (at 0.0, 1.0, 2.0 s); each part of it reached this host in some copy and was read" },
		{ 2, 14, "sent 14 copies of flight 1 (at 0.0, 1.0, 2.0, 3.0, ... s); each part of it" },
	};
	struct verdict now;

	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		STORY_WITH(play_copies, s, p, plays[i].whole, plays[i].copies);
		assert_int_equal(latest(&s)->code, VERDICT_SILENT_AFTER_READ);
		verdict_describe(p.h, s.now, &now);
		assert_true(tells(&now, plays[i].fate));
		assert_false(tells(&now, "all of it reached this host"));
	}
}

/* --- the kernel's drops --- */

/* One datagram is not "mostly" anything. Rules are where the socket is. */
static void drops_of_one_kind_and_their_rules(void **state)
{
	struct stream s;
	struct pair p;

	for (int kinds = 1; kinds < 3; kinds++) {
		stream_begin(&s, &p, AT_SERVER);
		p.fate = DROPPED_IN;
		for (int i = 0; i < 3; i++) {
			p.drop_reason = i < kinds ? REASON_FILTER + 3 * (i ? 0 : 1) : REASON_NETFILTER;
			dtls_flight1(&p);
			stream_wait(&s, SEC);
		}
		p.fate = ARRIVES;
		dtls_flight1(&p);
		assert_int_equal(has_note(&p, NOTE_KERNEL_DROP, "mostly incoming, sent by the client"), kinds == 2);
		assert_int_equal(has_note(&p, NOTE_KERNEL_DROP, "(incoming, sent by the client): NETFILTER_DROP"), kinds == 1);
		stream_fini(&s);
	}
	stream_begin(&s, &p, AT_SERVER);
	p.fate = DROPPED_IN;
	p.drop_reason = REASON_NETFILTER;
	repeat(&p, dtls_flight1, 3);
	stream_wait(&s, FLOOR);
	assert_int_equal(latest(&s)->code, VERDICT_KERNEL_DROP);
	assert_non_null(strstr(latest(&s)->hint, "nsenter -t 900 -n nft list ruleset"));
	stream_fini(&s);
}

/* Failed sends are counted alike in both lines, or not at all. */
static void sends_that_fail(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	for (int n = 0; n < 3; n++) {
		stream_wait(&s, SEC);
		pair_send_failed(&p, PARTY_CLIENT, EPERM, 100);
	}
	stream_wait(&s, FLOOR);
	assert_int_equal(latest(&s)->code, VERDICT_SEND_FAILED);
	assert_true(tells(latest(&s), "a send of 100 bytes failed "));
	assert_true(tells(latest(&s), "the client tried to send flight 1, first at 0.0 s"));
	assert_non_null(strstr(latest(&s)->hint, "nsenter -t 812 -n nft list ruleset"));
}

/* --- both ends --- */

/* The client's datagrams arrive, the server's do not: none of them, or its small cookie request does. */
static void answers_that_are_lost(void **state)
{
	for (int small = 0; small < 2; small++) {
		STORY(s, p, AT_BOTH);

		p.cookie = small;
		for (unsigned i = 0; i < 5; i++) {
			until_copy(&s, i);
			p.fate = ARRIVES;
			if (small && !i) {
				dtls_flight1(&p);
				dtls_flight2(&p);
			}
			(small ? dtls_flight3 : dtls_flight1)(&p);
			stream_wait(&s, 50 * MS);
			p.fate = LOST;
			dtls_flight4(&p);
		}
		stream_wait(&s, FLOOR);
		assert_int_equal(latest(&s)->code, VERDICT_ANSWER_UNACKNOWLEDGED);
		assert_int_equal(latest(&s)->side, VERDICT_SIDE_NETWORK);
		assert_non_null(strstr(latest(&s)->summary, "nothing of the answers reaches it"));
		assert_null(strstr(latest(&s)->hint, "trace at"));
		assert_non_null(strstr(latest(&s)->hint, "both sockets are on this host"));
		assert_int_equal(strstr(latest(&s)->hint, "MTU") != NULL, small);
		assert_int_equal(tells(latest(&s), "the largest datagram of the server that arrived had "), small);
	}
}

/* The path loses flight 5: that is no riddle for whom sees both ends. */
static void a_flight_that_is_lost(void **state)
{
	for (unsigned at = AT_CLIENT; at <= AT_BOTH; at += AT_BOTH - AT_CLIENT) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight4(&p);
		p.fate = LOST;
		repeat(&p, dtls_flight5, 5);
		stream_wait(&s, FLOOR);
		assert_int_equal(latest(&s)->code, VERDICT_PEER_SILENT);
		assert_int_equal(latest(&s)->side, at == AT_BOTH ? VERDICT_SIDE_NETWORK : VERDICT_SIDE_SERVER);
		assert_int_equal(!!strstr(latest(&s)->hint, "looks the same"), at != AT_BOTH);
		assert_int_equal(!!strstr(latest(&s)->hint, "both sockets are on this host"), at == AT_BOTH);
	}
}

/* In a capture nothing is lost by a tracer: it is truncated. */
static void a_capture_that_is_truncated(void **state)
{
	for (int captured = 0; captured < 2; captured++) {
		STORY(s, p, captured ? ON_WIRE : AT_CLIENT);
		p.fate = captured ? ARRIVES : LOST;
		dtls_flight1(&p);
		analysis_lost(s.analysis, 0, 2);
		assert_int_equal(has_note(&p, NOTE_EVENTS_LOST, "the tracer lost 2 events"), !captured);
		assert_int_equal(has_note(&p, NOTE_EVENTS_LOST, "2 datagrams in the capture during this handshake could not be read"),
				 captured);
	}
}

/* Where reads are not seen, the reason may be loss, not keys. */
static void loss_before_keys(void **state)
{
	for (int here = 0; here < 2; here++) {
		STORY(s, p, here ? AT_SERVER : ON_WIRE);
		dtls_flight1(&p);
		for (unsigned i = 0; i < 6; i++) {
			until_copy(&s, i);
			dtls_flight4(&p);
			stream_wait(&s, 50 * MS);
			dtls_flight5(&p);
		}
		stream_wait(&s, FLOOR);
		assert_int_equal(latest(&s)->code, VERDICT_CANNOT_DECRYPT);
		assert_int_equal(!!strstr(latest(&s)->hint, "loses datagrams"), !here);
		assert_non_null(strstr(latest(&s)->hint, "same keys"));
	}
}

/* --- cookies --- */

/* A server without state numbers each cookie request alike: the network did not double them. What it doubles is told. */
static void cookie_requests_of_one_number(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		for (int i = 0; i < 3; i++) {
			dtls_flight1(&p);
			p.seq[PARTY_SERVER][0] = 0;
			dtls_flight2(&p);
			stream_wait(&s, SEC);
		}
		assert_false(has_note(&p, NOTE_DUPLICATED, "came twice"));
		dtls_flight3(&p);
		pair_duplicate(&p);
		assert_int_equal(has_note(&p, NOTE_DUPLICATED, "came twice"), !!(at & AT_SERVER));
	}
}

/* The client sends its ClientHello anew each time, and none has the cookie: nothing is "repeated once". */
static void a_client_that_sends_no_cookie(void **state)
{
	struct hellos none = plain;

	none.no_cookie = true;
	STORY(s, p, ON_WIRE);
	for (uint16_t i = 0; i < 6; i++) {
		client_hello(&p, &none, i);
		dtls_flight2(&p);
		stream_wait(&s, 10 * MS);
	}
	stream_wait(&s, 2 * FLOOR);
	assert_int_equal(latest(&s)->code, VERDICT_ANSWER_IGNORED);
	assert_non_null(strstr(latest(&s)->summary, "without the cookie that the server asks for"));
	assert_false(tells(latest(&s), " once (at "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_reached_the_host),
		cmocka_unit_test(drops_of_one_kind_and_their_rules),
		cmocka_unit_test(sends_that_fail),
		cmocka_unit_test(answers_that_are_lost),
		cmocka_unit_test(a_flight_that_is_lost),
		cmocka_unit_test(a_capture_that_is_truncated),
		cmocka_unit_test(loss_before_keys),
		cmocka_unit_test(cookie_requests_of_one_number),
		cmocka_unit_test(a_client_that_sends_no_cookie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
