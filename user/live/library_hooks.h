/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hooks in TLS libraries (uprobes): which files have them, and attaching. They are an extra: what
 * cannot be hooked never delays or prevents the trace.
 */
#ifndef DTLSNOOP_LIBRARY_HOOKS_H
#define DTLSNOOP_LIBRARY_HOOKS_H

#include <stdbool.h>

#include "live_options.h"
#include "programs.h"

struct library_hooks;

/* Do these options ask for hooks in libraries? --app=auto means: of the processes of -p, or of a command. */
bool library_hooks_are_wanted(const struct live_options *opts);

/*
 * Find the libraries that the options mean, and attach. Call it once the programs are attached and
 * before privileges are dropped. All is attached now: to attach later would need CAP_BPF, CAP_PERFMON and,
 * for the files of other users' processes, CAP_SYS_PTRACE for the whole trace, so a file that
 * is neither mapped now nor in the usual folders is not hooked.
 * NULL if nothing is attached. Free it with library_hooks_free(), before the programs.
 */
struct library_hooks *library_hooks_new(const struct live_options *opts, const struct programs *programs,
					const struct program_knobs *knobs, const struct kernel_types *types);

/* Find and load as a trace would, and attach nothing. 0, or -errno: -ENOENT if there is no library. */
int library_hooks_try(const struct live_options *opts, const struct programs *programs, const struct program_knobs *knobs,
		      const struct kernel_types *types);

/* Detach and free; NULL is allowed. */
void library_hooks_free(struct library_hooks *own);

#endif
