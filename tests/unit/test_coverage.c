// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "coverage.h"

static void fragments_in_any_order_become_one(void **state)
{
	static const uint32_t begins[][4] = { { 0, 10, 20, 30 }, { 30, 20, 10, 0 }, { 20, 0, 30, 10 } };

	for (int order = 0; order < 3; order++) {
		struct coverage cov = { .num_ranges = 0 };

		for (int i = 0; i < 4; i++) {
			assert_false(coverage_has(&cov, 0, 40));
			coverage_add(&cov, begins[order][i], 10);
		}
		assert_true(coverage_has(&cov, 0, 40));
		assert_false(coverage_has(&cov, 0, 41));
		assert_int_equal(cov.num_ranges, 1);
	}
}

static void other_boundaries_on_retransmission(void **state)
{
	struct coverage cov = { .num_ranges = 0 };

	coverage_add(&cov, 0, 231);
	coverage_add(&cov, 300, 169);
	assert_false(coverage_has(&cov, 0, 469));
	assert_true(coverage_overlaps(&cov, 200, 120));
	assert_false(coverage_overlaps(&cov, 231, 69));
	coverage_add(&cov, 200, 120);
	assert_true(coverage_has(&cov, 0, 469));
}

static void an_empty_message_is_seen_or_not(void **state)
{
	struct coverage cov = { .num_ranges = 0 };

	assert_false(coverage_has(&cov, 0, 0));
	assert_false(coverage_overlaps(&cov, 0, 0));
	coverage_add(&cov, 0, 0);
	assert_true(coverage_has(&cov, 0, 0));
	assert_true(coverage_overlaps(&cov, 0, 0));
	assert_false(coverage_has(&cov, 0, 1));
}

static void too_many_holes_are_never_overstated(void **state)
{
	struct coverage cov = { .num_ranges = 0 };

	for (uint32_t i = 0; i <= COVERAGE_MAX_RANGES; i++)
		coverage_add(&cov, i * 10, 5);
	assert_int_equal(cov.num_ranges, COVERAGE_MAX_RANGES);
	assert_false(coverage_has(&cov, COVERAGE_MAX_RANGES * 10, 5));
	coverage_add(&cov, 0, COVERAGE_MAX_RANGES * 10);
	assert_true(coverage_has(&cov, 0, COVERAGE_MAX_RANGES * 10));
	assert_int_equal(cov.num_ranges, 1);
}

/* Against a bitmap of 64 bytes: never more is claimed than was added. */
static void random_ranges_against_a_bitmap(void **state)
{
	srand(1);
	for (int round = 0; round < 20000; round++) {
		struct coverage cov = { .num_ranges = 0 };
		bool seen[64] = { false };

		for (int i = 0; i < 12; i++) {
			uint32_t begin = rand() % 60, len = 1 + rand() % 4;

			coverage_add(&cov, begin, len);
			memset(seen + begin, true, len);
			assert_true(cov.num_ranges <= COVERAGE_MAX_RANGES);
		}
		for (uint32_t at = 0; at < 64; at++)
			if (coverage_has(&cov, at, 1))
				assert_true(seen[at]);
		for (uint32_t i = 1; i < cov.num_ranges; i++)
			assert_true(cov.ranges[i - 1].end < cov.ranges[i].begin);
	}
}

/* What each addition does to the bytes from 10 to 19, from a neighbour to a superset. */
static void ranges_that_touch_the_first(void **state)
{
	static const struct {
		uint32_t begin, len;
		uint32_t num_ranges, first, end;	/* of the range that has byte 10 */
	} cases[] = {
		{ 10, 10, 1, 10, 20 },	/* the same */
		{ 12, 3, 1, 10, 20 },	/* contained */
		{ 10, 1, 1, 10, 20 }, { 19, 1, 1, 10, 20 },	/* contained, at either end */
		{ 20, 5, 1, 10, 25 }, { 5, 5, 1, 5, 20 },	/* adjacent */
		{ 21, 5, 2, 10, 20 }, { 5, 4, 2, 10, 20 },	/* one byte apart */
		{ 15, 10, 1, 10, 25 }, { 5, 10, 1, 5, 20 },	/* overlapping */
		{ 0, 40, 1, 0, 40 },	/* containing */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct coverage cov = { .num_ranges = 0 };
		uint32_t at;

		coverage_add(&cov, 10, 10);
		coverage_add(&cov, cases[i].begin, cases[i].len);
		assert_int_equal(cov.num_ranges, cases[i].num_ranges);
		at = cov.ranges[0].end <= 10;
		assert_int_equal(cov.ranges[at].begin, cases[i].first);
		assert_int_equal(cov.ranges[at].end, cases[i].end);
		assert_true(coverage_has(&cov, cases[i].begin, cases[i].len));
		assert_false(cov.empty_seen);
	}
}

