// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "library_links.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Build hosts may have older headers (include/uapi/linux/bpf.h of Linux 6.6, 89ae89f53d20). */
#define LINK_CREATE 28			/* BPF_LINK_CREATE */
#define TRACE_UPROBE_MULTI 48		/* BPF_TRACE_UPROBE_MULTI */
#define UPROBE_MULTI_RETURN 1		/* BPF_F_UPROBE_MULTI_RETURN */

/* struct link_create of union bpf_attr. */
struct multi_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_counters, cookies;
	uint32_t num, multi_flags, pid, reserved;
};

static int create_multi(const struct multi_attr *attr)
{
	int fd = syscall(SYS_bpf, LINK_CREATE, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

/* The path that the kernel finds an open file by, even if it was deleted or is in another mount namespace. */
static void path_of(char path[32], int fd)
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
}

bool library_links_has_multi(const struct kernel_types *types)
{
	return kernel_types_find(types, "bpf_uprobe_multi_link_attach", BTF_KIND_FUNC) >= 0;
}

void library_links_expect_multi(struct bpf_program *prog)
{
	bpf_program__set_expected_attach_type(prog, TRACE_UPROBE_MULTI);
}

/*
 * Before 6.10 (46ba0e49b642) the kernel takes the pid of such a link for one thread. The fix also refuses a
 * negative one, before it looks at the path.
 */
static bool keeps_to_process(const struct library_target *target)
{
	struct multi_attr attr = {
		.prog_fd = bpf_program__fd(target->prog), .attach_type = TRACE_UPROBE_MULTI, .path = (uintptr_t)"/",
		.offsets = (uintptr_t)target->offsets, .num = 1, .pid = -1,
	};

	return create_multi(&attr) == -EINVAL;
}

int library_links_add_multi(struct library_links *links, const struct library_target *target)
{
	struct multi_attr attr = {
		.prog_fd = bpf_program__fd(target->prog), .attach_type = TRACE_UPROBE_MULTI,
		.offsets = (uintptr_t)target->offsets, .cookies = (uintptr_t)target->cookies, .num = target->num,
		.multi_flags = target->at_return ? UPROBE_MULTI_RETURN : 0,
		/* All processes are hooked otherwise, and the program leaves those out that are not asked for. */
		.pid = target->pid && keeps_to_process(target) ? target->pid : 0,
	};
	char path[32];
	int fd;

	if (links->num_fds == LIBRARY_LINKS_MAX)
		return -ENOSPC;
	path_of(path, target->file);
	attr.path = (uintptr_t)path;
	fd = create_multi(&attr);
	if (fd >= 0)
		links->fds[links->num_fds++] = fd;
	return fd < 0 ? fd : 0;
}

uint32_t library_links_add(struct library_links *links, const struct library_target *target, int *err)
{
	uint32_t num = 0;
	char path[32];

	path_of(path, target->file);
	for (uint32_t i = 0; i < target->num && links->num_links < LIBRARY_LINKS_MAX; i++) {
		LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = target->at_return,
			    .bpf_cookie = target->cookies ? target->cookies[i] : 0);
		struct bpf_link *link = bpf_program__attach_uprobe_opts(target->prog, target->pid ? (int)target->pid : -1, path,
									target->offsets[i], &opts);

		if (!link) {
			*err = -errno;
			continue;
		}
		links->links[links->num_links++] = link;
		num++;
	}
	return num;
}

static void *close_link(void *fd)
{
	close(*(int *)fd);
	return NULL;
}

/*
 * To close such a link takes tens of milliseconds, in which the kernel waits until no CPU uses it. So
 * they are closed at the same time.
 */
static void close_multi(struct library_links *links)
{
	pthread_t threads[LIBRARY_LINKS_MAX];
	bool runs[LIBRARY_LINKS_MAX];

	for (uint32_t i = 0; i < links->num_fds; i++) {
		runs[i] = !pthread_create(&threads[i], NULL, close_link, &links->fds[i]);
		if (!runs[i])
			close(links->fds[i]);
	}
	for (uint32_t i = 0; i < links->num_fds; i++)
		if (runs[i])
			pthread_join(threads[i], NULL);
	links->num_fds = 0;
}

void library_links_fini(struct library_links *links)
{
	close_multi(links);
	for (uint32_t i = 0; i < links->num_links; i++)
		bpf_link__destroy(links->links[i]);
	links->num_links = 0;
}
