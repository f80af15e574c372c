/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How far is one host's clock ahead of another's? A datagram cannot come before it was sent, so each that both hosts saw
 * bounds that difference: from above if the other host sent it, from below if this one did. It changes as the clocks
 * drift, and may jump where one of them stood still. Pure but for its heap.
 */
#ifndef DTLSNOOP_MERGE_CLOCK_H
#define DTLSNOOP_MERGE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One datagram that passed between the two. */
struct merge_bound {
	int64_t at_ns;		/* when this host sent or got it, on its own clock */
	int64_t ahead_ns;	/* that, less the same on the other's clock when it got or sent it */
	bool is_upper;		/* the other one sent it: this clock is ahead by no more than that */
	bool is_doubtful;	/* what came may be another one: it counts if nothing speaks against it, and never for the error */
};

/* Between two knots the difference changes evenly. */
struct merge_knot {
	int64_t at_ns;		/* on this host's clock */
	int64_t ahead_ns;	/* this clock's time less the other's, at the same moment */
};

struct merge_clock {
	uint64_t error_ns;	/* as trace_host.error_ns, at each knot */
	double drift_before, drift_after;	/* by which share it grows before the first knot, and after the last one */
	size_t num;
	struct merge_knot *knots;	/* in order; none: the two clocks count as equal. Its owner is the struct */
};

/* Of one kernel, or of clocks that nothing is known of. False if out of memory. */
bool merge_clock_set(struct merge_clock *clock, int64_t ahead_ns, uint64_t error_ns);

/*
 * From bounds in order of time. What was compared is exact: each datagram comes when it was sent or later, unless the
 * bounds contradict each other. False if out of memory.
 */
bool merge_clock_fit(struct merge_clock *clock, const struct merge_bound *bounds, size_t num);

void merge_clock_fini(struct merge_clock *clock);

/* The other host's time when this host's clock shows `ns`. */
int64_t merge_clock_other(const struct merge_clock *clock, int64_t ns);

/*
 * By how much merge_clock_other() may be wrong at `ns`, in ns: before the first knot and after the last one, the clocks may drift
 * apart otherwise than between them.
 */
uint64_t merge_clock_error(const struct merge_clock *clock, int64_t ns);

/* By which share this clock gains on the other one, on average. */
double merge_clock_drift(const struct merge_clock *clock);

/* a - b. What is beyond either end of an int64_t cannot come from real clocks: it becomes that end. */
static inline int64_t merge_clock_difference(int64_t a, int64_t b)
{
	int64_t result;

	if (__builtin_sub_overflow(a, b, &result))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return result;
}

static inline int64_t merge_clock_sum(int64_t a, int64_t b)
{
	int64_t result;

	if (__builtin_add_overflow(a, b, &result))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return result;
}

#endif
