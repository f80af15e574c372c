/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths of cgroups by their ids, from a walk through the mount of cgroup v2. To ask the kernel for
 * a path by id (open_by_handle_at) would need CAP_DAC_READ_SEARCH during the whole trace.
 */
#ifndef DTLSNOOP_CGROUPS_H
#define DTLSNOOP_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cgroups;

/*
 * `root` is where cgroup v2 is mounted; "" if it is not, then no path is known. Returns NULL if out
 * of memory.
 */
struct cgroups *cgroups_new(const char *root);
void cgroups_free(struct cgroups *c);

/*
 * Path of the cgroup with this id (the inode of its directory) from the root: "/", "/system.slice".
 * False if there is none or if it does not fit in `size` bytes. `now_ns` is any clock that does not
 * step back: an unknown id causes another walk, at most once a second.
 */
bool cgroups_path(struct cgroups *c, uint64_t id, uint64_t now_ns, char *path, size_t size);

#endif
