// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A client that starts again on its port: which of its two attempts does a datagram belong to? */
#include <errno.h>

#include "stream_dtls13.h"
#include "stream_verdict.h"

static void begin(struct stream *s, struct pair *older, struct pair *newer, unsigned at)
{
	stream_init(s, at);
	pair_init(older, s, 30041, 0x11);
	pair_init(newer, s, 30041, 0x22);
}

static void end(struct stream *s)
{
	assert_int_equal(stream_num_handshakes(s), 2);
	assert_int_equal(s->wrong, 0);
	stream_fini(s);
}

/* This flight, of which nothing arrives. */
static void lose(struct pair *p, void (*flight)(struct pair *p))
{
	p->fate = LOST;
	flight(p);
	p->fate = ARRIVES;
}

/* It sends its ClientHello `copies` times, one `gap` apart, and begins anew `later`; the server answers now. */
static void restart(struct stream *s, struct pair *older, struct pair *newer, unsigned at, unsigned copies,
		    uint64_t gap, uint64_t later, bool dtls13)
{
	begin(s, older, newer, at);
	for (unsigned i = 0; i < copies; i++) {
		if (i)
			stream_wait(s, gap);
		(dtls13 ? dtls13_flight1 : dtls_flight1)(older);
	}
	stream_wait(s, later);
	(dtls13 ? dtls13_flight1 : dtls_flight1)(newer);
}

static void an_answer_is_for_the_newer_attempt(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (unsigned at = AT_CLIENT; at <= AT_BOTH; at++)
		for (int n = 0; n < 4; n++) {
			bool dtls13 = n & 1, measured = n & 2;

			restart(&s, &older, &newer, at, measured ? 2 : 1, 200 * MS, measured ? 300 * MS : 2 * SEC, dtls13);
			(dtls13 ? dtls13_flight4 : dtls_flight4)(&newer);
			(dtls13 ? dtls13_flight5 : dtls_flight5)(&newer);
			(dtls13 ? dtls13_flight6 : dtls_flight6)(&newer);
			assert_int_equal(stream_num_handshakes(&s), 2);
			assert_int_equal(s.wrong, 0);
			assert_string_equal(handshake_state_name(newer.h->state), "completed");
			stream_fini(&s);
		}
}

/*
 * Near: within its timer, the older attempt may well be the one that is answered. A server that follows its client
 * answers the newer one (RFC 6347 s4.2.8), and no verdict on that is certain.
 */
static void near_two_attempts_within_the_timer(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (unsigned at = AT_CLIENT; at <= AT_BOTH; at++)
		for (int measured = 0; measured < 2; measured++) {
			restart(&s, &older, &newer, at, measured ? 2 : 1, 4 * SEC, measured ? 3 * SEC : 500 * MS, false);
			dtls_flight4(&newer);
			assert_int_equal(stream_num_handshakes(&s), 2);
			assert_int_equal(s.wrong, 0);
			assert_false(older.h->flights[4].copies);
			assert_true(newer.h->flights[4].copies);
			assert_true(newer.h->ambiguous);
			stream_fini(&s);
		}
}

/* --- cookie requests --- */

/* The client has the server's flight 4, and starts again; the server asks for a cookie, with record number 0 each time. */
static void a_cookie_request_is_for_the_newer_attempt(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		begin(&s, &older, &newer, at);
		older.cookie = newer.cookie = true;
		dtls_hellos(&older);
		dtls_flight4(&older);
		stream_wait(&s, 2 * SEC);
		dtls_flight1(&newer);
		for (int n = 0; n < 4; n++) {
			stream_wait(&s, SEC);
			dtls_flight1(&newer);
			newer.seq[PARTY_SERVER][0] = 0;
			dtls_flight2(&newer);
		}
		end(&s);
	}
}

/* Near: the client has not started again yet. */
static void near_a_cookie_request_before_that(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		begin(&s, &older, &newer, at);
		older.cookie = true;
		dtls_hellos(&older);
		stream_wait(&s, SEC);
		dtls_flight1(&older);
		older.seq[PARTY_SERVER][0] = 0;
		dtls_flight2(&older);
		dtls_flight1(&newer);
		end(&s);
	}
}

/* --- an answer without its ServerHello --- */

static void key_exchange(struct pair *p)
{
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_SERVER_KEY_EXCHANGE, p->cookie + 2, 333, NULL);
	pair_flush(p);
}

