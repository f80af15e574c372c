/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of hooks: which program of which tier is attached to which place, and what it shows.
 * hook_missing() tells from the kernel's type information whether the place exists.
 */
#ifndef DTLSNOOP_HOOKS_H
#define DTLSNOOP_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel_types.h"
#include "tier.h"

struct hook {
	const char *program;	/* name of the BPF program */
	const char *where;	/* its section: "fentry/ip_send_skb" */
	uint8_t tiers;		/* bit n: part of tier n */
	bool required;		/* the tier is useless without it */
	uint8_t num_args;	/* minimum number of parameters of the function; 0: it is not a function */
	const char *gives;	/* what it shows */
	const char *unseen;	/* what cannot be seen without it; NULL: nothing */
};

/* HOOK_fentry_ip_send_skb and so on, after the names of the programs. */
enum hook_id {
#define HOOK(object, program, ...) HOOK_##program,
#include "hooks_table.h"
	HOOKS_NUM,
};

extern const struct hook hooks[HOOKS_NUM];

/* "fentry", "kprobe", "cgroup", "auto" */
const char *tier_name(enum tier tier);

/* Is the hook part of the tier? */
bool hook_in_tier(const struct hook *hook, enum tier tier);

/* NULL if the kernel has the place of the hook, otherwise the reason (static). */
const char *hook_missing(const struct hook *hook, const struct kernel_types *kernel);

/* Number of arguments of a tracepoint, from its typedef; -1 if there is no such tracepoint. */
int hooks_tracepoint_args(const struct kernel_types *kernel, const char *tracepoint);

/* What a tier cannot show on any kernel: sentences, NULL at the end. */
const char *const *tier_blind_spots(enum tier tier);

/* What no tier shows on any host: sentences, NULL at the end. */
const char *const *host_blind_spots(void);

#endif
