// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Packed memory: what comes out is what went in, and zeros take no room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packed.h"

#define NUM_WORDS (PACKED_MAX / sizeof(uint64_t))

static size_t allocated;
static int fails;

static void *count(size_t size)
{
	allocated = size;
	return fails ? NULL : malloc(size);
}

/* Packs a copy of `num` words, and reads them into the same memory, which has to be all 0 by then. */
static void check(const uint64_t *words, uint32_t num, uint32_t want_words)
{
	static const uint64_t zeros[NUM_WORDS];
	size_t size = num * sizeof(*words);
	uint64_t *memory = malloc(size);
	void *packed;

	assert_non_null(memory);
	memcpy(memory, words, size);
	packed = packed_new(memory, size, count);
	assert_non_null(packed);
	assert_int_equal(allocated, want_words * sizeof(uint64_t));
	assert_memory_equal(memory, zeros, size);
	packed_read(packed, memory);
	assert_memory_equal(memory, words, size);
	free(packed);
	free(memory);
}

static void zeros_take_no_room(void **state)
{
	static const uint64_t words[NUM_WORDS];

	check(words, 1, 1);
	check(words, NUM_WORDS, 1);
}

/* A word for the groups, one for each group, and what is there. */
static void one_word_anywhere(void **state)
{
	uint64_t words[200] = { 0 };

	for (uint32_t i = 0; i < 200; i++) {
		words[i] = 1ULL << i % 64;
		check(words, 200, 3);
		check(words, i + 1, 3);
		words[i] = 0;
	}
}

static void full_memory(void **state)
{
	static uint64_t words[NUM_WORDS];

	memset(words, 0xff, sizeof(words));
	check(words, NUM_WORDS, 1 + 64 + NUM_WORDS);
	check(words, 65, 1 + 2 + 65);
}

static void any_memory(void **state)
{
	static uint64_t words[NUM_WORDS];
	uint64_t r = 1;

	for (uint32_t turn = 0; turn < 200; turn++) {
		uint32_t num = 1 + turn * 37 % NUM_WORDS, want = 1;
		uint32_t one_in = 1 + turn % 90;

		for (uint32_t i = 0; i < num; i++) {
			r = r * 6364136223846793005ULL + 1442695040888963407ULL;
			words[i] = (r >> 33) % one_in ? 0 : r | 1;
			want += !!words[i];
		}
		for (uint32_t i = 0; i < num; i += 64) {
			uint64_t any = 0;

			for (uint32_t j = i; j < num && j < i + 64; j++)
				any |= words[j];
			want += !!any;
		}
		check(words, num, want);
	}
}

static void short_memory(void **state)
{
	uint64_t word = 1;

	fails = 1;
	assert_null(packed_new(&word, sizeof(word), count));
	assert_int_equal(word, 1);
	fails = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeros_take_no_room),
		cmocka_unit_test(one_word_anywhere),
		cmocka_unit_test(full_memory),
		cmocka_unit_test(any_memory),
		cmocka_unit_test(short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
