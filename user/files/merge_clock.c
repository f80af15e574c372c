// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_clock.h"

#include "trace_info.h"

void merge_clock_fit(struct merge_clock *clock, struct merge_bound *bounds, size_t num)
{
	int64_t upper = INT64_MAX, lower = INT64_MIN;

	for (size_t i = 0; i < num; i++) {
		int64_t ahead = bounds[i].ahead_ns;

		if (bounds[i].is_upper)
			upper = ahead < upper ? ahead : upper;
		else
			lower = ahead > lower ? ahead : lower;
	}
	*clock = (struct merge_clock){ .num = num, .error_ns = num ? TRACE_ONE_WAY_NS : UINT64_MAX };
	if (upper != INT64_MAX && lower != INT64_MIN) {
		clock->ahead_ns = lower + (upper - lower) / 2;
		clock->error_ns = (upper > lower ? (uint64_t)upper - (uint64_t)lower : (uint64_t)lower - (uint64_t)upper);
		clock->error_ns = clock->error_ns / 2 + clock->error_ns % 2;
	} else if (num) {
		clock->ahead_ns = upper != INT64_MAX ? upper : lower;
	}
}

int64_t merge_clock_other(const struct merge_clock *clock, int64_t ns)
{
	int64_t other;

	if (__builtin_sub_overflow(ns, clock->ahead_ns, &other))
		return clock->ahead_ns < 0 ? INT64_MAX : INT64_MIN;
	return other;
}
