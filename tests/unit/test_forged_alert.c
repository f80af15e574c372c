// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who encrypts its records sent no alert in plaintext, and one alert denies no completion (RFC 6347 s4.1.2.7). */
#include "stream_dtls13.h"
#include "stream_verdict.h"

#define HANDSHAKE_FAILURE 40

static void hidden_alert(struct pair *p, enum party_role from)
{
	dtls_record_add(p, from, DTLS_CT_ALERT, 1, 26);
	pair_flush(p);
}

/* Only what one side sends is in the capture. Both sides complete, and a forged alert came in between. */
static void capture_of_one_side(void **state)
{
	for (int n = 0; n < 4; n++) {
		enum party_role from = n & 1 ? PARTY_SERVER : PARTY_CLIENT;
		bool is_near_miss = n & 2;

		STORY(s, p, ON_WIRE);
		s.uncaptured = 1 << party_peer(from);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_forged_alert(&p, from, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
		/* It is acted on, and nothing follows. */
		if (!is_near_miss) {
			stream_wait(&s, 10 * MS);
			dtls_flight5(&p);
			dtls_flight6(&p);
			dtls_data(&p, from);
		}
		stream_wait(&s, HOUR);
		/* A client that was never answered is not accused by one datagram. */
		assert_int_equal(s.faults, is_near_miss && from == PARTY_SERVER);
	}
}

/* The other side goes on at once, or what it sends is not in the capture: then it is no verdict, whoever sent it. */
static void a_hidden_alert_from_elsewhere(void **state)
{
	for (int n = 0; n < 3; n++) {
		STORY(s, p, n ? ON_WIRE : AT_CLIENT);
		s.uncaptured = n == 2 ? 1 << PARTY_SERVER : 0;
		dtls_flight1(&p);
		dtls_flight4_resumed(&p);
		hidden_alert(&p, n == 2 ? PARTY_CLIENT : PARTY_SERVER);
		stream_wait(&s, 5 * MS);
		dtls_finished(&p, PARTY_CLIENT);
		if (n == 2)
			hidden_alert(&p, PARTY_CLIENT);
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 0);
	}
}

/* In a capture: the path loses the alert, which is sent once. The client repeats its flight, and the server is done. */
static void the_alert_is_lost(void **state)
{
	for (int goes_on = 0; goes_on < 2; goes_on++) {
		STORY(s, p, ON_WIRE);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
		for (int i = 0; i < 4; i++) {
			stream_wait(&s, SEC << i);
			dtls_flight5(&p);
		}
		/* Near: the server goes on, so the alert was not its own. */
		if (goes_on)
			dtls_flight6(&p);
		stream_wait(&s, HOUR);
		assert_int_equal(p.h->verdict.code, goes_on ? VERDICT_COMPLETED : VERDICT_ALERT);
		assert_int_equal(p.h->state, goes_on ? HANDSHAKE_COMPLETED : HANDSHAKE_FAILED);
		if (!goes_on) {
			assert_int_equal(s.num_changes, 1);
			assert_int_equal(p.h->verdict.side, VERDICT_SIDE_SERVER);
			assert_int_equal(p.h->verdict.confidence, CONFIDENCE_LIKELY);
		}
	}
}

/* --- its receiver computes for seconds, and reads it after that --- */

static void flight_of(struct pair *p, enum party_role from, bool is_dtls13)
{
	if (from == PARTY_CLIENT)
		(is_dtls13 ? dtls13_flight5 : dtls_flight5)(p);
	else
		(is_dtls13 ? dtls13_flight4 : dtls_flight4)(p);
}

/* `slow` has read what it has to answer; the alert waits in its queue when it answers, 3 s later. */
static void begin_slow(struct stream *s, struct pair *p, unsigned at, enum party_role slow, bool is_dtls13)
{
	stream_begin(s, p, at);
	s->transit_ns = 5 * MS;
	(is_dtls13 ? dtls13_flight1 : dtls_flight1)(p);
	if (slow == PARTY_CLIENT)
		flight_of(p, PARTY_SERVER, is_dtls13);
	stream_wait(s, SEC);
	p->unread = true;
	dtls_forged_alert(p, party_peer(slow), DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
	p->unread = false;
	stream_wait(s, 1900 * MS);
	flight_of(p, slow, is_dtls13);
	pair_read(p, slow, s->arrived[p->socket[slow]], 15);
}

static void a_slow_side_gives_up_at_it(void **state)
{
	for (unsigned n = 0; n < 8; n++) {
		enum party_role slow = n & 1;

		/* A DTLS 1.3 client is done after its flight 5, as far as can be seen. */
		if (slow == PARTY_CLIENT && n & 4)
			continue;
		STORY_WITH(begin_slow, s, p, n & 2 ? AT_BOTH : 1 << slow, slow, n & 4);
		assert_int_equal(s.num_changes, 0);
		stream_wait(&s, 10 * MS);
		pair_close(&p, slow, 0);
		stream_wait(&s, SEC);
		assert_int_equal(s.num_changes, 1);
		assert_string_equal(verdict_code_name(p.h->verdict.code), "alert");
		assert_int_equal(p.h->verdict.confidence, CONFIDENCE_LIKELY);
		/* Whichever alert it is, it is not encrypted. */
		assert_string_equal(p.h->verdict.doubt, "anybody can send a plaintext alert");
	}
}

/* Near: it ignores the alert, and goes on after it has read that. */
static void near_a_slow_side_ignores_it(void **state)
{
	for (unsigned n = 0; n < 8; n++) {
		enum party_role slow = n & 1;

		STORY_WITH(begin_slow, s, p, n & 2 ? AT_BOTH : 1 << slow, slow, n & 4);
		stream_wait(&s, 10 * MS);
		if (slow == PARTY_SERVER)
			flight_of(&p, PARTY_CLIENT, n & 4);
		(n & 4 ? dtls13_flight6 : dtls_flight6)(&p);
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
		stream_wait(&s, HOUR);
		assert_int_equal(s.faults, 0);
	}
}

/* Near: it closes without having read it, or long after that. */
static void near_it_closes_for_something_else(void **state)
{
	for (int is_read = 0; is_read < 2; is_read++) {
		STORY(s, p, AT_BOTH);
		dtls_flight1(&p);
		p.unread = !is_read;
		dtls_forged_alert(&p, PARTY_CLIENT, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
		stream_wait(&s, is_read ? 3 * SEC : 100 * MS);
		pair_close(&p, PARTY_SERVER, !is_read);
		assert_string_not_equal(verdict_code_name(p.h->verdict.code), "alert");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capture_of_one_side),
		cmocka_unit_test(a_hidden_alert_from_elsewhere),
		cmocka_unit_test(the_alert_is_lost),
		cmocka_unit_test(a_slow_side_gives_up_at_it),
		cmocka_unit_test(near_a_slow_side_ignores_it),
		cmocka_unit_test(near_it_closes_for_something_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
