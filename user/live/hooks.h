/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which program of which tier hooks what, what it shows, and whether the running
 * kernel has the place to hook, by its type information.
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
	bool required;		/* without it the tier is of no use */
	uint8_t num_args;	/* parameters the function has to have; 0: not a function */
	const char *gives;	/* what it shows */
	const char *unseen;	/* what is not seen without it; NULL: nothing */
};

/* HOOK_fentry_ip_send_skb and so on, by the names of the programs. */
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

/* NULL if the kernel has the place to hook, else why not (static). */
const char *hook_missing(const struct hook *hook, const struct kernel_types *kernel);

/* Number of arguments of a tracepoint, by its typedef; -1: there is no such tracepoint. */
int hooks_tracepoint_args(const struct kernel_types *kernel, const char *tracepoint);

/* What a tier can never show, whatever the kernel: sentences, NULL at the end. */
const char *const *tier_blind_spots(enum tier tier);

/* What no tier shows on any host, in words; NULL at the end. */
const char *const *host_blind_spots(void);

#endif
