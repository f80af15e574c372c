// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The tracing tiers, and what all tiers share: thin wrappers around the bodies
 * in emit.bpf.h and fate.bpf.h. The loader chooses which of them are loaded.
 *
 * The functions hooked have had one prototype since 5.4, are global and fire
 * once per datagram. A wrapper `fentry_X` and a wrapper `kprobe_X` share `on_X`.
 */
#include "tracing_packet.bpf.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "emit.bpf.h"
#include "fate.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MSG_PEEK 2		/* include/linux/socket.h */
#define MSG_ERRQUEUE 0x2000

/* Arguments that the tracepoint kfree_skb has here: 2; 3 from 5.17 (c504e5c2f964), 4 from 6.11. */
const volatile __u32 kfree_skb_args = 2;
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

static __always_inline void observe(__u64 packet, __u64 sock, __u64 what)
{
	__s32 udp = packet_udp_off((void *)packet);
	__u32 off = udp + UDP_HEADER_LEN, total = BPF_CORE_READ((struct sk_buff *)packet, len);
	__u8 first[DTLS_FIRST] = {};
	__u64 at;

	if (off >= total)
		return;
	if (off + sizeof(first) <= total) {
		at = payload_address(packet, off, sizeof(first));
		if (!at || bpf_probe_read_kernel(first, sizeof(first), (void *)at)) {
			observe_unreadable(packet, sock, what);
			return;
		}
	}
	if (begins_as_dtls(first))
		emit_all(packet, udp, total, sock, what);
}

/* --- sent --- */

/* ICMP and raw sockets use the same functions. */
static __always_inline void on_send_skb(struct sk_buff *skb)
{
	__u64 packet = kernel_address(skb);
	struct sock *sk = BPF_CORE_READ((struct sk_buff *)packet, sk);

	if (sk && sock_is_udp(sk))
		observe(packet, (__u64)sk, WHAT(EVENT_SENT, true, 0));
}

SEC("fentry/ip_send_skb")
int BPF_PROG(fentry_ip_send_skb, struct net *net, struct sk_buff *skb)
{
	on_send_skb(skb);
	return 0;
}

SEC("kprobe/ip_send_skb")
int BPF_KPROBE(kprobe_ip_send_skb, struct net *net, struct sk_buff *skb)
{
	on_send_skb(skb);
	return 0;
}

SEC("fentry/ip6_send_skb")
int BPF_PROG(fentry_ip6_send_skb, struct sk_buff *skb)
{
	on_send_skb(skb);
	return 0;
}

SEC("kprobe/ip6_send_skb")
int BPF_KPROBE(kprobe_ip6_send_skb, struct sk_buff *skb)
{
	on_send_skb(skb);
	return 0;
}

/* --- refused at send --- */

/* The destination in a struct sockaddr, of `len` bytes, that the kernel has copied in. */
static __always_inline void read_sockaddr(const void *name, int len, struct event_endpoint *to)
{
	__u8 address[28] = {};

	__builtin_memset(to, 0, sizeof(*to));
	if (len < 16 || bpf_probe_read_kernel(address, 16, name))
		return;
	if (*(__u16 *)address == AF_INET) {
		to->ip[10] = to->ip[11] = 0xff;
		__builtin_memcpy(to->ip + 12, address + 4, 4);
	} else if (*(__u16 *)address == AF_INET6) {
		if (len < 24 || bpf_probe_read_kernel(address, 24, name))
			return;
		__builtin_memcpy(to->ip, address + 8, 16);
	} else {
		return;
	}
	to->port = packet_get16(address + 2);
}

/* IPv4 sends of an IPv6 socket pass both functions: the outer one tells. */
static __always_inline bool is_inner_send(const struct sock *sk, bool ipv6)
{
	return !ipv6 && BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6;
}

static __always_inline void on_sendmsg_result(struct sock *sk, const struct event_endpoint *remote,
					      __u32 length, __s64 result)
{
	struct event_endpoint connected;

	if (result >= 0)
		return;
	if (remote->port) {
		emit_send_failed(sk, length, result, remote);
		return;
	}
	sock_endpoint(sk, false, &connected);
	emit_send_failed(sk, length, result, &connected);
}

