// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ClientHellos that anybody can have sent: nothing shows that their sender receives what the server sends
 * (RFC 6347 s4.2.1). A healthy server is not certainly to blame for what it does with them.
 */
#include "stream_dtls13.h"
#include "stream_verdict.h"

#define GIVEN 0xc0	/* fills the cookie of dtls_flight2() */
#define MADE_UP 0xab

static void hello(struct pair *p, uint16_t message_seq, uint8_t cookie)
{
	struct body b = body_begin(p, p->random);

	body_u8(&b, 20);
	for (int i = 0; i < 20; i++)
		body_u8(&b, cookie);
	body_u16(&b, 2);
	body_u16(&b, 0xc02b);
	body_u16(&b, 0x0100);
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_HELLO, message_seq, b.len, b.bytes);
	pair_flush(p);
}

static bool says_anybody(const struct verdict *v)
{
	return v->doubt && strstr(v->doubt, "anybody can send ClientHellos");
}

static bool is_certain(const struct stream *s)
{
	return s->changes[s->num_changes - 1].verdict.confidence == CONFIDENCE_CERTAIN;
}

/* --- a server that asks for its cookie --- */

/* Copies of one ClientHello, each of which is answered by the same request. */
static void ask_again(struct pair *p, uint16_t message_seq, uint8_t cookie, bool new_numbers)
{
	for (uint16_t i = 0; i < 4; i++) {
		hello(p, message_seq + (new_numbers ? i : 0), cookie);
		stream_wait(p->s, 10 * MS);
		dtls_flight2(p);
		stream_wait(p->s, SEC << i);
	}
}

static void a_cookie_that_was_never_given(void **state)
{
	FOR_EACH_OBSERVER(at)
		for (uint16_t message_seq = 0; message_seq < 2; message_seq++) {
			STORY(s, p, at);
			ask_again(&p, message_seq, MADE_UP, false);
			assert_int_equal(s.num_changes, 1);
			assert_int_equal(s.changes[0].verdict.side, VERDICT_SIDE_CLIENT);
			/* Only of a client on this host is it known who sends that. */
			assert_int_equal(is_certain(&s), at == AT_BOTH);
			if (message_seq)
				assert_non_null(strstr(s.changes[0].verdict.summary, "without the cookie that the server asks for"));
		}
}

/* Near: it is the one that was given, so the client is real, and the server to blame. */
static void a_cookie_that_was_given(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight2(&p);
		ask_again(&p, 1, GIVEN, true);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_COOKIE_LOOP, VERDICT_SIDE_SERVER);
		assert_int_equal(is_certain(&s), at & AT_SERVER ? 1 : 0);
	}
}

/* Another server of this address may have given it: the client counts on, as if it had been asked each time. */
static void a_cookie_of_another_server(void **state)
{
	STORY(s, p, AT_SERVER);

	ask_again(&p, 1, MADE_UP, true);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_COOKIE_LOOP, VERDICT_SIDE_SERVER);
	assert_false(is_certain(&s));
	assert_non_null(strstr(s.changes[0].verdict.summary, "the client sends one that it did not give"));
	assert_non_null(strstr(s.changes[0].verdict.hint, "share the secret"));
}

/* --- a server that does not answer --- */

static void (*const hellos[2])(struct pair *p) = { dtls_flight1, dtls13_flight1 };

/* Near: its client is on this host and did send them. */
static void hellos_that_are_not_answered(void **state)
{
	for (int i = 0; i < 4; i++) {
		STORY(s, p, i & 2 ? AT_BOTH : AT_SERVER);
		repeat(&p, hellos[i & 1], 3);
		stream_wait(&s, FLOOR);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
		assert_int_equal(is_certain(&s), i >= 2);
		assert_int_equal(says_anybody(&s.changes[0].verdict), i < 2);
	}
}

/* Only who receives the cookie can return it. Near: another one, with the same length. */
static void a_cookie_that_comes_back(void **state)
{
	for (int given = 0; given < 2; given++) {
		STORY(s, p, AT_SERVER);
		dtls_flight1(&p);
		dtls_flight2(&p);
		for (int i = 0; i < 3; i++) {
			hello(&p, 1, given ? GIVEN : MADE_UP);
			stream_wait(&s, SEC << i);
		}
		stream_wait(&s, FLOOR);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
		assert_int_equal(is_certain(&s), given);
		assert_int_equal(says_anybody(&s.changes[0].verdict), !given);
	}
}

/* --- beside a real handshake --- */

/* The client takes its time. What somebody else sends meanwhile, with its address, is over when it goes on. */
static void beside_a_slow_handshake(void **state)
{
	struct pair other;
	STORY(s, p, AT_SERVER);

	pair_init(&other, &s, 30041, 0x22);
	p.cookie = true;
	dtls_hellos(&p);
	dtls_flight4(&p);
	stream_wait(&s, 300 * MS);
	for (int i = 0; i < 4; i++) {
		hello(&other, 1, GIVEN);
		stream_wait(&s, SEC << i);
	}
	assert_true(s.num_changes > 0);
	for (uint32_t i = 0; i < s.num_changes; i++)
		if (s.changes[i].id == other.id)
			assert_int_equal(s.changes[i].verdict.confidence, CONFIDENCE_LIKELY);
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
	assert_int_equal(other.h->state, HANDSHAKE_ABANDONED);
	assert_int_equal(other.h->ending.how, ENDING_REPLACED);
	assert_int_equal(other.h->verdict.code, VERDICT_NONE);
}

/* --- a ClientHello that comes to a client --- */

/* It refuses that, and gives up: it was never a server. Nothing is certain either if there are several. */
static void a_client_that_gets_a_hello(void **state)
{
	struct pair q;

	for (int copies = 1; copies < 3; copies++) {
		STORY(s, p, AT_CLIENT);
		pair_reverse(&q, &p);
		dtls_flight1(&p);
		stream_wait(&s, 300 * MS);
		for (int i = 0; i < copies; i++) {
			s.observers = AT_SERVER;
			dtls_flight1(&q);
			s.observers = AT_CLIENT;
		}
		dtls_alert(&p, PARTY_CLIENT, 2, 10);
		stream_wait(&s, 500 * MS);
		pair_close(&p, PARTY_CLIENT, 0);
		stream_wait(&s, HOUR);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ROLE_CONFLICT, VERDICT_SIDE_UNKNOWN);
		for (uint32_t i = 0; i < s.num_changes; i++)
			if (s.changes[i].id == q.id && s.changes[i].verdict.code)
				assert_int_not_equal(s.changes[i].verdict.confidence, CONFIDENCE_CERTAIN);
		if (copies == 1)
			assert_int_equal(q.h->verdict.code, VERDICT_NONE);
		assert_int_equal(q.h->state, HANDSHAKE_ABANDONED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_that_was_never_given),
		cmocka_unit_test(a_cookie_that_was_given),
		cmocka_unit_test(a_cookie_of_another_server),
		cmocka_unit_test(hellos_that_are_not_answered),
		cmocka_unit_test(a_cookie_that_comes_back),
		cmocka_unit_test(beside_a_slow_handshake),
		cmocka_unit_test(a_client_that_gets_a_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
