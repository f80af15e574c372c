/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state of a socket and its owner. The state is filled when the process is current (creation,
 * sends, reads, the iterator over open files) and looked up otherwise (receive).
 */
#ifndef DTLSNOOP_OWNER_BPF_H
#define DTLSNOOP_OWNER_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"

#define PF_KTHREAD 0x00200000	/* include/linux/sched.h */

#define CGROUP_MAX_DEPTH 16

/* Is the task in the cgroup of the filter or below it? */
static __always_inline bool task_in_cgroup(const struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);

	for (int i = 0; i < CGROUP_MAX_DEPTH && cgroup; i++) {
		if (BPF_CORE_READ(cgroup, kn, id) == filter_cgroup)
			return true;
		cgroup = BPF_CORE_READ(cgroup, self.parent, cgroup);
	}
	return false;
}

/* Stop at the final 0 of a comm: what follows may be left from an earlier, longer comm. */
static __always_inline bool task_has_comm(const struct task_struct *task)
{
	char comm[EVENT_COMM_LEN] = {};

	BPF_CORE_READ_INTO(&comm, task, group_leader, comm);
	for (int i = 0; i < EVENT_COMM_LEN; i++) {
		if (comm[i] != filter_comm[i])
			return false;
		if (!comm[i])
			break;
	}
	return true;
}

#define PIDNS_MAX_LEVEL 32	/* MAX_PID_NS_LEVEL, include/linux/pid_namespace.h */

static __always_inline const struct upid *pid_number(const struct pid *pid, __u32 level)
{
	return (void *)pid + bpf_core_field_offset(pid->numbers) + level * bpf_core_type_size(struct upid);
}

/* The number of a task in filter_pidns; 0 if it is not in there. */
__noinline __u32 task_number(__u64 address)
{
	const struct task_struct *task = (void *)address;
	const struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = pid ? BPF_CORE_READ(pid, level) : 0;

	for (__u32 i = 0; pid && i <= PIDNS_MAX_LEVEL && i <= level; i++) {
		const struct upid *number = pid_number(pid, i);

		if (BPF_CORE_READ(number, ns, ns.inum) == filter_pidns)
			return BPF_CORE_READ(number, nr);
	}
	return 0;
}

/* A task's tgid as -p means it, the key of `pids`; 0 if -p cannot mean it. */
static __always_inline __u32 task_pid(const struct task_struct *task)
{
	if (!filter_pidns)
		return BPF_CORE_READ(task, tgid);
	return task_number((__u64)BPF_CORE_READ(task, group_leader));
}

/* A process's tgid in its innermost PID namespace; 0 if the process is gone. */
static __always_inline __u32 leader_ns_pid(const struct task_struct *leader)
{
	const struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	__u32 level = pid ? BPF_CORE_READ(pid, level) : 0;
	const struct upid *number = pid_number(pid, level);

	return pid && level <= PIDNS_MAX_LEVEL ? BPF_CORE_READ(number, nr) : 0;
}

/* Does this task match the process filters? A global function: the verifier checks it once. */
__noinline int task_is_wanted(__u64 address)
{
	const struct task_struct *task = (void *)address;
	__u32 pid = filter_by_pid ? task_pid(task) : 0;

	if (filter_by_pid && !bpf_map_lookup_elem(&pids, &pid))
		return 0;
	if (filter_by_comm && !task_has_comm(task))
		return 0;
	return !filter_cgroup || task_in_cgroup(task);
}

/*
 * The owner is the process. comm is that of the thread group leader, so that both directions of a
 * socket have the same name even if several threads use it.
 */
static __always_inline void owner_from_task(struct owner *owner, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	owner->pid = task_pid(task);
	owner->tid = filter_pidns ? task_number((__u64)task) : (__u32)BPF_CORE_READ(task, pid);
	/* Outside of the tracer's namespace: use the initial one. */
	if (!owner->pid) {
		owner->pid = BPF_CORE_READ(task, tgid);
		owner->tid = BPF_CORE_READ(task, pid);
	}
	owner->ns_pid = leader_ns_pid(leader);
	owner->uid = BPF_CORE_READ(task, cred, uid.val);
	owner->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	BPF_CORE_READ_INTO(&owner->comm, leader, comm);
	owner->wanted = !filter_by_owner || task_is_wanted((__u64)task);
}

