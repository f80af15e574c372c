// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_fit.h"

#include <math.h>

/* By how much an even drift may be uneven: temperature changes the frequency of a crystal by less. */
#define UNEVEN 10e-6
/* Each halves the range of a slope, or takes a third of it: enough for the precision of a double. */
#define STEPS 50
/* No host sleeps and wakes up within this time. */
#define NEAR_NS 10e9
/* Each is compared with each other one. */
#define SUSPECTS_MAX 256
#define DROPPED_MAX 8

/* --- what bounds it from above and from below at each point --- */

/* The difference changes by this share of time, or by this much less or more. */
struct change {
	double slope, less, more;
};

static void take(struct merge_point *p, double slope, double *lower, double *upper)
{
	double level = p->ahead - slope * p->at;

	if (p->is_upper)
		*upper = fmin(*upper, p->is_dropped || p->is_doubtful ? INFINITY : level);
	else
		*lower = fmax(*lower, p->is_dropped || p->is_doubtful ? -INFINITY : level);
	p->lower = fmax(p->lower, *lower);
	p->upper = fmin(p->upper, *upper);
}

static void bound(struct merge_point *points, size_t num, struct change change)
{
	double lower = -INFINITY, upper = INFINITY;

	for (size_t i = 0; i < num; i++) {
		double passed = i ? points[i].at - points[i - 1].at : 0;

		points[i].lower = -INFINITY;
		points[i].upper = INFINITY;
		lower -= change.less * passed;
		upper += change.more * passed;
		take(&points[i], change.slope, &lower, &upper);
	}
	lower = -INFINITY;
	upper = INFINITY;
	for (size_t i = num; i--; ) {
		double passed = i + 1 < num ? points[i + 1].at - points[i].at : 0;

		lower -= change.more * passed;
		upper += change.less * passed;
		take(&points[i], change.slope, &lower, &upper);
		points[i].lower += change.slope * points[i].at;
		points[i].upper += change.slope * points[i].at;
	}
}

static void bound_by_drift(struct merge_point *points, size_t num)
{
	bound(points, num, (struct change){ .less = MERGE_DRIFT_MAX, .more = MERGE_DRIFT_MAX });
}

/* --- bounds that contradict --- */

struct suspect {
	struct merge_point *point;
	uint32_t num;		/* of other suspects that it contradicts */
};

static bool is_suspect(const struct merge_point *p)
{
	return !p->is_dropped && (p->is_upper ? p->ahead < p->lower : p->ahead > p->upper);
}

static bool contradict(const struct merge_point *a, const struct merge_point *b)
{
	const struct merge_point *upper = a->is_upper ? a : b, *lower = a->is_upper ? b : a;

	return a->is_upper != b->is_upper && !a->is_dropped && !b->is_dropped &&
	       upper->ahead < lower->ahead - MERGE_DRIFT_MAX * fabs(a->at - b->at);
}

static void count(struct suspect *suspects, size_t num)
{
	for (size_t i = 0; i < num; i++) {
		suspects[i].num = 0;
		for (size_t k = 0; k < num; k++)
			suspects[i].num += contradict(suspects[i].point, suspects[k].point);
	}
}

/* Does it contradict more than any that it contradicts? */
static bool is_outvoted(const struct suspect *s, const struct suspect *suspects, size_t num)
{
	for (size_t i = 0; i < num; i++)
		if (suspects[i].num >= s->num && contradict(s->point, suspects[i].point))
			return false;
	return s->num > 0;
}

/* On either clock. */
static double passed_between(const struct merge_point *a, const struct merge_point *b)
{
	double own = fabs(a->at - b->at), other = fabs(a->at - a->ahead - (b->at - b->ahead));

	return fmax(own, other);
}

/*
 * Something may have happened to a clock in between, and then the later bounds are right as well. But not so if there
 * are others both before and after it, or all of them are near.
 */
static bool is_amid(const struct suspect *s, const struct suspect *suspects, size_t num)
{
	bool any_before = false, any_after = false, any_far = false;

	for (size_t i = 0; i < num; i++) {
		const struct merge_point *other = suspects[i].point;

		if (!contradict(s->point, other))
			continue;
		any_before |= other->at < s->point->at;
		any_after |= other->at > s->point->at;
		any_far |= passed_between(s->point, other) > NEAR_NS;
	}
	return (any_before && any_after) || !any_far;
}

