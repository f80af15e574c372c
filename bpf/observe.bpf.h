/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bodies of the hooks that see a packet with its payload: sent, queued, dropped. */
#ifndef DTLSNOOP_OBSERVE_BPF_H
#define DTLSNOOP_OBSERVE_BPF_H

#include "tracing_packet.bpf.h"

#include "fate.bpf.h"
#include "look.bpf.h"

/* SKB_DROP_REASON_NOT_SPECIFIED of this kernel: what comes up to it is no reason. */
const volatile __u32 reason_not_specified = 2;

/*
 * Of a drop it matters more that it happened than what it was: the packet's
 * number tells that, if it was queued.
 */
static __always_inline void observe_unreadable(__u64 packet, __u64 sock, __u64 what)
{
	if (WHAT_KIND(what) != EVENT_DROPPED)
		count(COUNTER_LOST_UNREADABLE);
	else if (!emit_queued_drop(packet, sock, WHAT_REASON(what)))
		count(COUNTER_DROPS_UNREADABLE);
}

/*
 * What the rate limit takes a datagram for that begins with the bytes of `first` (enum
 * limit_kind). A global function for the sake of its stack.
 */
__noinline int limit_kind_of(__u64 packet, __u64 span, __u32 first, __u32 sent)
{
	__u8 begin[LIMIT_BEGIN] = {};
	__u64 at;

	__builtin_memcpy(begin, &first, DTLS_FIRST);
	if (begin[0] == DTLS_CT_HANDSHAKE && SPAN_LEN(span) >= sizeof(begin)) {
		/* Where it lies in pieces, it is taken for the first of its kind. */
		at = payload_address(packet, SPAN_OFF(span), sizeof(begin));
		if (at)
			bpf_probe_read_kernel(begin, sizeof(begin), (void *)at);
	}
	return limit_kind(begin, sent);
}

/* The tag of its flow. A global function for the sake of its stack. */
__noinline __u32 flow_tag_at(__u64 packet, __u64 what)
{
	struct association_key key;

	packet_endpoints((void *)packet, WHAT_UDP(what), WHAT_SENT(what), &key.local, &key.remote);
	return flow_tag_of(&key);
}

/*
 * The first bytes of the payload; false: they cannot be read, and that is counted. They
 * are read of what was asked for only, unless they lie where every datagram's do.
 */
static __always_inline bool read_first(__u64 packet, __u64 sock, __u64 what, __u32 off, __u32 *first)
{
	__u64 at = payload_address(packet, off, DTLS_FIRST);

	if (at && !bpf_probe_read_kernel(first, DTLS_FIRST, (void *)at))
		return true;
	if (packet_is_wanted(packet, sock, what))
		observe_unreadable(packet, sock, what);
	else
		count(COUNTER_FOREIGN_UNREADABLE);
	return false;
}

static __always_inline void observe(__u64 packet, __u64 sock, __u64 what)
{
	__s32 udp = packet_udp_off((void *)packet);
	__u32 off = udp + UDP_HEADER_LEN, total = BPF_CORE_READ((struct sk_buff *)packet, len);
	struct look look = {};

	if (off >= total)
		return;
	what = WHAT_UDP_AT(what, udp);
	if (off + DTLS_FIRST <= total && !read_first(packet, sock, what, off, &look.first))
		return;
	look.tag = flow_tag_at(packet, what);
	switch (look_at(&look, WHAT_SENT(what))) {
	case LOOK_LEAVE:
		return;
	case LOOK_OTHER:
		other_count(packet, WHAT_KIND(what) == EVENT_DROPPED ? 0 : sock, what, LOOK_TYPE(look.first),
			    packet_num_datagrams(packet, total - off));
		return;
	case LOOK_FURTHER:
		break;
	}
	what = WHAT_LIMITED(what, limit_kind_of(packet, SPAN(off, total - off),
						look.first, WHAT_SENT(what)));
	emit_all(packet, total, sock, what);
}

/*
 * A member of a struct of the kernel: by a load where the verifier knows what the pointer
 * is of (fentry, tp_btf), else by a call.
 */
#define MEMBER(typed, pointer, member) \
	((typed) ? (pointer)->member : BPF_CORE_READ(pointer, member))

/*
 * The look at a packet as almost all are, with few reads: no IP options, payload in the
 * linear area. False: it is another.
 */
static __always_inline bool look_here(const struct sk_buff *skb, bool typed, bool sent,
				      struct look *look)
{
	__u16 network = MEMBER(typed, skb, network_header), transport = MEMBER(typed, skb, transport_header);
	const __u8 *head = MEMBER(typed, skb, head), *data = MEMBER(typed, skb, data);
	__u32 linear = MEMBER(typed, skb, len) - MEMBER(typed, skb, data_len);
	__u32 header_len = transport - network, remote_ip = 0;
	__u32 udp[LOOK_LEN / 4] = {};

	if (header_len != IPV4_HEADER_LEN && header_len != IPV6_HEADER_LEN)
		return false;
	if ((__s32)linear < (__s32)(head + transport - data) + (__s32)LOOK_LEN)
		return false;
	bpf_probe_read_kernel(udp, LOOK_LEN, head + transport);
	/* IPv4 with 20 bytes of options has its own remote address elsewhere: its mark is none. */
	if (header_len == IPV4_HEADER_LEN)
		head += network + (sent ? 16 : 12);
	else
		head += network + (sent ? 36 : 20);
	bpf_probe_read_kernel(&remote_ip, sizeof(remote_ip), head);
	look_read(look, udp, sent, remote_ip);
	return true;
}

/* Is a packet none of our business, by a look that costs little? It is counted then. */
static __always_inline bool leaves_at_once(const struct sk_buff *skb, bool typed, bool sent)
{
	struct look look = {};

	return look_here(skb, typed, sent, &look) && look_at(&look, sent) == LOOK_LEAVE;
}

#define SOCK_CLOSED 1	/* no address of a socket */

/* The socket that was seen to use the addresses of a received packet, 0: none was. */
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
 * What is known under the packet's address may be of another that had it before,
 * where reads are not seen. Forgotten then; returns the socket that it was queued
 * on, SOCK_CLOSED if that is closed, 0 if it was not queued.
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
	    BPF_CORE_READ(skb, len) - udp - UDP_HEADER_LEN != queued->length) {
		queued_remove(packet);
		return 0;
	}
	state = socket_find(queued->sock);
	return state && state->id == queued->socket ? queued->sock : SOCK_CLOSED;
}

/*
 * On the way in: a packet that was queued, as long as its socket is open (what is
 * unread then is thrown away, which is no drop), or one for this host, with the
 * kernel's reason: without a reason it may as well have been used up.
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
	/* Late for a closed socket, as a close_notify often is, is no drop. */
	if (sock != SOCK_CLOSED)
		observe(packet, sock, WHAT(EVENT_DROPPED, false, reason));
	queued_remove(packet);
}

#endif
