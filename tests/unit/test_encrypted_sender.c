// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is encrypted shows nothing of its sender: a stranger answers each flight, and the real answer is lost (RFC 6347 s4.1.2.7). */
#include "stream_play.h"

static struct play y;

/* A flight with a Finished from a stranger: no socket of its sender, not even one on this host, has sent it. */
static void forge(struct play *of, int flight)
{
	unsigned observers = of->s.observers;

	of->s.observers &= ~(1u << play_sender(flight));
	play_flight(of, flight);
	of->s.observers = observers;
}

static const char *words_of(void)
{
	return y.p.h->verdict.doubt ? y.p.h->verdict.doubt : "certain";
}

/* `asked` is repeated after each `answer`, which somebody sends. */
static void play_story(int asked, int answer, bool forged)
{
	play_up_to(&y, asked);
	for (unsigned i = 0; i < 7; i++) {
		play_flight(&y, asked);
		stream_wait(&y.s, 60 * MS);
		if (forged)
			forge(&y, answer);
		else
			play_flight(&y, answer);
		stream_wait(&y.s, 1500 * MS);
	}
	stream_wait(&y.s, 2 * SEC);
}

/* Is it the flight with a Finished, of which the other side shows that it does not take it? */
static bool has_finished(int answer)
{
	return play_is13(&y) ? answer == 5 : answer > 4 || y.resumed;
}

static void from_a_stranger(void **state)
{
	uint32_t num = 0;

	for (int answer = 4; answer <= 6; answer++)
		FOR_EACH_PLAY(&y, "stranger", NULL) {
			int asked = play_before(&y, answer);

			if (!play_has(&y, answer) || y.at != (1u << party_peer(play_sender(answer))) || !has_finished(answer))
				continue;
			play_story(asked, answer, true);
			assert_int_equal(y.p.h->state, HANDSHAKE_STUCK);
			if (y.p.h->verdict.confidence != CONFIDENCE_LIKELY)
				play_row(&y, answer, "certain");
			if (y.p.h->verdict.code != VERDICT_CANNOT_DECRYPT)
				continue;
			num++;
			/* Of a flight of DTLS 1.3 it is not known how much was read. */
			if (strcmp(words_of(), play_is13(&y) ? "no read of the flight was seen" : "anybody may have sent the flight"))
				play_row(&y, answer, words_of());
		}
	assert_true(num >= 4);
	play_report();
}

/* Near: the socket that sent it is on this host. */
static void near_from_a_socket_here(void **state)
{
	uint32_t num = 0;

	for (int answer = 4; answer <= 6; answer++)
		FOR_EACH_PLAY(&y, "here", NULL) {
			int asked = play_before(&y, answer);

			if (!play_has(&y, answer) || y.at != AT_BOTH || play_is13(&y) || !has_finished(answer))
				continue;
			play_story(asked, answer, false);
			assert_int_equal(y.p.h->state, HANDSHAKE_STUCK);
			if (y.p.h->verdict.code != VERDICT_CANNOT_DECRYPT)
				continue;
			num++;
			if (y.p.h->verdict.confidence != CONFIDENCE_CERTAIN)
				play_row(&y, answer, words_of());
		}
	assert_true(num >= 4);
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_a_stranger),
		cmocka_unit_test(near_from_a_socket_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
