/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Facts about this host, from /proc and /sys. */
#ifndef DTLSNOOP_HOST_H
#define DTLSNOOP_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Id of this boot of the kernel; false if it is not available. */
#define HOST_BOOT_ID_LEN 36
bool host_boot_id(char out[HOST_BOOT_ID_LEN + 1]);

/* 128 random bits as hexadecimal digits; false if there are none. */
#define HOST_RANDOM_ID_LEN 32
bool host_random_id(char out[HOST_RANDOM_ID_LEN + 1]);

/* The first 64 bits of the SHA-256 of /etc/machine-id, hexadecimal; false if it is not available. */
#define HOST_MACHINE_ID_LEN 16
bool host_machine_id(char out[HOST_MACHINE_ID_LEN + 1]);

/*
 * Where cgroup v2 is mounted (hybrid hosts have v1, too). False if it is not mounted or its path
 * does not fit in `size` bytes.
 */
bool host_cgroup2_root(char *path, size_t size);

/* Inode of our PID namespace; 0: the initial one. */
uint32_t host_pid_namespace(void);

/* Where ip-netns(8) keeps its names. */
#define HOST_NETNS_FOLDER "/run/netns"

/* The name that ip-netns(8) gave our network namespace; false if it has none. */
#define HOST_NETNS_LEN 256
bool host_netns_name(char name[HOST_NETNS_LEN]);

/* Does /proc show our PID namespace? It does not if it was mounted in another one. */
bool host_proc_is_ours(void);

/* Is /proc really a procfs? Without it neither processes nor mounts can be found. */
bool host_has_proc(void);

/* How many more files may this process open within its limit? Counts at most to `max`. */
uint32_t host_files_left(uint32_t max);

/* Does our PID namespace have a process (a thread group leader) with this pid? */
bool host_has_process(uint32_t pid);

/* Is this a thread of a process? *pid is then that process, or 0 if it is not known. */
bool host_has_thread(uint32_t tid, uint32_t *pid);

/*
 * The first or the last number of the line "name:" in /proc/PID/status. 0 if there is no such line
 * or process. `pid` may be "self" or a thread's.
 */
uint32_t host_process_status(const char *pid, const char *name, bool last);

/* A file descriptor that becomes readable when the process ends; -1 if there is none. */
int host_pidfd(uint32_t pid);

/* The clock of the events. It is the host's, even if a time namespace shows another. */
uint64_t host_monotonic_ns(void);

/* Time since 1970. */
uint64_t host_real_ns(void);

#endif
