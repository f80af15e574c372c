/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Facts about this host, from /proc and /sys. */
#ifndef DTLSNOOP_HOST_H
#define DTLSNOOP_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which boot of the kernel this is; false: it does not say. */
#define HOST_BOOT_ID_LEN 36
bool host_boot_id(char out[HOST_BOOT_ID_LEN + 1]);

/* 128 random bits in hexadecimal digits; false: there are none. */
#define HOST_RANDOM_ID_LEN 32
bool host_random_id(char out[HOST_RANDOM_ID_LEN + 1]);

/*
 * Where cgroup v2 is mounted (hybrid hosts have it beside v1). False if it is
 * not, or its path does not fit in `size` bytes.
 */
bool host_cgroup2_root(char *path, size_t size);

/* Inode of the PID namespace that we are in; 0: the initial one. */
uint32_t host_pid_namespace(void);

/* Does /proc number processes as we do? Not if it was mounted in another PID namespace. */
bool host_proc_is_ours(void);

/* Is that /proc what its name says? Without it no process and no mount is found. */
bool host_has_proc(void);

/* How many files can this process still open, as far as its limit goes? At most `max` are counted. */
uint32_t host_files_left(uint32_t max);

/* Is there a process with this pid (a thread group leader) in our PID namespace? */
bool host_has_process(uint32_t pid);

/* Is it a thread of a process? *pid is that then, 0 if it cannot be told. */
bool host_has_thread(uint32_t tid, uint32_t *pid);

/*
 * A number of the line "name:" of /proc/PID/status: its first, or its last. 0: there is
 * none, or no process. Any PID: "self", or a thread's.
 */
uint32_t host_process_status(const char *pid, const char *name, bool last);

/* A file descriptor that becomes readable when the process ends; -1: there is none. */
int host_pidfd(uint32_t pid);

/* The clock of the events, which is the host's also where a time namespace shows another. */
uint64_t host_monotonic_ns(void);

/* Since 1970. */
uint64_t host_real_ns(void);

#endif
