// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* include/linux/exportfs.h: the handle is the 64-bit node id */
#define FILEID_KERNFS 0xfe

/* A mount may be listed and yet be hidden by a later one on top of it. */
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

bool host_has_process(uint32_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/task/%u", pid, pid);
	return access(path, F_OK) == 0;
}

static bool path_of_fd(int fd, char *path, size_t size)
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, size - 1);
	path[len > 0 ? len : 0] = 0;
	return len > 0;
}

bool host_cgroup_path(int root_fd, uint64_t id, char *path, size_t size)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + sizeof(id)];
	} u = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	char root[256];
	size_t root_len;
	bool found;
	int fd;

	memcpy(u.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(root_fd, &u.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	found = path_of_fd(fd, path, size) && path_of_fd(root_fd, root, sizeof(root));
	close(fd);
	if (!found)
		return false;
	root_len = strlen(root);
	if (strncmp(path, root, root_len))
		return false;
	memmove(path, path + root_len, strlen(path + root_len) + 1);
	if (!*path)
		strcpy(path, "/");
	return true;
}
