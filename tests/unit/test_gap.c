// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A part of a recording is missing: nothing is followed across the gap, and silence in it is nobody's fault. */
#include "stream_play.h"

#define GAP_NS (20 * SEC)

/* The trace goes on at y->s.now; what happened since `observers` was 0 is not seen. */
static void gap_ends(struct play *y)
{
	y->s.observers = y->at;
	analysis_missing(y->s.analysis, 0, MISSING_PART, y->s.now);
}

static void gap(struct play *y)
{
	y->s.now += GAP_NS;
	gap_ends(y);
}

static const struct change *last_change(const struct stream *s)
{
	return stream_change(s, s->num_changes - 1);
}

/* Whatever was open is told once, as no longer followed; it may have gone on in the gap or not. */
static void what_is_open_is_not_followed(void **state)
{
	struct play y;

	FOR_EACH_PLAY(&y, "gap", NULL) {
		for (int flight = 1; flight <= play_last(&y); flight++) {
			if (!play_has(&y, flight))
				continue;
			play_up_to(&y, flight);
			play_lost(&y, flight);
			if (y.s.num_changes)
				break;	/* it is complete, as far as can be seen */
			gap(&y);
			assert_int_equal(y.s.num_changes, stream_num_handshakes(&y.s));
			if (!y.s.num_changes)
				continue;	/* the server's host has seen nothing */
			assert_int_equal(y.s.changes[0].verdict.code, VERDICT_EVICTED);
			assert_int_equal(y.s.changes[0].verdict.severity, SEVERITY_INFO);
			assert_non_null(strstr(y.s.changes[0].verdict.summary, "a part of the recording is missing"));
			assert_non_null(strstr(y.s.changes[0].verdict.hint, "--read"));
			stream_wait(&y.s, HOUR);
			analysis_finish(y.s.analysis, y.s.now);
			assert_int_equal(y.s.num_changes, 1);
			stream_fini(&y.s);
			play_begin(&y, "gap", play_n, NULL);
		}
	}
}

/* It goes on in the gap, and its rest comes after that. */
static void the_rest_is_no_fault(void **state)
{
	struct play y;

	for (int hidden = 1; hidden <= FLIGHT_CONFIRM; hidden++)
		FOR_EACH_PLAY(&y, "gap", NULL) {
			if (!play_has(&y, hidden))
				continue;
			play_up_to(&y, hidden);
			y.s.observers = 0;
			play_flight(&y, hidden);
			stream_wait(&y.s, 10 * MS);
			gap_ends(&y);
			play_rest(&y, hidden);
			stream_wait(&y.s, HOUR);
			analysis_finish(y.s.analysis, y.s.now);
			assert_int_equal(y.s.faults, 0);
		}
}

/* What was told before stays. */
static void a_fault_before_it_stays(void **state)
{
	struct play y;

	play_begin(&y, "gap", 1, NULL);
	y.p.fate = LOST;
	play_flight(&y, 1);
	stream_wait(&y.s, 2 * FLOOR);
	assert_int_equal(y.s.num_changes, 1);
	gap(&y);
	assert_int_equal(y.s.num_changes, 2);
	assert_int_equal(y.s.changes[1].state, HANDSHAKE_STUCK);
	assert_int_equal(y.s.changes[1].verdict.code, VERDICT_NOT_RETRANSMITTING);
	assert_int_equal(y.s.changes[1].verdict.confidence, CONFIDENCE_CERTAIN);
	stream_fini(&y.s);
}

/* One that hangs is told after the gap as to whoever attaches late. */
static void what_hangs_after_it_is_told(void **state)
{
	struct play y;

	play_begin(&y, "gap", 1, NULL);
	play_up_to(&y, 4);
	y.s.observers = 0;
	play_flight(&y, 4);
	y.s.now += SEC;
	gap_ends(&y);
	play_repeat(&y, 4, 0, 5, ARRIVES);
	stream_wait(&y.s, 2 * FLOOR);
	assert_int_equal(last_change(&y.s)->state, HANDSHAKE_STUCK);
	assert_int_equal(last_change(&y.s)->verdict.code, VERDICT_SILENT_AFTER_READ);
	assert_int_equal(last_change(&y.s)->verdict.side, VERDICT_SIDE_CLIENT);
	assert_int_equal(last_change(&y.s)->verdict.confidence, CONFIDENCE_LIKELY);
	stream_fini(&y.s);
}

/* What begins after it lacks nothing. */
static void what_begins_after_it_is_certain(void **state)
{
	struct play y;

	play_begin(&y, "gap", 1, NULL);
	play_flight(&y, 1);
	gap(&y);
	y.p.random++;
	y.p.seq[PARTY_CLIENT][0] = 0;
	y.p.fate = LOST;
	play_flight(&y, 1);
	stream_wait(&y.s, 2 * FLOOR);
	assert_int_equal(last_change(&y.s)->verdict.code, VERDICT_NOT_RETRANSMITTING);
	assert_int_equal(last_change(&y.s)->verdict.confidence, CONFIDENCE_CERTAIN);
	stream_fini(&y.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_open_is_not_followed),
		cmocka_unit_test(the_rest_is_no_fault),
		cmocka_unit_test(a_fault_before_it_stays),
		cmocka_unit_test(what_hangs_after_it_is_told),
		cmocka_unit_test(what_begins_after_it_is_certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
