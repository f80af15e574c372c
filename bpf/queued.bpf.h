/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that were emitted as EVENT_QUEUED, until they are read or dropped. */
#ifndef DTLSNOOP_QUEUED_BPF_H
#define DTLSNOOP_QUEUED_BPF_H

#include "flow.bpf.h"
#include "owner.bpf.h"
#include "what.bpf.h"

/* If reads show no packet, remember which packet has this number. */
static __always_inline void queued_number_add(__u64 packet, __u64 sock, const struct socket_state *state)
{
	struct number_key key = { .socket = state->id, .number = state->num_queued };
	struct number number = { .packet = packet };

	number.read = state->num_reads + sock_num_unread((void *)sock) + 1;
	bpf_map_update_elem(&queued_numbers, &key, &number, BPF_ANY);
}

/* The packet no longer waits, whatever the reason. */
static __always_inline void queued_forget(const struct queued *queued)
{
	struct socket_state *state = socket_find(queued->sock);

	if (state && state->id == queued->socket)
		waiting_remove(state, queued->sock, 1);
}

/* The packet is read or dropped, or another packet has its address now. */
static __always_inline void queued_remove(__u64 packet)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);

	if (!queued)
		return;
	queued_forget(queued);
	bpf_map_delete_elem(&queued_packets, &packet);
}

/*
 * Number the datagram and remember its packet until it is read or dropped. A global function keeps
 * its stack out of the caller's: frames of nested calls add up to at most 512 bytes, and
 * emit_datagram() needs the rest.
 */
__noinline int queued_add(__u64 packet, __u64 sock, __u64 what, __u32 len)
{
	const struct sk_buff *skb = (void *)packet;
	struct queued *before = bpf_map_lookup_elem(&queued_packets, &packet), fresh = {};
	struct socket_state *state = socket_find(sock);

	if (!state)
		return 0;
	state->num_queued++;	/* two CPUs at once may give two datagrams the same number */
	/* Otherwise the entry is of an earlier packet at this address, whose read or drop was not seen. */
	if (WHAT_IS_NEXT(what) && before && before->socket == state->id &&
	    before->first + before->num == state->num_queued) {
		before->num++;
		before->length += len;
		if (match_reads_by_order)
			queued_number_add(packet, sock, state);
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

/* Number under which the packet was emitted as queued, 0 if it was not. */
static __always_inline __u64 queued_number(__u64 packet)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);

	return queued ? queued->first : 0;
}

/* Number of the latest datagram of the packet. */
static __always_inline __u64 queued_last_number(__u64 packet)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);

	return queued ? queued->first + queued->num - 1 : 0;
}

#endif
