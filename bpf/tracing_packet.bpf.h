/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A packet of which a program has only the address: see payload.bpf.h. */
#ifndef DTLSNOOP_TRACING_PACKET_BPF_H
#define DTLSNOOP_TRACING_PACKET_BPF_H

#include "payload.bpf.h"

/* The address of the struct sk_buff. */
#define PACKET __u64

static __always_inline __u64 packet_address(PACKET packet)
{
	return packet;
}

/* Bytes of each datagram of a GSO or GRO packet but the last, 0: it is one datagram. */
static __always_inline __u32 packet_segment(PACKET packet)
{
	return BPF_CORE_READ(packet_shared((void *)packet), gso_size);
}

/* Copy `len` bytes, at most PAYLOAD_MAX, at `off` from skb->data. 0, or not to be had. */
static __always_inline int payload_gather(PACKET packet, __u32 off, void *to, __u32 len)
{
	__u32 done = 0;

	for (int i = 0; i < PAYLOAD_MAX_PIECES; i++) {
		__u64 from, run;

		FORGET(done);
		if (done >= len)
			return 0;
		from = payload_address(packet, off + done, 1);
		run = payload_run(packet, off + done);
		if (run > len - done)
			run = len - done;
		/* Twice PAYLOAD_MAX has room for what the verifier knows of these. */
		run &= 2 * PAYLOAD_MAX - 1;
		if (run > PAYLOAD_MAX)
			run = PAYLOAD_MAX;
		done &= PAYLOAD_MAX - 1;
		if (!from || bpf_probe_read_kernel(to + done, run, (void *)from))
			return -1;
		done += run;
	}
	return -1;
}

#endif
