// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hooks.h"

#include <string.h>

#define F (1 << TIER_FENTRY)
#define K (1 << TIER_KPROBE)
#define C (1 << TIER_CGROUP)

/*
 * In the order in which they are attached: what shows packets comes last, so that
 * nothing is seen to arrive and then not to be read, and sockets that are open
 * already are walked through when new ones are seen.
 */
const struct hook hooks[HOOKS_NUM] = {
	{ "fentry_skb_consume_udp", "fentry/skb_consume_udp", F, false, 3,
	  "read by the application, and how much of it", "when the application reads a datagram" },
	{ "fexit_udp_sendmsg", "fexit/udp_sendmsg", F, false, 3,
	  "sends that failed, IPv4", "IPv4 sends that the kernel refused" },
	{ "fexit_udpv6_sendmsg", "fexit/udpv6_sendmsg", F, false, 3,
	  "sends that failed, IPv6", "IPv6 sends that the kernel refused" },
	{ "fentry_udp_err", "fentry/udp_err", F, false, 2,
	  "ICMP errors, IPv4", "ICMP errors of IPv4" },
	{ "fentry_icmpv6_notify", "fentry/icmpv6_notify", F, false, 3,
	  "ICMP errors, IPv6", "ICMP errors of IPv6" },
	{ "fentry_udp_init_sock", "fentry/udp_init_sock", F, false, 1,
	  "sockets opened, and by whom", "who opened a socket, until it is used" },
	{ "fentry_udpv6_init_sock", "fentry/udpv6_init_sock", F, false, 1,
	  "the same for IPv6, from 6.0", NULL },
	{ "fentry_udp_destroy_sock", "fentry/udp_destroy_sock", F, false, 1,
	  "sockets closed, IPv4", "when IPv4 sockets are closed" },
	{ "fentry_udpv6_destroy_sock", "fentry/udpv6_destroy_sock", F, false, 1,
	  "sockets closed, IPv6", "when IPv6 sockets are closed" },
	{ "kprobe_skb_consume_udp", "kprobe/skb_consume_udp", K, false, 3,
	  "read by the application, and how much of it", "when the application reads a datagram" },
	{ "kprobe_udp_sendmsg", "kprobe/udp_sendmsg", K, false, 3,
	  "which send failed, IPv4", "IPv4 sends that the kernel refused" },
	{ "kretprobe_udp_sendmsg", "kretprobe/udp_sendmsg", K, false, 3,
	  "and how it failed, IPv4", NULL },
	{ "kprobe_udpv6_sendmsg", "kprobe/udpv6_sendmsg", K, false, 3,
	  "which send failed, IPv6", "IPv6 sends that the kernel refused" },
	{ "kretprobe_udpv6_sendmsg", "kretprobe/udpv6_sendmsg", K, false, 3,
	  "and how it failed, IPv6", NULL },
	{ "kprobe_udp_err", "kprobe/udp_err", K, false, 2,
	  "ICMP errors, IPv4", "ICMP errors of IPv4" },
	{ "kprobe_icmpv6_notify", "kprobe/icmpv6_notify", K, false, 3,
	  "ICMP errors, IPv6", "ICMP errors of IPv6" },
	{ "kprobe_udp_init_sock", "kprobe/udp_init_sock", K, false, 1,
	  "sockets opened, and by whom", "who opened a socket, until it is used" },
	{ "kprobe_udpv6_init_sock", "kprobe/udpv6_init_sock", K, false, 1,
	  "the same for IPv6, from 6.0", NULL },
	{ "kprobe_udp_destroy_sock", "kprobe/udp_destroy_sock", K, false, 1,
	  "sockets closed, IPv4", "when IPv4 sockets are closed" },
	{ "kprobe_udpv6_destroy_sock", "kprobe/udpv6_destroy_sock", K, false, 1,
	  "sockets closed, IPv6", "when IPv6 sockets are closed" },
	{ "sock_recv_length", "tp_btf/sock_recv_length", C, false, 0,
	  "reads of a socket, and their length", "when the application reads a datagram (Linux 6.3 or later)" },
	{ "sock_send_length", "tp_btf/sock_send_length", C, false, 0,
	  "sends that failed", "sends that the kernel refused (Linux 6.3 or later)" },
	{ "inet_sk_error_report", "tp_btf/inet_sk_error_report", C, false, 0,
	  "ICMP errors that reach a connected socket", "ICMP errors (Linux 5.14 or later)" },
	{ "kfree_skb", "tp_btf/kfree_skb", F | K | C, false, 0,
	  "dropped, and the kernel's reason", "datagrams that the kernel dropped" },
	{ "cgroup_sock_create", "cgroup/sock_create", C, true, 0,
	  "sockets opened, and by whom", NULL },
	{ "cgroup_sock_release", "cgroup/sock_release", C, true, 0,
	  "sockets closed", NULL },
	{ "open_sockets", "iter/task_file", F | K | C, false, 0,
	  "owners of sockets that were open before", NULL },
	{ "process_forked", "tp_btf/sched_process_fork", F | K | C, false, 0,
	  "children of the processes asked for, with -f", "children of the processes asked for" },
	{ "process_exited", "tp_btf/sched_process_exit", F | K | C, false, 0,
	  "that a process asked for has ended, with -p", NULL },
	{ "fentry_ip_send_skb", "fentry/ip_send_skb", F, true, 2,
	  "sent, IPv4", NULL },
	{ "fentry_ip6_send_skb", "fentry/ip6_send_skb", F, true, 1,
	  "sent, IPv6", NULL },
	{ "fentry_udp_enqueue", "fentry/__udp_enqueue_schedule_skb", F, true, 2,
	  "queued on a socket", NULL },
	{ "kprobe_ip_send_skb", "kprobe/ip_send_skb", K, true, 2,
	  "sent, IPv4", NULL },
	{ "kprobe_ip6_send_skb", "kprobe/ip6_send_skb", K, true, 1,
	  "sent, IPv6", NULL },
	{ "kprobe_udp_enqueue", "kprobe/__udp_enqueue_schedule_skb", K, true, 2,
	  "queued on a socket", NULL },
	{ "cgroup_egress", "cgroup_skb/egress", C, true, 0,
	  "sent", NULL },
	{ "cgroup_ingress", "cgroup_skb/ingress", C, true, 0,
	  "reached a socket", NULL },
};

