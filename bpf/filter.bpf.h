/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does a packet match the filters? This is decided before more than the first bytes of the payload
 * are read, before the rate limit and before the ring buffer. What does not match uses up neither.
 */
#ifndef DTLSNOOP_FILTER_BPF_H
#define DTLSNOOP_FILTER_BPF_H

#include "owner.bpf.h"
#include "what.bpf.h"

static __always_inline bool filter_is_set(void)
{
	return filter_by_port || filter_by_owner || filter_netns;
}

static __always_inline bool filter_has_ports(const struct sk_buff *skb, __s32 udp)
{
	__u8 ports_here[4] = {};
	__u16 port;

	bpf_probe_read_kernel(ports_here, sizeof(ports_here), BPF_CORE_READ(skb, data) + udp);
	port = packet_get16(ports_here);
	if (bpf_map_lookup_elem(&ports, &port))
		return true;
	port = packet_get16(ports_here + 2);
	return bpf_map_lookup_elem(&ports, &port);
}

/*
 * Does or did a process that matches the filters have this socket? When the socket sends, its
 * process is current and a match is remembered. A socket without a match leaves no state.
 */
static __always_inline bool filter_has_owner(__u64 sock, __u64 what)
{
	struct socket_state *state = NULL;

	if (!sock)
		return false;
	state = owners_were_found ? socket_get(sock) : socket_find(sock);
	if (state && state->wanted)
		return true;
	if (WHAT_KIND(what) != EVENT_SENT || !current_is_wanted())
		return false;
	state = socket_get(sock);
	if (state)
		state->wanted = 1;
	return state;
}

/*
 * The UDP header is at WHAT_UDP bytes from skb->data. `sock` is 0 if the packet has no socket. A
 * global function: the verifier checks it once.
 */
__noinline int filter_lets(__u64 packet, __u64 sock, __u64 what)
{
	const struct sk_buff *skb = (void *)packet;

	if (filter_netns && (sock ? sock_netns((void *)sock) : packet_netns(skb)) != filter_netns)
		return 0;
	if (filter_by_port && !filter_has_ports(skb, WHAT_UDP(what)))
		return 0;
	return !filter_by_owner || filter_has_owner(sock, what);
}

/* Counts a packet that does not match. */
static __always_inline bool packet_is_wanted(__u64 packet, __u64 sock, __u64 what)
{
	if (!filter_is_set() || filter_lets(packet, sock, what))
		return true;
	count(COUNTER_FILTERED);
	return false;
}

#endif
