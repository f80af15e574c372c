/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A packet of which a program has only the address; see payload.bpf.h. */
#ifndef DTLSNOOP_TRACING_PACKET_BPF_H
#define DTLSNOOP_TRACING_PACKET_BPF_H

#include "payload.bpf.h"

/* The address of the struct sk_buff. */
#define PACKET __u64

static __always_inline __u64 packet_address(PACKET packet)
{
	return packet;
}

/* Bytes of each datagram of a GSO or GRO packet except the last; 0 if the packet is one datagram. */
static __always_inline __u32 packet_segment(PACKET packet)
{
	return BPF_CORE_READ(packet_shared((void *)packet), gso_size);
}

/* Copy `len` (a constant) bytes at `off` from skb->data, if they are contiguous. 0 on success. */
static __always_inline int payload_copy(PACKET packet, __u32 off, void *to, __u32 len)
{
	__u64 at = payload_address(packet, off, len);

	return at ? bpf_probe_read_kernel(to, len, (void *)at) : -1;
}

/*
 * Copy the next contiguous part of `len` bytes at `off` from skb->data to a place of the workspace,
 * which already has `done` bytes. Returns how many bytes it has then, 0 on failure. A global
 * function: the verifier checks it once.
 */
__noinline __u32 payload_gather_run(__u64 packet, __u32 off, __u32 place, __u32 done, __u32 len)
{
	struct workspace *ws = workspace_at(place);
	__u64 from = payload_address(packet, off + done, 1);
	__u32 run = payload_run(packet, off + done);
	__s64 bounded;

	if (!ws || !from || done >= len)
		return 0;
	bounded = bounded_len(run < len - done ? run : len - done, PAYLOAD_MAX);
	if (!bounded)
		return 0;
	done &= PAYLOAD_MAX - 1;
	/* The verifier only knows that each of these is below PAYLOAD_MAX, so payload has twice that size. */
	if (bpf_probe_read_kernel(ws->payload + done, bounded, (void *)from))
		return 0;
	return done + bounded;
}

/*
 * Copy `len` (at most PAYLOAD_MAX) bytes at `off` from skb->data to a place of the workspace. 0 on
 * success.
 */
static __always_inline int payload_gather(PACKET packet, __u32 off, __u32 place, __u32 len)
{
	__u32 done = 0;

	for (int i = 0; i < PAYLOAD_MAX_PIECES; i++) {
		FORGET(done);
		if (done >= len)
			return 0;
		done = payload_gather_run(packet, off, place, done, len);
		if (!done)
			return -1;
	}
	return -1;
}

#endif
