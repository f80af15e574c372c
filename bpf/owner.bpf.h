/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state of a socket, and who uses it: filled where the process is current
 * (creation, sends, reads, the walk over open files), looked up where it is not
 * (receive).
 */
#ifndef DTLSNOOP_OWNER_BPF_H
#define DTLSNOOP_OWNER_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"

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
	owner->uid = BPF_CORE_READ(task, cred, uid.val);
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

/* An owner that user space found: by the cookie that it made the socket have. */
static __always_inline void owner_from_cookie(struct owner *owner, const struct sock *sk)
{
	__u64 cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	struct owner *found = bpf_map_lookup_elem(&found_owners, &cookie);

	if (found)
		*owner = *found;
}

/* The state of a socket that is known, NULL for others. */
static __always_inline struct socket_state *socket_find(__u64 sock)
{
	return bpf_map_lookup_elem(&sockets, &sock);
}

/* The state of a socket, made if it is new. NULL only if the map refuses. */
static __always_inline struct socket_state *socket_get(__u64 sock)
{
	struct socket_state *state = socket_find(sock), fresh;

	if (state)
		return state;
	__builtin_memset(&fresh, 0, sizeof(fresh));
	fresh.id = (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
	fresh.netns = sock_netns((void *)sock);
	if (owners_were_found)
		owner_from_cookie(&fresh.owner, (void *)sock);
	bpf_map_update_elem(&sockets, &sock, &fresh, BPF_NOEXIST);
	return socket_find(sock);
}

/* A new socket: what is known under its address was another's. Who opens it owns it. */
static __always_inline void socket_opened(__u64 sock)
{
	struct socket_state *state;

	bpf_map_delete_elem(&sockets, &sock);
	state = socket_get(sock);
	if (state)
		owner_from_current(&state->owner);
}

/* Is this one of the processes asked for? 0: not known. */
static __always_inline bool owner_wanted(__u32 pid)
{
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

#endif
