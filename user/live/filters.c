// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filters.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "descendants.h"
#include "host.h"
#include "message.h"

static bool has_magic(const char *path, unsigned long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

/* The process that this number means; 0 if there is none, with a message. */
static uint32_t find_process(uint32_t given, bool quiet)
{
	uint32_t pid;

	if (host_has_process(given))
		return given;
	if (!host_has_thread(given, &pid)) {
		message_error("--pid %u: there is no such process", given);
		return 0;
	}
	if (!pid)
		message_error("--pid %u is a thread, but /proc does not show of which process", given);
	else if (!quiet)
		message_info("--pid %u is a thread of process %u: tracing that process", given, pid);
	return pid;
}

/* With --follow-forks: also the children that exist. A browser or a server has had them for long. */
static bool add_descendants(struct live_options *opts)
{
	uint32_t given = opts->num_pids, num = descendants_add(opts->pids, given, LIVE_MAX_FILTER);

	if (num > LIVE_MAX_FILTER) {
		message_error("--follow-forks: the processes of --pid have %u child processes, and at most %u processes can be "
			      "traced by --pid: use --cgroup or --comm", num - given, LIVE_MAX_FILTER);
		return false;
	}
	opts->num_pids = num;
	if (num > given && !opts->quiet)
		message_info("tracing %u child processes of --pid, too", num - given);
	return true;
}

bool filters_find_processes(struct live_options *opts)
{
	uint32_t num = 0;

	for (uint32_t i = 0; i < opts->num_pids; i++) {
		uint32_t pid = find_process(opts->pids[i], opts->quiet), at = 0;

		if (!pid)
			return false;
		while (at < num && opts->pids[at] != pid)
			at++;
		opts->pids[at] = pid;
		num += at == num;
	}
	opts->num_pids = num;
	return !opts->follow_forks || opts->command || add_descendants(opts);
}

/* --cgroup is a path in the file system, or one from the root of cgroup v2 as in /proc/PID/cgroup. */
static bool find_cgroup(struct filters *filters, const char *cgroup_root)
{
	const char *given = filters->opts->cgroup;
	char path[2 * PATH_MAX], full[PATH_MAX], root[PATH_MAX];
	struct stat st;
	size_t len;

	if (!cgroup_root || !realpath(cgroup_root, root)) {
		message_error("--cgroup %s: cgroup v2 is not mounted", given);
		return false;
	}
	if (!has_magic(given, CGROUP2_SUPER_MAGIC) || !realpath(given, full)) {
		snprintf(path, sizeof(path), "%s/%.4095s", root, given + strspn(given, "/"));
		if (!realpath(path, full)) {
			message_error("--cgroup %s: neither this path nor %s is a cgroup: %s", given, path,
				      strerror(errno));
			return false;
		}
	}
	len = strlen(root);
	if (strncmp(full, root, len) || (full[len] && full[len] != '/') || stat(full, &st) ||
	    !S_ISDIR(st.st_mode) || strlen(full + len) >= sizeof(filters->cgroup_path)) {
		message_error("--cgroup %s: this is not a cgroup below %s", given, root);
		return false;
	}
	filters->cgroup_id = st.st_ino;
	strcpy(filters->cgroup_path, full[len] ? full + len : "/");
	return true;
}

/* --netns is the pid of a process in it, a name of ip-netns(8), or a path such as /proc/PID/ns/net. */
static void netns_path(const char *given, char path[PATH_MAX])
{
	if (!given[strspn(given, "0123456789")])
		snprintf(path, PATH_MAX, "/proc/%s/ns/net", given);
	else
		snprintf(path, PATH_MAX, "%s%s", strchr(given, '/') ? "" : HOST_NETNS_FOLDER "/", given);
}

static bool find_netns(struct filters *filters)
{
	const char *given = filters->opts->netns;
	char path[PATH_MAX];
	struct stat st;

	netns_path(given, path);
	/* O_NONBLOCK: a FIFO would wait for a writer. */
	filters->netns_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (filters->netns_fd < 0 || fstat(filters->netns_fd, &st)) {
		message_error("--netns %s: %s: %s", given, path, strerror(errno));
		return false;
	}
	/* NS_GET_NSTYPE is from 4.11 (e5ff5ce6e20e). */
	if (!has_magic(path, NSFS_MAGIC) || ioctl(filters->netns_fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		message_error("--netns %s: this is not a network namespace: expected a pid, a name (ip netns list) "
			      "or a path such as /proc/PID/ns/net", given);
		return false;
	}
	filters->netns = st.st_ino;
	return true;
}

bool filters_init(struct filters *filters, const struct live_options *opts, const char *cgroup_root)
{
	*filters = (struct filters){ .opts = opts, .netns_fd = -1 };
	return (!opts->cgroup || find_cgroup(filters, cgroup_root)) &&
	       (!opts->netns || find_netns(filters));
}

void filters_free(struct filters *filters)
{
	if (filters->netns_fd >= 0)
		close(filters->netns_fd);
	filters->netns_fd = -1;
}

bool filters_netns_is_gone(const struct filters *filters)
{
	char path[PATH_MAX];
	struct stat st;

	if (!filters->netns)
		return false;
	netns_path(filters->opts->netns, path);
	/* It may exist even if stat() is no longer permitted. */
	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR || errno == ESRCH;
	return st.st_ino != filters->netns;
}

bool filters_by_owner(const struct filters *filters)
{
	return filters->opts->num_pids || filters->opts->comm[0] || filters->cgroup_id;
}

static bool is_in_cgroup(const struct filters *filters, uint64_t id, struct cgroups *cgroups)
{
	size_t len = strlen(filters->cgroup_path);
	char path[FILTERS_PATH_LEN];

	if (id == filters->cgroup_id || len == 1)
		return true;
	return cgroups_path(cgroups, id, 0, path, sizeof(path)) &&
	       !strncmp(path, filters->cgroup_path, len) && path[len] == '/';
}

bool filters_match(const struct filters *filters, const struct owner *owner, struct cgroups *cgroups)
{
	const struct live_options *opts = filters->opts;
	bool found = !opts->num_pids;

	for (uint32_t i = 0; i < opts->num_pids; i++)
		found |= opts->pids[i] == owner->pid;
	if (opts->comm[0] && strncmp(opts->comm, owner->comm, EVENT_COMM_LEN))
		found = false;
	return found && (!filters->cgroup_id || is_in_cgroup(filters, owner->cgroup_id, cgroups));
}
