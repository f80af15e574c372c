// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A flight that is repeated although it is answered, in every combination; what is odd about the answer is told. */
#include "stream_play.h"

static struct play y;

static enum party_role repeater(int answer)
{
	return party_peer(play_sender(answer));
}

/* The flight that is repeated. */
static int asks(int answer)
{
	return play_before(&y, answer);
}

static bool is_closing(int answer)
{
	return !play_is13(&y) && (answer > 4 || (answer == 4 && y.resumed));
}

/* What is said if the answer arrives and nothing shows why it is ignored. */
static struct wanted ignored(int answer)
{
	enum party_role role = repeater(answer);
	struct wanted w = { "stuck", "answer-ignored", party_role_name(role), .likely = !play_sees(&y, role) };

	if (play_sees(&y, party_peer(role)) && !play_sees(&y, role))
		w.codes = "answer-unacknowledged,cannot-decrypt";
	else if (is_closing(answer) || play_is13(&y))
		w.codes = "answer-ignored,cannot-decrypt";
	return w;
}

/* The flight is repeated after each answer. */
static void in_vain(const char *kind, int only, const struct odd *odd, const char *words, bool applies(int answer),
		    bool breaks_rule)
{
	for (int answer = 2; answer <= 6; answer++)
		FOR_EACH_PLAY(&y, kind, odd) {
			struct wanted w = ignored(answer);

			/* A server repeats its cookie request only for another ClientHello. */
			if (!play_has(&y, answer) || (only && answer != only) || answer == 3 ||
			    (applies && !applies(answer)))
				continue;
			y.p.mtu = 400;	/* so that no size explains it */
			play_up_to(&y, asks(answer));
			play_repeat(&y, asks(answer), answer, 7, ARRIVES);
			stream_wait(&y.s, 2 * SEC);
			w.words = words;
			/* This is told of every HelloVerifyRequest that is ignored. */
			if (answer == 2 && !play_is13(&y))
				w.words = "gave a cookie";
			if (breaks_rule)
				w.sides = play_sees(&y, repeater(answer)) ? party_role_name(play_sender(answer)) : "client,server";
			play_expect(&y, answer, &w);
		}
}

static void nothing_odd(void **state)
{
	in_vain("nothing odd", 0, NULL, NULL, NULL, false);
	play_report();
}

static bool is_server_hello(int answer)
{
	return answer == 4;
}

static void the_suite_was_not_offered(void **state)
{
	static const struct odd odd = { .chosen = OTHER_SUITE };

	in_vain("suite", 4, &odd, "chooses the cipher suite TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (0xc02f), which the "
		"client did not offer", is_server_hello, true);
	play_report();
}

static bool is_server_hello13(int answer)
{
	return answer == 4 && play_is13(&y);
}

static void the_version_was_not_offered(void **state)
{
	static const struct odd odd = { .draft = 28 };

	in_vain("version", 4, &odd, "chooses DTLS 1.3 draft 28, which the client did not offer", is_server_hello13, true);
	play_report();
}

/* Without a HelloVerifyRequest there is none to use. */
static bool follows_request(int answer)
{
	return answer == 4 && y.cookie;
}

static bool follows_hellos(int answer)
{
	return answer == 5 && !y.resumed && !play_is13(&y);
}

static void the_message_number_was_used_before(void **state)
{
	static const struct odd servers = { .seq_shift = { [PARTY_SERVER] = -1 } };
	static const struct odd clients = { .seq_shift = { [PARTY_CLIENT] = -1 } };

	for (int from = 0; from < PARTY_MAX; from++)
		in_vain("message_seq", from ? 4 : 5, from ? &servers : &clients, "has the message number",
			from ? follows_request : follows_hellos, true);
	play_report();
}

static bool is_encrypted(int answer)
{
	return play_is13(&y) ? answer > 3 : is_closing(answer);
}

static void the_connection_id_is_not_used(void **state)
{
	static const struct odd servers = { .gives_cid = { [PARTY_SERVER] = true } };
	static const struct odd clients = { .gives_cid = { [PARTY_CLIENT] = true } };

	for (int answer = 4; answer <= 6; answer++)
		in_vain("connection ID", answer, answer == 5 ? &servers : &clients, "gave a connection ID", is_encrypted, true);
	play_report();
}

static void the_connection_id_is_used(void **state)
{
	static const struct odd both = { .gives_cid = { true, true }, .uses_cid = { true, true } };

	in_vain("connection ID, used", 0, &both, NULL, NULL, false);
	play_report();
}

static bool is_plain(int answer)
{
	return !play_is13(&y) || answer < 5;
}

static void the_record_numbers_are_reused(void **state)
{
	static const struct odd odd = { .same_numbers = true };

	in_vain("record numbers reused", 4, &odd, "record numbers of the first copy", is_plain, false);
	in_vain("record numbers reused", 5, &odd, "record numbers of the first copy", is_plain, false);
	play_report();
}

static void the_fragment_borders_change(void **state)
{
	static const struct odd odd = { .other_borders = true };

	in_vain("fragment borders", 4, &odd, "the fragment borders", NULL, false);
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_odd),
		cmocka_unit_test(the_suite_was_not_offered),
		cmocka_unit_test(the_version_was_not_offered),
		cmocka_unit_test(the_message_number_was_used_before),
		cmocka_unit_test(the_connection_id_is_not_used),
		cmocka_unit_test(the_connection_id_is_used),
		cmocka_unit_test(the_record_numbers_are_reused),
		cmocka_unit_test(the_fragment_borders_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
