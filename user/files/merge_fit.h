/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What bounds tell of the difference of two clocks, over a time in which nobody set them. Between two bounds that
 * difference cannot change faster than clocks drift. Pure: no heap.
 */
#ifndef DTLSNOOP_MERGE_FIT_H
#define DTLSNOOP_MERGE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two clocks do not drift apart faster than this, as a share: the crystals of computers are right to 0.0001. */
#define MERGE_DRIFT_MAX 200e-6

struct merge_point {
	double at;		/* ns */
	double ahead;		/* ns, at most (is_upper) or at least */
	bool is_upper;
	bool is_doubtful;	/* as in struct merge_bound */
	bool is_dropped;	/* it contradicts most others: what was sent is not what came */
	/* By merge_fit(), of all that is not doubtful: */
	double lower, upper;	/* the difference at this time; lower > upper: the bounds contradict each other */
};

/*
 * Drop each bound that contradicts more bounds than any of those contradicts itself. False: so many contradict that no
 * clock can be like that all the time. Points are in order of time.
 */
bool merge_fit_drop(struct merge_point *points, size_t num);

struct merge_fit {
	bool is_even;		/* the difference at a time is level + drift * at, and all bounds that are left allow it */
	double level;		/* ns */
	double drift;		/* a share; 0 unless the bounds exclude that */
};

/*
 * Find how the difference changes, and between what it is at each point. If the bounds are all of one kind, the
 * narrowest counts. If it does not change evenly, only MERGE_DRIFT_MAX bounds its change.
 */
void merge_fit(struct merge_point *points, size_t num, struct merge_fit *out);

#endif
