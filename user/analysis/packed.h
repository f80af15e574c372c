/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Compresses memory by leaving out its zeros. The model of a handshake has room for the
 * largest one (handshake.h), but most use little of it.
 *
 *	word 0: a bit for each group of 64 words that is not all 0; then for each such group:
 *	a word with a bit for each of the 64 that is not 0, and these words
 */
#ifndef DTLSNOOP_PACKED_H
#define DTLSNOOP_PACKED_H

#include <stddef.h>

/* A group for each bit of a word. */
#define PACKED_MAX (64 * 64 * sizeof(unsigned long long))

/*
 * Packs `size` bytes (a multiple of 8, <= PACKED_MAX) of aligned memory, which is all 0 after that, so that it can take
 * in the next. The copy is in memory from `allocate`, and the caller owns it; NULL if memory is short, and then nothing
 * is changed.
 */
void *packed_new(void *memory, size_t size, void *(*allocate)(size_t size));

/* Unpack into `memory`, which has to be as large as it was in packed_new(), and all 0. */
void packed_read(const void *packed, void *memory);

#endif