/* Returns whether there was one to drop. */
static bool drop_worst(struct suspect *suspects, size_t num)
{
	struct suspect *worst = NULL;

	count(suspects, num);
	for (size_t i = 0; i < num; i++)
		if ((!worst || suspects[i].num > worst->num) && is_outvoted(&suspects[i], suspects, num) &&
		    is_amid(&suspects[i], suspects, num))
			worst = &suspects[i];
	if (worst)
		worst->point->is_dropped = true;
	return worst;
}

bool merge_fit_drop(struct merge_point *points, size_t num)
{
	struct suspect suspects[SUSPECTS_MAX];
	size_t found = 0, dropped = 0;

	bound_by_drift(points, num);
	for (size_t i = 0; i < num; i++) {
		if (!is_suspect(&points[i]))
			continue;
		if (points[i].is_doubtful) {
			points[i].is_dropped = true;
			continue;
		}
		if (found == SUSPECTS_MAX)
			return false;
		suspects[found++].point = &points[i];
	}
	while (found && drop_worst(suspects, found))
		if (++dropped > DROPPED_MAX || dropped > 1 + num / 8)
			return false;
	return true;
}

/* --- how it changes --- */

/* Between what is the difference at time 0, if it changes by `slope`? */
static void levels(const struct merge_point *points, size_t num, double slope, double *lower, double *upper)
{
	*lower = -INFINITY;
	*upper = INFINITY;
	for (size_t i = 0; i < num; i++) {
		double level = points[i].ahead - slope * points[i].at;

		if (points[i].is_dropped)
			continue;
		if (points[i].is_upper)
			*upper = fmin(*upper, level);
		else
			*lower = fmax(*lower, level);
	}
}

/* What is left between the bounds; negative: nothing. A concave function of the slope. */
static double room(const struct merge_point *points, size_t num, double slope)
{
	double lower, upper;

	levels(points, num, slope, &lower, &upper);
	return upper - lower;
}

static double best_slope(const struct merge_point *points, size_t num)
{
	double low = -MERGE_DRIFT_MAX, high = MERGE_DRIFT_MAX;

	for (int i = 0; i < STEPS; i++) {
		double one = low + (high - low) / 3, two = high - (high - low) / 3;

		if (room(points, num, one) < room(points, num, two))
			low = one;
		else
			high = two;
	}
	return (low + high) / 2;
}

/* The slope next to `end` that leaves room, from `best` on, which does. */
static double last_slope(const struct merge_point *points, size_t num, double best, double end)
{
	if (room(points, num, end) >= 0)
		return end;
	for (int i = 0; i < STEPS; i++) {
		double middle = (best + end) / 2;

		if (room(points, num, middle) >= 0)
			best = middle;
		else
			end = middle;
	}
	return best;
}

static void fit_even(struct merge_point *points, size_t num, double best, struct merge_fit *out)
{
	double low = last_slope(points, num, best, -MERGE_DRIFT_MAX), high = last_slope(points, num, best, MERGE_DRIFT_MAX);
	double lower, upper;

	out->is_even = true;
	out->drift = low > 0 || high < 0 ? (low + high) / 2 : 0;
	levels(points, num, out->drift, &lower, &upper);
	out->level = (lower + upper) / 2;
	bound(points, num, (struct change){ out->drift, out->drift - low + UNEVEN, high - out->drift + UNEVEN });
}

static bool try_even(struct merge_point *points, size_t num, struct merge_fit *out)
{
	double lower, upper, best;

	levels(points, num, 0, &lower, &upper);
	if (lower == -INFINITY || upper == INFINITY) {
		out->is_even = true;
		out->level = lower > -INFINITY ? lower : upper < INFINITY ? upper : 0;
		bound_by_drift(points, num);
		return true;
	}
	best = upper >= lower ? 0 : best_slope(points, num);
	if (room(points, num, best) < 0)
		return false;
	fit_even(points, num, best, out);
	return true;
}

void merge_fit(struct merge_point *points, size_t num, struct merge_fit *out)
{
	*out = (struct merge_fit){};
	if (try_even(points, num, out))
		return;
	for (size_t i = 0; i < num; i++)
		points[i].is_dropped |= points[i].is_doubtful;
	if (!try_even(points, num, out))
		bound_by_drift(points, num);
}
