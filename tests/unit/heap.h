/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A heap that counts and can fail, for the options of the analysis. Include stream.h first. */
#ifndef DTLSNOOP_TEST_HEAP_H
#define DTLSNOOP_TEST_HEAP_H

static struct {
	size_t bytes, blocks;	/* handed out at present */
	size_t most;		/* bytes handed out at once */
	unsigned calls;
	unsigned fail_at;	/* this call fails, and all after it; 0: none */
} heap;

struct block {
	size_t size;
	size_t reserved;	/* keeps what follows aligned */
};

static inline void *heap_allocate(size_t size)
{
	struct block *block;

	if (++heap.calls >= heap.fail_at && heap.fail_at)
		return NULL;
	block = malloc(sizeof(*block) + size);
	assert_non_null(block);
	block->size = size;
	/* Nobody may count on zeros. */
	if (size < 1 << 20)
		memset(block + 1, 0xa5, size);
	heap.blocks++;
	heap.bytes += size;
	if (heap.bytes > heap.most)
		heap.most = heap.bytes;
	return block + 1;
}

static inline void heap_release(void *memory)
{
	struct block *block = (struct block *)memory - 1;

	assert_true(heap.blocks > 0 && heap.bytes >= block->size);
	heap.blocks--;
	heap.bytes -= block->size;
	free(block);
}

#endif
