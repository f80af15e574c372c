/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The heap of the analysis, for its allocate() and release(). AddressSanitizer maps and unmaps
 * each large block, which takes longer than most inputs do. So large blocks are kept for the
 * next input here. A released block may not be touched, as usual.
 */
#ifndef DTLSNOOP_FUZZ_HEAP_H
#define DTLSNOOP_FUZZ_HEAP_H

#include <stddef.h>

void *heap_allocate(size_t size);
void heap_release(void *memory);

/* All large blocks were released. */
void heap_check(void);

#endif
