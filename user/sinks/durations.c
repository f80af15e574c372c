// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "durations.h"

#define NS_PER_US 1000
/* Bits of a step: 2^STEP_BITS = DURATIONS_STEPS. */
#define STEP_BITS 4

uint32_t durations_index(uint64_t ns)
{
	uint64_t us = ns / NS_PER_US;
	uint32_t power, index;

	/* These are exact. */
	if (us < DURATIONS_STEPS)
		return us;
	power = 63 - __builtin_clzll(us);
	index = power * DURATIONS_STEPS + ((us >> (power - STEP_BITS)) & (DURATIONS_STEPS - 1));
	return index < DURATIONS_NUM - 1 ? index : DURATIONS_NUM - 1;
}

void durations_add(struct durations *d, uint32_t index)
{
	d->num[index]++;
	d->total++;
}

void durations_remove(struct durations *d, uint32_t index)
{
	d->num[index]--;
	d->total--;
}

/* The middle of what has this index. */
static uint64_t duration_of(uint32_t index)
{
	uint32_t power = index / DURATIONS_STEPS, step = index % DURATIONS_STEPS;
	uint64_t us, width;

	if (index < DURATIONS_STEPS)
		return index * NS_PER_US + NS_PER_US / 2;
	width = 1ULL << (power - STEP_BITS);
	us = (DURATIONS_STEPS + step) * width;
	return us * NS_PER_US + width * NS_PER_US / 2;
}

uint64_t durations_percentile(const struct durations *d, uint32_t percent)
{
	/* At least one. */
	uint64_t wanted = (d->total * percent + 99) / 100, sum = 0;

	for (uint32_t i = 0; d->total && i < DURATIONS_NUM; i++) {
		sum += d->num[i];
		if (sum >= wanted)
			return duration_of(i);
	}
	return 0;
}
