/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether what is said of two merged traces may stand. See both.h. */
#ifndef DTLSNOOP_PROPERTY_TRUTH_BOTH_H
#define DTLSNOOP_PROPERTY_TRUTH_BOTH_H

#include "truth.h"

struct host_view;

struct truth_both_case {
	const struct world *w;
	const struct host_view *views;	/* by role */
	const struct observed *merged;
	const struct observed *alone;	/* by role: what is said of each trace by itself */
};

struct truth_both_counts {
	uint64_t by_truth[TRUTH_MAX];
	uint64_t whole;		/* both traces have all of it */
	uint64_t better;	/* where neither trace alone reported the fault, or both blamed a side for what the path lost */
	uint64_t losses;	/* said, of the path */
	uint64_t must_blame;	/* the path, for certain */
	uint64_t known, unknown;	/* by direction: what the path lost, where both traces have all of it */
	uint64_t early;		/* see observed.num_early */
	struct truth_counts single, of_one;
};

/* NULL if what was said may stand, else why not. */
const char *truth_both(const struct truth_both_case *c, struct truth_both_counts *counts);

void truth_both_print(const struct truth_both_counts *counts, FILE *out);

#endif
