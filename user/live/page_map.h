/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the bytes of a struct page, which the BPF programs need to read payload in page fragments.
 * The kernel's linear mapping of memory and its array of struct page begin at addresses that depend
 * on architecture, kernel and boot. The program headers of /proc/kcore contain both
 * (fs/proc/kcore.c: each memory range is followed by its part of the array).
 */
#ifndef DTLSNOOP_PAGE_MAP_H
#define DTLSNOOP_PAGE_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct page_map {
	uint64_t linear_base;	/* virtual address of the bytes that belong to ... */
	uint64_t array_base;	/* ... the struct page at this address; both continue from here */
	uint32_t page_shift;	/* log2 of the bytes of a page */
};

/*
 * Fill in `map`. `page_struct_len` is the kernel's sizeof(struct page). False if the bases cannot
 * be found: there is no /proc/kcore (kernel option, CAP_SYS_RAWIO or lockdown) or its headers
 * contradict each other. Then only page_shift is set.
 */
bool page_map_find(struct page_map *map, uint32_t page_struct_len);

#endif
