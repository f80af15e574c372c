/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that do nothing, attached for a moment to see whether this kernel
 * allows it: type information and library probes promise what attaching then
 * refuses (fentry on arm64 before 6.4; hosts that forbid tracing).
 */
#ifndef DTLSNOOP_TRIAL_H
#define DTLSNOOP_TRIAL_H

#include "kernel_types.h"
#include "tier.h"

/* Does it work, fentry or kprobe? 0 or -errno. */
int trial_of_tier(enum tier tier, const struct kernel_types *types);

#endif