static __always_inline void on_sendmsg_exit(struct sock *sk, struct msghdr *msg, __u64 length,
					    int result, bool ipv6)
{
	struct event_endpoint remote = {};

	if (result >= 0 || is_inner_send(sk, ipv6))
		return;
	read_sockaddr(BPF_CORE_READ(msg, msg_name), BPF_CORE_READ(msg, msg_namelen), &remote);
	on_sendmsg_result((void *)kernel_address(sk), &remote, length, result);
}

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

/* What a kretprobe cannot see, from the entry: by thread. */
struct sending {
	__u64 sock;
	__u64 length;
	struct event_endpoint remote;
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct sending);
} sendings SEC(".maps");

static __always_inline void on_sendmsg_entry(struct sock *sk, struct msghdr *msg, __u64 length,
					     bool ipv6)
{
	struct sending sending = { .sock = (__u64)sk, .length = length };
	__u64 thread = bpf_get_current_pid_tgid();
	struct socket_state *state = socket_find((__u64)sk);

	if (is_inner_send(sk, ipv6) || !state || !(state->num_sent || state->num_queued))
		return;
	read_sockaddr(BPF_CORE_READ(msg, msg_name), BPF_CORE_READ(msg, msg_namelen), &sending.remote);
	bpf_map_update_elem(&sendings, &thread, &sending, BPF_ANY);
}

static __always_inline void on_sendmsg_return(int result, bool ipv6)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct sending *sending = bpf_map_lookup_elem(&sendings, &thread);

	/* Of the two functions of a mapped send the inner one returns first. */
	if (!sending || is_inner_send((void *)sending->sock, ipv6))
		return;
	on_sendmsg_result((void *)sending->sock, &sending->remote, sending->length, result);
	bpf_map_delete_elem(&sendings, &thread);
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

/* From 6.3 (6e6eda44b939). `result` is bytes or -errno; where to is shown by a connected socket only. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *sk, int result, int flags)
{
	struct event_endpoint nowhere = {};

	if (result < 0 && sock_is_udp(sk))
		on_sendmsg_result((void *)kernel_address(sk), &nowhere, 0, result);
	return 0;
}

/* --- queued --- */

static __always_inline void on_enqueue(struct sock *sk, struct sk_buff *skb)
{
	if (sock_is_udp(sk))
		observe(kernel_address(skb), kernel_address(sk), WHAT(EVENT_QUEUED, false, 0));
}

SEC("fentry/__udp_enqueue_schedule_skb")
int BPF_PROG(fentry_udp_enqueue, struct sock *sk, struct sk_buff *skb)
{
	on_enqueue(sk, skb);
	return 0;
}

SEC("kprobe/__udp_enqueue_schedule_skb")
int BPF_KPROBE(kprobe_udp_enqueue, struct sock *sk, struct sk_buff *skb)
{
	on_enqueue(sk, skb);
	return 0;
}

/* --- read --- */

/* `len` is what the reader got, negative if it only peeked. */
static __always_inline void on_consume(struct sock *sk, struct sk_buff *skb, int len)
{
	struct socket_state *state;

	if (len < 0)
		return;
	state = socket_find(kernel_address(sk));
	if (state)
		emit_read(kernel_address(skb), state, len);
}

SEC("fentry/skb_consume_udp")
int BPF_PROG(fentry_skb_consume_udp, struct sock *sk, struct sk_buff *skb, int len)
{
	on_consume(sk, skb, len);
	return 0;
}

SEC("kprobe/skb_consume_udp")
int BPF_KPROBE(kprobe_skb_consume_udp, struct sock *sk, struct sk_buff *skb, int len)
{
	on_consume(sk, skb, len);
	return 0;
}

/* From 6.3 (6e6eda44b939). */
SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk, int result, int flags)
{
	if (result < 0 || flags & (MSG_PEEK | MSG_ERRQUEUE) || !sock_is_udp(sk))
		return 0;
	emit_read_in_order(kernel_address(sk), result);
	return 0;
}