#undef F
#undef K
#undef C

const char *tier_name(enum tier tier)
{
	switch (tier) {
	case TIER_FENTRY: return "fentry";
	case TIER_KPROBE: return "kprobe";
	case TIER_CGROUP: return "cgroup";
	case TIER_AUTO: break;
	}
	return "auto";
}

bool hook_in_tier(const struct hook *hook, enum tier tier)
{
	return hook->tiers >> tier & 1;
}

static int num_params(const struct kernel_types *kernel, int id)
{
	const struct btf *btf = kernel_types_btf(kernel);
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && btf_kind(type) != BTF_KIND_FUNC_PROTO) {
		if (!btf_is_func(type) && !btf_is_typedef(type) && !btf_is_ptr(type))
			return -1;
		type = btf__type_by_id(btf, type->type);
	}
	return type ? btf_vlen(type) : -1;
}

int hooks_tracepoint_args(const struct kernel_types *kernel, const char *tracepoint)
{
	char name[64] = "btf_trace_";
	int id;

	strncat(name, tracepoint, sizeof(name) - strlen(name) - 1);
	id = kernel_types_find(kernel, name, BTF_KIND_TYPEDEF);
	/* The first is the tracer's own data, which no program sees. */
	return id < 0 ? -1 : num_params(kernel, id) - 1;
}

static const char *function_missing(const struct hook *hook, const char *function,
				    const struct kernel_types *kernel)
{
	int id = kernel_types_find(kernel, function, BTF_KIND_FUNC), num;

	if (id < 0)
		return "this kernel has no such function";
	num = num_params(kernel, id);
	/* At the exit the result follows the parameters: their number has to be right. */
	if (!strncmp(hook->where, "fexit/", 6) ? num != hook->num_args : num < hook->num_args)
		return "this kernel's function has other parameters";
	return NULL;
}

const char *hook_missing(const struct hook *hook, const struct kernel_types *kernel)
{
	const char *target = strchr(hook->where, '/') + 1;

	if (hook->num_args)
		return function_missing(hook, target, kernel);
	if (!strncmp(hook->where, "tp_btf/", 7) && hooks_tracepoint_args(kernel, target) < 0)
		return "this kernel has no such tracepoint";
	return NULL;
}

const char *const *tier_blind_spots(enum tier tier)
{
	static const char *const functions[] = {
		"datagrams that a tunnel or an encapsulation socket in the kernel takes", NULL,
	};
	static const char *const cgroup[] = {
		"datagrams that a tunnel or an encapsulation socket in the kernel takes",
		"where a failed send of an unconnected socket was to go, and how long it was",
		"exactly which datagram a read took: told by order and length", NULL,
	};

	return tier == TIER_CGROUP ? cgroup : functions;
}

const char *const *host_blind_spots(void)
{
	static const char *const spots[] = {
		"sockets that bypass the kernel's UDP: AF_XDP, DPDK and other network stacks in user space",
		"AF_PACKET and raw sockets: UDP that an application puts together by itself",
		"DTLS inside TURN channels and STUN attributes",
		"QUIC, whose handshake is TLS inside its own packets",
		"kernel TLS (kTLS), which is of TCP: no DTLS passes there",
		"records that hardware makes or takes off: an offload between socket and wire",
		"inside IPsec, WireGuard and other tunnels, except at the socket of its end",
		"after the hellos of DTLS 1.3: what its messages are (followed by epochs and lengths)",
		"how a handshake began that was under way before the trace", NULL,
	};

	return spots;
}
