// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "packed.h"

#include <stdbool.h>
#include <stdint.h>

#include "core.h"

#define GROUP_WORDS 64u
#define CHUNK_WORDS 8u

/* Any object may be read through these types. */
typedef uint64_t __attribute__((may_alias)) word;
/* The processor reads several words at once. */
typedef uint64_t __attribute__((may_alias, vector_size(2 * sizeof(word)), aligned(sizeof(word)))) word_pair;

static bool has_any(const word *words)
{
	const word_pair *w = (const word_pair *)words;
	word_pair all = w[0] | w[1] | w[2] | w[3];

	return all[0] | all[1];
}

/* Of CHUNK_WORDS words: bit n: the n-th is not 0. */
static uint64_t mask_of_chunk(const word *w)
{
	uint64_t mask = 0;

#pragma GCC unroll 8
	for (uint32_t i = 0; i < CHUNK_WORDS; i++)
		mask |= (uint64_t)!!w[i] << i;
	return mask;
}

/* Bit n: the n-th of `num` words is not 0. Most words are 0. */
static uint64_t mask_of(const word *words, uint32_t num)
{
	uint64_t mask = 0;
	uint32_t i = 0;

	for (; num - i >= CHUNK_WORDS; i += CHUNK_WORDS)
		if (has_any(words + i))
			mask |= mask_of_chunk(words + i) << i;
	for (; i < num; i++)
		mask |= (uint64_t)!!words[i] << i;
	return mask;
}

static uint32_t words_in_group(uint32_t group, uint32_t num_words)
{
	uint32_t left = num_words - group * GROUP_WORDS;

	return left < GROUP_WORDS ? left : GROUP_WORDS;
}

void *packed_new(void *memory, size_t size, void *(*allocate)(size_t size))
{
	const uint32_t num_words = size / sizeof(word);
	uint64_t masks[64], groups = 0;
	word *from = memory;
	size_t needed = 1;
	word *out, *packed;

	for (uint32_t g = 0; g * GROUP_WORDS < num_words; g++) {
		masks[g] = mask_of(from + g * GROUP_WORDS, words_in_group(g, num_words));
		groups |= (uint64_t)!!masks[g] << g;
		needed += masks[g] ? 1 + __builtin_popcountll(masks[g]) : 0;
	}
	packed = out = allocate(needed * sizeof(*out));
	if (!out)
		return NULL;
	*out++ = groups;
	for (; groups; groups &= groups - 1) {
		uint32_t g = __builtin_ctzll(groups);

		*out++ = masks[g];
		for (uint64_t mask = masks[g]; mask; mask &= mask - 1) {
			word *at = &from[g * GROUP_WORDS + __builtin_ctzll(mask)];

			*out++ = *at;
			*at = 0;
		}
	}
	return packed;
}

void packed_read(const void *packed, void *memory)
{
	const word *from = packed;
	word *to = memory;

	for (uint64_t groups = *from++; groups; groups &= groups - 1) {
		uint32_t g = __builtin_ctzll(groups);

		for (uint64_t mask = *from++; mask; mask &= mask - 1)
			to[g * GROUP_WORDS + __builtin_ctzll(mask)] = *from++;
	}
}
