/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bodies of the hooks that see a packet with its payload: sent, queued, dropped. */
#ifndef DTLSNOOP_OBSERVE_BPF_H
#define DTLSNOOP_OBSERVE_BPF_H

#include "tracing_packet.bpf.h"

#include "fate.bpf.h"

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

static __always_inline void observe(__u64 packet, __u64 sock, __u64 what)
{
	__s32 udp = packet_udp_off((void *)packet);
	__u32 off = udp + UDP_HEADER_LEN, total = BPF_CORE_READ((struct sk_buff *)packet, len);
	__u8 first[sizeof(__u32)] = {};
	__u32 limit;
	__u64 at;

	if (off >= total)
		return;
	if (off + DTLS_FIRST <= total) {
		at = payload_address(packet, off, DTLS_FIRST);
		if (!at || bpf_probe_read_kernel(first, DTLS_FIRST, (void *)at)) {
			observe_unreadable(packet, sock, what);
			return;
		}
	}
	if (!begins_as_dtls(first))
		return;
	limit = limit_kind_of(packet, SPAN(off, total - off), *(__u32 *)first, WHAT_SENT(what));
	emit_all(packet, udp, total, sock, WHAT_LIMITED(what, limit));
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
		bpf_map_delete_elem(&queued_packets, &packet);
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
	bpf_map_delete_elem(&queued_packets, &packet);
}

#endif