static void one_addition_closes_several_holes(void **state)
{
	struct coverage cov = { .num_ranges = 0 };

	for (uint32_t begin = 0; begin < 50; begin += 10)
		coverage_add(&cov, begin, 5);
	coverage_add(&cov, 12, 20);	/* 10-34 are one now; 0-4 and 40-44 stay apart */
	assert_int_equal(cov.num_ranges, 3);
	assert_true(coverage_has(&cov, 10, 25));
	assert_false(coverage_has(&cov, 10, 26));
	assert_true(coverage_has(&cov, 0, 5));
	assert_true(coverage_has(&cov, 40, 5));
	assert_false(coverage_overlaps(&cov, 5, 5));
	assert_false(coverage_overlaps(&cov, 35, 5));
}

static void boundaries_of_has_and_overlaps(void **state)
{
	static const struct {
		uint32_t begin, len;
		bool has, overlaps;
	} cases[] = {
		{ 10, 10, true, true }, { 10, 1, true, true }, { 19, 1, true, true },
		{ 9, 1, false, false }, { 20, 1, false, false },
		{ 9, 2, false, true }, { 19, 2, false, true }, { 9, 12, false, true },
		{ 0, 10, false, false }, { 20, 10, false, false },
		{ 15, 20, false, true },	/* from one range over the hole into the other */
		{ 20, 11, false, true }, { 30, 5, true, true }, { 35, 1, false, false },
		{ 0xffffff, 1, false, false },
		{ 10, 0, false, false },	/* no empty fragment was added */
	};
	struct coverage cov = { .num_ranges = 0 };

	assert_false(coverage_has(&cov, 0, 1));
	assert_false(coverage_overlaps(&cov, 0, 1));
	coverage_add(&cov, 30, 5);
	coverage_add(&cov, 10, 10);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(coverage_has(&cov, cases[i].begin, cases[i].len), cases[i].has);
		assert_int_equal(coverage_overlaps(&cov, cases[i].begin, cases[i].len), cases[i].overlaps);
	}
}

/* Lengths are 24 bits: the last byte there can be, and all of them. */
static void the_longest_message(void **state)
{
	struct coverage cov = { .num_ranges = 0 };

	coverage_add(&cov, 0xfffffe, 1);
	assert_true(coverage_has(&cov, 0xfffffe, 1));
	assert_false(coverage_has(&cov, 0xfffffd, 2));
	coverage_add(&cov, 0, 0xfffffe);
	assert_true(coverage_has(&cov, 0, 0xffffff));
	assert_int_equal(cov.num_ranges, 1);
}

/* When there is no room for another hole, what closes or widens ranges is still taken. */
static void full_but_not_stuck(void **state)
{
	struct coverage cov = { .num_ranges = 0 };

	for (uint32_t i = 0; i < 6; i++)
		coverage_add(&cov, i * 10, 5);
	coverage_add(&cov, 100, 5);	/* left out */
	assert_false(coverage_overlaps(&cov, 100, 5));
	coverage_add(&cov, 55, 5);	/* widens the last */
	assert_true(coverage_has(&cov, 50, 10));
	coverage_add(&cov, 5, 5);	/* closes a hole: 5 ranges */
	assert_int_equal(cov.num_ranges, 5);
	assert_true(coverage_has(&cov, 0, 15));
	coverage_add(&cov, 100, 5);	/* as a retransmission would */
	assert_true(coverage_has(&cov, 100, 5));
	coverage_add(&cov, 200, 0);
	assert_true(coverage_has(&cov, 0, 0));
	assert_int_equal(cov.num_ranges, 6);
}

static uint32_t noise(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 16) % below;
}

/* While nothing had to be left out it is exact: each of the 64 * 64 questions, both ways. */
static void exact_while_there_is_room(void **state)
{
	uint32_t seed = 469231;

	for (int round = 0; round < 1000; round++) {
		struct coverage cov = { .num_ranges = 0 };
		uint64_t seen = 0;

		/* One fragment more than ranges could be left out; this many cannot. */
		for (int i = 0; i < COVERAGE_MAX_RANGES; i++) {
			uint32_t begin = noise(&seed, 64), len = 1 + noise(&seed, 64 - begin) / 3;

			coverage_add(&cov, begin, len);
			seen |= (UINT64_MAX >> (64 - len)) << begin;
		}
		for (uint32_t begin = 0; begin < 64; begin++) {
			for (uint32_t len = 1; begin + len <= 64; len++) {
				uint64_t asked = (UINT64_MAX >> (64 - len)) << begin;

				assert_int_equal(coverage_has(&cov, begin, len), (seen & asked) == asked);
				assert_int_equal(coverage_overlaps(&cov, begin, len), (seen & asked) != 0);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments_in_any_order_become_one),
		cmocka_unit_test(other_boundaries_on_retransmission),
		cmocka_unit_test(an_empty_message_is_seen_or_not),
		cmocka_unit_test(too_many_holes_are_never_overstated),
		cmocka_unit_test(random_ranges_against_a_bitmap),
		cmocka_unit_test(ranges_that_touch_the_first),
		cmocka_unit_test(one_addition_closes_several_holes),
		cmocka_unit_test(boundaries_of_has_and_overlaps),
		cmocka_unit_test(the_longest_message),
		cmocka_unit_test(full_but_not_stuck),
		cmocka_unit_test(exact_while_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
