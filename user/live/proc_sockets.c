// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "proc_sockets.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"

/* The number is the same on every architecture (include/uapi/asm-generic/unistd.h). */
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

struct walk {
	const char *cgroup_root;
	proc_sockets_found found;
	void *ctx;
};

static bool is_socket(int fds, const char *name)
{
	char target[64];
	ssize_t len = readlinkat(fds, name, target, sizeof(target));

	return len > 7 && !memcmp(target, "socket:", 7);
}

/* The cookie of a UDP socket, 0 for any other file. */
static uint64_t udp_cookie(int fd)
{
	int domain = 0, type = 0, protocol = 0;
	uint64_t cookie = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len))
		return 0;
	if ((domain != AF_INET && domain != AF_INET6) || type != SOCK_DGRAM || protocol != IPPROTO_UDP)
		return 0;
	len = sizeof(cookie);
	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) ? 0 : cookie;
}

/* The cgroup v2 line is "0::/path". The id is the inode of that directory. */
static uint64_t cgroup_id(const struct walk *walk, const char *pid)
{
	char path[64], line[PATH_MAX], dir[PATH_MAX + 256];
	struct stat st;
	uint64_t id = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/cgroup", pid);
	file = walk->cgroup_root ? fopen(path, "re") : NULL;
	if (!file)
		return 0;
	while (!id && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "0::", 3))
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(dir, sizeof(dir), "%s%s", walk->cgroup_root, line + 3);
		if (!stat(dir, &st))
			id = st.st_ino;
	}
	fclose(file);
	return id;
}

static bool read_owner(const struct walk *walk, const char *pid, struct owner *owner)
{
	char path[64];
	struct stat st;
	FILE *file;

	memset(owner, 0, sizeof(*owner));
	owner->pid = owner->tid = strtoul(pid, NULL, 10);
	owner->ns_pid = host_process_status(pid, "NSpid", true);
	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(owner->comm, sizeof(owner->comm), file) || fstat(fileno(file), &st)) {
		fclose(file);
		return false;
	}
	fclose(file);
	owner->comm[strcspn(owner->comm, "\n")] = 0;
	owner->uid = st.st_uid;
	owner->cgroup_id = cgroup_id(walk, pid);
	return true;
}

static void walk_files(const struct walk *walk, const char *pid, int pidfd, DIR *files)
{
	bool has_owner = false;
	struct dirent *entry;
	struct owner owner;
	uint64_t cookie;
	int fd;

	while ((entry = readdir(files))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !is_socket(dirfd(files), entry->d_name))
			continue;
		fd = syscall(SYS_pidfd_getfd, pidfd, atoi(entry->d_name), 0);
		if (fd < 0)
			continue;
		cookie = udp_cookie(fd);
		close(fd);
		if (!cookie)
			continue;
		has_owner = has_owner || read_owner(walk, pid, &owner);
		if (!has_owner)
			return;
		walk->found(walk->ctx, cookie, &owner);
	}
}

static void walk_process(const struct walk *walk, const char *pid)
{
	char path[64];
	int pidfd = host_pidfd(atoi(pid));
	DIR *files;

	if (pidfd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	files = opendir(path);
	if (files) {
		walk_files(walk, pid, pidfd, files);
		closedir(files);
	}
	close(pidfd);
}

void proc_sockets_walk(const char *cgroup_root, proc_sockets_found found, void *ctx)
{
	struct walk walk = { cgroup_root, found, ctx };
	/* A /proc of another PID namespace has numbers that mean nothing to us. */
	DIR *proc = host_proc_is_ours() ? opendir("/proc") : NULL;
	struct dirent *entry;

	if (!proc)
		return;
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) && strlen(entry->d_name) < 16)
			walk_process(&walk, entry->d_name);
	closedir(proc);
}
