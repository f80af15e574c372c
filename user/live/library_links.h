/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Attaching programs to functions in files: by uprobe_multi links (Linux 6.6), otherwise one by one. */
#ifndef DTLSNOOP_LIBRARY_LINKS_H
#define DTLSNOOP_LIBRARY_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "kernel_types.h"

#define LIBRARY_LINKS_MAX 512

struct library_links {
	struct bpf_link *links[LIBRARY_LINKS_MAX];
	int fds[LIBRARY_LINKS_MAX];	/* of uprobe_multi links */
	uint32_t num_links, num_fds;
};

/* Places in one file for one program. */
struct library_target {
	const struct bpf_program *prog;
	int file;			/* open for reading */
	uint32_t pid;			/* in this process only; 0: in all */
	bool at_return;
	const uint64_t *offsets;	/* in the file */
	const uint64_t *cookies;	/* one each; NULL: none */
	uint32_t num;
};

/* Does this kernel have uprobe_multi links? */
bool library_links_has_multi(const struct kernel_types *types);

/* Prepare a program for library_links_add_multi(), before it is loaded. */
void library_links_expect_multi(struct bpf_program *prog);

/* Attach by one link. 0 or -errno. */
int library_links_add_multi(struct library_links *links, const struct library_target *target);

/* Attach by a link for each place. Returns how many; *err is the last -errno, if any. */
uint32_t library_links_add(struct library_links *links, const struct library_target *target, int *err);

/* Detach all. */
void library_links_fini(struct library_links *links);

#endif
