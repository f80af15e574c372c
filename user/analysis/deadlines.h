/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is to be looked at, earliest first: a binary heap in memory that the caller owns. */
#ifndef DTLSNOOP_DEADLINES_H
#define DTLSNOOP_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

/* Part of what has a deadline. All zero to begin with. */
struct deadline {
	uint64_t at_ns;		/* valid while it is in the heap */
	uint32_t place;		/* in the heap, from 1; 0: it has none */
};

struct deadlines {
	struct deadline **heap;	/* room for all there may be; [0] is unused */
	uint32_t num;
};

/* DEADLINE_NEVER if it has none. */
static inline uint64_t deadline_of(const struct deadline *d)
{
	return d->place ? d->at_ns : DEADLINE_NEVER;
}

/* In O(log n). `at_ns` DEADLINE_NEVER: it has none any more. */
void deadlines_set(struct deadlines *all, struct deadline *d, uint64_t at_ns);

/* The earliest, NULL if there is none. */
static inline struct deadline *deadlines_first(const struct deadlines *all)
{
	return all->num ? all->heap[1] : NULL;
}

#endif
