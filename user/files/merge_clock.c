// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_clock.h"

#include <math.h>
#include <stdlib.h>

#include "merge_fit.h"
#include "trace_info.h"

/* Fewer points are not divided. */
#define DIVIDED_MIN 16

bool merge_clock_set(struct merge_clock *clock, int64_t ahead_ns, uint64_t error_ns)
{
	*clock = (struct merge_clock){ .error_ns = error_ns, .num = 1, .knots = malloc(sizeof(clock->knots[0])) };
	if (!clock->knots)
		return false;
	clock->knots[0] = (struct merge_knot){ .at_ns = 0, .ahead_ns = ahead_ns };
	return true;
}

void merge_clock_fini(struct merge_clock *clock)
{
	free(clock->knots);
}

/* --- from bounds to knots --- */

struct fitting {
	struct merge_clock *clock;
	const struct merge_bound *bounds;
	struct merge_point *points;
	bool has_drift;		/* of what is before all others */
	double error;		/* ns */
};

/* Numbers are small, so that a double is exact enough: all are compared with the first bound. */
static void make_points(struct fitting *f, size_t num)
{
	for (size_t i = 0; i < num; i++)
		f->points[i] = (struct merge_point){
			.at = merge_clock_difference(f->bounds[i].at_ns, f->bounds[0].at_ns),
			.ahead = merge_clock_difference(f->bounds[i].ahead_ns, f->bounds[0].ahead_ns),
			.is_upper = f->bounds[i].is_upper, .is_doubtful = f->bounds[i].is_doubtful,
		};
}

/* Bounds at the same time. */
struct place {
	int64_t at_ns;
	double at, lower, upper;	/* as in struct merge_point */
	int64_t own_lower, own_upper;	/* ns, by those at this time alone */
};

static void narrow(struct place *place, const struct merge_point *point, const struct merge_bound *bound)
{
	place->at = point->at;
	place->lower = fmax(place->lower, point->lower);
	place->upper = fmin(place->upper, point->upper);
	if (!point->is_dropped && bound->is_upper && bound->ahead_ns < place->own_upper)
		place->own_upper = bound->ahead_ns;
	if (!point->is_dropped && !bound->is_upper && bound->ahead_ns > place->own_lower)
		place->own_lower = bound->ahead_ns;
}

static double estimate(const struct place *place, const struct merge_fit *fit, double *error)
{
	double ahead = fit->is_even ? fit->level + fit->drift * place->at : (place->lower + place->upper) / 2;

	if (place->lower == -INFINITY || place->upper == INFINITY)
		*error = TRACE_ONE_WAY_NS;
	/* Of what contradicts, either may be wrong. */
	else if (place->lower > place->upper)
		*error = place->lower - place->upper;
	else
		*error = fmax(place->upper - ahead, ahead - place->lower);
	return ahead;
}

/* Within the bounds of this very time: what came is never earlier than what was sent, not by rounding either. */
static void put_knot(struct fitting *f, const struct place *place, const struct merge_fit *fit)
{
	double error, ahead = estimate(place, fit, &error);
	int64_t ns = merge_clock_sum(f->bounds[0].ahead_ns, fabs(ahead) < 9e18 ? llround(ahead) : 0);

	if (ns < place->own_lower)
		ns = place->own_lower;
	if (ns > place->own_upper)
		ns = place->own_upper;
	f->error = fmax(f->error, error);
	f->clock->knots[f->clock->num++] = (struct merge_knot){ .at_ns = place->at_ns, .ahead_ns = ns };
}

static void put_knots(struct fitting *f, size_t first, size_t end, const struct merge_fit *fit)
{
	for (size_t i = first; i < end; ) {
		struct place place = { f->bounds[i].at_ns, 0, -INFINITY, INFINITY, INT64_MIN, INT64_MAX };

		for (; i < end && f->bounds[i].at_ns == place.at_ns; i++)
			narrow(&place, &f->points[i], &f->bounds[i]);
		if (place.own_lower != INT64_MIN || place.own_upper != INT64_MAX)
			put_knot(f, &place, fit);
	}
	if (!f->has_drift)
		f->clock->drift_before = fit->drift;
	f->has_drift = true;
	f->clock->drift_after = fit->drift;
}

