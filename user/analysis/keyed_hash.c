// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "keyed_hash.h"

#include <string.h>

#include "core.h"

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void mix(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static inline void add(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s);
	s->v0 ^= word;
}

uint64_t keyed_hash(uint64_t seed, const void *key, size_t len)
{
	/* The constants are the algorithm's; the second half of its key is derived from the first. */
	uint64_t other = ~rotate(seed, 32), word, last = (uint64_t)len << 56;
	const uint8_t *p = key;
	struct sip s = {
		seed ^ 0x736f6d6570736575ULL, other ^ 0x646f72616e646f6dULL,
		seed ^ 0x6c7967656e657261ULL, other ^ 0x7465646279746573ULL,
	};
	size_t i;

	for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		add(&s, word);
	}
	for (size_t j = 0; i + j < len; j++)
		last |= (uint64_t)p[i + j] << 8 * j;
	add(&s, last);
	s.v2 ^= 0xff;
	for (int n = 0; n < 3; n++)
		mix(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
