/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memory_search: looks for pieces of a key in bytes. Usage: memory_search.c */
#ifndef LAB_MEMORY_SEARCH_H
#define LAB_MEMORY_SEARCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PIECE_LEN 8

struct place {
	const char *name; /* "memory", "maps", "files" */
	uint64_t num_finds, num_bytes;
};

/* Counts the pieces of the key in @data, and tells of the first finds where they are. */
void search_bytes(struct place *place, const char *where, uint64_t at, const uint8_t *data, size_t len);

/*
 * memory_maps.c: all BPF maps of a process, those of its programs too: keys, values,
 * and ring buffers whole. Storage of sockets: of the sockets of process @sockets_of.
 * Returns how many maps there are that it cannot search.
 */
int search_maps(struct place *place, pid_t pid, pid_t sockets_of);

#endif