/* Returns whether it goes evenly. */
static bool fit_one(struct merge_point *points, size_t num, struct merge_fit *out)
{
	bool is_one;

	for (size_t i = 0; i < num; i++)
		points[i].is_dropped = false;
	is_one = merge_fit_drop(points, num);
	merge_fit(points, num, out);
	return is_one && out->is_even;
}

/* A clock that does not go evenly is looked at in two halves, and so on: where it jumped, few points are left. */
static void fit(struct fitting *f, size_t first, size_t end)
{
	size_t num = end - first, middle = first + num / 2;
	bool may_divide = num >= DIVIDED_MIN && f->bounds[first].at_ns < f->bounds[end - 1].at_ns;
	struct merge_fit one;

	if (fit_one(f->points + first, num, &one) || !may_divide) {
		put_knots(f, first, end, &one);
		return;
	}
	/* Points of the same time stay together. */
	while (middle < end && f->bounds[middle].at_ns == f->bounds[middle - 1].at_ns)
		middle++;
	if (middle == end)
		for (middle = first + num / 2; f->bounds[middle].at_ns == f->bounds[middle - 1].at_ns; middle--)
			;
	fit(f, first, middle);
	fit(f, middle, end);
}

bool merge_clock_fit(struct merge_clock *clock, const struct merge_bound *bounds, size_t num)
{
	struct fitting f = { .clock = clock, .bounds = bounds };
	bool done;

	if (!num)
		return merge_clock_set(clock, 0, UINT64_MAX);
	*clock = (struct merge_clock){ .knots = calloc(num, sizeof(clock->knots[0])) };
	f.points = calloc(num, sizeof(f.points[0]));
	done = clock->knots && f.points;
	if (done) {
		make_points(&f, num);
		fit(&f, 0, num);
		clock->error_ns = f.error < 9e18 ? ceil(f.error) : INT64_MAX;
	}
	free(f.points);
	return done;
}

/* --- a time --- */

/* By which share it grows, from the first knot to the last one. */
double merge_clock_drift(const struct merge_clock *clock)
{
	const struct merge_knot *first = clock->knots, *last = first + clock->num - 1;

	if (clock->num < 2 || clock->drift_before == clock->drift_after)
		return clock->drift_before;
	return (double)merge_clock_difference(last->ahead_ns, first->ahead_ns) /
	       (double)merge_clock_difference(last->at_ns, first->at_ns);
}

/* The last knot that is not after `ns`; the first one if all are. */
static size_t knot_before(const struct merge_clock *clock, int64_t ns)
{
	size_t low = 0, high = clock->num;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (clock->knots[middle].at_ns <= ns)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int64_t ahead_at(const struct merge_clock *clock, int64_t ns)
{
	size_t before = knot_before(clock, ns);
	const struct merge_knot *one = &clock->knots[before], *two = one + 1;
	double passed = merge_clock_difference(ns, one->at_ns), drift;

	if (ns <= one->at_ns)
		drift = clock->drift_before;
	else if (before + 1 == clock->num)
		drift = clock->drift_after;
	else
		drift = (double)merge_clock_difference(two->ahead_ns, one->ahead_ns) /
			(double)merge_clock_difference(two->at_ns, one->at_ns);
	return merge_clock_sum(one->ahead_ns, drift * passed);
}

uint64_t merge_clock_error(const struct merge_clock *clock, int64_t ns)
{
	const struct merge_knot *first = clock->knots, *last = first + clock->num - 1;
	double span = merge_clock_difference(last->at_ns, first->at_ns), away = 0, rate = MERGE_DRIFT_MAX, error = clock->error_ns;

	/* Nothing is known of it, or it is the same clock. */
	if (clock->error_ns == UINT64_MAX || !clock->error_ns)
		return clock->error_ns;
	if (ns < first->at_ns)
		away = merge_clock_difference(first->at_ns, ns);
	else if (ns > last->at_ns)
		away = merge_clock_difference(ns, last->at_ns);
	/* How well the drift between the knots is known. */
	if (2 * error < rate * span)
		rate = 2 * error / span;
	error += rate * away;
	return error < 9e18 ? ceil(error) : INT64_MAX;
}

int64_t merge_clock_other(const struct merge_clock *clock, int64_t ns)
{
	return clock->num ? merge_clock_difference(ns, ahead_at(clock, ns)) : ns;
}
