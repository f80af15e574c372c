// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "page_map.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Memory ranges. Hosts have a few dozen at most. */
#define MAX_RANGES 256

/* A memory range in the linear mapping, and its part of the array of struct page. */
struct range {
	uint64_t bytes;
	uint64_t array;
};

/*
 * Headers that are not memory have no physical address: all bits are set. The array's part is
 * rounded to whole pages, so its length is only approximate.
 */
static bool is_pair(const GElf_Phdr *memory, const GElf_Phdr *array, uint64_t page_len,
		    uint64_t page_struct_len)
{
	uint64_t expected = memory->p_memsz / page_len * page_struct_len;

	return memory->p_type == PT_LOAD && array->p_type == PT_LOAD &&
	       memory->p_paddr != UINT64_MAX && array->p_paddr == UINT64_MAX &&
	       array->p_memsz + 2 * page_len > expected && array->p_memsz < expected + 2 * page_len;
}

static uint32_t read_ranges(Elf *elf, struct range *ranges, uint64_t page_len,
			    uint64_t page_struct_len)
{
	GElf_Phdr before = {}, header;
	uint32_t num_ranges = 0;
	size_t num;

	if (elf_getphdrnum(elf, &num))
		return 0;
	for (size_t i = 0; i < num && num_ranges < MAX_RANGES; i++) {
		if (!gelf_getphdr(elf, i, &header))
			return 0;
		if (i > 0 && is_pair(&before, &header, page_len, page_struct_len))
			ranges[num_ranges++] = (struct range){ before.p_vaddr, header.p_vaddr };
		before = header;
	}
	return num_ranges;
}

/* Address of the bytes of a struct page, from the two bases. */
static uint64_t bytes_of(const struct page_map *map, uint64_t page, uint64_t page_struct_len)
{
	return map->linear_base + ((page - map->array_base) / page_struct_len << map->page_shift);
}

/*
 * If a range's part of the array begins at a page boundary, that part was not rounded. Such a range
 * gives the bases, moved to the lowest part. All other ranges must agree with them.
 */
static bool find_bases(struct page_map *map, const struct range *ranges, uint32_t num,
		       uint64_t page_struct_len)
{
	uint64_t page_len = 1ULL << map->page_shift, lowest = UINT64_MAX, back;
	uint64_t aligned = page_len / page_struct_len << map->page_shift;
	const struct range *exact = NULL;

	for (uint32_t i = 0; i < num; i++) {
		if (ranges[i].array < lowest)
			lowest = ranges[i].array;
		if (!exact && !(ranges[i].bytes & (aligned - 1)))
			exact = &ranges[i];
	}
	if (!exact)
		return false;
	back = (exact->array - lowest) / page_struct_len << map->page_shift;
	map->linear_base = exact->bytes - back;
	map->array_base = lowest;
	for (uint32_t i = 0; i < num; i++)
		if (ranges[i].bytes - bytes_of(map, ranges[i].array, page_struct_len) >= aligned)
			return false;
	return true;
}

bool page_map_find(struct page_map *map, uint32_t page_struct_len)
{
	uint64_t page_len = sysconf(_SC_PAGESIZE);
	struct range ranges[MAX_RANGES];
	uint32_t num = 0;
	Elf *elf;
	int fd;

	*map = (struct page_map){ .page_shift = __builtin_ctzll(page_len) };
	if (!page_struct_len || page_len % page_struct_len)
		return false;
	fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf)
		num = read_ranges(elf, ranges, page_len, page_struct_len);
	elf_end(elf);
	close(fd);
	if (num && find_bases(map, ranges, num, page_struct_len))
		return true;
	map->linear_base = map->array_base = 0;
	return false;
}
