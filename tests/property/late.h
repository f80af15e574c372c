/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Traces that begin at a random moment of a handshake: while it is healthy, back-off included, nobody
 * may be accused; if it was stuck before, that is to be said wherever it can be seen, and as likely.
 */
#ifndef DTLSNOOP_PROPERTY_LATE_H
#define DTLSNOOP_PROPERTY_LATE_H

#include "observe.h"

struct late {
	FILE *trace, *failures;
	const char *directory;	/* for recordings; NULL: none */
	uint64_t failed;
	uint64_t healthy, stuck, other;	/* handshakes */
	uint64_t waiting;	/* of the healthy ones, those that some side waited longer than a second for when the trace began */
	uint64_t silent;	/* of the stuck ones, those that were stuck when the trace began */
	uint64_t must, reported, taken_back, by_code[VERDICT_MAX];
};

/* One handshake, and a trace by each observer, all from the same moment on. */
void late_case(struct late *late, struct world *w, uint64_t seed);
void late_print(const struct late *late, FILE *out);

#endif
