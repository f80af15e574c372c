/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is true of a world that has run, and whether what the analysis said of
 * it may stand: no fault of a handshake that completes, no fault of the wrong
 * side, and the right one wherever it could be seen.
 */
#ifndef DTLSNOOP_PROPERTY_TRUTH_H
#define DTLSNOOP_PROPERTY_TRUTH_H

#include "observe.h"

enum truth {
	TRUTH_COMPLETED,	/* both ends have all they need */
	TRUTH_STUCK,		/* not, and by the fault that the scenario put in */
	TRUTH_GAVE_UP,		/* not, and no fault but the network's losses: a stack gave up */
	TRUTH_VOID,		/* it was too long for the simulation */
	TRUTH_MAX,
};

enum truth truth_of(const struct world *w);
const char *truth_name(enum truth truth);

/* What was said rightly of a handshake on its way, and taken back. */
struct truth_counts {
	uint64_t taken_back, by_code[VERDICT_MAX];
	uint64_t blurred;	/* what was said of a healthy one with events lost, and as likely only */
	uint64_t must, reported;	/* faults that could be seen, and of these were reported */
	uint64_t replaced;	/* one fault by another, later than SOON_NS, and nothing came in between */
};

/* The sides (bits of enum verdict_side) that a fault of this world, which is stuck, may be said of from there. */
uint32_t truth_sides(const struct world *w, const struct observed *seen);

/* NULL if what was said may stand, else why not. */
const char *truth_judge(const struct world *w, const struct observed *seen, struct truth_counts *counts);

/* The same handshake from all places at once: NULL, or the contradiction. */
const char *truth_compare(const struct world *w, const struct observed seen[OBSERVER_MAX]);

#endif
