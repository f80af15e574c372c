// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A stranger's ServerHelloDone ahead of a resumed flight 4 does not make a full handshake of it, once the client has answered. */
#include "stream_play.h"

static struct play y;

/* `is_forged`: else only the genuine flight comes, and it is lost or not all the same. */
static void begin(unsigned at, bool is_forged, uint16_t seq)
{
	uint64_t next;

	play_begin(&y, "forged", 1, NULL);
	analysis_free(y.s.analysis);
	stream_init(&y.s, at);
	pair_init(&y.p, &y.s, 30041, 0x11);
	y.p.ticket = true;
	y.at = at;
	dtls_flight1(&y.p);
	next = y.p.seq[PARTY_SERVER][0];
	y.s.observers &= ~(unsigned)AT_SERVER;
	y.p.seq[PARTY_SERVER][0] = 0;
	if (is_forged) {
		dtls_message_add(&y.p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, seq, 0, NULL);
		pair_flush(&y.p);
	}
	y.p.seq[PARTY_SERVER][0] = next;
	y.s.observers = at;
	dtls_flight4_resumed(&y.p);
	stream_wait(&y.s, MS);
}

static void the_last_flight_is_the_clients(void **state)
{
	for (unsigned at = AT_CLIENT; at <= AT_BOTH; at += AT_SERVER)
		for (int n = 0; n < 3; n++) {
			begin(at, n, 3 + n);
			y.p.fate = LOST;
			dtls_finished(&y.p, PARTY_CLIENT);
			y.p.fate = ARRIVES;
			for (int i = 0; i < 4; i++) {
				stream_wait(&y.s, (1 << i) * SEC);
				dtls_flight4_resumed(&y.p);
			}
			stream_wait(&y.s, HOUR);
			assert_int_equal(y.p.h->state, HANDSHAKE_STUCK);
			assert_int_equal(y.p.h->verdict.code, VERDICT_LAST_FLIGHT_NOT_RESENT);
			assert_int_equal(y.p.h->verdict.side, VERDICT_SIDE_CLIENT);
			stream_fini(&y.s);
		}
}

/* Near: it arrives. */
static void a_healthy_one_is_complete(void **state)
{
	for (unsigned at = AT_CLIENT; at <= AT_BOTH; at += AT_SERVER)
		for (int n = 0; n < 3; n++) {
			begin(at, n, 3 + n);
			dtls_finished(&y.p, PARTY_CLIENT);
			play_data(&y);
			stream_wait(&y.s, HOUR);
			assert_int_equal(y.p.h->state, HANDSHAKE_COMPLETED);
			assert_int_equal(y.s.faults, 0);
			stream_fini(&y.s);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_flight_is_the_clients),
		cmocka_unit_test(a_healthy_one_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
