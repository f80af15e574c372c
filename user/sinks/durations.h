/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How long handshakes took: counts by duration, exact to 1/16, so that a duration can be taken out again. */
#ifndef DTLSNOOP_DURATIONS_H
#define DTLSNOOP_DURATIONS_H

#include <stdint.h>

/* Sixteen for each power of two of microseconds; the last one has all from 2^40 us (12 days) on. */
#define DURATIONS_STEPS 16
#define DURATIONS_NUM (40 * DURATIONS_STEPS + 1)

struct durations {
	uint64_t total;
	uint32_t num[DURATIONS_NUM];
};

/* The index of a duration in num[]. */
uint32_t durations_index(uint64_t ns);

void durations_add(struct durations *d, uint32_t index);
void durations_remove(struct durations *d, uint32_t index);

/* So many per cent of the durations are not longer, in nanoseconds; 0: there are none. */
uint64_t durations_percentile(const struct durations *d, uint32_t percent);

#endif
