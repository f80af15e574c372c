// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The cgroup tier: thin wrappers around the bodies in emit.bpf.h, for kernels
 * that offer no hooks on functions. Attached at the root of cgroup v2.
 *
 * A cgroup_skb program could drop traffic. These never do: each has one exit,
 * and it returns 1.
 */
#include "emit.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SOCK_DGRAM 2	/* include/linux/net.h */
#define MSG_PEEK 2	/* include/linux/socket.h */

/*
 * The kernel's struct sock behind a program's view of it. The verifier lets a
 * bpf_sock be read as the UAPI shows it only; spilled to the stack it is the
 * address it always was (5.10 has no bpf_cast_to_kern_ctx).
 */
static __always_inline struct sock *kernel_sock(void *sk)
{
	struct sock *address = NULL;

	bpf_probe_read_kernel(&address, sizeof(address), &sk);
	return address;
}

static __always_inline void observe(struct __sk_buff *skb, __u8 kind)
{
	struct bpf_sock *sk = skb->sk;
	struct datagram dg = { .skb = skb };

	dg.payload_off = datagram_locate(skb);
	if (dg.payload_off == DATAGRAM_FOREIGN)
		return;
	if (dg.payload_off == DATAGRAM_UNREADABLE) {
		count(COUNTER_LOST_UNREADABLE);
		return;
	}
	if (!sk)
		return;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return;
	dg.payload_len = skb->len - dg.payload_off;
	emit_packet(&dg, bpf_get_socket_cookie(skb), kernel_sock(sk), kind);
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

/* Who opened a socket owns it until somebody else uses it. */
SEC("cgroup/sock_create")
int cgroup_sock_create(struct bpf_sock *ctx)
{
	struct socket_state *state;

	if (ctx->type == SOCK_DGRAM && ctx->protocol == PROTOCOL_UDP) {
		state = socket_get(bpf_get_socket_cookie(ctx));
		if (state)
			owner_from_current(&state->owner);
	}
	return 1;
}

/* From 5.9 (f5836749c9c0). */
SEC("cgroup/sock_release")
int cgroup_sock_release(struct bpf_sock *ctx)
{
	if (ctx->type == SOCK_DGRAM && ctx->protocol == PROTOCOL_UDP)
		emit_closed(bpf_get_socket_cookie(ctx));
	return 1;
}

/* From 6.3 (6e6eda44b939). `result` is bytes or -errno. */
SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk, int result, int flags)
{
	if (result <= 0 || flags & MSG_PEEK || sk->sk_protocol != PROTOCOL_UDP)
		return 0;
	emit_read(bpf_get_socket_cookie(sk), result);
	return 0;
}

/* Sockets that were open before tracing began. bpf_sock_from_file: 5.11 (4f19cab76136). */
SEC("iter/task_file")
int open_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket_state *state;
	struct socket *socket;
	struct sock *sk;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || sk->sk_protocol != PROTOCOL_UDP)
		return 0;
	state = socket_get(bpf_get_socket_cookie(sk));
	if (!state)
		return 0;
	owner_from_task(&state->owner, task);
	if (!state->netns)
		state->netns = netns_of(sk);
	return 0;
}
