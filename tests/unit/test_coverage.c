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

	(void)state;
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

	(void)state;
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

	(void)state;
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

	(void)state;
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
	(void)state;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments_in_any_order_become_one),
		cmocka_unit_test(other_boundaries_on_retransmission),
		cmocka_unit_test(an_empty_message_is_seen_or_not),
		cmocka_unit_test(too_many_holes_are_never_overstated),
		cmocka_unit_test(random_ranges_against_a_bitmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