static __always_inline void socket_owned_by(struct socket_state *state, struct task_struct *task)
{
	owner_from_task(&state->owner, task);
	if (state->owner.wanted)
		state->wanted = 1;
}

/* Reads the task and calls no helpers: 5.10 has none of them in cgroup_skb programs. */
static __always_inline void socket_owned_by_current(struct socket_state *state)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return;
	socket_owned_by(state, task);
}

static __always_inline bool current_is_wanted(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return !(BPF_CORE_READ(task, flags) & PF_KTHREAD) && task_is_wanted((__u64)task);
}

/* Use an owner that user space found. User space had the kernel give the socket a cookie. */
static __always_inline void socket_owned_by_cookie(struct socket_state *state, const struct sock *sk)
{
	__u64 cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	struct owner *found = bpf_map_lookup_elem(&found_owners, &cookie);

	if (!found)
		return;
	state->owner = *found;
	state->wanted = found->wanted;
}

/* The state of a socket, NULL if it has none. */
static __always_inline struct socket_state *socket_find(__u64 sock)
{
	return bpf_map_lookup_elem(&sockets, &sock);
}

/* The state of a socket, created if it has none. NULL only if the map refuses. */
static __always_inline struct socket_state *socket_get(__u64 sock)
{
	struct socket_state *state = socket_find(sock), fresh;

	if (state)
		return state;
	__builtin_memset(&fresh, 0, sizeof(fresh));
	fresh.id = (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
	fresh.netns = sock_netns((void *)sock);
	if (owners_were_found)
		socket_owned_by_cookie(&fresh, (void *)sock);
	bpf_map_update_elem(&sockets, &sock, &fresh, BPF_NOEXIST);
	return socket_find(sock);
}

/* The process that sends is current. A global function keeps its stack out of the caller's. */
__noinline int socket_used(__u64 sock)
{
	struct socket_state *state = socket_find(sock);

	if (state)
		socket_owned_by_current(state);
	return 0;
}

/*
 * A process that matches the filters reads from a socket: the socket is wanted from now on. A
 * global function keeps its stack out of the caller's.
 */
__noinline int socket_read_by_current(__u64 sock)
{
	struct socket_state *state = socket_find(sock);

	if (state && state->wanted)
		return 0;
	if (!current_is_wanted())
		return 0;
	state = socket_get(sock);
	if (state)
		socket_owned_by_current(state);
	return 0;
}

#define O_NONBLOCK 04000	/* include/uapi/asm-generic/fcntl.h; the same on x86 and arm64 */

/* Is that how the socket is? A global function keeps its stack out of the caller's. */
__noinline int socket_is_nonblocking(__u64 sock)
{
	return BPF_CORE_READ((struct sock *)sock, sk_socket, file, f_flags) & O_NONBLOCK;
}

/* Count a socket of a traced process, once. */
static __always_inline void socket_count(struct socket_state *state)
{
	if (state->counted || (filter_netns && state->netns != filter_netns))
		return;
	state->counted = 1;
	count(COUNTER_SOCKETS);
}

/*
 * A new socket. State under its address was another socket's. The current process becomes the
 * owner. A process that does not match the filters leaves no state.
 */
static __always_inline void socket_opened(__u64 sock)
{
	struct socket_state *state;

	bpf_map_delete_elem(&sockets, &sock);
	if (filter_by_owner && !current_is_wanted())
		return;
	state = socket_get(sock);
	if (!state)
		return;
	socket_owned_by_current(state);
	socket_count(state);
}

/* Does the socket match the filters? `state` is NULL for a packet without a socket. */
static __always_inline bool socket_wanted(const struct socket_state *state, __u32 netns)
{
	if (filter_netns && netns != filter_netns) {
		count(COUNTER_FILTERED);
		return false;
	}
	if (!filter_by_owner || (state && state->wanted))
		return true;
	count(state && !state->owner.pid ? COUNTER_OWNER_UNKNOWN : COUNTER_FILTERED);
	return false;
}

/* Does one of the ports match the filters? If not, count it. */
static __always_inline bool ports_wanted(const struct association_key *key)
{
	if (!filter_by_port || bpf_map_lookup_elem(&ports, &key->local.port) ||
	    bpf_map_lookup_elem(&ports, &key->remote.port))
		return true;
	count(COUNTER_FILTERED);
	return false;
}

#endif
