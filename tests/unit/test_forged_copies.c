// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Copies that somebody has recorded, and last flights that somebody has made up: what the ends do next shows whose they are.
 */
#include "stream_dtls13.h"
#include "stream_verdict.h"

/* The client, here, has repeated its flight on its timer until the ACK came. `copies` of flight 4 come then, with new numbers. */
static void finish_and_copy(struct pair *p, unsigned copies)
{
	dtls13_flight1(p);
	dtls13_flight4(p);
	p->fate = LOST;
	dtls13_flight5(p);
	stream_wait(p->s, SEC);
	p->fate = ARRIVES;
	dtls13_flight5(p);
	dtls13_flight6(p);
	for (unsigned i = 0; i < copies; i++) {
		stream_wait(p->s, 3 * SEC);
		dtls13_flight4_rest(p);
	}
}

/* It has nothing to send, and it does not repeat its flight any more: it is done. */
static void recorded_copies_of_flight_4(void **state)
{
	STORY(s, p, AT_CLIENT);

	finish_and_copy(&p, 5);
	stream_wait(&s, HOUR);
	assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
	assert_int_equal(s.faults, 0);
}

/* Near: it goes on to repeat its flight, so what looked like the ACK was a stranger's. */
static void a_client_that_goes_on(void **state)
{
	STORY(s, p, AT_CLIENT);

	finish_and_copy(&p, 0);
	for (unsigned i = 0; i < 4; i++) {
		stream_wait(&s, 2 * SEC << i);
		dtls13_flight5(&p);
		dtls13_flight4_rest(&p);
	}
	stream_wait(&s, 2 * FLOOR);
	assert_int_not_equal(p.h->state, HANDSHAKE_COMPLETED);
}

/* With the record numbers of the one that the server's socket has sent: both are seen, and no path takes so long. */
static void last_flight_that_comes_too_late(void **state)
{
	for (int is_late = 0; is_late < 2; is_late++) {
		uint64_t before[2];
		STORY(s, p, AT_BOTH);

		dtls_lose_flight6(&p, is_late ? 4 : 1);
		if (is_late) {
			stream_wait(&s, SEC);
			assert_true(s.faults > 0);
		}
		before[0] = p.seq[PARTY_SERVER][0] - 1;
		before[1] = p.seq[PARTY_SERVER][1] - 1;
		p.seq[PARTY_SERVER][0] = before[0];
		p.seq[PARTY_SERVER][1] = before[1];
		s.observers = AT_CLIENT;
		dtls_flight6(&p);
		s.observers = AT_BOTH;
		stream_wait(&s, HOUR);
		/* Near: after a second it may have been on its way. */
		assert_int_equal(p.h->state, is_late ? HANDSHAKE_STUCK : HANDSHAKE_COMPLETED);
	}
}

/* The end of flight 6 is lost, or late: the client rightly repeats flight 5 until it comes, and closes soon after that. */
static void last_flight_whose_end_is_lost(void **state)
{
	for (unsigned lost = 1; lost <= 4; lost++) {
		STORY(s, p, AT_CLIENT);

		p.ticket = true;
		dtls_hellos(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		for (unsigned i = 0; i < lost; i++) {
			stream_wait(&s, SEC / 50);
			dtls_message_add(&p, PARTY_SERVER, DTLS_MT_NEW_SESSION_TICKET, p.cookie + 4, 202, NULL);
			dtls_record_add(&p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
			pair_flush(&p);
			p.seq[PARTY_SERVER][1]++;
			stream_wait(&s, SEC << i);
			dtls_flight5(&p);
		}
		stream_wait(&s, SEC / 50);
		dtls_flight6(&p);
		stream_wait(&s, SEC);
		pair_close(&p, PARTY_CLIENT, 0);
		stream_wait(&s, HOUR);
		assert_int_equal(p.h->state, HANDSHAKE_COMPLETED);
	}
}

/* Its ChangeCipherSpec has the number that the next copy of flight 4 begins with: the server did not send it. */
static void last_flight_with_the_next_number(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	p.fate = LOST;
	dtls_flight5(&p);
	p.fate = ARRIVES;
	stream_wait(&s, 500 * MS);
	dtls_flight6(&p);
	p.seq[PARTY_SERVER][0]--;
	for (unsigned i = 0; i < 5; i++) {
		stream_wait(&s, SEC << i);
		dtls_flight4(&p);
	}
	stream_wait(&s, 2 * FLOOR);
	assert_int_not_equal(p.h->state, HANDSHAKE_COMPLETED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_copies_of_flight_4),
		cmocka_unit_test(a_client_that_goes_on),
		cmocka_unit_test(last_flight_that_comes_too_late),
		cmocka_unit_test(last_flight_whose_end_is_lost),
		cmocka_unit_test(last_flight_with_the_next_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