/* --- dropped --- */

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

/* It fires for every protocol: leave fast. */
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
	/* Without a reason it may be a driver that has sent it (e1000 frees that way). */
	sk = BPF_CORE_READ(skb, sk);
	if (reason > reason_not_specified && sk && sock_is_udp(sk))
		observe(packet, (__u64)sk, WHAT(EVENT_DROPPED, true, reason));
	return 0;
}

/* --- ICMP errors --- */

#define ICMP_DEST_UNREACH 3	/* RFC 792 */
#define ICMPV6_DEST_UNREACH 1	/* RFC 4443 s3.1 */
#define ICMPV6_PKT_TOOBIG 2

#define EMSGSIZE 90
#define ENETUNREACH 101
#define ECONNREFUSED 111
#define EHOSTUNREACH 113

/* As the kernel converts them (net/ipv4/icmp.c, icmp_err_convert); 0: others. */
static __always_inline __u32 icmp_errno(__u8 type, __u8 code)
{
	if (type != ICMP_DEST_UNREACH)
		return 0;
	switch (code) {
	case 0: return ENETUNREACH;
	case 1: return EHOSTUNREACH;
	case 3: return ECONNREFUSED;
	case 4: return EMSGSIZE;
	}
	return 0;
}

static __always_inline __u32 icmpv6_errno(__u8 type, __u8 code)
{
	if (type == ICMPV6_PKT_TOOBIG)
		return EMSGSIZE;
	if (type != ICMPV6_DEST_UNREACH)
		return 0;
	switch (code) {
	case 0: return ENETUNREACH;
	case 3: return EHOSTUNREACH;
	case 4: return ECONNREFUSED;
	}
	return 0;
}

/* skb->data is the IP header of what was sent from here, `off` from it its UDP header. */
static __always_inline void on_icmp_error(struct sk_buff *skb, __u32 off, __u32 error, __u8 type,
					  __u8 code)
{
	const __u8 *ip = BPF_CORE_READ(skb, data);
	struct association_key key = { .netns = packet_netns(skb) };

	headers_read(ip, ip + off, &key.local, &key.remote);
	emit_icmp_error(&key, error, type, code);
}

static __always_inline void on_udp_err(struct sk_buff *skb)
{
	const __u8 *ip = BPF_CORE_READ(skb, data);
	__u8 first = 0, icmp[2] = {};

	bpf_probe_read_kernel(&first, 1, ip);
	bpf_probe_read_kernel(icmp, sizeof(icmp), packet_transport(skb));
	on_icmp_error(skb, (first & 0x0f) * 4, icmp_errno(icmp[0], icmp[1]), icmp[0], icmp[1]);
}

SEC("fentry/udp_err")
int BPF_PROG(fentry_udp_err, struct sk_buff *skb)
{
	on_udp_err(skb);
	return 0;
}

SEC("kprobe/udp_err")
int BPF_KPROBE(kprobe_udp_err, struct sk_buff *skb)
{
	on_udp_err(skb);
	return 0;
}

/* For every protocol; the headers quoted may be cut, or in a fragment: then it is left alone. */
static __always_inline void on_icmpv6_notify(struct sk_buff *skb, __u8 type, __u8 code)
{
	const __u8 *ip = BPF_CORE_READ(skb, data);
	__u8 next = 0;

	if (BPF_CORE_READ(skb, len) - BPF_CORE_READ(skb, data_len) < IPV6_HEADER_LEN + UDP_HEADER_LEN)
		return;
	bpf_probe_read_kernel(&next, 1, ip + 6);
	if (next == PROTOCOL_UDP)
		on_icmp_error(skb, IPV6_HEADER_LEN, icmpv6_errno(type, code), type, code);
}

SEC("fentry/icmpv6_notify")
int BPF_PROG(fentry_icmpv6_notify, struct sk_buff *skb, __u8 type, __u8 code)
{
	on_icmpv6_notify(skb, type, code);
	return 0;
}

