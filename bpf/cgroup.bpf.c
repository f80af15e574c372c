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

static __always_inline void observe(struct __sk_buff *skb, __u8 kind)
{
	__u32 off = payload_locate(skb), total = skb->len;
	struct bpf_sock *sk = skb->sk;
	__u8 first[DTLS_FIRST] = {}, begin[LIMIT_BEGIN] = {};

	if (off == PAYLOAD_FOREIGN)
		return;
	if (off == PAYLOAD_UNREADABLE) {
		count(COUNTER_LOST_UNREADABLE);
		return;
	}
	if (!sk)
		return;
	if (off + sizeof(first) <= total && bpf_skb_load_bytes(skb, off, first, sizeof(first))) {
		count(COUNTER_LOST_UNREADABLE);
		return;
	}
	if (!begins_as_dtls(first))
		return;
	sk = bpf_sk_fullsock(sk);
	/* A raw socket can send UDP, too, from any address: of those no tier tells. */
	if (!sk || sk->type == SOCK_RAW)
		return;
	__builtin_memcpy(begin, first, sizeof(first));
	if (first[0] == DTLS_CT_HANDSHAKE && off + sizeof(begin) <= total)
		bpf_skb_load_bytes(skb, off, begin, sizeof(begin));
	emit_all(skb, off - UDP_HEADER_LEN, total, kernel_address(sk),
		 WHAT_LIMITED(WHAT(kind, kind == EVENT_SENT, 0), limit_kind(begin, kind == EVENT_SENT)));
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
