/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the kernel keeps the bytes of a struct page: what the BPF programs need to
 * read payload that lies in page fragments. Its linear mapping of memory and its
 * array of struct page begin at addresses that differ by architecture, kernel and
 * boot; /proc/kcore's program headers name both (fs/proc/kcore.c: each range of
 * memory is followed by its part of the array).
 */
#ifndef DTLSNOOP_PAGE_MAP_H
#define DTLSNOOP_PAGE_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct page_map {
	uint64_t linear_base;	/* virtual address of the bytes of ... */
	uint64_t array_base;	/* ... the struct page here, and so on from there */
	uint32_t page_shift;	/* log2 of the bytes of a page */
};

/*
 * Fill in `map`; `page_struct_len` is sizeof(struct page) in the kernel, bytes.
 * False if it cannot be told: no /proc/kcore (its kernel option, CAP_SYS_RAWIO, or
 * lockdown), or headers that contradict each other. Only page_shift is set then.
 */
bool page_map_find(struct page_map *map, uint32_t page_struct_len);

#endif
