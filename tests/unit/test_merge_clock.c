// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two clocks of which the truth is known: what the datagrams between them tell, and that it is never more than they tell. */
#include "bytes.h"

#include <math.h>

#include "merge_clock.h"
#include "trace_info.h"

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define BEGIN (20000 * DAY)

#define BOUNDS_MAX 4096

static struct merge_bound bounds[BOUNDS_MAX];
static size_t num;
static uint64_t seed;

static uint64_t dice(uint64_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

/* --- how the clock really goes: its time when the other one shows `ns` --- */

typedef int64_t clock_fn(int64_t ns);

static int64_t steady(int64_t ns)
{
	return ns + 3 * DAY;
}

static int64_t fast(int64_t ns)
{
	return ns - DAY + llround((ns - BEGIN) * 100e-6);
}

static int64_t slow(int64_t ns)
{
	return ns - llround((ns - BEGIN) * 87e-6);
}

/* In two hours it is warm and cold once: 30 ppm more, 30 ppm less. */
static int64_t uneven(int64_t ns)
{
	double turn = 2 * M_PI / (2.0 * HOUR);

	return ns + llround((ns - BEGIN) * 20e-6 + 30e-6 / turn * sin((ns - BEGIN) * turn));
}

/* Its host slept for an hour. */
static int64_t asleep(int64_t ns)
{
	return ns < BEGIN + 3 * HOUR ? ns : ns < BEGIN + 4 * HOUR ? BEGIN + 3 * HOUR : ns - HOUR;
}

/* --- what is seen --- */

static void see(clock_fn *own, int64_t sent, int64_t delay, bool is_upper)
{
	int64_t at = own(is_upper ? sent + delay : sent), other = is_upper ? sent : sent + delay;

	assert_true(num < BOUNDS_MAX);
	bounds[num++] = (struct merge_bound){ at, at - other, is_upper, false };
}

/* A datagram there, and one back. Ways differ in length, and some datagrams wait. */
static void exchange(clock_fn *own, int64_t at)
{
	see(own, at, 300 * US + dice(3000) * US, true);
	see(own, at + 10 * MS, 200 * US + dice(2000) * US, false);
}

static int by_time(const void *a, const void *b)
{
	const struct merge_bound *one = a, *two = b;

	return (one->at_ns > two->at_ns) - (one->at_ns < two->at_ns);
}

static void fit(struct merge_clock *clock)
{
	qsort(bounds, num, sizeof(bounds[0]), by_time);
	assert_true(merge_clock_fit(clock, bounds, num));
}

/* No datagram comes before it was sent. */
static void expect_causes(const struct merge_clock *clock)
{
	for (size_t i = 0; i < num; i++) {
		int64_t own = merge_clock_other(clock, bounds[i].at_ns), other = bounds[i].at_ns - bounds[i].ahead_ns;

		assert_true(bounds[i].is_upper ? own >= other : own <= other);
	}
}

/* Where something was seen, the error is what it says. */
static void expect_truth(const struct merge_clock *clock, clock_fn *own, int64_t from, int64_t until, int64_t step)
{
	for (int64_t at = from; at < until; at += step) {
		int64_t wrong = merge_clock_other(clock, own(at)) - at;

		assert_true(wrong <= (int64_t)clock->error_ns && -wrong <= (int64_t)clock->error_ns);
	}
}

/* Also long before and after that. */
static void expect_error(const struct merge_clock *clock, clock_fn *own, int64_t from, int64_t until, int64_t step)
{
	for (int64_t at = from; at < until; at += step) {
		int64_t wrong = merge_clock_other(clock, own(at)) - at, error = merge_clock_error(clock, own(at));

		assert_true(wrong <= error && -wrong <= error);
	}
}

static void clocks_that_go_evenly(void **state)
{
	static const struct { clock_fn *own; double ppb; } rows[] = { { steady, 0 }, { fast, 100e3 }, { slow, -87e3 } };
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint64_t hours = 1; hours <= 20; hours += 19) {
			struct merge_clock clock;

			num = 0;
			seed = i + hours;
			for (int64_t at = BEGIN; at < BEGIN + (int64_t)hours * HOUR; at += MINUTE)
				exchange(rows[i].own, at);
			fit(&clock);
			expect_causes(&clock);
			expect_truth(&clock, rows[i].own, BEGIN, BEGIN + hours * HOUR, 7 * SECOND);
			expect_error(&clock, rows[i].own, BEGIN - 9 * HOUR, BEGIN + 30 * HOUR, 7 * MINUTE);
			/* What is known of the drift for so long counts. */
			assert_true(merge_clock_error(&clock, rows[i].own(BEGIN - HOUR)) < clock.error_ns + 15 * MS);
			assert_true(clock.error_ns < 5 * MS);
			assert_true(fabs(1e9 * merge_clock_drift(&clock) - rows[i].ppb) < 2000);
			/* Before the first datagram, too. */
			assert_true(llabs(merge_clock_other(&clock, rows[i].own(BEGIN - HOUR)) - (BEGIN - HOUR)) < 20 * MS);
			merge_clock_fini(&clock);
		}
}

