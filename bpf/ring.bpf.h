/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The common header of events, and their way into the ring buffer. */
#ifndef DTLSNOOP_RING_BPF_H
#define DTLSNOOP_RING_BPF_H

#include "owner.bpf.h"
#include "what.bpf.h"

static __always_inline void emit_owner(struct event *ev, const struct owner *owner)
{
	if (!owner->pid)
		return;
	ev->flags = EVENT_OWNER;
	ev->pid = owner->pid;
	ev->tid = owner->tid;
	ev->ns_pid = owner->ns_pid;
	ev->uid = owner->uid;
	ev->cgroup_id = owner->cgroup_id;
	__builtin_memcpy(ev->comm, owner->comm, sizeof(ev->comm));
}

/* `state` is NULL for a packet without a socket. */
static __always_inline void emit_header(struct event *ev, __u8 kind, __u32 size,
					const struct socket_state *state)
{
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->size = size;
	ev->abi = EVENT_ABI;
	ev->kind = kind;
	ev->time_ns = bpf_ktime_get_ns();
	if (!state)
		return;
	ev->socket = state->id;
	ev->netns = state->netns;
	emit_owner(ev, &state->owner);
}

/*
 * Wake user space when much waits, but not for each event: every wakeup is an interrupt. Two CPUs
 * at once may wake it twice.
 */
#define WAKEUP_INTERVAL_NS 1000000ULL

static __always_inline void emit_submit(struct event *ev)
{
	bool wake = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= wakeup_bytes &&
		    ev->time_ns - shared.woken_ns >= WAKEUP_INTERVAL_NS;

	count(COUNTER_EVENTS);
	if (wake)
		shared.woken_ns = ev->time_ns;
	bpf_ringbuf_submit(ev, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline void *emit_reserve(__u32 size)
{
	void *ev = bpf_ringbuf_reserve(&events, size, 0);

	if (!ev)
		count(COUNTER_LOST_RING_FULL);
	return ev;
}

/*
 * Reserve an event of a constant size about two addresses and no particular datagram; NULL if there
 * is no room.
 */
static __always_inline struct event *emit_about(__u8 kind, __u32 size, const struct association_key *key,
						const struct socket_state *state)
{
	struct event *ev = emit_reserve(size);

	if (!ev)
		return NULL;
	emit_header(ev, kind, size, state);
	ev->netns = key->netns;
	ev->local = key->local;
	ev->remote = key->remote;
	if (endpoint_is_ipv4(&key->remote))
		ev->flags |= EVENT_IPV4;
	return ev;
}

static __always_inline struct event *emit_bare(__u8 kind, const struct association_key *key,
					       const struct socket_state *state)
{
	return emit_about(kind, EVENT_SIZE_BARE, key, state);
}

#endif
