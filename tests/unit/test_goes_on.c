// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ClientHellos that somebody forges between the two ends of an association which goes on, and what comes close: ends that
 * really begin again.
 */
#include "stream_play.h"

/* Who seems to send them: bits AT_CLIENT and AT_SERVER. */
static const unsigned senders[] = { AT_CLIENT, AT_SERVER, AT_BOTH };

/* A ClientHello that came from elsewhere is seen where it arrives only. `q` is seen as its roles are in it. */
static void forged_hello(struct play *y, struct pair *q, bool reversed)
{
	bool arrives_here = y->at & (reversed ? AT_CLIENT : AT_SERVER);

	y->s.observers = y->at == ON_WIRE ? ON_WIRE : arrives_here ? AT_SERVER : 0;
	dtls_flight1(q);
	y->s.observers = y->at;
}

static void begin_again(struct play *y, struct pair *same, struct pair *reversed)
{
	*same = y->p;
	same->random = 0x33;
	memset(same->seq, 0, sizeof(same->seq));
	pair_reverse(reversed, same);
	reversed->random = 0x44;
}

static void hellos_beside_an_association(void **state)
{
	struct pair same, reversed;
	struct play y;

	for (size_t n = 0; n < sizeof(senders) / sizeof(senders[0]); n++)
		for (int closes = 0; closes < 2; closes++)
			FOR_EACH_PLAY(&y, "goes on", NULL) {
				play_up_to(&y, FLIGHT_CONFIRM + 1);
				play_data(&y);
				begin_again(&y, &same, &reversed);
				for (int copy = 0; copy < 3; copy++) {
					if (senders[n] & AT_CLIENT)
						forged_hello(&y, &same, false);
					if (senders[n] & AT_SERVER)
						forged_hello(&y, &reversed, true);
					stream_wait(&y.s, SEC);
				}
				play_data(&y);
				stream_wait(&y.s, SEC);
				if (closes)
					play_alert(&y, PARTY_CLIENT, FLIGHT_CONFIRM, 1, 0);
				stream_wait(&y.s, HOUR);
				analysis_finish(y.s.analysis, y.s.now);
				if (y.s.faults || y.s.changes[0].verdict.code != VERDICT_COMPLETED)
					play_row(&y, FLIGHT_CONFIRM, "no fault at any time");
			}
	play_report();
}

/* Both ends begin again, and neither sends data any more: what each sends is seen at its socket, or passes. */
static void ends_that_begin_again(void **state)
{
	struct pair same, reversed;
	struct play y;

	FOR_EACH_PLAY(&y, "begins again", NULL) {
		play_up_to(&y, FLIGHT_CONFIRM + 1);
		play_data(&y);
		begin_again(&y, &same, &reversed);
		for (int copy = 0; copy < 3; copy++) {
			dtls_flight1(&same);
			y.s.observers = y.at == AT_CLIENT ? AT_SERVER : y.at == AT_SERVER ? AT_CLIENT : y.at;
			dtls_flight1(&reversed);
			y.s.observers = y.at;
			stream_wait(&y.s, SEC);
		}
		stream_wait(&y.s, 2 * FLOOR);
		assert_true(y.s.faults > 0);
		assert_int_equal(y.s.changes[1].verdict.code, VERDICT_ROLE_CONFLICT);
		assert_int_equal(y.s.changes[1].state, HANDSHAKE_STUCK);
	}
}

/* Data that was on the way when its sender lost the association shows nothing. */
static void data_on_the_way(void **state)
{
	struct pair same, reversed;
	struct play y;

	FOR_EACH_PLAY(&y, "late data", NULL) {
		play_up_to(&y, FLIGHT_CONFIRM + 1);
		play_data(&y);
		begin_again(&y, &same, &reversed);
		for (int copy = 0; copy < 3; copy++) {
			dtls_flight1(&same);
			if (!copy)
				(play_is13(&y) ? dtls13_data : dtls_data)(&y.p, PARTY_CLIENT);
			stream_wait(&y.s, SEC);
		}
		stream_wait(&y.s, HOUR);
		assert_true(y.s.faults > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hellos_beside_an_association),
		cmocka_unit_test(ends_that_begin_again),
		cmocka_unit_test(data_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
