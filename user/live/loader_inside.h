/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Internals of the loader. Only loader*.c, library_hooks.c, check.c and source_live.c include this. */
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

#define WHY_LEN 200

/* What tracing takes. privileges_can_trace() asks for the same. */
#define LOADER_NEEDS_PRIVILEGES "run as root (sudo dtlsnoop), or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN"

/* Kernel variables that may be needed. */
enum loader_symbol {
	LOADER_PAGE_OFFSET_BASE,
	LOADER_VMEMMAP_BASE,
	LOADER_SOCKET_FILE_OPS,
	LOADER_SYMBOLS,
};

struct loader {
	const struct live_options *opts;
	struct filters filters;
	struct kernel_types *kernel;	/* NULL after tracing began */
	struct drop_reasons reasons;
	struct page_map pages;
	struct kallsym symbols[LOADER_SYMBOLS];
	bool finds_pages;		/* payload in page fragments can be read */
	bool counts_missed;		/* the kernel counts the hits of kprobes that it skipped */
	char cgroup_root[256];
	int cgroup_fd;			/* -1: cgroup v2 is not mounted */
	struct cgroups *cgroups;
	uint32_t num_followed;		/* processes of --pid that existed when tracing began */
	enum tier tier;
	struct programs *programs;	/* NULL: none are open yet */
	struct library_hooks *libraries;	/* NULL: no TLS library is hooked */
	int library_error;		/* of loader_try_libraries(): -errno if the kernel refused the programs */
	char why[HOOKS_NUM][WHY_LEN];	/* why the hook is not used; "": it is used */
	const char *unseen[HOOKS_NUM + 4];	/* what this host cannot show: sentences, NULL at the end */
};

/* Examine this host; nothing is loaded yet. NULL on failure, with a message on standard error. */
struct loader *loader_open(const struct live_options *opts);

/* Can this host use the tier? Sets loader->tier and ->why. If not, `why` has the reason. */
bool loader_tier_is_possible(struct loader *loader, enum tier tier, char why[WHY_LEN]);

/* Load the tier, and attach it if `attach`. On failure `why` has the reason. */
bool loader_tier_start(struct loader *loader, bool attach, char why[WHY_LEN]);

/* Would the programs for TLS libraries load? Needs a tier that was started. Notes the answer. */
void loader_try_libraries(struct loader *loader);

/* --- loader_hooks.c --- */

/*
 * DTLSNOOP_WITHOUT=name,name: act as if the kernel did not have these hooks (by program name) or
 * /proc/kcore ("kcore") or uprobe_multi links ("uprobe_multi"), or as if it always skipped the hook where datagrams are queued
 * ("arrivals"). For tests, and to find the hook that a kernel does not support.
 */
bool loader_does_without(const char *name);

/* Does DTLSNOOP_WITHOUT make the kernel skip hooks[i]? */
bool loader_passes_by(size_t i);

/* Choose the hooks of the tier that this kernel has and the options need. Notes why others are not used. */
void loader_choose_hooks(struct loader *loader);

/* Do not use hooks[i], and note why. */
__attribute__((format(__printf__, 3, 4)))
void loader_give_up_hook(struct loader *loader, size_t i, const char *format, ...);

/* Is hooks[i] only for other options? */
bool loader_is_pointless(const struct loader *loader, size_t i);

/* Is hooks[i] in use? */
bool loader_uses(const struct loader *loader, size_t i);

/* The same for all hooks. */
void loader_used_hooks(const struct loader *loader, bool used[HOOKS_NUM]);

/* The first required hook of the tier that cannot be used, HOOKS_NUM if there is none. */
size_t loader_lacking_hook(const struct loader *loader);

/* Fill in loader->unseen for the tier that was started. */
void loader_note_unseen(struct loader *loader);

#endif
