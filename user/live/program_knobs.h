/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Knobs that the skeletons have in common. Only files that include skeletons include this. */
#ifndef DTLSNOOP_PROGRAM_KNOBS_H
#define DTLSNOOP_PROGRAM_KNOBS_H

#include <string.h>

#include "programs.h"

/* Those that every object has, from bpf/maps.bpf.h: filters on processes, and how to wake user space. */
#define SET_FILTERS(skel, knobs) \
	do { \
		(skel)->rodata->filter_by_pid = (knobs)->filter_by_pid; \
		(skel)->rodata->filter_by_port = (knobs)->filter_by_port; \
		(skel)->rodata->filter_by_owner = (knobs)->filter_by_owner; \
		(skel)->rodata->filter_by_comm = (knobs)->filter_comm[0]; \
		strncpy((char *)(skel)->rodata->filter_comm, (knobs)->filter_comm, EVENT_COMM_LEN - 1); \
		(skel)->rodata->filter_cgroup = (knobs)->filter_cgroup; \
		(skel)->rodata->filter_netns = (knobs)->filter_netns; \
		(skel)->rodata->filter_pidns = (knobs)->filter_pidns; \
		(skel)->rodata->follow_threads = (knobs)->follow_threads; \
		if ((skel)->rodata->wakeup_bytes > (knobs)->buffer_size / 4) \
			(skel)->rodata->wakeup_bytes = (knobs)->buffer_size / 4; \
	} while (0)

#endif