SEC("kprobe/icmpv6_notify")
int BPF_KPROBE(kprobe_icmpv6_notify, struct sk_buff *skb, __u8 type, __u8 code)
{
	on_icmpv6_notify(skb, type, code);
	return 0;
}

/* From 5.14 (e6a3e4434000). Connected sockets, and which error, but not the packet. */
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
	/* 0: the error queue has something, such as the end of a zero-copy send. */
	if (key.remote.port && error)
		emit_icmp_error(&key, error, 0, 0);
	return 0;
}

/* --- opened and closed --- */

static __always_inline void on_init_sock(struct sock *sk)
{
	if (sock_is_udp(sk))
		socket_opened(kernel_address(sk));
}

SEC("fentry/udp_init_sock")
int BPF_PROG(fentry_udp_init_sock, struct sock *sk)
{
	on_init_sock(sk);
	return 0;
}

SEC("kprobe/udp_init_sock")
int BPF_KPROBE(kprobe_udp_init_sock, struct sock *sk)
{
	on_init_sock(sk);
	return 0;
}

/* IPv6 sockets have a function of their own from 6.0 (d38afeec26ed). */
SEC("fentry/udpv6_init_sock")
int BPF_PROG(fentry_udpv6_init_sock, struct sock *sk)
{
	on_init_sock(sk);
	return 0;
}

SEC("kprobe/udpv6_init_sock")
int BPF_KPROBE(kprobe_udpv6_init_sock, struct sock *sk)
{
	on_init_sock(sk);
	return 0;
}

SEC("fentry/udp_destroy_sock")
int BPF_PROG(fentry_udp_destroy_sock, struct sock *sk)
{
	emit_closed((void *)kernel_address(sk));
	return 0;
}

SEC("kprobe/udp_destroy_sock")
int BPF_KPROBE(kprobe_udp_destroy_sock, struct sock *sk)
{
	emit_closed((void *)kernel_address(sk));
	return 0;
}

SEC("fentry/udpv6_destroy_sock")
int BPF_PROG(fentry_udpv6_destroy_sock, struct sock *sk)
{
	emit_closed((void *)kernel_address(sk));
	return 0;
}

SEC("kprobe/udpv6_destroy_sock")
int BPF_KPROBE(kprobe_udpv6_destroy_sock, struct sock *sk)
{
	emit_closed((void *)kernel_address(sk));
	return 0;
}

/* --- sockets that were open before tracing began --- */

/* The kernel has bpf_sock_from_file(): from 5.11 (4f19cab76136). */
const volatile bool has_sock_from_file = false;
extern const void socket_file_ops __ksym __weak;

static __always_inline struct socket *socket_of_file(struct file *file)
{
	struct socket *socket = NULL;

	if (has_sock_from_file)
		socket = (void *)kernel_address(bpf_sock_from_file(file));
	else if (&socket_file_ops && BPF_CORE_READ(file, f_op) == &socket_file_ops)
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
	state = socket_get((__u64)sk);
	/* Of several that have it, one that was asked for. */
	if (state && !(filter_by_owner && state->wanted))
		socket_owned_by(state, task);
	return 0;
}

/* --- the processes that are traced --- */

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forked, struct task_struct *parent, struct task_struct *child)
{
	__u32 from = BPF_CORE_READ((struct task_struct *)kernel_address(parent), tgid);
	__u32 pid = BPF_CORE_READ((struct task_struct *)kernel_address(child), tgid);
	__u8 one = 1;

	if (!bpf_map_lookup_elem(&pids, &from) || pid == from)
		return 0;
	count(bpf_map_update_elem(&pids, &pid, &one, BPF_ANY) ? COUNTER_LOST_NO_STATE : COUNTER_FOLLOWED);
	return 0;
}

/* Its pid may be another's next. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exited, struct task_struct *task)
{
	const struct task_struct *ended = (void *)kernel_address(task);
	__u32 pid = BPF_CORE_READ(ended, tgid);

	/* The last of its threads. */
	if (!BPF_CORE_READ(ended, signal, live.counter) && !bpf_map_delete_elem(&pids, &pid))
		count(COUNTER_ENDED);
	return 0;
}
