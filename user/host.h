/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Facts about this host, from /proc and /sys. */
#ifndef DTLSNOOP_HOST_H
#define DTLSNOOP_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where cgroup v2 is mounted (hybrid hosts have it beside v1). False if it is
 * not, or its path does not fit in `size` bytes.
 */
bool host_cgroup2_root(char *path, size_t size);

/* Is there a process with this pid (a thread group leader)? */
bool host_has_process(uint32_t pid);

/* A file descriptor that becomes readable when the process ends; -1: there is none. */
int host_pidfd(uint32_t pid);

/* The clock of the events, which is the host's also where a time namespace shows another. */
uint64_t host_monotonic_ns(void);

/* Since 1970. */
uint64_t host_real_ns(void);

#endif
