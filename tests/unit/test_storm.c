// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two sides that answer each copy by a copy, without a timer, until the rate limit leaves them out. */
#include "stream_play.h"

static struct play y;

static void limited(enum party_role at)
{
	struct event ev = pair_bare(&y.p, at, EVENT_LIMITED);

	if (y.at >> at & 1)
		analysis_event(y.s.analysis, &ev, sizeof(ev));
}

/* Flights `asked` and `asked` + 1 are sent as often as `copies` says, so much time apart; then the limit leaves out the rest for `time`. */
static void rage(int answer, uint32_t copies, uint64_t gap, uint64_t time)
{
	int asked = play_before(&y, answer);

	play_up_to(&y, asked);
	for (uint32_t i = 0; i < copies; i++) {
		play_flight(&y, asked);
		stream_wait(&y.s, gap);
		play_flight(&y, answer);
		stream_wait(&y.s, i ? gap : SEC);
	}
	for (int from = 0; from < PARTY_MAX; from++)
		limited(from);
	for (uint64_t end = y.s.now + time; y.s.now < end;) {
		stream_wait(&y.s, SEC / 2);
		analysis_missing(y.s.analysis, 0, MISSING_LIMITED, y.s.now);
	}
}

/* The flight with a Finished, of which the other side shows that it does not take it. */
static bool has_finished(int answer)
{
	return play_is13(&y) ? answer == 5 : y.resumed ? answer == 4 : answer == 5;
}

static void it_is_told_and_stays(void **state)
{
	for (int answer = 4; answer <= 5; answer++)
		FOR_EACH_PLAY(&y, "storm", NULL) {
			enum party_role role = party_peer(play_sender(answer));
			struct verdict v;
			bool told = false;

			if (y.at == ON_WIRE || !has_finished(answer) || (answer == 4 && !y.cookie))
				continue;
			rage(answer, 60, MS / 2, FLOOR + SEC);
			stream_wait(&y.s, SEC);
			verdict_describe(y.p.h, y.s.now, &v);
			for (uint32_t i = 0; i < v.num_evidence; i++)
				told |= !!strstr(v.evidence[i], "without a timer: 60 copies of flight");
			if (y.p.h->state != HANDSHAKE_STUCK || v.code != VERDICT_CANNOT_DECRYPT || v.side != side_of_role(role) ||
			    v.severity != SEVERITY_FAULT || v.confidence != CONFIDENCE_LIKELY || !told ||
			    strcmp(v.doubt, "the rate limit left out datagrams")) {
				play_row(&y, answer, "storm");
				continue;
			}
			/* Later copies, and the end, change nothing. */
			play_flight(&y, play_before(&y, answer));
			play_flight(&y, answer);
			stream_wait(&y.s, FLOOR);
			pair_close(&y.p, PARTY_CLIENT, 0);
			pair_close(&y.p, PARTY_SERVER, 0);
			if (y.p.h->state != HANDSHAKE_STUCK || y.p.h->verdict.code != VERDICT_CANNOT_DECRYPT || y.s.num_changes != 2)
				play_row(&y, answer, "end");
		}
	play_report();
}

/* Near: nothing is left out any more: it may have gone on. It does not say that anything is wrong. */
static void near_it_calms_down(void **state)
{
	for (int completes = 0; completes < 2; completes++)
		FOR_EACH_PLAY(&y, "calm", NULL) {
			if (y.at == ON_WIRE || y.resumed || play_is13(&y))
				continue;
			rage(5, 60, MS / 2, SEC);
			stream_wait(&y.s, 20 * SEC);
			if (completes)
				play_flight(&y, 6);
			stream_wait(&y.s, 20 * SEC);
			if (y.s.faults || (completes && y.p.h->state != HANDSHAKE_COMPLETED))
				play_row(&y, 5, "calm");
		}
	play_report();
}

/* Near: timers, or somebody floods one side only. Then nothing is known, and that is not certain either. */
static void near_no_storm(void **state)
{
	for (int flood = 0; flood < 2; flood++)
		FOR_EACH_PLAY(&y, "no storm", NULL) {
			const struct verdict *v;

			if (y.at == ON_WIRE || y.resumed || play_is13(&y))
				continue;
			play_up_to(&y, 5);
			for (int i = 0; i < (flood ? 100 : 3); i++) {
				play_flight(&y, 5);
				stream_wait(&y.s, flood ? MS : SEC);
			}
			limited(PARTY_CLIENT);
			limited(PARTY_SERVER);
			stream_wait(&y.s, 20 * SEC);
			v = &y.s.changes[y.s.num_changes - 1].verdict;
			if (v->code != VERDICT_EVICTED || v->confidence != CONFIDENCE_LIKELY || strstr(v->hint, "--max-handshakes"))
				play_row(&y, 5, "no storm");
		}
	play_report();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_told_and_stays),
		cmocka_unit_test(near_it_calms_down),
		cmocka_unit_test(near_no_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
