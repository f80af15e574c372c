/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths of cgroups by their ids, by a walk through the mount of cgroup v2: asking
 * the kernel for one by its id (open_by_handle_at) would need CAP_DAC_READ_SEARCH
 * as long as the trace runs.
 */
#ifndef DTLSNOOP_CGROUPS_H
#define DTLSNOOP_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cgroups;

/* `root`: where cgroup v2 is mounted; "": nowhere, then no path is known. NULL: out of memory. */
struct cgroups *cgroups_new(const char *root);
void cgroups_free(struct cgroups *c);

/*
 * Path of the cgroup with this id (the inode of its directory), from the root:
 * "/", "/system.slice". False if there is none, or if it does not fit in `size`
 * bytes. `now_ns` is any clock that does not step back: the mount is walked through
 * again for an unknown id, but not more often than once a second.
 */
bool cgroups_path(struct cgroups *c, uint64_t id, uint64_t now_ns, char *path, size_t size);

#endif
