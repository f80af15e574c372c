/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deadlines, earliest first: a binary heap in memory that the caller owns. */
#ifndef DTLSNOOP_DEADLINES_H
#define DTLSNOOP_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

/* Embedded in the object that has the deadline. All zero at first. */
struct deadline {
	uint64_t at_ns;		/* valid while it is in the heap */
	uint32_t place;		/* in the heap, from 1; 0: not in the heap */
};

struct deadlines {
	struct deadline **heap;	/* room for the largest number of deadlines; [0] is unused */
	uint32_t num;
};

/* DEADLINE_NEVER if there is none. */
static inline uint64_t deadline_of(const struct deadline *d)
{
	return d->place ? d->at_ns : DEADLINE_NEVER;
}

/* O(log n). `at_ns` DEADLINE_NEVER removes the deadline. */
void deadlines_set(struct deadlines *all, struct deadline *d, uint64_t at_ns);

/* The earliest, NULL if there is none. */
static inline struct deadline *deadlines_first(const struct deadlines *all)
{
	return all->num ? all->heap[1] : NULL;
}

#endif
