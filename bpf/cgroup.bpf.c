// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The cgroup tier, for kernels that offer no hooks on functions: thin wrappers around the bodies in
 * emit.bpf.h, attached at the root of cgroup v2. The tracepoints in tracing.bpf.c complete it.
 *
 * A cgroup_skb program could drop traffic. These never do: each has one exit, and it returns 1.
 */
#include "cgroup_packet.bpf.h"

#include "emit.bpf.h"
#include "fate.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Socket of a packet, 0 if there is none. A raw socket does not count: it can send UDP from any address. */
static __always_inline __u64 sock_of(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (sk)
		sk = bpf_sk_fullsock(sk);
	return sk && sk->type != SOCK_RAW ? kernel_address(sk) : 0;
}

/*
 * Handle a packet that needs more than the first look. `off` is the offset of the payload, `flow`
 * its LOOK_FLOW(). A global function: the programs that every packet runs stay small.
 */
__noinline int observe_further(struct __sk_buff *skb, __u32 off, __u64 flow, __u32 kind)
{
	__u64 sock = sock_of(skb);

	if (sock)
		emit_all(skb, skb->len, sock,
			 WHAT_UDP_AT(WHAT(kind, kind == EVENT_SENT, 0), off - UDP_HEADER_LEN), flow);
	return 0;
}

/* Handle an unusual packet. Not inlined, so that the common path stays in the CPU's caches. */
__noinline int observe_elsewhere(struct __sk_buff *skb, __u32 kind)
{
	struct look look = {};
	__u32 off = look_elsewhere(skb, kind == EVENT_SENT, &look);

	if (off != PAYLOAD_FOREIGN && (skb->gso_size || look_at(&look, kind == EVENT_SENT) != LOOK_LEAVE))
		observe_further(skb, off, LOOK_FLOW(&look), kind);
	return 0;
}

static __always_inline void observe(struct __sk_buff *skb, __u8 kind)
{
	struct look look = {};
	__u32 off = look_here(skb, kind == EVENT_SENT, &look);

	if (UNLIKELY(off == PAYLOAD_FOREIGN))
		return;
	if (UNLIKELY(off == PAYLOAD_ELSEWHERE))
		observe_elsewhere(skb, kind);
	/* A GSO or GRO packet holds several datagrams; look at each. */
	else if (UNLIKELY(skb->gso_size || look_at(&look, kind == EVENT_SENT) != LOOK_LEAVE))
		observe_further(skb, off, LOOK_FLOW(&look), kind);
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
