/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A datagram whose payload is contiguous, and the walker over it. */
#ifndef DTLSNOOP_DATAGRAM_BPF_H
#define DTLSNOOP_DATAGRAM_BPF_H

#include "workspace.bpf.h"

/* This many bytes of a payload tell whether it may be DTLS. */
#define DTLS_FIRST 3

/* One datagram. A GSO or GRO packet holds several. */
struct datagram {
	__u64 base;		/* address of its payload */
	__u32 len;		/* bytes of payload */
	__u32 avail;		/* how many of them are at `base`; the others were not gathered */
};

#define DTLS_READER const struct datagram *
static __always_inline int dtls_read(DTLS_READER dg, __u32 off, void *dst, __u32 len)
{
	if (off + len > dg->avail)
		return -1;
	return bpf_probe_read_kernel(dst, len, (void *)dg->base + off);
}

#include "dtls_walk.h"

/*
 * One step of the walk, as a global function. It takes and returns only numbers, so the verifier
 * checks it once, however often it is called. That keeps programs that walk in loops small for the
 * verifier of every kernel.
 *
 * The state of a walk is one number: offset (16 bits), end of the record (16), records (5),
 * malformed (4), whether the walk ended (1). The rest describes the item of this step: its enum
 * walk_has (6) and the length of its fragment if it is a hello (16). A walk begins with state 0.
 */
#define WALK_OFF(state) ((__u32)((state) & 0xffff))
#define WALK_RECORD_END(state) ((__u32)((state) >> 16 & 0xffff))
#define WALK_RECORDS(state) ((__u32)((state) >> 32 & 0x1f))
#define WALK_MALFORMED(state) ((__u32)((state) >> 37 & 0xf))
#define WALK_ENDED(state) ((__u32)((state) >> 41 & 1))
#define WALK_HAS(state) ((__u32)((state) >> 42 & 0x3f))
#define WALK_HELLO_LEN(state) ((__u32)((state) >> 48))
/* Start of that fragment. WALK_OFF is its end. */
#define WALK_HELLO(state) (WALK_OFF(state) - WALK_HELLO_LEN(state))
_Static_assert(DTLS_WALK_MAX_RECORDS < 0x20, "fits in 5 bits");
_Static_assert(DTLS_MALFORMED_LAST < 0x10, "fits in 4 bits");

static __always_inline __u64 walk_pack(const struct dtls_walk *w, int result,
				       const struct dtls_item *item)
{
	__u64 state = w->off | (__u64)w->record_end << 16 | (__u64)w->num_records << 32 |
		      (__u64)w->malformed << 37;

	if (result != DTLS_WALK_ITEM)
		return state | 1ULL << 41;
	state |= (__u64)walk_has(item) << 42;
	if (item->kind == DTLS_ITEM_MESSAGE && dtls_is_hello(item->message.msg_type))
		state |= (__u64)item->message.fragment_length << 48;
	return state;
}

/*
 * Walk one step from `state` and store the item in the workspace; WALK_AT gives place and index.
 * Returns the new state. `lens`: length of the datagram; upper half: how many of its bytes are at
 * `base`.
 */
#define WALK_AT(place, index) ((place) << 8 | (index))
__noinline __u64 walk_item(__u64 base, __u64 lens, __u64 state, __u32 at)
{
	struct datagram dg = { base, (__u32)lens, lens >> 32 };
	struct workspace *ws = workspace_at(at >> 8);
	struct dtls_item *item;
	struct dtls_walk w;
	int result;

	if (!ws)
		return 1ULL << 41;
	item = &ws->items[at & (EVENT_MAX_ITEMS - 1)];
	dtls_walk_init(&w, dg.len);
	w.off = WALK_OFF(state);
	w.record_end = WALK_RECORD_END(state);
	w.num_records = WALK_RECORDS(state);
	result = dtls_walk_next(&w, &dg, item);
	return walk_pack(&w, result, item);
}

#define WALK_LENS(dg) ((__u64)(dg)->avail << 32 | (dg)->len)

#endif
