/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the command line asks for (-p, -n, --cgroup, --netns), looked up on this
 * host. The programs filter; user space only for owners that it finds itself.
 */
#ifndef DTLSNOOP_FILTERS_H
#define DTLSNOOP_FILTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroups.h"
#include "live_options.h"
#include "owner.h"

#define FILTERS_PATH_LEN 512

struct filters {
	const struct live_options *opts;	/* what is asked for; the rest is that, looked up */
	uint64_t cgroup_id;	/* 0: any */
	char cgroup_path[FILTERS_PATH_LEN];	/* from the root of cgroup v2: "/system.slice" */
	uint32_t netns;		/* inode; 0: any */
	int netns_fd;		/* held, so that its inode cannot become another's; -1: none */
};

/*
 * Do the processes of --pid exist? A thread's number is made that of its process, which
 * is said on standard error. False if one does not exist: said there, too.
 */
bool filters_find_processes(struct live_options *opts);

/*
 * Look up what `opts` (kept) names, but processes; `cgroup_root` is where cgroup v2 is mounted,
 * NULL: nowhere. False if it does not exist: said on standard error.
 */
bool filters_init(struct filters *filters, const struct live_options *opts, const char *cgroup_root);

/* Let go what is held; may be called again. */
void filters_free(struct filters *filters);

/* Does what --netns named name it no longer: the process has ended, the path is another's or nobody's? */
bool filters_netns_is_gone(const struct filters *filters);

/* Is a process to be asked for at all? */
bool filters_by_owner(const struct filters *filters);

/* Is this owner one of those asked for? */
bool filters_match(const struct filters *filters, const struct owner *owner, struct cgroups *cgroups);

#endif
