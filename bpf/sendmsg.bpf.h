/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bodies of the hooks on sends that the kernel refuses. */
#ifndef DTLSNOOP_SENDMSG_BPF_H
#define DTLSNOOP_SENDMSG_BPF_H

#include "fate.bpf.h"

/* Read the destination from a struct sockaddr of `len` bytes, already copied to kernel memory. */
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

/* An IPv4 send on an IPv6 socket passes both functions. Only the outer one reports it. */
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

/* From the entry, by thread: a kretprobe cannot see these. */
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

	/* A failed send after the handshake tells nothing about it. */
	if (is_inner_send(sk, ipv6) || !state || !(state->num_sent || state->num_queued) ||
	    !socket_is_open(state))
		return;
	read_sockaddr(BPF_CORE_READ(msg, msg_name), BPF_CORE_READ(msg, msg_namelen), &sending.remote);
	bpf_map_update_elem(&sendings, &thread, &sending, BPF_ANY);
}

static __always_inline void on_sendmsg_return(int result, bool ipv6)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct sending *sending = bpf_map_lookup_elem(&sendings, &thread);

	/* A send to a mapped address passes two functions, and the inner one returns first. */
	if (!sending || is_inner_send((void *)sending->sock, ipv6))
		return;
	on_sendmsg_result((void *)sending->sock, &sending->remote, sending->length, result);
	bpf_map_delete_elem(&sendings, &thread);
}

#endif
