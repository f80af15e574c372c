// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* To which handshake does it belong: a new random with an old cookie */
#include "stream_dtls13.h"
#include "stream_verdict.h"

/* --- another random, the same cookie (RFC 6347 s4.2.1) --- */

/* A client asks, gets `cookie`, and then sends one, in a ClientHello with another random. */
static void another_random(struct pair *p, uint8_t cookie)
{
	p->cookie = true;
	dtls_flight1(p);
	dtls_verify_request(p, cookie);
	p->random = 0x22;
	dtls_flight3(p);
}

/* The rest of it belongs to the one handshake there is. */
static void completes_as_one(struct stream *s, struct pair *p)
{
	dtls_flight4(p);
	dtls_flight5(p);
	dtls_flight6(p);
	assert_int_equal(stream_num_handshakes(s), 1);
	expect_completed_only(s, p);
}

static void the_cookie_ties_two_randoms(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int old = 0; old < 2; old++) {
			STORY(s, p, at);
			p.version = old ? DTLS_VERSION_1_0 : DTLS_VERSION_1_2;
			another_random(&p, DTLS_COOKIE);
			dtls_flight3(&p);
			completes_as_one(&s, &p);
		}
}

/* What gave the cookie was lost by the tracer. Without a loss, see near_other_cookies(). */
static void the_request_is_an_event_that_was_lost(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		p.cookie = true;
		dtls_flight1(&p);
		analysis_lost(s.analysis, 0, 1);
		p.random = 0x22;
		dtls_flight3(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		assert_int_equal(stream_num_handshakes(&s), 1);
		stream_wait(&s, HOUR);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	}
}

/* The server asks again, with the newest cookie: still one handshake, of whichever random. */
static void a_cookie_and_then_another(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		another_random(&p, DTLS_COOKIE);
		dtls_verify_request(&p, DTLS_COOKIE);
		p.random = 0x33;
		dtls_flight3(&p);
		completes_as_one(&s, &p);
	}
}

/* Its copies have the new random, and come after the answer to the first, too. */
static void copies_with_the_new_random(void **state)
{
	STORY(s, p, AT_BOTH);

	another_random(&p, DTLS_COOKIE);
	stream_wait(&s, SEC);
	dtls_flight3(&p);
	p.fate = LOST;
	dtls_flight4(&p);
	stream_wait(&s, 2 * SEC);
	dtls_flight3(&p);
	assert_int_equal(stream_num_handshakes(&s), 1);
	assert_int_equal(p.h->flights[3].copies, 3);
}

/* The network delivers the first ClientHello once more, after the one with the new random. */
static void a_late_copy_of_the_first_hello(void **state)
{
	struct datagram first;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		p.cookie = true;
		dtls_flight1(&p);
		first = p.last;
		dtls_verify_request(&p, DTLS_COOKIE);
		p.random = 0x22;
		dtls_flight3(&p);
		pair_arrive(&p, &first, PARTY_CLIENT);
		completes_as_one(&s, &p);
	}
}

static void near_other_cookies(void **state)
{
	struct stream s;
	struct pair p;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		/* Another cookie than was given. */
		stream_begin(&s, &p, at);
		another_random(&p, DTLS_COOKIE + 1);
		assert_int_equal(stream_num_handshakes(&s), 2);
		stream_fini(&s);
		/* No cookie was given. */
		stream_begin(&s, &p, at);
		dtls_flight1(&p);
		p.random = 0x22;
		dtls_flight3(&p);
		assert_int_equal(stream_num_handshakes(&s), 2);
		stream_fini(&s);
		/* No cookie comes back. */
		stream_begin(&s, &p, at);
		dtls_flight1(&p);
		dtls_verify_request(&p, DTLS_COOKIE);
		p.random = 0x22;
		dtls_flight1(&p);
		assert_int_equal(stream_num_handshakes(&s), 2);
		stream_fini(&s);
	}
}

/* The cookie comes back from another port or host, or goes to another server. */
static void near_other_addresses(void **state)
{
	struct pair other;

	for (int n = 0; n < 9; n++) {
		STORY(s, p, (unsigned[]){ AT_SERVER, AT_BOTH, ON_WIRE }[n % 3]);
		dtls_flight1(&p);
		dtls_verify_request(&p, DTLS_COOKIE);
		pair_init(&other, &s, n / 3 == 0 ? 30042 : 30041, 0x22);
		if (n / 3 == 1)
			other.address[PARTY_CLIENT] = endpoint(6, 30041);
		if (n / 3 == 2) {
			other.address[PARTY_SERVER] = endpoint(9, 4434);
			other.socket[PARTY_SERVER] = 2 + 4434;
		}
		dtls_flight3(&other);
		assert_int_equal(stream_num_handshakes(&s), 2);
	}
}

/* The server has chosen already: what comes now is a new handshake. */
static void near_after_the_server_hello(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		STORY(s, p, at);
		p.cookie = true;
		dtls_flight1(&p);
		dtls_verify_request(&p, DTLS_COOKIE);
		dtls_flight3(&p);
		dtls_flight4(&p);
		p.random = 0x22;
		dtls_flight3(&p);
		assert_int_equal(stream_num_handshakes(&s), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cookie_ties_two_randoms),
		cmocka_unit_test(the_request_is_an_event_that_was_lost),
		cmocka_unit_test(a_cookie_and_then_another),
		cmocka_unit_test(copies_with_the_new_random),
		cmocka_unit_test(a_late_copy_of_the_first_hello),
		cmocka_unit_test(near_other_cookies),
		cmocka_unit_test(near_other_addresses),
		cmocka_unit_test(near_after_the_server_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
