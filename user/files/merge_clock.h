/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How far is one host's clock ahead of another's? A datagram cannot come before it was sent, so each that both hosts saw
 * bounds that difference: from above if the other host sent it, from below if this one did. Pure but for its heap.
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
};

struct merge_clock {
	int64_t ahead_ns;	/* this clock's time less the other's, at the same moment */
	uint64_t error_ns;	/* as trace_host.error_ns */
	double drift_ppb;	/* as trace_host.drift_ppb */
	size_t num;		/* bounds */
};

/* Nothing is known of a clock without bounds: it is taken as it is. */
void merge_clock_fit(struct merge_clock *clock, struct merge_bound *bounds, size_t num);

/* The other host's time when this host's clock shows `ns`. */
int64_t merge_clock_other(const struct merge_clock *clock, int64_t ns);

#endif
