/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaches programs that do nothing, for a moment, to see whether this kernel allows it. Type
 * information and libbpf's probes promise things that attaching then refuses (fentry on arm64
 * before 6.4; hosts that forbid tracing).
 */
#ifndef DTLSNOOP_TRIAL_H
#define DTLSNOOP_TRIAL_H

#include "kernel_types.h"
#include "tier.h"

/* Does the tier, fentry or kprobe, work? 0 or -errno. */
int trial_of_tier(enum tier tier, const struct kernel_types *types);

#endif
