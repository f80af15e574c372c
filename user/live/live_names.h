/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths of cgroups and names of pods, looked up when a cgroup is first seen, because it may be gone later. What is not known
 * then is looked up a few times more: it may have been too new.
 */
#ifndef DTLSNOOP_LIVE_NAMES_H
#define DTLSNOOP_LIVE_NAMES_H

#include "cgroup_names.h"
#include "cgroups.h"
#include "pod_names.h"

/* How often a name is looked up again, and after which time. */
#define LIVE_NAMES_TRIES 5
#define LIVE_NAMES_AGAIN_NS 2500000000ULL

struct live_names {
	struct cgroup_names table;	/* for sinks and recordings */
	struct cgroups *cgroups;	/* of the caller */
	struct pod_names *pods;
	struct {
		uint64_t time_ns;	/* of the last time */
		uint8_t left;		/* 0: all of it is known, or it is given up */
	} tries[CGROUP_NAMES];		/* as in the table */
};

/* `pods` is kubelet's folder (pod_names.h). False if out of memory. */
bool live_names_init(struct live_names *n, struct cgroups *cgroups, const char *pods);
void live_names_fini(struct live_names *n);

/* Something happened in this cgroup, 0: in none, at `now_ns` (monotonic clock). */
void live_names_note(struct live_names *n, uint64_t id, uint64_t now_ns);

#endif
