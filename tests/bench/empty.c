// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Attaches empty programs at the hooks of one tier, prints "ready" and waits for SIGTERM or SIGINT,
 * at most ten minutes.
 *
 *	empty cgroup|fentry|kprobe
 */
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "empty.skel.h"

/* The prefixes of the sections that belong to a tier. */
static const struct {
	const char *tier, *prefix;
} sections[] = {
	{ "cgroup", "cgroup_skb/" },
	{ "cgroup", "tp_btf/" },
	{ "fentry", "fentry/" },
	{ "fentry", "fexit/" },
	{ "fentry", "tp_btf/kfree_skb" },
	{ "kprobe", "kprobe/" },
	{ "kprobe", "kretprobe/" },
};

static bool is_of_tier(const struct bpf_program *prog, const char *tier)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (!strcmp(sections[i].tier, tier) &&
		    !strncmp(bpf_program__section_name(prog), sections[i].prefix, strlen(sections[i].prefix)))
			return true;
	return false;
}

/* The root of cgroup v2, or -1 if there is none. */
static int open_cgroup(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *mount;
	int fd = -1;

	while (mounts && fd < 0 && (mount = getmntent(mounts)))
		if (!strcmp(mount->mnt_type, "cgroup2"))
			fd = open(mount->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mounts)
		endmntent(mounts);
	return fd;
}

static int attach(struct bpf_program *prog, int cgroup)
{
	bool by_cgroup = !strncmp(bpf_program__section_name(prog), "cgroup_skb/", 11);
	struct bpf_link *link = by_cgroup ? bpf_program__attach_cgroup(prog, cgroup) : bpf_program__attach(prog);

	if (link)
		return 0;
	fprintf(stderr, "empty: %s: %s\n", bpf_program__section_name(prog), strerror(errno));
	return 1;
}

static int run(struct empty_bpf *skel, const char *tier)
{
	struct bpf_program *prog;
	int cgroup = open_cgroup();

	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, is_of_tier(prog, tier));
	if (empty_bpf__load(skel)) {
		fprintf(stderr, "empty: cannot load the programs of tier '%s'\n", tier);
		return 1;
	}
	bpf_object__for_each_program(prog, skel->obj)
		if (bpf_program__autoload(prog) && attach(prog, cgroup))
			return 1;
	puts("ready");
	fflush(stdout);
	alarm(600);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	struct empty_bpf *skel;

	if (argc != 2 || (strcmp(argv[1], "cgroup") && strcmp(argv[1], "fentry") && strcmp(argv[1], "kprobe"))) {
		fprintf(stderr, "usage: empty cgroup|fentry|kprobe (as root)\n");
		return 2;
	}
	skel = empty_bpf__open();
	return skel ? run(skel, argv[1]) : 1;
}
