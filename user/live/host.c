// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "sha256.h"
#include "text.h"

/* A mount in the list may be hidden by a later mount on top of it. */
static bool is_cgroup2(const char *dir)
{
	struct statfs fs;

	return statfs(dir, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

bool host_cgroup2_root(char *path, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *mount;
	bool found = false;

	if (!mounts)
		return false;
	while (!found && (mount = getmntent(mounts)))
		if (!strcmp(mount->mnt_type, "cgroup2") && strlen(mount->mnt_dir) < size &&
		    is_cgroup2(mount->mnt_dir)) {
			strcpy(path, mount->mnt_dir);
			found = true;
		}
	endmntent(mounts);
	return found;
}

bool host_has_proc(void)
{
	struct statfs fs;

	return statfs("/proc", &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

uint32_t host_files_left(uint32_t max)
{
	struct rlimit limit;
	uint32_t left = 0;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return max;
	for (rlim_t fd = 0; fd < limit.rlim_cur && left < max; fd++)
		left += fcntl(fd, F_GETFD) < 0;
	return left;
}

bool host_boot_id(char out[HOST_BOOT_ID_LEN + 1])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	bool known = file && fgets(out, HOST_BOOT_ID_LEN + 1, file) && strlen(out) == HOST_BOOT_ID_LEN;

	if (file)
		fclose(file);
	return known;
}

/* machine-id(5): 32 hexadecimal digits. It is confidential, so only a hash of it is shown. */
#define MACHINE_ID_LEN 32

bool host_machine_id(char out[HOST_MACHINE_ID_LEN + 1])
{
	char id[MACHINE_ID_LEN + 1] = "";
	uint8_t hash[SHA256_LEN];
	FILE *file = fopen("/etc/machine-id", "re");
	bool known = file && fgets(id, sizeof(id), file) && strspn(id, "0123456789abcdef") == MACHINE_ID_LEN;

	if (file)
		fclose(file);
	if (!known)
		return false;
	sha256(id, MACHINE_ID_LEN, hash);
	text_hex(out, hash, HOST_MACHINE_ID_LEN / 2);
	return true;
}

bool host_random_id(char out[HOST_RANDOM_ID_LEN + 1])
{
	uint8_t bytes[HOST_RANDOM_ID_LEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return false;
	text_hex(out, bytes, sizeof(bytes));
	return true;
}

/* Inode of the initial PID namespace on every kernel: PROC_PID_INIT_INO (include/linux/proc_ns.h). */
#define INITIAL_PIDNS 0xEFFFFFFCu

uint32_t host_pid_namespace(void)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino == INITIAL_PIDNS)
		return 0;
	return st.st_ino;
}

bool host_netns_name(char name[HOST_NETNS_LEN])
{
	DIR *names = opendir(HOST_NETNS_FOLDER);
	struct dirent *entry;
	struct stat ours, other;
	bool found = false;

	if (stat("/proc/self/ns/net", &ours))
		memset(&ours, 0, sizeof(ours));
	while (names && !found && (entry = readdir(names))) {
		found = !fstatat(dirfd(names), entry->d_name, &other, 0) && other.st_ino == ours.st_ino &&
			other.st_dev == ours.st_dev;
		if (found)
			snprintf(name, HOST_NETNS_LEN, "%s", entry->d_name);
	}
	if (names)
		closedir(names);
	return found;
}

bool host_proc_is_ours(void)
{
	char target[16] = "";

	return readlink("/proc/self", target, sizeof(target) - 1) > 0 && atoi(target) == getpid();
}

/* The number is the same on every architecture (include/uapi/asm-generic/unistd.h). */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

int host_pidfd(uint32_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

bool host_has_process(uint32_t pid)
{
	int fd = host_pidfd(pid);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

uint32_t host_process_status(const char *pid, const char *name, bool last)
{
	char path[64], line[512], *at = NULL;
	size_t len = strlen(name);
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	file = fopen(path, "re");
	while (file && !at && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, len) && line[len] == ':')
			at = line + len + 1;
	if (file)
		fclose(file);
	if (!at)
		return 0;
	at[strcspn(at, "\n")] = 0;
	/* One number for each PID namespace, separated by tabs. */
	if (last && strrchr(at, '\t'))
		at = strrchr(at, '\t');
	return strtoul(at, NULL, 10);
}

bool host_has_thread(uint32_t tid, uint32_t *pid)
{
	char name[16];

	*pid = 0;
	if (tid > INT_MAX || host_has_process(tid) || (kill(tid, 0) && errno == ESRCH))
		return false;
	snprintf(name, sizeof(name), "%u", tid);
	if (host_proc_is_ours())
		*pid = host_process_status(name, "Tgid", false);
	return true;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Offset that a time namespace adds to the monotonic clock (Linux 5.6, time_namespaces(7)), ns. */
static uint64_t monotonic_offset(void)
{
	FILE *offsets = fopen("/proc/self/timens_offsets", "re");
	long long sec = 0, nsec = 0;

	if (offsets && fscanf(offsets, " monotonic %lld %lld", &sec, &nsec) != 2)
		sec = nsec = 0;
	if (offsets)
		fclose(offsets);
	return (uint64_t)sec * 1000000000ULL + nsec;
}

uint64_t host_monotonic_ns(void)
{
	static bool is_known;
	static uint64_t offset;

	if (!is_known)
		offset = monotonic_offset();
	is_known = true;
	return clock_ns(CLOCK_MONOTONIC) - offset;
}

uint64_t host_real_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}
