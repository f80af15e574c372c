// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A flight that is repeated and not answered, in every combination; what is odd about it is told. */
#include "stream_play.h"

static struct play y;

static const char *side(enum party_role role)
{
	return role == PARTY_CLIENT ? "client" : "server";
}

/* Flights whose sender waits for an answer. */
static bool asks(int flight)
{
	return play_has(&y, flight) && flight != 2 && flight < play_last(&y);
}

static bool sees(enum party_role role)
{
	return y.at >> role & 1;
}

static struct wanted silence(int flight)
{
	enum party_role receiver = party_peer(play_sender(flight));
	bool answered = play_before(&y, flight) > 0 && flight > 1;
	struct wanted w = { "stuck", answered ? "peer-silent" : "no-response", side(receiver), .likely = !sees(receiver) };

	if (sees(receiver))
		w.codes = "silent-after-read,not-retransmitting,peer-silent";
	if (y.odd.other_borders && flight < 4)
		w.codes = "hello-fragments-ignored";
	return w;
}

static void in_vain(const char *kind, int only, const struct odd *odd, const char *words, bool applies(int flight))
{
	for (int flight = 1; flight < 6; flight++)
		FOR_EACH_PLAY(&y, kind, odd) {
			struct wanted w = silence(flight);

			if (!asks(flight) || (only && flight != only))
				continue;
			play_up_to(&y, flight);
			play_repeat(&y, flight, 0, 5, ARRIVES);
			stream_wait(&y.s, 10 * SEC);
			w.words = !applies || applies(flight) ? words : NULL;
			play_expect(&y, flight, &w);
		}
}

static void nothing_odd(void **state)
{
	(void)state;
	in_vain("nothing odd", 0, NULL, NULL, NULL);
	play_report();
}

static bool is_plain(int flight)
{
	return !play_is13(&y) || flight < 4;
}

static void record_numbers_are_reused(void **state)
{
	static const struct odd odd = { .same_numbers = true };

	(void)state;
	in_vain("record numbers reused", 0, &odd, "record numbers of the first copy", is_plain);
	play_report();
}

static bool has_fragments(int flight)
{
	return is_plain(flight) && (flight < 5 || !y.resumed);
}

static void fragment_borders_change(void **state)
{
	static const struct odd odd = { .other_borders = true };

	(void)state;
	in_vain("fragment borders change", 0, &odd, "the fragment borders", has_fragments);
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_odd),
		cmocka_unit_test(record_numbers_are_reused),
		cmocka_unit_test(fragment_borders_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
