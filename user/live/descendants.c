// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "descendants.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

/* A process, and the one that started it. */
struct child {
	uint32_t pid, parent;
};

struct children {
	struct child *list;
	uint32_t num, room;
};

static bool add(struct children *all, struct child child)
{
	struct child *list = all->list;

	if (all->num == all->room) {
		all->room = all->room ? 2 * all->room : 256;
		list = realloc(all->list, all->room * sizeof(*list));
		if (!list)
			return false;
		all->list = list;
	}
	list[all->num++] = child;
	return true;
}

static void read_all(struct children *all)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		char *end;
		unsigned long pid = strtoul(entry->d_name, &end, 10);

		if (!pid || *end)
			continue;
		if (!add(all, (struct child){ pid, host_process_status(entry->d_name, "PPid", false) }))
			break;
	}
	if (proc)
		closedir(proc);
}

static bool has(const uint32_t *pids, uint32_t num, uint32_t pid)
{
	for (uint32_t i = 0; i < num; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

uint32_t descendants_add(uint32_t *pids, uint32_t num, uint32_t max)
{
	struct children all = {};
	uint32_t more = 0;

	if (!host_proc_is_ours())
		return num;
	read_all(&all);
	/* Each that is appended is looked at in its turn. */
	for (uint32_t at = 0; at < num; at++)
		for (uint32_t i = 0; i < all.num; i++) {
			if (all.list[i].parent != pids[at] || has(pids, num, all.list[i].pid))
				continue;
			if (num < max)
				pids[num++] = all.list[i].pid;
			else
				more++;
		}
	free(all.list);
	return num + more;
}
