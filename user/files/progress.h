/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How far a file was read, and how long the rest takes: a status on standard error for who waits at a terminal, after
 * the first second. Elsewhere nothing.
 */
#ifndef DTLSNOOP_PROGRESS_H
#define DTLSNOOP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "source.h"

struct progress {
	struct source *source;	/* NULL: nothing is shown */
	const char *name;	/* of the file */
	uint64_t began_ns;	/* on a clock that never goes back */
	uint64_t said_ns;	/* when the status was last shown */
	uint32_t turns;		/* since the clock was last read */
};

/* `source` and `name` must outlive it. */
void progress_begin(struct progress *p, struct source *source, const char *name);

/* Is it time to show it? To be asked at each turn; cheap. */
bool progress_is_due(struct progress *p);

/* Show it. `events`: what was taken in so far. What is written to a terminal must have been flushed. */
void progress_show(struct progress *p, uint64_t events);

#endif
