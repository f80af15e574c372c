// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A NAT on the host of a socket: what it sends is seen with another address than what it receives. That is one
 * handshake, and a healthy one is no fault.
 */
#include "stream_dtls13.h"
#include "stream_verdict.h"

enum kind { FULL, WITH_COOKIE, RESUMED, DTLS13, NUM_KINDS };

static void begin(struct stream *s, struct pair *p, enum party_role at)
{
	stream_init(s, at == PARTY_CLIENT ? AT_CLIENT : AT_SERVER);
	pair_init(p, s, 41000, 0x11);
}

/* SNAT of a client to another port and address, masquerading that keeps the port, REDIRECT to a server. */
static void translate(struct pair *p, int how)
{
	if (how == 0)
		p->sent_as[PARTY_CLIENT] = endpoint(7, 42000);
	else if (how == 1)
		p->sent_as[PARTY_CLIENT] = endpoint(7, 41000);
	else
		p->sent_as[PARTY_SERVER] = endpoint(9, 443);
}

static void handshake(struct pair *p, enum kind kind)
{
	p->cookie = kind == WITH_COOKIE;
	if (kind == RESUMED) {
		dtls_hellos(p);
		dtls_flight4_resumed(p);
		dtls_finished(p, PARTY_CLIENT);
	} else if (kind == DTLS13) {
		dtls13_hellos(p);
		dtls13_flight4(p);
		dtls13_flight5(p);
		dtls13_flight6(p);
	} else {
		dtls_hellos(p);
		dtls_flight4(p);
		dtls_flight5(p);
		dtls_flight6(p);
	}
}

static void a_translated_handshake_is_one_and_healthy(void **state)
{
	for (int n = 0; n < 3 * NUM_KINDS; n++) {
		int how = n / NUM_KINDS;

		STORY_WITH(begin, s, p, how == 2 ? PARTY_SERVER : PARTY_CLIENT);
		translate(&p, how);
		handshake(&p, n % NUM_KINDS);
		stream_wait(&s, HOUR);
		assert_int_equal(analysis_stats(s.analysis)->handshakes, 1);
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
	}
}

/* What is stuck stays a fault: a client that reads flight 4 and sends nothing. */
static void a_translated_client_that_is_silent_is_a_fault(void **state)
{
	for (int how = 0; how < 2; how++) {
		STORY_WITH(begin, s, p, PARTY_CLIENT);
		translate(&p, how);
		dtls_hellos(&p);
		dtls_flight4(&p);
		stream_wait(&s, 10 * SEC);
		assert_int_equal(analysis_stats(s.analysis)->handshakes, 1);
		assert_int_equal(p.h->verdict.code, VERDICT_SILENT_AFTER_READ);
		assert_int_equal(p.h->verdict.side, VERDICT_SIDE_CLIENT);
	}
}

/* Near miss: a server with two addresses that answers from the other one. */
static void a_server_that_answers_from_another_address_is_not_translated(void **state)
{
	STORY_WITH(begin, s, p, PARTY_SERVER);

	p.sent_as[PARTY_SERVER] = endpoint(10, 4433);
	dtls_flight1(&p);
	dtls_flight4(&p);
	stream_wait(&s, 10 * SEC);
	assert_int_equal(p.h->verdict.code, VERDICT_WRONG_ADDRESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_translated_handshake_is_one_and_healthy),
		cmocka_unit_test(a_translated_client_that_is_silent_is_a_fault),
		cmocka_unit_test(a_server_that_answers_from_another_address_is_not_translated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
