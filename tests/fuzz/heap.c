// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "heap.h"

#include <sanitizer/asan_interface.h>
#include <stdbool.h>

#include "fuzz.h"

#define LARGE 65536
/* Tables for up to 32 handshakes (stream.c), and what has one size. */
#define MAX_BLOCKS 64

static struct block {
	void *memory;
	size_t size;
	bool used;
} blocks[MAX_BLOCKS];

void *heap_allocate(size_t size)
{
	struct block *block = blocks;

	if (size < LARGE)
		return malloc(size);
	while (block->memory && (block->used || block->size != size))
		fuzz_check(++block < blocks + MAX_BLOCKS);
	if (!block->memory)
		*block = (struct block){ .memory = malloc(size), .size = size };
	fuzz_check(block->memory);
	ASAN_UNPOISON_MEMORY_REGION(block->memory, size);
	block->used = true;
	return block->memory;
}

void heap_release(void *memory)
{
	struct block *block = blocks;

	while (block < blocks + MAX_BLOCKS && block->memory != memory)
		block++;
	if (block == blocks + MAX_BLOCKS) {
		free(memory);
		return;
	}
	fuzz_check(block->used);
	ASAN_POISON_MEMORY_REGION(memory, block->size);
	block->used = false;
}

void heap_check(void)
{
	for (int i = 0; i < MAX_BLOCKS; i++)
		fuzz_check(!blocks[i].used);
}
