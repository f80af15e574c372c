/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The inside of the loader: only loader*.c and check.c include this. */
#ifndef DTLSNOOP_LOADER_INSIDE_H
#define DTLSNOOP_LOADER_INSIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "filters.h"
#include "hooks.h"
#include "kallsyms.h"
#include "kernel_reasons.h"
#include "loader.h"
#include "page_map.h"
#include "programs.h"

#define WHY_LEN 160

/* Variables of the kernel that may be wanted. */
enum loader_symbol {
	LOADER_PAGE_OFFSET_BASE,
	LOADER_VMEMMAP_BASE,
	LOADER_SOCKET_FILE_OPS,
	LOADER_SYMBOLS,
};

struct loader {
	const struct live_options *opts;
	struct filters filters;
	struct kernel_types *kernel;	/* NULL once tracing began */
	struct drop_reasons reasons;
	struct page_map pages;
	struct kallsym symbols[LOADER_SYMBOLS];
	bool finds_pages;		/* payload in page fragments can be read */
	bool counts_missed;		/* the kernel counts what its kprobes passed by */
	char cgroup_root[256];
	int cgroup_fd;			/* -1: cgroup v2 is not mounted */
	struct cgroups *cgroups;
	uint32_t num_followed;		/* processes of --pid that were there when tracing began */
	enum tier tier;
	struct programs *programs;	/* NULL: none are open */
	char why[HOOKS_NUM][WHY_LEN];	/* why the hook is not used; "": it is */
	const char *unseen[HOOKS_NUM + 4];	/* see loader_unseen() */
};

/* What this host is, nothing loaded yet. NULL: said why on standard error. */
struct loader *loader_open(const struct live_options *opts);

/* Can the tier be used here? Sets loader->tier and ->why; if not, why not is in `why`. */
bool loader_tier_is_possible(struct loader *loader, enum tier tier, char why[WHY_LEN]);

/* Load the tier, and attach it if `attach`. If that fails why it does is in `why`. */
bool loader_tier_start(struct loader *loader, bool attach, char why[WHY_LEN]);

/* --- loader_hooks.c --- */

/*
 * DTLSNOOP_WITHOUT=program,program: do as if the kernel did not have these hooks, or
 * /proc/kcore ("kcore"), or always passed by the hook where datagrams are queued
 * ("arrivals"). For tests, and to find out which hook a kernel does not bear.
 */
bool loader_does_without(const char *name);

/* Is it hooks[i] that is always passed by? */
bool loader_passes_by(size_t i);

/* Those of the tier that this kernel has and that are asked for; of the others why not. */
void loader_choose_hooks(struct loader *loader);

/* hooks[i] is not used, and why. */
__attribute__((format(__printf__, 3, 4)))
void loader_give_up_hook(struct loader *loader, size_t i, const char *format, ...);

/* Is hooks[i] in use? */
bool loader_uses(const struct loader *loader, size_t i);

/* The same of all. */
void loader_used_hooks(const struct loader *loader, bool used[HOOKS_NUM]);

/* The first required hook of the tier that cannot be used, HOOKS_NUM: none. */
size_t loader_lacking_hook(const struct loader *loader);

/* Fill in loader->unseen for the tier that was started. */
void loader_note_unseen(struct loader *loader);

#endif
