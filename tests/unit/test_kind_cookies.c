// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Cookie exchanges that do not come to an end, in every combination (RFC 6347 s4.2.1, RFC 9147 s5.1). */
#include "stream_play.h"

static struct play y;

/* Only these have a HelloVerifyRequest. */
static bool verifies(void)
{
	return y.cookie && !play_is13(&y);
}

static const char *request(void)
{
	return play_is13(&y) ? "HelloRetryRequest" : "HelloVerifyRequest";
}

/* One HelloVerifyRequest, and copies of the ClientHello that get none. */
static void a_request_is_not_repeated(void **state)
{
	FOR_EACH_PLAY(&y, "request not repeated", NULL) {
		struct wanted w = { .states = "stuck", .codes = "peer-silent", .sides = "server", .likely = !play_sees(&y, PARTY_SERVER) };

		if (!y.cookie)
			continue;
		play_up_to(&y, 3);
		stream_wait(&y.s, SEC);
		play_repeat(&y, 1, 0, 5, ARRIVES);
		stream_wait(&y.s, 10 * SEC);
		if (play_sees(&y, PARTY_SERVER))
			w.codes = "peer-silent,silent-after-read";
		w.words = verifies() ? "gave a cookie" : NULL;
		play_expect(&y, 2, &w);
		if (!play_tells(&y, request()))
			play_row(&y, 2, request());
	}
	play_report();
}

/* Near: the same, and the second request gets to the client. */
static void a_request_is_lost(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	FOR_EACH_PLAY(&y, "request lost", NULL) {
		if (!y.cookie)
			continue;
		play_repeat(&y, 1, 2, 2, LOST);
		stream_wait(&y.s, SEC);
		for (int flight = 1; flight <= play_last(&y); flight++)
			if (play_has(&y, flight))
				play_flight(&y, flight);
		play_data(&y);
		play_expect_healthy(&y, 2, &w);
	}
	play_report();
}

/* The server answers each ClientHello with a request, though that has the cookie (the key share); copies or new ones. */
static void it_asks_again(void **state)
{
	for (int copies = 0; copies < 2; copies++)
		FOR_EACH_PLAY(&y, copies ? "asks again, copies" : "asks again", NULL) {
			struct wanted w = { .states = "stuck", .codes = "cookie-loop,answer-ignored", .sides = "server",
					    .likely = !play_sees(&y, PARTY_SERVER) };

			if (!verifies())
				continue;
			play_up_to(&y, 3);
			for (unsigned i = 0; i < 5; i++) {
				stream_wait(&y.s, SEC);
				play_client_hello(&y, copies ? 1 : 1 + i);
				stream_wait(&y.s, 20 * MS);
				play_flight(&y, 2);
			}
			stream_wait(&y.s, 6 * SEC);
			play_expect(&y, 3, &w);
		}
	play_report();
}

/* No ClientHello has the cookie; each is a new one, or a copy, or counts from 0 again. */
static void no_cookie_comes_back(void **state)
{
	static const struct odd odd = { .no_cookie = true };
	enum { NEW, COPIES, FROM_0, WAYS };

	for (int way = 0; way < WAYS; way++)
		FOR_EACH_PLAY(&y, way == NEW ? "no cookie" : way == COPIES ? "no cookie, copies" : "no cookie, from 0", &odd) {
			struct wanted w = { .states = "stuck", .codes = "answer-ignored", .sides = "client",
					    .likely = !play_sees(&y, PARTY_CLIENT), .words = "gave a cookie" };

			if (!verifies())
				continue;
			play_up_to(&y, 3);
			for (unsigned i = 0; i < 5; i++) {
				stream_wait(&y.s, SEC);
				play_client_hello(&y, way == COPIES ? 1 : way == NEW ? 1 + i : 0);
				stream_wait(&y.s, 20 * MS);
				play_flight(&y, 2);
			}
			stream_wait(&y.s, 6 * SEC);
			if (!play_sees(&y, PARTY_CLIENT) && play_sees(&y, PARTY_SERVER))
				w.codes = "answer-ignored,answer-unacknowledged";
			play_expect(&y, 3, &w);
		}
	play_report();
}

/* Near: the random changes with the second ClientHello, which has the cookie, in each copy of it or at once. */
static void the_random_changes(void **state)
{
	static const struct wanted w = { .states = "completed", .codes = "completed", .sides = "*" };

	for (int copies = 1; copies < 3; copies++)
		FOR_EACH_PLAY(&y, "random changes", NULL) {
			if (!verifies())
				continue;
			play_up_to(&y, 3);
			for (int i = 0; i < copies; i++) {
				y.p.random = 0x22 + i;
				play_flight(&y, 3);
				stream_wait(&y.s, 900 * MS);
			}
			for (int flight = 4; flight <= play_last(&y); flight++)
				play_flight(&y, flight);
			play_data(&y);
			stream_wait(&y.s, HOUR);
			play_expect(&y, 3, &w);
			if (y.s.faults || analysis_stats(y.s.analysis)->handshakes != 1)
				play_row(&y, 3, "one handshake, and no fault at any time");
		}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_not_repeated),
		cmocka_unit_test(a_request_is_lost),
		cmocka_unit_test(it_asks_again),
		cmocka_unit_test(no_cookie_comes_back),
		cmocka_unit_test(the_random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
