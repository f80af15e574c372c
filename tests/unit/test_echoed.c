// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An echo service, or a loop: the server's address sends back what the client sends. That is one handshake, and no role conflict. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

#define UNEXPECTED_MESSAGE 10

static void emit_back(struct pair *p, const struct datagram *d)
{
	pair_emit(p, d, PARTY_SERVER, EVENT_SENT, 0);
	p->last = *d;
	p->last_from = PARTY_SERVER;
	pair_capture(p);
	pair_arrive(p, d, PARTY_SERVER);
	p->last_from = PARTY_CLIENT;
}

/* The client sends its ClientHello, in as many datagrams as its mtu makes of it, and each comes back. */
static void hello(struct pair *p, bool is_dtls13, bool comes_back)
{
	p->num_held = 0;
	p->fate = HELD;
	(is_dtls13 ? dtls13_flight1 : dtls_flight1)(p);
	p->fate = ARRIVES;
	for (uint32_t i = 0; i < p->num_held; i++)
		pair_release(p, i);
	for (uint32_t i = 0; comes_back && i < p->num_held; i++)
		emit_back(p, &p->held[i]);
	p->num_held = 0;
}

static void refuse(struct pair *p)
{
	struct datagram alert;

	dtls_alert(p, PARTY_CLIENT, DTLS_ALERT_FATAL, UNEXPECTED_MESSAGE);
	alert = p->last;
	emit_back(p, &alert);
}

static void begin(struct stream *s, struct pair *p, unsigned at, unsigned kind)
{
	stream_begin(s, p, at);
	s->transit_ns = MS;
	p->version = kind % 3 ? DTLS_VERSION_1_2 : DTLS_VERSION_1_0;
	p->mtu = kind / 3 ? 100 : 1400;
}
#define KINDS 6

static void expect_echo(struct stream *s, const struct pair *p, const char *who)
{
	struct verdict v;

	assert_int_equal(stream_num_handshakes(s), 1);
	verdict_describe(p->h, s->now, &v);
	if (v.code != VERDICT_NO_RESPONSE || v.side != VERDICT_SIDE_SERVER || !strstr(v.summary, "sends back what it gets") ||
	    !strstr(v.hint, "echo service"))
		fail_msg("%s, at %u: %s, %s, %s", who, s->observers, verdict_code_name(v.code), verdict_side_name(v.side), v.summary);
	/* Only on its own host is it known whose echo it is. */
	assert_int_equal(v.confidence, s->observers == AT_BOTH ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
}

static void the_client_refuses(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (unsigned kind = 0; kind < KINDS; kind++) {
			STORY_WITH(begin, s, p, at, kind);
			hello(&p, kind % 3 == 2, true);
			stream_wait(&s, MS);
			refuse(&p);
			stream_wait(&s, FLOOR + 2 * SEC);
			expect_echo(&s, &p, "refuses");
			expect_silence(&s);
		}
}

static void the_client_asks_again(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (unsigned kind = 0; kind < KINDS; kind++) {
			STORY_WITH(begin, s, p, at, kind);
			for (int i = 0; i < 4; i++) {
				hello(&p, kind % 3 == 2, true);
				stream_wait(&s, SEC << i);
			}
			expect_echo(&s, &p, "asks again");
			assert_int_equal(p.h->state, HANDSHAKE_STUCK);
			expect_silence(&s);
		}
}

/* Near: somebody reflects a ClientHello, and the server answers all the same. */
static void near_a_mirror_beside_the_server(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (unsigned kind = 0; kind < KINDS; kind++) {
			unsigned observers;

			STORY_WITH(begin, s, p, at, kind);
			observers = s.observers;
			s.observers = at == ON_WIRE ? at : at & AT_CLIENT;
			hello(&p, kind % 3 == 2, true);
			s.observers = observers;
			if (at == AT_SERVER)
				hello(&p, kind % 3 == 2, false);
			p.mtu = 1400;
			stream_wait(&s, 10 * MS);
			if (kind % 3 == 2) {
				dtls13_flight4(&p);
				dtls13_flight5(&p);
				dtls13_flight6(&p);
			} else {
				dtls_flight4(&p);
				dtls_flight5(&p);
				dtls_flight6(&p);
			}
			stream_wait(&s, HOUR);
			assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
			assert_int_equal(stream_num_handshakes(&s), 1);
			assert_int_equal(s.faults, 0);
		}
}

/* Near: the socket of the server is on this host, and it was not its own echo. */
static void near_not_of_its_socket(void **state)
{
	STORY_WITH(begin, s, p, AT_BOTH, 1);
	struct datagram d;
	struct verdict v;

	for (int i = 0; i < 4; i++) {
		hello(&p, false, false);
		s.observers = AT_CLIENT;
		d = p.last;
		emit_back(&p, &d);
		s.observers = AT_BOTH;
		stream_wait(&s, SEC << i);
	}
	verdict_describe(p.h, s.now, &v);
	assert_null(strstr(v.summary, "sends back"));
	assert_true(has_note(&p, NOTE_NOT_SENT_BY_PEER, "may be forged"));
}

/* Near: a ClientHello of its own, with another random. */
static void near_two_clients(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		STORY_WITH(begin, s, p, at, 1);
		struct pair q;

		pair_reverse(&q, &p);
		dtls_flight1(&p);
		stream_swap(&s);
		dtls_flight1(&q);
		stream_swap(&s);
		stream_wait(&s, SEC);
		dtls_flight1(&p);
		stream_swap(&s);
		dtls_flight1(&q);
		stream_swap(&s);
		stream_wait(&s, FLOOR + 2 * SEC);
		assert_int_equal(stream_num_handshakes(&s), 2);
		assert_string_equal(verdict_code_name(p.h->verdict.code), "role-conflict");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_client_refuses),
		cmocka_unit_test(the_client_asks_again),
		cmocka_unit_test(near_a_mirror_beside_the_server),
		cmocka_unit_test(near_not_of_its_socket),
		cmocka_unit_test(near_two_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
