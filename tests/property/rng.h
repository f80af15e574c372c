/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Random numbers that depend on the seed alone, on every machine: splitmix64,
 * an additive counter whose bits are mixed. No floating point decides anything.
 */
#ifndef DTLSNOOP_PROPERTY_RNG_H
#define DTLSNOOP_PROPERTY_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_u64(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* 0..n-1; n > 0. That small numbers are a hair more likely does not matter here. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return rng_u64(r) % n;
}

/* low..high, both included */
static inline uint64_t rng_range(struct rng *r, uint64_t low, uint64_t high)
{
	return low + rng_below(r, high - low + 1);
}

static inline bool rng_chance(struct rng *r, uint32_t percent)
{
	return rng_below(r, 100) < percent;
}

/* low..high, its magnitude evenly spread: as often 1..10 as 10..100. low > 0. */
static inline uint64_t rng_magnitude(struct rng *r, uint64_t low, uint64_t high)
{
	uint64_t top = low;

	for (uint64_t steps = 0, limit = low; limit < high; steps++) {
		limit = limit > high / 2 ? high : limit * 2;
		/* Each doubling is as likely as any other. */
		if (!rng_below(r, steps + 1))
			top = limit;
	}
	return rng_range(r, top / 2 > low ? top / 2 : low, top);
}

#endif
