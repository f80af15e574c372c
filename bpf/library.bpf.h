/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What threads do with TLS libraries, and its way into the ring buffer. The hooks on packets tell
 * which threads send and read handshakes; the hooks in library.bpf.c see the calls. Calls for TLS
 * over TCP are not emitted: where a session does not tell what it is, only calls of threads that
 * have lately sent or read a datagram of a handshake are, or do so during the call.
 */
#ifndef DTLSNOOP_LIBRARY_BPF_H
#define DTLSNOOP_LIBRARY_BPF_H

#include "ring.bpf.h"

/* A thread that sent or read a handshake counts as one that handles DTLS for this long. */
#define THREAD_SPEAKS_NS 10000000000ULL
/* An error outside of a call that is hooked (SSL_read() can raise one): the same. */
#define THREAD_ERROR_NS 1000000000ULL

/* A thread may emit this many events at once, then one per LIBRARY_EVENT_NS. */
#define LIBRARY_BURST 200
#define LIBRARY_EVENT_NS 5000000ULL

/* Spend `num` events of a budget. Counts what it refuses. */
static __always_inline bool library_take(__u64 *spent, __u32 num, __u64 now)
{
	if (*spent < now)
		*spent = now;
	if (*spent - now > (LIBRARY_BURST - num) * LIBRARY_EVENT_NS) {
		count(COUNTER_LIBRARY_LIMITED);
		return false;
	}
	*spent += num * LIBRARY_EVENT_NS;
	return true;
}

/* The key of the current thread in `threads`. Calls no helper that cgroup_skb programs lack. */
static __always_inline __u64 thread_key(void)
{
	const struct task_struct *task = (void *)bpf_get_current_task();

	return (__u64)BPF_CORE_READ(task, tgid) << 32 | (__u32)BPF_CORE_READ(task, pid);
}

/* All 0. Not on the stack: the calls that lead here have used most of it. */
static const volatile struct thread_state fresh_thread;

/* The state of a thread, created if it has none. NULL only if the map refuses. */
static __always_inline struct thread_state *thread_get(__u64 key)
{
	struct thread_state *thread = bpf_map_lookup_elem(&threads, &key);

	if (thread)
		return thread;
	bpf_map_update_elem(&threads, &key, (const void *)&fresh_thread, BPF_NOEXIST);
	return bpf_map_lookup_elem(&threads, &key);
}

/* Reserve an event of the current thread; NULL if there is no room. */
static __always_inline struct event *library_reserve(struct event_library **lib)
{
	struct event *ev = emit_reserve(EVENT_SIZE_LIBRARY);
	struct owner owner = {};

	if (!ev)
		return NULL;
	emit_header(ev, EVENT_LIBRARY, EVENT_SIZE_LIBRARY, NULL);
	owner_from_task(&owner, (void *)bpf_get_current_task());
	emit_owner(ev, &owner);
	*lib = (void *)ev->items;
	__builtin_memset(*lib, 0, sizeof(**lib));
	return ev;
}

/* Emit a step (enum event_library_step) of the call that the thread is in. A global function: the verifier checks it once. */
__noinline int library_tell(__u64 key, __u32 step, __s32 result)
{
	struct thread_state *thread = bpf_map_lookup_elem(&threads, &key);
	struct event_library *lib;
	struct event *ev;

	if (!thread)
		return 0;
	ev = library_reserve(&lib);
	if (!ev)
		return 0;
	lib->library = thread->library;
	lib->call = thread->call;
	lib->step = step;
	lib->object = thread->object;
	lib->version = thread->version;
	if (step == LIBRARY_RETURNED) {
		lib->result = result;
		lib->timer_ns = thread->timer_ns;
	}
	emit_submit(ev);
	return 0;
}

/*
 * The current thread is about to send or read a datagram of a handshake that matches the filters. A
 * call that it is in is of DTLS, then. A global function keeps its stack out of the caller's.
 */
__noinline int thread_speaks(void)
{
	struct thread_state *thread;
	__u64 key;

	if (!follow_threads)
		return 0;
	key = thread_key();
	thread = thread_get(key);
	if (!thread)
		return 0;
	thread->spoke_ns = bpf_ktime_get_ns();
	if (thread->call && !thread->is_told && library_take(&thread->spent, 2, thread->spoke_ns)) {
		thread->is_told = 1;
		library_tell(key, LIBRARY_ENTERED, 0);
	}
	return 0;
}

#endif
