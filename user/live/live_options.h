/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What to trace on this host, and how: the options that user/live knows. */
#ifndef DTLSNOOP_LIVE_OPTIONS_H
#define DTLSNOOP_LIVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "tier.h"

#define LIVE_MAX_FILTER 64
/* Where kubelet keeps the logs of pods, unless it is told otherwise. */
#define LIVE_POD_LOGS "/var/log/pods"

/* Whose TLS libraries are hooked. */
enum app_mode {
	APP_AUTO,	/* those of the processes of -p, or of the command */
	APP_ON,		/* those of every process that matches the filters */
	APP_OFF,
};

struct live_options {
	uint32_t pids[LIVE_MAX_FILTER];
	uint32_t num_pids;
	const char *command;		/* what execvp(3) is given for the only pid, which waits to be traced; NULL: it is no command of ours */
	bool follow_forks;		/* trace children of the pids, too */
	char comm[EVENT_COMM_LEN];	/* "": any */
	const char *cgroup;		/* NULL: any; a path that is not looked up yet */
	const char *pod_logs;		/* NULL: LIVE_POD_LOGS */
	const char *netns;		/* NULL: any; a pid or a path that is not looked up yet */
	uint16_t ports[LIVE_MAX_FILTER];
	uint32_t num_ports;
	enum app_mode app;
	enum tier tier;			/* TIER_AUTO: the best that the kernel supports */
	uint32_t buffer_size;		/* bytes, a power of two */
	uint32_t rate_limit;		/* datagrams of strangers per second and kind; 0: no limit */
	bool host_id;			/* say which machine this is */
	int verbosity;			/* 2: also libbpf's own messages */
	bool quiet;			/* print only errors */
};

#endif
