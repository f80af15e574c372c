/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is to be traced on this host, and how: the part of the options that this room knows. */
#ifndef DTLSNOOP_LIVE_OPTIONS_H
#define DTLSNOOP_LIVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "tier.h"

#define LIVE_MAX_FILTER 64

struct live_options {
	uint32_t pids[LIVE_MAX_FILTER];
	uint32_t num_pids;
	bool is_command;		/* the only one of these is a command that was started to be traced */
	bool follow_forks;		/* the children of these too */
	char comm[EVENT_COMM_LEN];	/* "": any */
	const char *cgroup;		/* NULL: any; a path, not looked up yet */
	const char *netns;		/* NULL: any; a pid or a path, not looked up yet */
	uint16_t ports[LIVE_MAX_FILTER];
	uint32_t num_ports;
	enum tier tier;			/* TIER_AUTO: the best that the kernel supports */
	uint32_t buffer_size;		/* bytes, a power of two */
	uint32_t rate_limit;		/* datagrams of strangers per second and kind, 0: no limit */
	int verbosity;			/* 2: libbpf's own messages, too */
	bool quiet;			/* no messages but errors */
};

#endif
