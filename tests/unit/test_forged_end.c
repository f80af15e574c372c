// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What ends a handshake, in somebody else's datagram: who acts on it, and how sure is that? (RFC 6347 s4.1.2.7) */
#include "stream_play.h"

#define HANDSHAKE_FAILURE 40

static void begin(struct stream *s, struct pair *p, unsigned at)
{
	stream_init(s, at);
	s->transit_ns = 5 * MS;
	pair_init(p, s, 30041, 0x11);
}

static bool has_word(const struct verdict *v, const char *word)
{
	for (uint32_t i = 0; i < v->num_evidence; i++)
		if (strstr(v->evidence[i], word))
			return true;
	return strstr(v->summary, word);
}

/* Both hosts are traced: whoever reads the alert closes at once, and nobody there sent it. */
static void who_acts_on_it_has_failed(void **state)
{
	for (int n = 0; n < 4; n++) {
		enum party_role from = n & 1 ? PARTY_SERVER : PARTY_CLIENT;
		bool goodbye = n & 2;

		STORY_WITH(begin, s, p, AT_BOTH);
		dtls_flight1(&p);
		dtls_flight4(&p);
		stream_wait(&s, 10 * MS);
		dtls_forged_alert(&p, from, goodbye ? DTLS_ALERT_WARNING : DTLS_ALERT_FATAL, goodbye ? 0 : HANDSHAKE_FAILURE);
		pair_close(&p, party_peer(from), 0);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, n & 1 ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
		assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
		assert_true(has_word(&s.changes[0].verdict, "did not send"));
		/* The other side knows nothing of it, and goes on. */
		for (int i = 0; i < 4; i++) {
			stream_wait(&s, SEC);
			if (n & 1)
				dtls_flight4(&p);
			else
				dtls_flight5(&p);
		}
		assert_int_equal(p.h->state, HANDSHAKE_FAILED);
		assert_int_equal(s.num_changes, 1);
	}
}

/* The near misses: it closes much later, or has gone on before it closes, or the alert was sent here. */
static void who_closes_for_something_else(void **state)
{
	for (int n = 0; n < 3; n++) {
		STORY_WITH(begin, s, p, AT_BOTH);
		dtls_flight1(&p);
		dtls_flight4(&p);
		if (n < 2)
			dtls_forged_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
		else
			dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
		if (n == 0)
			stream_wait(&s, 3 * SEC);
		if (n == 1)
			dtls_flight5(&p);
		pair_close(&p, PARTY_CLIENT, 0);
		assert_int_equal(s.changes[0].verdict.code == VERDICT_ALERT, n == 2);
		assert_false(has_word(&s.changes[0].verdict, "did not send"));
	}
}

/* --- and what was known before it came --- */

static struct play y;

/* The peer of this flight was stuck before somebody's alert came with its address: that is still why. */
static void the_cause_stands(void **state)
{
	for (int flight = 1; flight < 5; flight++)
		FOR_EACH_PLAY(&y, "alert at the end", NULL) {
			enum party_role from = party_peer(play_sender(flight));
			struct wanted same = { .states = "failed", .codes = "peer-silent,no-response", .sides = "*", .likely = true };

			if (!play_has(&y, flight) || flight == 2 || play_sees(&y, from) || play_encrypts(&y, from, flight) ||
			    play_encrypts(&y, play_sender(flight), flight))
				continue;
			same.sides = party_role_name(from);
			play_up_to(&y, flight);
			play_repeat(&y, flight, 0, 3, LOST);
			stream_wait(&y.s, 5500 * MS);
			dtls_forged_alert(&y.p, from, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
			if (y.at != ON_WIRE)
				pair_close(&y.p, party_peer(from), 0);
			stream_wait(&y.s, 3 * SEC);
			play_expect(&y, flight, &same);
			if (y.p.h->ending.how != ENDING_ALERT)
				play_row(&y, flight, "the alert ended it");
		}
	play_report();
}

/* Both ends are here: the path loses each answer to a flight, when somebody's alert makes its sender give up. */
static void the_path_had_lost_all(void **state)
{
	static const struct wanted path = {
		.states = "stuck", .codes = "answer-unacknowledged", .sides = "network", .early = true, .likely = true,
	};
	static const struct wanted alert = { .states = "failed", .codes = "alert", .sides = "client", .likely = true };

	for (unsigned copies = 1; copies <= 3; copies += 2)
		FOR_EACH_PLAY(&y, "alert at a lossy path", NULL) {
			int flight = y.cookie ? 3 : 1;

			if (y.at != AT_BOTH)
				continue;
			play_up_to(&y, flight);
			play_repeat(&y, flight, play_after(&y, flight), copies, LOST);
			stream_wait(&y.s, 100 * MS);
			dtls_forged_alert(&y.p, PARTY_SERVER, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
			pair_close(&y.p, PARTY_CLIENT, 0);
			/* Near: one loss stops nobody. */
			play_expect(&y, flight, copies == 1 ? &alert : &path);
		}
	play_report();
}

/* Near: a server that was silent for long sends its alert itself, so it knows why. */
static void near_its_own_alert(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER);

	repeat(&p, dtls_flight1, 3);
	stream_wait(&s, 6 * SEC);
	assert_string_equal(verdict_code_name(p.h->verdict.code), "silent-after-read");
	dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
	assert_string_equal(verdict_code_name(p.h->verdict.code), "alert");
}

/* --- the last flight is only seen to arrive --- */

static void completion_needs_a_witness(void **state)
{
	struct stream s;
	struct pair p;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int how = 0; how < 3; how++) {
			enum party_role last = how == 1 ? PARTY_CLIENT : PARTY_SERVER;
			const struct verdict *v = &s.changes[0].verdict;

			begin(&s, &p, at);
			if (how == 0)
				dtls_full(&p);
			else if (how == 1)
				dtls_resumed(&p);
			else
				dtls13_full(&p);
			assert_int_equal(s.num_changes, 1);
			expect_change(&s, 0, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
			assert_int_equal(v->confidence, at >> last & 1 ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
			assert_int_equal(v->num_evidence, at >> last & 1 ? 0 : 1);
			stream_fini(&s);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_acts_on_it_has_failed),
		cmocka_unit_test(who_closes_for_something_else),
		cmocka_unit_test(the_cause_stands),
		cmocka_unit_test(the_path_had_lost_all),
		cmocka_unit_test(near_its_own_alert),
		cmocka_unit_test(completion_needs_a_witness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