static void a_clock_that_goes_unevenly(void **state)
{
	struct merge_clock clock;
	(void)state;

	num = 0;
	seed = 1;
	for (int64_t at = BEGIN; at < BEGIN + 10 * HOUR; at += 20 * SECOND)
		exchange(uneven, at);
	fit(&clock);
	expect_causes(&clock);
	expect_truth(&clock, uneven, BEGIN, BEGIN + 10 * HOUR, 7 * SECOND);
	assert_true(clock.error_ns < 10 * MS);
	merge_clock_fini(&clock);
}

/* Both before and after its sleep, it is right; only the first and the last moment of it are not known exactly. */
static void a_host_that_slept(void **state)
{
	struct merge_clock clock;
	(void)state;

	num = 0;
	seed = 1;
	for (int64_t at = BEGIN; at < BEGIN + 8 * HOUR; at += 20 * SECOND)
		if (at < BEGIN + 3 * HOUR || at > BEGIN + 4 * HOUR)
			exchange(asleep, at);
	fit(&clock);
	expect_causes(&clock);
	for (int64_t at = BEGIN; at < BEGIN + 8 * HOUR; at += MINUTE)
		if (at < BEGIN + 3 * HOUR - 5 * MINUTE || at > BEGIN + 4 * HOUR + 5 * MINUTE)
			assert_true(llabs(merge_clock_other(&clock, asleep(at)) - at) < 20 * MS);
	merge_clock_fini(&clock);
}

/* What was taken for another datagram contradicts what all others tell. */
static void wrong_bounds_are_outvoted(void **state)
{
	struct merge_clock clock;
	(void)state;

	for (int wrong = 0; wrong < 2; wrong++) {
		num = 0;
		seed = 1;
		for (int i = 0; i < 3; i++)
			exchange(fast, BEGIN + i * SECOND);
		see(fast, BEGIN + 4 * SECOND, -SECOND, wrong);
		fit(&clock);
		expect_truth(&clock, fast, BEGIN, BEGIN + 3 * SECOND, 100 * MS);
		assert_true(clock.error_ns < 4 * MS);
		merge_clock_fini(&clock);
	}
	/* One against one: either may be wrong. */
	num = 0;
	see(steady, BEGIN, -SECOND, true);
	see(steady, BEGIN + 10 * MS, MS, false);
	fit(&clock);
	expect_truth(&clock, steady, BEGIN, BEGIN + SECOND, 100 * MS);
	assert_true(clock.error_ns >= 900 * MS);
	merge_clock_fini(&clock);
}

static void one_way(void **state)
{
	struct merge_clock clock;
	(void)state;

	num = 0;
	see(steady, BEGIN, 30 * MS, true);
	see(steady, BEGIN + SECOND, 20 * MS, true);
	fit(&clock);
	assert_int_equal(clock.error_ns, TRACE_ONE_WAY_NS);
	assert_int_equal(merge_clock_other(&clock, steady(BEGIN)), BEGIN - 20 * MS);
	expect_causes(&clock);
	merge_clock_fini(&clock);
	num = 0;
	fit(&clock);
	assert_int_equal(clock.error_ns, UINT64_MAX);
	assert_int_equal(merge_clock_other(&clock, BEGIN), BEGIN);
	merge_clock_fini(&clock);
}

/* Numbers that no clock shows, and bounds that all contradict each other: it ends, and in time. */
/* One round trip says nothing of the drift. */
static void one_round_trip(void **state)
{
	struct merge_clock clock;
	(void)state;

	num = 0;
	seed = 1;
	exchange(fast, BEGIN);
	fit(&clock);
	expect_error(&clock, fast, BEGIN - HOUR, BEGIN + HOUR, MINUTE);
	assert_true(merge_clock_error(&clock, fast(BEGIN - HOUR)) > 700 * MS);
	assert_true(merge_clock_error(&clock, fast(BEGIN)) < 5 * MS);
	merge_clock_fini(&clock);
}

static void hostile_bounds(void **state)
{
	static const int64_t odd[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX };
	struct merge_clock clock;
	(void)state;

	for (seed = 0; seed < 2000; ) {
		uint64_t now = seed;

		num = 1 + dice(60);
		for (size_t i = 0; i < num; i++)
			bounds[i] = (struct merge_bound){ odd[dice(7)], odd[dice(7)], dice(2), dice(2) };
		fit(&clock);
		for (int i = 0; i < 7; i++)
			merge_clock_other(&clock, odd[i]);
		merge_clock_drift(&clock);
		merge_clock_fini(&clock);
		seed = now + 1;
	}
	num = BOUNDS_MAX;
	for (size_t i = 0; i < num; i++)
		bounds[i] = (struct merge_bound){ BEGIN + i * SECOND, dice(1000 * SECOND), dice(2), dice(2) };
	fit(&clock);
	merge_clock_fini(&clock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_that_go_evenly),
		cmocka_unit_test(a_clock_that_goes_unevenly),
		cmocka_unit_test(a_host_that_slept),
		cmocka_unit_test(wrong_bounds_are_outvoted),
		cmocka_unit_test(one_way),
		cmocka_unit_test(one_round_trip), cmocka_unit_test(hostile_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
