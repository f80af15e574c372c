/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The filters of the command line (-p, -n, --cgroup, --netns), looked up on this host. The BPF
 * programs filter. User space filters only the owners that it finds itself.
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
	const struct live_options *opts;	/* as given; the other members are the results of looking
						 * them up */
	uint64_t cgroup_id;	/* 0: any */
	char cgroup_path[FILTERS_PATH_LEN];	/* from the root of cgroup v2, such as "/system.slice" */
	uint32_t netns;		/* inode; 0: any */
	int netns_fd;		/* kept open so that the inode is not reused; -1: none */
};

/*
 * Do the processes of --pid exist? A thread is replaced by its process, with a message on standard
 * error. False if one does not exist, also with a message.
 */
bool filters_find_processes(struct live_options *opts);

/*
 * Look up the filters of `opts`, except processes. `opts` must outlive `filters`. `cgroup_root` is
 * where cgroup v2 is mounted, NULL if it is not. False if something does not exist, with a message
 * on standard error.
 */
bool filters_init(struct filters *filters, const struct live_options *opts, const char *cgroup_root);

/* Release what is held; may be called again. */
void filters_free(struct filters *filters);

/* Does --netns no longer name that namespace, because its process has ended or its path has changed? */
bool filters_netns_is_gone(const struct filters *filters);

/* Is there a filter on processes? */
bool filters_by_owner(const struct filters *filters);

/* Does this owner match the filters? */
bool filters_match(const struct filters *filters, const struct owner *owner, struct cgroups *cgroups);

#endif
