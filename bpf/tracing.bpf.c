// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The tracing tiers, and what all tiers share: thin wrappers around the bodies in observe, sendmsg,
 * icmp and fate.bpf.h. The loader chooses which of them to load.
 *
 * The hooked functions have had the same prototype since 5.4, are global and run once per datagram.
 */
#include "observe.bpf.h"

#include <bpf/bpf_tracing.h>

#include "fate.bpf.h"
#include "icmp.bpf.h"
#include "sendmsg.bpf.h"
#include "unread.bpf.h"

/*
 * Define a fentry program and its kprobe twin at the entry of `function`, with the same body and
 * parameters. `typed`: the verifier knows the types of the pointers; see MEMBER.
 */
#define ENTRY(name, function, body, ...) \
	SEC("fentry/" #function) \
	int BPF_PROG(fentry_##name, __VA_ARGS__) \
	{ \
		const bool typed = true; \
		(void)typed; \
		body; \
		return 0; \
	} \
	SEC("kprobe/" #function) \
	int BPF_KPROBE(kprobe_##name, __VA_ARGS__) \
	{ \
		const bool typed = false; \
		(void)typed; \
		body; \
		return 0; \
	}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MSG_PEEK 2		/* include/linux/socket.h */
#define MSG_ERRQUEUE 0x2000

/* Number of arguments of the tracepoint kfree_skb: 2; 3 from 5.17 (c504e5c2f964), 4 from 6.11. */
const volatile __u32 kfree_skb_args = 2;

/* --- sent --- */

/* ICMP and raw sockets use the same functions. */
static __always_inline void on_send_skb(struct sk_buff *skb, bool typed)
{
	struct sock *sk = MEMBER(typed, skb, sk);

	if (!sk || MEMBER(typed, sk, sk_protocol) != PROTOCOL_UDP ||
	    MEMBER(typed, sk, sk_type) != SOCK_DGRAM || leaves_at_once(skb, typed, true))
		return;
	observe(kernel_address(skb), kernel_address(sk), WHAT(EVENT_SENT, true, 0));
}

ENTRY(ip_send_skb, ip_send_skb, on_send_skb(skb, typed),
      struct net *net, struct sk_buff *skb)

ENTRY(ip6_send_skb, ip6_send_skb, on_send_skb(skb, typed),
      struct sk_buff *skb)

/* --- refused at send --- */

SEC("fexit/udp_sendmsg")
int BPF_PROG(fexit_udp_sendmsg, struct sock *sk, struct msghdr *msg, __u64 len, int result)
{
	on_sendmsg_exit(sk, msg, len, result, false);
	return 0;
}

SEC("fexit/udpv6_sendmsg")
int BPF_PROG(fexit_udpv6_sendmsg, struct sock *sk, struct msghdr *msg, __u64 len, int result)
{
	on_sendmsg_exit(sk, msg, len, result, true);
	return 0;
}

SEC("kprobe/udp_sendmsg")
int BPF_KPROBE(kprobe_udp_sendmsg, struct sock *sk, struct msghdr *msg, __u64 len)
{
	on_sendmsg_entry(sk, msg, len, false);
	return 0;
}

SEC("kprobe/udpv6_sendmsg")
int BPF_KPROBE(kprobe_udpv6_sendmsg, struct sock *sk, struct msghdr *msg, __u64 len)
{
	on_sendmsg_entry(sk, msg, len, true);
	return 0;
}

SEC("kretprobe/udp_sendmsg")
int BPF_KRETPROBE(kretprobe_udp_sendmsg, int result)
{
	on_sendmsg_return(result, false);
	return 0;
}

SEC("kretprobe/udpv6_sendmsg")
int BPF_KRETPROBE(kretprobe_udpv6_sendmsg, int result)
{
	on_sendmsg_return(result, true);
	return 0;
}

/* From 6.3 (6e6eda44b939). `result` is bytes or -errno. Only a connected socket shows the destination. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *sk, int result, int flags)
{
	struct event_endpoint nowhere = {};

	if (result < 0 && sock_is_udp(sk))
		on_sendmsg_result((void *)kernel_address(sk), &nowhere, 0, result);
	return 0;
}

/* --- queued --- */

static __always_inline void on_enqueue(struct sock *sk, struct sk_buff *skb, bool typed)
{
	if (MEMBER(typed, sk, sk_protocol) == PROTOCOL_UDP && MEMBER(typed, sk, sk_type) == SOCK_DGRAM &&
	    !leaves_at_once(skb, typed, false))
		observe(kernel_address(skb), kernel_address(sk), WHAT(EVENT_QUEUED, false, 0));
}

ENTRY(udp_enqueue, __udp_enqueue_schedule_skb, on_enqueue(sk, skb, typed),
      struct sock *sk, struct sk_buff *skb)

/* --- read --- */

/*
 * Did the kernel skip the hook when this packet was queued? It skips a kprobe that is hit inside
 * another one. Only packets that look like a handshake matter.
 */
static __always_inline bool arrival_was_missed(__u64 packet, const struct socket_state *state)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);
	__u8 first = 0;
	__u64 at;

	if (queued && queued->socket == state->id)
		return false;
	at = payload_address(packet, packet_udp_off((void *)packet) + UDP_HEADER_LEN, sizeof(first));
	if (at)
		bpf_probe_read_kernel(&first, sizeof(first), (void *)at);
	return first >= DTLS_CT_CHANGE_CIPHER_SPEC && first <= DTLS_CT_HANDSHAKE;
}

/* `len` is what the reader got, negative if it only peeked. */
static __always_inline void on_consume(struct sock *sk, struct sk_buff *skb, int len, bool typed)
{
	struct socket_state *state;
	__u64 packet, sock;

	if (len < 0 || (typed && !(filter_by_owner || any_waits())))
		return;
	packet = kernel_address(skb);
	sock = kernel_address(sk);
	if (filter_by_owner)
		socket_read_by_current(sock);
	if (socket_waits(sock))
		unread_ended(sock);
	else if (typed)
		return;
	state = socket_find(sock);
	if (!state)
		return;
	if (!typed && arrival_was_missed(packet, state))
		observe(packet, sock, WHAT(EVENT_QUEUED, false, 0));
	emit_read(packet, sock, len);
}

ENTRY(skb_consume_udp, skb_consume_udp, on_consume(sk, skb, len, typed),
      struct sock *sk, struct sk_buff *skb, int len)

/* From 6.3 (6e6eda44b939). */
SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk, int result, int flags)
{
	__u64 sock;

	/* This runs for reads of every protocol. Leave fast, by loads and without a call. */
	if (!(filter_by_owner || any_waits()))
		return 0;
	if (result < 0 || sk->sk_protocol != PROTOCOL_UDP || sk->sk_type != SOCK_DGRAM ||
	    flags & (MSG_PEEK | MSG_ERRQUEUE))
		return 0;
	sock = kernel_address(sk);
	if (filter_by_owner)
		socket_read_by_current(sock);
	if (!socket_waits(sock))
		return 0;
	unread_ended(sock);
	emit_read_in_order(sock, result);
	return 0;
}

/* --- dropped --- */

/* This runs for every protocol. Leave fast. */
SEC("tp_btf/kfree_skb")
int kfree_skb(__u64 *ctx)
{
	__u64 packet = kernel_address((void *)ctx[0]), rx_sock = 0;
	const struct sk_buff *skb = (void *)packet;
	__u32 reason = 0;
	struct sock *sk;

	if (!packet_is_udp(skb))
		return 0;
	if (kfree_skb_args >= 3)
		reason = ctx[2];
	if (kfree_skb_args >= 4)
		rx_sock = kernel_address((void *)ctx[3]);
	if (BPF_CORE_READ(skb, skb_iif)) {
		on_drop_received(packet, rx_sock, reason);
		return 0;
	}
	/* Without a reason, it may be a driver that frees a packet after sending it (e1000 does). */
	sk = BPF_CORE_READ(skb, sk);
	if (reason > reason_not_specified && sk && sock_is_udp(sk))
		observe(packet, (__u64)sk, WHAT(EVENT_DROPPED, true, reason));
	return 0;
}

/* --- ICMP errors --- */

ENTRY(udp_err, udp_err, on_udp_err(skb),
      struct sk_buff *skb)

ENTRY(icmpv6_notify, icmpv6_notify, on_icmpv6_notify(skb, type, code),
      struct sk_buff *skb, __u8 type, __u8 code)

/* From 5.14 (e6a3e4434000). Shows the error of a connected socket, but not the packet. */
SEC("tp_btf/inet_sk_error_report")
int BPF_PROG(inet_sk_error_report, const struct sock *sk)
{
	struct association_key key = {};
	int error;

	if (!sock_is_udp(sk))
		return 0;
	key.netns = sock_netns(sk);
	sock_endpoint(sk, true, &key.local);
	sock_endpoint(sk, false, &key.remote);
	error = BPF_CORE_READ(sk, sk_err);
	/* 0: only the error queue has an entry, such as the end of a zero-copy send. */
	if (key.remote.port && error)
		emit_icmp_error(&key, error, 0, 0, NULL);
	return 0;
}

/* --- opened and closed --- */

static __always_inline void on_init_sock(struct sock *sk)
{
	if (sock_is_udp(sk))
		socket_opened(kernel_address(sk));
}

ENTRY(udp_init_sock, udp_init_sock, on_init_sock(sk),
      struct sock *sk)

/* IPv6 sockets have a function of their own from 6.0 (d38afeec26ed). */
ENTRY(udpv6_init_sock, udpv6_init_sock, on_init_sock(sk),
      struct sock *sk)

ENTRY(udp_destroy_sock, udp_destroy_sock, emit_closed((void *)kernel_address(sk)),
      struct sock *sk)

ENTRY(udpv6_destroy_sock, udpv6_destroy_sock, emit_closed((void *)kernel_address(sk)),
      struct sock *sk)

/* --- sockets that were open before tracing began --- */

/* The kernel has bpf_sock_from_file(), from 5.11 (4f19cab76136). */
const volatile bool has_sock_from_file = false;
/* Otherwise: the address of the file operations of sockets; 0: unknown. */
const volatile __u64 socket_file_ops_at = 0;

static __always_inline struct socket *socket_of_file(struct file *file)
{
	struct socket *socket = NULL;

	if (has_sock_from_file)
		socket = (void *)kernel_address(bpf_sock_from_file(file));
	else if (socket_file_ops_at && (__u64)BPF_CORE_READ(file, f_op) == socket_file_ops_at)
		socket = BPF_CORE_READ(file, private_data);
	return socket;
}

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
	socket = socket_of_file(file);
	if (!socket)
		return 0;
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || !sock_is_udp(sk))
		return 0;
	if (filter_by_owner && !task_is_wanted(kernel_address(task)))
		return 0;
	state = socket_get((__u64)sk);
	if (!state)
		return 0;
	/* If several processes have it, prefer one that matches the filters. */
	if (!(filter_by_owner && state->wanted))
		socket_owned_by(state, (void *)kernel_address(task));
	socket_count(state);
	unread_begin(sk, state);
	return 0;
}

/* --- the processes that are traced --- */

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forked, struct task_struct *parent, struct task_struct *child)
{
	__u32 from = task_pid((struct task_struct *)kernel_address(parent));
	__u32 pid = task_pid((struct task_struct *)kernel_address(child));
	__u8 one = 1;

	if (!bpf_map_lookup_elem(&pids, &from) || pid == from)
		return 0;
	count(bpf_map_update_elem(&pids, &pid, &one, BPF_ANY) ? COUNTER_LOST_NO_STATE : COUNTER_FOLLOWED);
	return 0;
}

/* The pid may be reused. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exited, struct task_struct *task)
{
	const struct task_struct *ended = (void *)kernel_address(task);
	__u32 pid = task_pid(ended);

	/* Is this the last thread of the process? */
	if (!BPF_CORE_READ(ended, signal, live.counter) && !bpf_map_delete_elem(&pids, &pid))
		count(COUNTER_ENDED);
	return 0;
}