static void hello_and_certificate(struct pair *p)
{
	dtls_server_hello(p);
	dtls_message_add(p, PARTY_SERVER, DTLS_MT_CERTIFICATE, p->cookie + 1, CERTIFICATE_LEN, NULL);
	pair_flush(p);
}

/* The server has asked for a cookie, and got it: what it sends then is for the newer attempt, whatever its record numbers. */
static void parts_of_an_answer_after_the_cookie(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at += ON_WIRE - AT_CLIENT) {
		begin(&s, &older, &newer, at);
		older.cookie = newer.cookie = true;
		dtls_hellos(&older);
		for (int n = 0; n < 3; n++) {
			hello_and_certificate(&older);
			key_exchange(&older);
			stream_wait(&s, SEC);
		}
		dtls_hellos(&newer);
		for (int n = 0; n < 3; n++) {
			lose(&newer, hello_and_certificate);
			key_exchange(&newer);
			stream_wait(&s, 2 * SEC);
			dtls_flight3(&newer);
		}
		end(&s);
	}
}

/* Near: the server takes no notice of the newer attempt, and repeats the answer to the older one, with new numbers or the same. */
static void near_the_server_repeats_its_earlier_answer(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (int stored = 0; stored < 2; stored++) {
		begin(&s, &older, &newer, AT_CLIENT);
		dtls_hellos(&older);
		hello_and_certificate(&older);
		key_exchange(&older);
		stream_wait(&s, SEC);
		dtls_flight1(&newer);
		for (int n = 0; n < 3; n++) {
			if (stored)
				older.seq[PARTY_SERVER][0] = 0;
			lose(&older, hello_and_certificate);
			key_exchange(&older);
			stream_wait(&s, 2 * SEC);
			dtls_flight1(&newer);
		}
		end(&s);
	}
}

/* Of its answer to the older attempt the ServerHello was lost: what comes of the next copy is for that attempt, too. */
static void parts_of_an_answer_that_began_before(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at += ON_WIRE - AT_CLIENT) {
		begin(&s, &older, &newer, at);
		older.cookie = newer.cookie = true;
		dtls_hellos(&older);
		for (int n = 0; n < 3; n++) {
			lose(&older, hello_and_certificate);
			key_exchange(&older);
			stream_wait(&s, SEC);
			dtls_flight1(&newer);
		}
		end(&s);
	}
}

/* Near: the server answers the newer attempt, which is the first whose ServerHello comes. */
static void near_the_first_server_hello(void **state)
{
	struct pair older, newer;
	struct stream s;

	begin(&s, &older, &newer, AT_CLIENT);
	dtls_flight1(&older);
	lose(&older, hello_and_certificate);
	key_exchange(&older);
	stream_wait(&s, SEC);
	dtls_flight1(&newer);
	newer.seq[PARTY_SERVER][0] = older.seq[PARTY_SERVER][0];
	hello_and_certificate(&newer);
	key_exchange(&newer);
	end(&s);
}

/* Its record numbers go on with each copy; the new association begins at 0 again, and its ServerHello is lost. */
static void parts_of_an_answer_with_used_numbers(void **state)
{
	struct pair older, newer;
	struct stream s;

	begin(&s, &older, &newer, AT_CLIENT);
	dtls_flight1(&older);
	for (int n = 0; n < 2; n++) {
		hello_and_certificate(&older);
		key_exchange(&older);
		stream_wait(&s, SEC);
	}
	dtls_flight1(&newer);
	for (int n = 0; n < 3; n++) {
		lose(&newer, hello_and_certificate);
		key_exchange(&newer);
		stream_wait(&s, SEC);
	}
	end(&s);
}

/* A server numbers its hello like the ClientHello that it answers: the client of the newer attempt has sent none with 1. */
static void a_server_hello_with_the_number_of_the_earlier_hello(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at += ON_WIRE - AT_CLIENT)
		for (int near = 0; near < 2; near++) {
			begin(&s, &older, &newer, at);
			older.cookie = newer.cookie = true;
			dtls_hellos(&older);
			stream_wait(&s, SEC);
			dtls_flight1(&newer);
			if (near) {
				newer.seq[PARTY_SERVER][0] = 0;
				dtls_flight2(&newer);
				dtls_flight3(&newer);
			}
			for (int n = 0; n < 3; n++) {
				stream_wait(&s, SEC);
				dtls_flight4(near ? &newer : &older);
			}
			end(&s);
		}
}

