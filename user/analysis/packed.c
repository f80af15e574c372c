// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "packed.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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

/* Moves those of `num` words that are not 0 to *out. Bit n of the result: the n-th is one of these. */
static inline uint64_t move(word *words, uint32_t num, word **out)
{
	word *to = *out;
	uint64_t mask = 0;

	/* Without branches, which the processor could not predict: the next word overwrites a 0. */
#pragma GCC unroll 8
	for (uint32_t i = 0; i < num; i++) {
		uint64_t is_set = words[i] != 0;

		*to = words[i];
		words[i] = 0;
		to += is_set;
		mask |= is_set << i;
	}
	*out = to;
	return mask;
}

/* The same for a group. Most words are 0. */
static uint64_t move_group(word *words, uint32_t num, word **out)
{
	uint64_t mask = 0;
	uint32_t i = 0;

	for (; num - i >= CHUNK_WORDS; i += CHUNK_WORDS)
		if (has_any(words + i))
			mask |= move(words + i, CHUNK_WORDS, out) << i;
	return i == num ? mask : mask | move(words + i, num - i, out) << i;
}

static uint32_t words_in_group(uint32_t group, uint32_t num_words)
{
	uint32_t left = num_words - group * GROUP_WORDS;

	return left < GROUP_WORDS ? left : GROUP_WORDS;
}

void *packed_new(void *memory, size_t size, void *(*allocate)(size_t size))
{
	const uint32_t num_words = size / sizeof(word);
	/* All that may be needed, and a word that move() writes after it. Only as much as is used is ever touched. */
	word buffer[1 + PACKED_MAX / sizeof(word) + PACKED_MAX / sizeof(word) / GROUP_WORDS + 1];
	word *out = buffer + 1, *packed;

	buffer[0] = 0;
	for (uint32_t g = 0; g * GROUP_WORDS < num_words; g++) {
		word *mask = out++;

		*mask = move_group((word *)memory + g * GROUP_WORDS, words_in_group(g, num_words), &out);
		if (*mask)
			buffer[0] |= (uint64_t)1 << g;
		else
			out = mask;
	}
	packed = allocate((out - buffer) * sizeof(*out));
	if (packed)
		memcpy(packed, buffer, (out - buffer) * sizeof(*out));
	else
		packed_read(buffer, memory);
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
