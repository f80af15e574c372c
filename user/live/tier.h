/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tiers of hooks, best first. */
#ifndef DTLSNOOP_TIER_H
#define DTLSNOOP_TIER_H

enum tier {
	TIER_FENTRY,	/* fentry and fexit on the UDP functions */
	TIER_KPROBE,	/* kprobes and kretprobes on the same functions */
	TIER_CGROUP,	/* cgroup_skb and tracepoints */
	TIER_MAX,
	TIER_AUTO = TIER_MAX,	/* the first one that this kernel supports */
};

#endif