static void server_hello(struct pair *p)
{
	dtls_server_hello(p);
	pair_flush(p);
}

static void change_ciphers(struct pair *p)
{
	dtls_record_add(p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	pair_flush(p);
}

/* Likewise, and for the client the older one is complete: its last flight was lost. */
static void near_the_earlier_attempt_is_complete(void **state)
{
	struct pair older, newer;
	struct stream s;

	begin(&s, &older, &newer, AT_CLIENT);
	dtls_hellos(&older);
	dtls_flight4_resumed(&older);
	dtls_finished(&older, PARTY_CLIENT);
	stream_wait(&s, SEC);
	dtls_flight1(&newer);
	for (int n = 0; n < 3; n++) {
		stream_wait(&s, SEC);
		lose(&older, server_hello);
		change_ciphers(&older);
		pair_duplicate(&older);
	}
	end(&s);
}

/* --- what only one of them can have --- */

/* The newer one is complete, and its client repeats stored bytes; to the older one nothing has come. */
static void a_repeat_after_completion_is_of_the_newer_attempt(void **state)
{
	struct pair older, newer;
	struct stream s;

	begin(&s, &older, &newer, AT_BOTH);
	lose(&older, dtls_flight1);
	stream_wait(&s, 300 * MS);
	dtls_resumed(&newer);
	stream_wait(&s, SEC);
	newer.seq[PARTY_CLIENT][0]--;
	dtls_record_add(&newer, PARTY_CLIENT, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
	newer.fate = LOST;
	pair_flush(&newer);
	end(&s);
}

static void partial_hello(struct pair *p)
{
	p->max_fragment = 60;
	p->mtu = 100;
	dtls_client_hello(p, 0);
	/* The last part is not sent. */
	memset(&p->datagram, 0, sizeof(p->datagram));
	p->max_fragment = 0;
	p->mtu = 1400;
}

/* To a part of a ClientHello no server sends a ServerHello; to a whole one it does. */
static void an_answer_to_a_part_of_a_hello_is_for_the_earlier_attempt(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (int whole = 0; whole < 2; whole++)
		for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
			begin(&s, &older, &newer, at);
			dtls_flight1(&older);
			stream_wait(&s, 300 * MS);
			(whole ? dtls_flight1 : partial_hello)(&newer);
			dtls_flight4(whole ? &newer : &older);
			end(&s);
		}
}

/* Near: what ended the newer one was an alert, which may be forged, and the client goes on: its ClientHello comes in parts. */
static void near_parts_of_a_hello_after_an_alert(void **state)
{
	struct pair older, newer;
	struct stream s;

	begin(&s, &older, &newer, AT_CLIENT);
	older.mtu = newer.mtu = 60;
	dtls_flight1(&older);
	stream_wait(&s, 300 * MS);
	dtls_flight1(&newer);
	dtls_alert(&newer, PARTY_SERVER, DTLS_ALERT_WARNING, 0);
	for (int n = 0; n < 3; n++) {
		stream_wait(&s, SEC);
		dtls_flight1(&newer);
	}
	end(&s);
}

/* --- HelloRetryRequest --- */

/* The server repeats its request for the older attempt: its record numbers go on. */
static void a_retry_request_goes_on_with_its_numbers(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (unsigned at = AT_CLIENT; at <= AT_BOTH; at++) {
		begin(&s, &older, &newer, at);
		older.cookie = true;
		dtls13_hellos(&older);
		stream_wait(&s, SEC);
		dtls13_flight1(&newer);
		for (int n = 0; n < 3; n++) {
			stream_wait(&s, SEC);
			dtls13_flight2(&older);
			dtls13_flight1(&newer);
		}
		end(&s);
	}
}

/* Near: the client has answered a request in the newer attempt, which another one has got the number of. */
static void near_the_client_answers_a_retry_request(void **state)
{
	struct pair older, newer;
	struct stream s;

	begin(&s, &older, &newer, AT_CLIENT);
	older.cookie = newer.cookie = true;
	dtls13_hellos(&older);
	stream_wait(&s, SEC);
	dtls13_flight1(&newer);
	lose(&newer, dtls13_flight2);
	dtls13_flight2(&newer);
	s.wrong = 0;	/* nobody can tell */
	dtls13_flight3(&newer);
	dtls13_flight4(&newer);
	dtls13_flight5(&newer);
	dtls13_flight6(&newer);
	assert_string_equal(handshake_state_name(newer.h->state), "completed");
	end(&s);
}

/* The server's socket is here, and has asked in the newer attempt for a cookie: what it encrypts is for the older one. */
static void ciphertext_before_the_server_hello(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		begin(&s, &older, &newer, at);
		older.cookie = newer.cookie = true;
		dtls13_hellos(&older);
		dtls13_flight4(&older);
		stream_wait(&s, SEC);
		dtls13_flight1(&newer);
		newer.seq[PARTY_SERVER][0] = 0;
		dtls13_flight2(&newer);
		dtls13_flight3(&newer);
		for (int n = 0; n < 3; n++) {
			stream_wait(&s, SEC);
			dtls13_flight4_rest(&older);
		}
		dtls13_flight4(&newer);
		dtls13_flight5(&newer);
		dtls13_flight6(&newer);
		assert_string_equal(handshake_state_name(newer.h->state), "completed");
		end(&s);
	}
}

