// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The cgroup tier: thin wrappers around the bodies in emit.bpf.h, for kernels
 * that offer no hooks on functions. Attached at the root of cgroup v2. The
 * tracepoints in tracing.bpf.c complete it.
 *
 * A cgroup_skb program could drop traffic. These never do: each has one exit,
 * and it returns 1.
 */
#include "cgroup_packet.bpf.h"

#include "emit.bpf.h"
#include "fate.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Bytes that tell what the rate limit takes a datagram for; where there are fewer, its first ones. */
static __always_inline __u32 limit_kind_of(struct __sk_buff *skb, __u32 off, const struct look *look,
					   bool sent)
{
	__u8 begin[LIMIT_BEGIN] = {};

	__builtin_memcpy(begin, look->first, DTLS_FIRST);
	if (begin[0] == DTLS_CT_HANDSHAKE && off + sizeof(begin) <= skb->len)
		bpf_skb_load_bytes(skb, off, begin, sizeof(begin));
	return limit_kind(begin, sent);
}

/* Not DTLS, beside a handshake that is under way. */
static __always_inline void observe_other(struct __sk_buff *skb, __u32 off, const struct look *look, __u8 kind)
{
	struct bpf_sock *sk = skb->sk;

	if (sk)
		sk = bpf_sk_fullsock(sk);
	other_count(kernel_address(skb), sk && sk->type != SOCK_RAW ? kernel_address(sk) : 0,
		    WHAT_UDP_AT(WHAT(kind, kind == EVENT_SENT, 0), off - UDP_HEADER_LEN), look->first[0],
		    packet_num_datagrams(skb, skb->len - off));
}

static __always_inline void observe(struct __sk_buff *skb, __u8 kind)
{
	struct look look = {};
	__u32 off = look_here(skb, kind == EVENT_SENT, &look);
	struct bpf_sock *sk;
	__u64 what;

	if (off == PAYLOAD_FOREIGN)
		return;
	if (off == PAYLOAD_ELSEWHERE)
		off = look_elsewhere(skb, kind == EVENT_SENT, &look);
	if (off == PAYLOAD_FOREIGN)
		return;
	switch (look_at(&look, kind == EVENT_SENT)) {
	case LOOK_LEAVE:
		return;
	case LOOK_OTHER:
		observe_other(skb, off, &look, kind);
		return;
	case LOOK_FURTHER:
		break;
	}
	sk = skb->sk;
	if (sk)
		sk = bpf_sk_fullsock(sk);
	/* A raw socket can send UDP, too, from any address: of those no tier tells. */
	if (!sk || sk->type == SOCK_RAW)
		return;
	what = WHAT_UDP_AT(WHAT(kind, kind == EVENT_SENT, 0), off - UDP_HEADER_LEN);
	emit_all(skb, skb->len, kernel_address(sk),
		 WHAT_LIMITED(what, limit_kind_of(skb, off, &look, kind == EVENT_SENT)));
}

SEC("cgroup_skb/egress")
int cgroup_egress(struct __sk_buff *skb)
{
	observe(skb, EVENT_SENT);
	return 1;
}

SEC("cgroup_skb/ingress")
int cgroup_ingress(struct __sk_buff *skb)
{
	observe(skb, EVENT_QUEUED);
	return 1;
}

SEC("cgroup/sock_create")
int cgroup_sock_create(struct bpf_sock *sk)
{
	if (sk->type == SOCK_DGRAM && sk->protocol == PROTOCOL_UDP)
		socket_opened(kernel_address(sk));
	return 1;
}

/* From 5.9 (f5836749c9c0). */
SEC("cgroup/sock_release")
int cgroup_sock_release(struct bpf_sock *sk)
{
	if (sk->type == SOCK_DGRAM && sk->protocol == PROTOCOL_UDP)
		emit_closed((void *)kernel_address(sk));
	return 1;
}
