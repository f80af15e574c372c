/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory for the current datagram: the headers that the walk finds and, if the payload is in
 * pieces, a copy of it. It is a per-CPU array that user space cannot map. The loader closes its
 * descriptor once the programs are loaded. Payload is overwritten with zeros before a hook returns.
 *
 * A hook may interrupt another on its CPU, so there are several places. If a kernel preempts its own
 * tasks (CONFIG_PREEMPT), a hook may also go on before the one that interrupted it has ended, and all
 * places may be taken. That is counted as a loss.
 */
#ifndef DTLSNOOP_WORKSPACE_BPF_H
#define DTLSNOOP_WORKSPACE_BPF_H

#include "maps.bpf.h"

#define WORKSPACE_PLACES 4	/* a power of two, so that a mask can be the verifier's bound */
/* Up to this many bytes of a payload in pieces are gathered; a power of two. */
#define PAYLOAD_MAX 4096

struct workspace {
	__u64 hooks;		/* that use this place, or look whether they may */
	struct dtls_item items[EVENT_MAX_ITEMS];
	struct queued reading;	/* entry of the packet that is being read, see fate.bpf.h */
	__u8 payload[2 * PAYLOAD_MAX];	/* twice what is gathered: the verifier adds the bounds of offset
					 * and length */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WORKSPACE_PLACES);
	__type(key, __u32);
	__type(value, struct workspace);
} workspaces SEC(".maps");

/* Overwrites payload. */
static const __u8 zeros[PAYLOAD_MAX] = {};

static __always_inline struct workspace *workspace_at(__u32 place)
{
	place &= WORKSPACE_PLACES - 1;
	return bpf_map_lookup_elem(&workspaces, &place);
}

/*
 * Take a place. Returns its number, or WORKSPACE_PLACES if all are taken. Whoever counts 1 after it has added itself is
 * alone there, whatever interrupts it in between; kernels before 5.12 have no other atomic operation.
 */
static __always_inline __u32 workspace_take(void)
{
	struct workspace *ws;

	for (__u32 place = 0; place < WORKSPACE_PLACES; place++) {
		ws = workspace_at(place);
		if (!ws || ws->hooks)
			continue;
		__sync_fetch_and_add(&ws->hooks, 1);
		if (*(volatile __u64 *)&ws->hooks == 1)
			return place;
		__sync_fetch_and_add(&ws->hooks, -1);
	}
	return WORKSPACE_PLACES;
}

/* Give a place back and overwrite the `len` bytes of payload in it. */
static __always_inline void workspace_give(__u32 place, __u32 len)
{
	struct workspace *ws = workspace_at(place);
	__s64 bounded = bounded_len(len, PAYLOAD_MAX);

	if (!ws)
		return;
	if (bounded)
		bpf_probe_read_kernel(ws->payload, bounded, zeros);
	__sync_fetch_and_add(&ws->hooks, -1);
}

#endif
