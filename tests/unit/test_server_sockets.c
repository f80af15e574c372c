// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A server that closes the socket of a client, and goes on with it by another one, as servers on Mbed TLS do. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

#include <errno.h>

/* The client is asked for its cookie. */
static void begin(struct stream *s, struct pair *p, unsigned at, uint16_t version)
{
	stream_init(s, at);
	pair_init(p, s, 30041, 0x11);
	p->cookie = true;
	p->version = version;
	dtls_flight1(p);
	stream_wait(s, 10 * MS);
	dtls_flight2(p);
	stream_wait(s, 10 * MS);
}

/* Its process waits by another socket from now on. */
static void reopen(struct pair *p, uint32_t unread)
{
	pair_close(p, PARTY_SERVER, unread);
	p->socket[PARTY_SERVER] += 100;
}

/* The client returns the cookie, and nothing more goes wrong. */
static void expect_completed_alone(struct stream *s, struct pair *p)
{
	dtls_flight3(p);
	dtls_flight4(p);
	dtls_flight5(p);
	dtls_flight6(p);
	stream_wait(s, SEC);
	assert_int_equal(s->num_changes, 1);
	expect_change(s, 0, p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	assert_null(ending_name(p->h));
	assert_int_equal(analysis_stats(s->analysis)->handshakes, 1);
	assert_int_equal(s->wrong, 0);
	stream_fini(s);
}

/* After it asked for a cookie, it keeps nothing of the client. */
static void after_the_cookie_request(void **state)
{
	struct stream s;
	struct pair p;

	for (int i = 0; i < 2 * 2; i++) {
		begin(&s, &p, i & 1 ? AT_BOTH : AT_SERVER, i & 2 ? DTLS_VERSION_1_0 : DTLS_VERSION_1_2);
		reopen(&p, 0);
		expect_completed_alone(&s, &p);
	}
}

/* The ClientHello with the cookie came to the socket before it was closed: its copy is read. */
static void with_an_unread_hello(void **state)
{
	struct stream s;
	struct pair p;

	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		begin(&s, &p, at, DTLS_VERSION_1_2);
		p.unread = true;
		dtls_flight3(&p);
		p.unread = false;
		reopen(&p, 1);
		stream_wait(&s, SEC);
		expect_completed_alone(&s, &p);
	}
}

/* What fails afterwards is told as with one socket. */
static void and_then_it_fails(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_SERVER, DTLS_VERSION_1_2);
	reopen(&p, 0);
	dtls_flight3(&p);
	dtls_flight4(&p);
	dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, 20);
	stream_wait(&s, SEC);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER);
	stream_fini(&s);
}

/* It had begun to answer, and was said to have left; its flight comes by another socket. */
static void after_flight_4(void **state)
{
	struct stream s;
	struct pair p;

	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		begin(&s, &p, at, DTLS_VERSION_1_2);
		dtls_flight3(&p);
		dtls_flight4(&p);
		reopen(&p, 0);
		stream_wait(&s, SEC);
		expect_change(&s, 0, &p, HANDSHAKE_ABANDONED, VERDICT_CLOSED_BY_APPLICATION, VERDICT_SIDE_SERVER);
		dtls_flight4(&p);
		expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
		dtls_flight5(&p);
		dtls_flight6(&p);
		stream_wait(&s, SEC);
		expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
		stream_fini(&s);
	}
}

/* Near: it read what it had to answer, closed the socket, and nothing of it follows. */
static void it_is_gone(void **state)
{
	struct stream s;
	struct pair p;

	for (int i = 0; i < 2 * 2; i++) {
		begin(&s, &p, i & 1 ? AT_BOTH : AT_SERVER, DTLS_VERSION_1_2);
		dtls_flight3(&p);
		if (i & 2)
			dtls_flight4(&p);
		reopen(&p, 0);
		stream_wait(&s, 10 * SEC);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_ABANDONED, VERDICT_CLOSED_BY_APPLICATION, VERDICT_SIDE_SERVER);
		stream_fini(&s);
	}
}

/* Near: nobody listens any more when the client returns the cookie. */
static void nobody_listens_any_more(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p, AT_BOTH, DTLS_VERSION_1_2);
	pair_close(&p, PARTY_SERVER, 0);
	p.fate = NO_SOCKET;
	for (int i = 0; i < 3; i++) {
		dtls_flight3(&p);
		pair_icmp(&p, PARTY_CLIENT, ECONNREFUSED, 3, 3);
		stream_wait(&s, SEC << i);
	}
	stream_wait(&s, 5 * SEC);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER);
	stream_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_the_cookie_request),
		cmocka_unit_test(with_an_unread_hello),
		cmocka_unit_test(and_then_it_fails),
		cmocka_unit_test(after_flight_4),
		cmocka_unit_test(it_is_gone),
		cmocka_unit_test(nobody_listens_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
