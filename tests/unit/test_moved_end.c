// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A client that a NAT gives another port, and a server that ends the handshake: at the new port, or at the port before. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static void move_to(struct pair *moved, const struct pair *p)
{
	pair_init(moved, p->s, 40000, 0x11);
	memcpy(moved->seq, p->seq, sizeof(moved->seq));
	memcpy(moved->cipher_seq, p->cipher_seq, sizeof(moved->cipher_seq));
	memcpy(moved->cid_len, p->cid_len, sizeof(moved->cid_len));
	moved->cookie = p->cookie;
}

/* Only the hellos, at the port before, tell how long a connection ID is, and so that a record is as short as an alert. */
static void an_encrypted_alert_at_the_new_port(void **state)
{
	struct pair moved;

	for (int n = 0; n < 4; n++) {
		bool is_alert = n & 1;

		STORY(s, p, AT_SERVER);
		p.cid_len[PARTY_CLIENT] = p.cid_len[PARTY_SERVER] = n & 2 ? 6 : 0;
		dtls13_hellos(&p);
		dtls13_flight4(&p);
		stream_wait(&s, MS);
		move_to(&moved, &p);
		dtls13_flight5(&moved);
		/* Near: an ACK, which takes the client's Finished. */
		if (is_alert)
			dtls13_send(&moved, PARTY_SERVER, EPOCH_APPLICATION, SEALED_ALERT);
		else
			dtls13_flight6(&moved);
		stream_wait(&s, HOUR);
		if (is_alert) {
			assert_int_not_equal(moved.h->state, HANDSHAKE_COMPLETED);
			assert_int_equal(moved.h->verdict.code, VERDICT_ALERT);
			assert_int_equal(moved.h->verdict.side, VERDICT_SIDE_SERVER);
			assert_int_equal(s.faults, 1);
		} else {
			assert_int_equal(moved.h->state, HANDSHAKE_COMPLETED);
			assert_int_equal(s.faults, 0);
		}
	}
}

/* The client does not hear that, and repeats its ClientHello at the new port: one handshake, told once. */
static void a_server_that_ended_it_at_the_port_before(void **state)
{
	struct pair moved;

	for (int n = 0; n < 3; n++) {
		STORY(s, p, AT_SERVER);
		dtls13_hellos(&p);
		dtls13_flight4(&p);
		stream_wait(&s, MS);
		/* Near: it ends nothing, and is silent. */
		if (n)
			dtls13_send(&p, PARTY_SERVER, EPOCH_APPLICATION, SEALED_ALERT);
		/* Before the alert is known to be one, the client has left the port; or after that. */
		stream_wait(&s, n == 2 ? 60 * SEC : SEC);
		move_to(&moved, &p);
		for (int copy = 0; copy < 6; copy++) {
			dtls13_flight1(&moved);
			stream_wait(&s, (1u << copy) * SEC);
		}
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 1);
		assert_int_equal(p.h->verdict.code, n == 2 ? VERDICT_ALERT : VERDICT_NONE);
		if (n == 2)
			assert_int_equal(moved.h->verdict.code, VERDICT_NONE);
		else
			assert_int_equal(moved.h->verdict.side, VERDICT_SIDE_SERVER);
	}
}

/*
 * Its ClientHello at the new port has a record number that is not the first, and the cookie of the port before: none came here
 * without a cookie that was not seen.
 */
static void the_cookie_of_the_port_before(void **state)
{
	struct pair moved;

	for (int n = 0; n < 2; n++) {
		STORY(s, p, AT_SERVER);
		p.cookie = true;
		dtls_flight1(&p);
		dtls_flight2(&p);
		stream_wait(&s, MS);
		dtls_flight3(&p);
		dtls_flight2(&p);
		move_to(&moved, &p);
		for (int copy = 0; copy < 4; copy++) {
			stream_wait(&s, (1u << copy) * SEC);
			dtls_flight3(&moved);
			/* Near: the server takes the cookie, late. */
			if (n && copy == 3)
				dtls_flight4(&moved);
			else
				dtls_verify_request(&moved, DTLS_COOKIE + 1);
		}
		if (n) {
			dtls_flight5(&moved);
			dtls_flight6(&moved);
		}
		stream_wait(&s, 10 * SEC);
		assert_int_equal(s.faults, !n);
		if (n) {
			assert_int_equal(moved.h->state, HANDSHAKE_COMPLETED);
			continue;
		}
		assert_int_equal(p.h->verdict.code, VERDICT_WRONG_ADDRESS);
		assert_int_equal(p.h->verdict.side, VERDICT_SIDE_NETWORK);
		assert_int_equal(p.h->verdict.confidence, CONFIDENCE_LIKELY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_encrypted_alert_at_the_new_port),
		cmocka_unit_test(a_server_that_ended_it_at_the_port_before),
		cmocka_unit_test(the_cookie_of_the_port_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
