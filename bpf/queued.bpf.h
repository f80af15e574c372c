/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that were emitted as EVENT_QUEUED, until they are read or dropped. */
#ifndef DTLSNOOP_QUEUED_BPF_H
#define DTLSNOOP_QUEUED_BPF_H

#include "flow.bpf.h"
#include "owner.bpf.h"
#include "what.bpf.h"

/* Where reads show no packet: remember which packet has this number. */
static __always_inline void queued_number_add(__u64 packet, __u64 sock, const struct socket_state *state)
{
	struct number_key key = { .socket = state->id, .number = state->num_queued };
	struct number number = { .packet = packet };

	number.read = state->num_reads + sock_num_unread((void *)sock) + 1;
	bpf_map_update_elem(&queued_numbers, &key, &number, BPF_ANY);
}

/* It waits no longer, whatever became of it. */
static __always_inline void queued_forget(const struct queued *queued)
{
	struct socket_state *state = socket_find(queued->sock);

	if (state && state->id == queued->socket)
		waiting_remove(state, queued->sock, 1);
}

/* It is read or dropped, or another has its address now. */
static __always_inline void queued_remove(__u64 packet)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);

	if (!queued)
		return;
	queued_forget(queued);
	bpf_map_delete_elem(&queued_packets, &packet);
}

/*
 * Give the datagram a number and remember the packet until it is read or dropped. A
 * global function for the sake of its stack: those of the functions on the way here
 * add up, to 512 bytes at the most, and emit_datagram() needs what is left.
 */
__noinline int queued_add(__u64 packet, __u64 sock, __u64 what, __u32 len)
{
	const struct sk_buff *skb = (void *)packet;
	struct queued *before = bpf_map_lookup_elem(&queued_packets, &packet), fresh = {};
	struct socket_state *state = socket_find(sock);

	if (!state)
		return 0;
	state->num_queued++;	/* two CPUs at once may give one number twice */
	/* Else what is there is of another packet at that address, whose end was not seen. */
	if (WHAT_IS_NEXT(what) && before && before->socket == state->id &&
	    before->first + before->num == state->num_queued) {
		before->num++;
		before->length += len;
		return 0;
	}
	if (before)
		queued_forget(before);
	fresh.ipv4 = packet_endpoints(skb, WHAT_UDP(what), false, &fresh.local, &fresh.remote);
	fresh.sock = sock;
	fresh.socket = state->id;
	fresh.first = state->num_queued;
	fresh.num = 1;
	fresh.segment = fresh.length = len;
	fresh.total = BPF_CORE_READ(skb, len) - WHAT_UDP(what) - UDP_HEADER_LEN;
	fresh.time_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&queued_packets, &packet, &fresh, BPF_ANY);
	waiting_add(state, sock);
	if (match_reads_by_order)
		queued_number_add(packet, sock, state);
	return 0;
}

/* The number under which the packet was emitted as queued, 0: it was not. */
static __always_inline __u64 queued_number(__u64 packet)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);

	return queued ? queued->first : 0;
}

/* That of the datagram of the packet that was added last. */
static __always_inline __u64 queued_last_number(__u64 packet)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);

	return queued ? queued->first + queued->num - 1 : 0;
}

#endif
