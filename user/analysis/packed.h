/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory without its zeros. The model of a handshake has room for the largest
 * (handshake.h), and most have very little in it: packed, one takes what it has.
 *
 *	word 0: which groups of 64 words have anything; then for each of those:
 *	a word that says which of the 64 are not 0, and these
 */
#ifndef DTLSNOOP_PACKED_H
#define DTLSNOOP_PACKED_H

#include <stddef.h>

/* A group for each bit of a word. */
#define PACKED_MAX (64 * 64 * sizeof(unsigned long long))

/*
 * A packed copy of `size` bytes (a multiple of 8, <= PACKED_MAX) of aligned memory,
 * in memory from `allocate`, which is the caller's; NULL if that is short.
 */
void *packed_new(const void *memory, size_t size, void *(*allocate)(size_t size));

/* Fill `memory` with what was packed: `size` bytes, as then. */
void packed_read(const void *packed, void *memory, size_t size);

#endif