/* --- ICMP errors --- */

/* The server has sent something in the older attempt alone: the error came for that. Near: in both, most recently in the newer. */
static void an_icmp_error_is_for_what_was_sent(void **state)
{
	struct pair older, newer;
	struct stream s;

	for (unsigned at = AT_SERVER; at <= ON_WIRE; at += ON_WIRE - AT_SERVER)
		for (int near = 0; near < 2; near++) {
			begin(&s, &older, &newer, at);
			dtls_flight1(&older);
			dtls_flight4(&older);
			stream_wait(&s, SEC);
			dtls_flight1(&newer);
			if (near)
				dtls_flight4(&newer);
			pair_icmp(near ? &newer : &older, PARTY_SERVER, EHOSTUNREACH, 3, 1);
			end(&s);
		}
}

/* The client rejects a HelloRetryRequest: that of the attempt that it has begun last. Near: the alert comes before. */
static void an_alert_is_for_the_newer_attempt(void **state)
{
	struct pair newer;

	for (int near = 0; near < 2; near++) {
		struct stream s;
		struct pair p;

		stream_init(&s, AT_SERVER);
		pair_init(&p, &s, 30041, 0x11);
		pair_init(&newer, &s, 30041, 0x22);
		p.cookie = newer.cookie = true;
		dtls13_flight1(&p);
		dtls13_flight2(&p);
		stream_wait(&s, 150 * MS);
		if (near)
			dtls_alert(&p, PARTY_CLIENT, 2, 40);
		stream_wait(&s, 150 * MS);
		dtls13_flight1(&newer);
		dtls13_flight2(&newer);
		stream_wait(&s, 150 * MS);
		if (!near)
			dtls_alert(&newer, PARTY_CLIENT, 2, 40);
		stream_wait(&s, 10 * SEC);
		assert_int_equal(newer.h->state == HANDSHAKE_FAILED, !near);
		assert_int_equal(p.h->state == HANDSHAKE_FAILED, near);
		stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_for_the_newer_attempt),
		cmocka_unit_test(near_two_attempts_within_the_timer),
		cmocka_unit_test(a_cookie_request_is_for_the_newer_attempt),
		cmocka_unit_test(near_a_cookie_request_before_that),
		cmocka_unit_test(parts_of_an_answer_after_the_cookie),
		cmocka_unit_test(near_the_server_repeats_its_earlier_answer),
		cmocka_unit_test(parts_of_an_answer_that_began_before),
		cmocka_unit_test(near_the_first_server_hello),
		cmocka_unit_test(parts_of_an_answer_with_used_numbers),
		cmocka_unit_test(a_server_hello_with_the_number_of_the_earlier_hello),
		cmocka_unit_test(ciphertext_before_the_server_hello),
		cmocka_unit_test(an_icmp_error_is_for_what_was_sent),
		cmocka_unit_test(near_the_earlier_attempt_is_complete),
		cmocka_unit_test(a_repeat_after_completion_is_of_the_newer_attempt),
		cmocka_unit_test(an_answer_to_a_part_of_a_hello_is_for_the_earlier_attempt),
		cmocka_unit_test(near_parts_of_a_hello_after_an_alert),
		cmocka_unit_test(a_retry_request_goes_on_with_its_numbers),
		cmocka_unit_test(near_the_client_answers_a_retry_request),
		cmocka_unit_test(an_alert_is_for_the_newer_attempt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
