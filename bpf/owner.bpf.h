/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who uses a socket: filled where the process is current (sends, reads, socket
 * creation, the walk over open files), looked up where it is not (receive).
 */
#ifndef DTLSNOOP_OWNER_BPF_H
#define DTLSNOOP_OWNER_BPF_H

#include <bpf/bpf_core_read.h>

#include "maps.bpf.h"

#define PF_KTHREAD 0x00200000	/* include/linux/sched.h */

/*
 * The owner is the process: comm is the thread group leader's, so that both
 * directions of a socket used by several threads carry the same name.
 */
static __always_inline void owner_from_task(struct owner *owner, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	owner->pid = BPF_CORE_READ(task, tgid);
	owner->tid = BPF_CORE_READ(task, pid);
	owner->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	BPF_CORE_READ_INTO(&owner->comm, leader, comm);
}

/* By reads of the task, not by helpers: 5.10 has none of them in cgroup_skb programs. */
static __always_inline void owner_from_current(struct owner *owner)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return;
	owner_from_task(owner, task);
}

/* The state of a socket, made if it is new. NULL only if the map refuses. */
static __always_inline struct socket_state *socket_get(__u64 cookie)
{
	struct socket_state *state, fresh;

	state = bpf_map_lookup_elem(&sockets, &cookie);
	if (state)
		return state;
	__builtin_memset(&fresh, 0, sizeof(fresh));
	bpf_map_update_elem(&sockets, &cookie, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sockets, &cookie);
}

/* Is this owner one of the processes asked for? */
static __always_inline bool owner_wanted(const struct owner *owner)
{
	__u32 pid = owner->pid;

	if (!filter_by_pid)
		return true;
	if (!pid) {
		count(COUNTER_OWNER_UNKNOWN);
		return false;
	}
	if (bpf_map_lookup_elem(&pids, &pid))
		return true;
	count(COUNTER_FILTERED);
	return false;
}

static __always_inline __u32 netns_of(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

#endif
