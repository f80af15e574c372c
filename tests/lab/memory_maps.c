/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memory_maps: what lies in the BPF maps of a process. Usage: memory_search.h */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "memory_search.h"

#define MAX_MAPS 128
#define MAX_WALK 10000000 /* a map may change meanwhile, and the walk begin again */

struct ids {
	uint32_t of[MAX_MAPS];
	int num;
};

static void add_id(struct ids *ids, uint32_t id)
{
	for (int i = 0; i < ids->num; i++)
		if (ids->of[i] == id)
			return;
	if (ids->num < MAX_MAPS)
		ids->of[ids->num++] = id;
}

/* The maps that a program uses: their descriptors may be closed by now. */
static void add_maps_of_program(struct ids *ids, uint32_t program)
{
	uint32_t maps[64] = { 0 }, len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = 64, .map_ids = (uint64_t)(uintptr_t)maps };
	int fd = bpf_prog_get_fd_by_id(program);

	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		for (uint32_t i = 0; i < info.nr_map_ids && i < 64; i++)
			add_id(ids, maps[i]);
	close(fd);
}

static void add_ids_of_file(struct ids *ids, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];
	uint32_t id;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "map_id: %u", &id) == 1)
			add_id(ids, id);
		if (sscanf(line, "prog_id: %u", &id) == 1)
			add_maps_of_program(ids, id);
	}
	if (file)
		fclose(file);
}

static void add_ids(struct ids *ids, pid_t pid)
{
	char path[64], name[400];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		add_ids_of_file(ids, name);
	}
	if (dir)
		closedir(dir);
}

/* After the consumer's and the producer's page the data is mapped twice; once will do. */
static bool search_ring(struct place *place, int fd, const struct bpf_map_info *info)
{
	size_t page = sysconf(_SC_PAGESIZE), len = page + info->max_entries;
	uint8_t *data = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, page);

	if (data == MAP_FAILED)
		return false;
	search_bytes(place, info->name, 0, data + page, info->max_entries);
	munmap(data, len);
	return true;
}

static bool is_per_cpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool search_entries(struct place *place, int fd, const struct bpf_map_info *info)
{
	size_t value_len = is_per_cpu(info->type) ?
		(size_t)((info->value_size + 7) & ~7U) * libbpf_num_possible_cpus() : info->value_size;
	uint8_t *key = calloc(2, info->key_size), *next = key + info->key_size, *value = calloc(1, value_len);
	bool has_key = false;

	for (int i = 0; key && value && i < MAX_WALK; i++) {
		if (bpf_map_get_next_key(fd, has_key ? key : NULL, next))
			break;
		memcpy(key, next, info->key_size);
		has_key = true;
		search_bytes(place, info->name, 0, key, info->key_size);
		if (!bpf_map_lookup_elem(fd, key, value))
			search_bytes(place, info->name, 0, value, value_len);
	}
	free(key);
	free(value);
	return true;
}

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#define SYS_pidfd_getfd 438
#endif

/* The value is found by a descriptor of the socket. */
static bool search_sockets(struct place *place, int map, const struct bpf_map_info *info, pid_t pid)
{
	uint8_t *value = calloc(1, info->value_size);
	int pidfd = pid ? syscall(SYS_pidfd_open, pid, 0) : -1;

	for (int remote = 0; value && pidfd >= 0 && remote < 64; remote++) {
		int fd = syscall(SYS_pidfd_getfd, pidfd, remote, 0);

		if (fd < 0)
			continue;
		if (!bpf_map_lookup_elem(map, &fd, value))
			search_bytes(place, info->name, 0, value, info->value_size);
		close(fd);
	}
	free(value);
	if (pidfd >= 0)
		close(pidfd);
	return pidfd >= 0;
}

static bool search_map(struct place *place, int fd, const struct bpf_map_info *info, pid_t sockets_of)
{
	switch (info->type) {
	case BPF_MAP_TYPE_PROG_ARRAY: /* numbers of programs and of files, no bytes of anybody */
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return true;
	case BPF_MAP_TYPE_RINGBUF:
		return search_ring(place, fd, info);
	case BPF_MAP_TYPE_SK_STORAGE:
		return search_sockets(place, fd, info, sockets_of);
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
		return search_entries(place, fd, info);
	}
	return false;
}

int search_maps(struct place *place, pid_t pid, pid_t sockets_of)
{
	struct ids ids = { .num = 0 };
	int num_unsearched = 0;

	add_ids(&ids, pid);
	for (int i = 0; i < ids.num; i++) {
		struct bpf_map_info info = {};
		uint32_t len = sizeof(info);
		int fd = bpf_map_get_fd_by_id(ids.of[i]);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) || !search_map(place, fd, &info, sockets_of)) {
			fprintf(stderr, "memory_search: map %u '%s' of type %u: not searched\n", ids.of[i], info.name,
				info.type);
			num_unsearched++;
		}
		if (fd >= 0)
			close(fd);
	}
	return num_unsearched;
}
