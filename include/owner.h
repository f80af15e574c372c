/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who uses a socket: the value type of two maps. User space fills one of them. Compiled for BPF and
 * for user space.
 */
#ifndef DTLSNOOP_OWNER_H
#define DTLSNOOP_OWNER_H

#include <linux/types.h>

#include "event.h"

struct owner {
	__u64 cgroup_id;	/* cgroup v2; 0: unknown */
	__u32 pid;		/* 0: unknown; pid and tid: see struct event */
	__u32 tid;
	__u32 uid;		/* in the initial user namespace */
	__u32 wanted;		/* matches the process filters; 1 if there are none */
	__u32 ns_pid;		/* see struct event; 0: unknown */
	__u32 reserved;
	char comm[EVENT_COMM_LEN];	/* of the process */
};

#endif
