/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bodies of the hooks that see a packet with its payload: sent, queued, dropped. */
#ifndef DTLSNOOP_OBSERVE_BPF_H
#define DTLSNOOP_OBSERVE_BPF_H

#include "tracing_packet.bpf.h"

#include "fate.bpf.h"
#include "look.bpf.h"

/* SKB_DROP_REASON_NOT_SPECIFIED of this kernel. This value and lower ones are no reason. */
const volatile __u32 reason_not_specified = 2;

/*
 * For a drop, it matters more that it happened than what was dropped. If the packet was queued, its
 * number tells that.
 */
static __always_inline void observe_unreadable(__u64 packet, __u64 sock, __u64 what)
{
	if (WHAT_KIND(what) != EVENT_DROPPED)
		count(COUNTER_LOST_UNREADABLE);
	else if (!emit_queued_drop(packet, sock, WHAT_REASON(what)))
		count(COUNTER_DROPS_UNREADABLE);
}

/* The packet's LOOK_FLOW(). A global function keeps its stack out of the caller's. */
__noinline __u64 look_flow_at(__u64 packet, __u64 what)
{
	struct association_key key;
	struct look look;

	packet_endpoints((void *)packet, WHAT_UDP(what), WHAT_SENT(what), &key.local, &key.remote);
	look.tag = flow_tag_of(&key);
	look.port = __builtin_bswap16(WHAT_SENT(what) ? key.remote.port : key.local.port);
	return LOOK_FLOW(&look);
}

/* Can the first bytes of a packet not be read? If so, count it. */
static __always_inline bool is_unreadable(__u64 packet, __u64 sock, __u64 what, __u32 off)
{
	if (payload_address(packet, off, DTLS_FIRST))
		return false;
	if (packet_is_wanted(packet, sock, what))
		observe_unreadable(packet, sock, what);
	else
		count(COUNTER_FOREIGN_UNREADABLE);
	return true;
}

static __always_inline void observe(__u64 packet, __u64 sock, __u64 what)
{
	__s32 udp = packet_udp_off((void *)packet);
	__u32 off = udp + UDP_HEADER_LEN, total = BPF_CORE_READ((struct sk_buff *)packet, len);

	if (off > total)
		return;
	what = WHAT_UDP_AT(what, udp);
	if (off + DTLS_FIRST > total || !is_unreadable(packet, sock, what, off))
		emit_all(packet, total, sock, what, look_flow_at(packet, what));
}

/*
 * Read a member of a kernel struct: by a load if the verifier knows the type of the pointer
 * (fentry, tp_btf), otherwise by a call.
 */
#define MEMBER(typed, pointer, member) \
	((typed) ? (pointer)->member : BPF_CORE_READ(pointer, member))

/*
 * Look at a usual packet with few reads: no IP options, payload in the linear area. Returns false
 * for any other packet.
 */
static __always_inline bool look_here(const struct sk_buff *skb, bool typed, bool sent,
				      struct look *look)
{
	__u16 network = MEMBER(typed, skb, network_header), transport = MEMBER(typed, skb, transport_header);
	const __u8 *head = MEMBER(typed, skb, head), *data = MEMBER(typed, skb, data);
	__u32 linear = MEMBER(typed, skb, len) - MEMBER(typed, skb, data_len);
	__u32 header_len = transport - network, remote_ip = 0;
	__u16 segment = 0;
	__u32 udp[LOOK_LEN / 4] = {};

	if (header_len != IPV4_HEADER_LEN && header_len != IPV6_HEADER_LEN)
		return false;
	bpf_probe_read_kernel(&segment, sizeof(segment),
			      &((struct skb_shared_info *)(head + MEMBER(typed, skb, end)))->gso_size);
	/* A GSO or GRO packet holds several datagrams; each needs a look of its own. */
	if (segment)
		return false;
	if ((__s32)linear < (__s32)(head + transport - data) + (__s32)LOOK_LEN)
		return false;
	bpf_probe_read_kernel(udp, LOOK_LEN, head + transport);
	/* IPv4 with 20 bytes of options is taken for IPv6 here. Its tag is wrong and fits no mark. */
	if (header_len == IPV4_HEADER_LEN)
		head += network + (sent ? 16 : 12);
	else
		head += network + (sent ? 36 : 20);
	bpf_probe_read_kernel(&remote_ip, sizeof(remote_ip), head);
	look_read(look, udp, sent, remote_ip);
	return true;
}

/* Does a quick look show that a packet can be ignored? If so, it is counted. */
static __always_inline bool leaves_at_once(const struct sk_buff *skb, bool typed, bool sent)
{
	struct look look = {};

	return look_here(skb, typed, sent, &look) && look_at(&look, sent) == LOOK_LEAVE;
}

#define SOCK_CLOSED 1	/* not a possible address of a socket */

/* Socket that was seen to use the addresses of a received packet, 0 if none was. */
__noinline __u64 socket_of_association(__u64 packet)
{
	const struct sk_buff *skb = (void *)packet;
	struct association_key key = { .netns = packet_netns(skb) };
	struct association *as;

	packet_endpoints(skb, packet_udp_off(skb), false, &key.local, &key.remote);
	as = bpf_map_lookup_elem(&associations, &key);
	if (!as || !as->sock)
		return 0;
	return socket_find(as->sock) ? as->sock : SOCK_CLOSED;
}

/*
 * Find the socket on which a packet is queued: SOCK_CLOSED if it was closed, 0 if the packet is not
 * queued. If reads are not seen, the entry may be of an earlier packet at the same address; it is
 * then removed.
 */
__noinline __u64 socket_of_queued(__u64 packet)
{
	const struct sk_buff *skb = (void *)packet;
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);
	__s32 udp = packet_udp_off(skb);
	struct event_endpoint local, remote;
	struct socket_state *state;

	if (!queued)
		return 0;
	packet_endpoints(skb, udp, false, &local, &remote);
	if (!endpoint_equals(&local, &queued->local) || !endpoint_equals(&remote, &queued->remote) ||
	    BPF_CORE_READ(skb, len) - udp - UDP_HEADER_LEN != queued->total) {
		queued_remove(packet);
		return 0;
	}
	state = socket_find(queued->sock);
	return state && state->id == queued->socket ? queued->sock : SOCK_CLOSED;
}

/*
 * A drop on the way in. Report a packet that was queued while its socket is open; unread packets
 * freed at close are no drops. Also report a packet to this host that has the kernel's reason;
 * without a reason it may have been consumed.
 */
static __always_inline void on_drop_received(__u64 packet, __u64 sock, __u32 reason)
{
	const struct sk_buff *skb = (void *)packet;
	__u64 queued = socket_of_queued(packet);

	if (!queued && (reason <= reason_not_specified || !packet_is_for_us(skb)))
		return;
	if (queued)
		sock = queued;
	if (!sock)
		sock = (__u64)BPF_CORE_READ(skb, sk);
	if (!sock)
		sock = socket_of_association(packet);
	/* A packet that comes too late for a closed socket, as close_notify often does, is no drop. */
	if (sock != SOCK_CLOSED)
		observe(packet, sock, WHAT(EVENT_DROPPED, false, reason));
	queued_remove(packet);
}

#endif
