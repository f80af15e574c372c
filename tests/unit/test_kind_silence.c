// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A flight that is repeated and not answered, in every combination; what is odd about it is told. */
#include "stream_play.h"

static struct play y;

/* Flights whose sender waits for an answer. */
static bool asks(int flight)
{
	return play_has(&y, flight) && flight != 2 && flight < play_last(&y);
}

static bool lacks_ccs(int flight)
{
	return y.odd.no_ccs[play_sender(flight)] && !play_is13(&y) && (flight == 5 || y.resumed);
}

static struct wanted silence(int flight)
{
	enum party_role receiver = party_peer(play_sender(flight));
	bool answered = play_before(&y, flight) > 0 && flight > 1;
	struct wanted w = { "stuck", answered ? "peer-silent" : "no-response", party_role_name(receiver), .likely = !play_sees(&y, receiver) };

	if (play_sees(&y, receiver))
		w.codes = "silent-after-read,not-retransmitting,peer-silent";
	if (lacks_ccs(flight)) {
		w.codes = "missing-fragment";
		w.sides = play_sees(&y, play_sender(flight)) ? party_role_name(play_sender(flight)) : "network";
		w.likely = !play_sees(&y, play_sender(flight));
	}
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
	in_vain("nothing odd", 0, NULL, NULL, NULL);
	play_report();
}

/* In DTLS 1.3 only the hellos are. */
static bool is_plain(int flight)
{
	return !play_is13(&y) || flight < 5;
}

static void record_numbers_are_reused(void **state)
{
	static const struct odd odd = { .same_numbers = true };

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

	in_vain("fragment borders change", 0, &odd, "the fragment borders", has_fragments);
	play_report();
}

static void the_change_cipher_spec_is_in_no_copy(void **state)
{
	static const struct odd odd = { .no_ccs = { true, true } };

	in_vain("no ChangeCipherSpec", 4, &odd, "without its ChangeCipherSpec", lacks_ccs);
	in_vain("no ChangeCipherSpec", 5, &odd, "without its ChangeCipherSpec", lacks_ccs);
	play_report();
}

static bool is_first_encrypted(int flight)
{
	return flight == (play_is13(&y) || y.resumed ? 4 : 5);
}

static void a_psk_may_differ(void **state)
{
	static const struct odd odd = { .offered = PSK_SUITE, .psk = true };

	in_vain("PSK", 0, &odd, "use a PSK", is_first_encrypted);
	play_report();
}

static bool is_client_encrypted(int flight)
{
	return flight == 5;
}

static bool is_server_encrypted(int flight)
{
	return flight == 4 && (y.resumed || play_is13(&y));
}

static void a_connection_id_is_not_used(void **state)
{
	static const struct odd servers = { .gives_cid = { [PARTY_SERVER] = true } };
	static const struct odd clients = { .gives_cid = { [PARTY_CLIENT] = true } };

	in_vain("the server's connection ID", 5, &servers, "gave a connection ID", is_client_encrypted);
	in_vain("the client's connection ID", 4, &clients, "gave a connection ID", is_server_encrypted);
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_odd),
		cmocka_unit_test(record_numbers_are_reused),
		cmocka_unit_test(fragment_borders_change),
		cmocka_unit_test(the_change_cipher_spec_is_in_no_copy),
		cmocka_unit_test(a_psk_may_differ),
		cmocka_unit_test(a_connection_id_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
