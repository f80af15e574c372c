/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of hooks, one row for each program in bpf/. Before including this, define
 *
 *	HOOK(object, program, where, tiers, required, num_args, gives, unseen)
 *
 * object is the program's file in bpf/, where its section; the rest is as in struct hook. A row
 * whose program does not exist fails to compile (programs.c).
 *
 * Hooks are attached in this order. Hooks that show packets come last, so that no packet is seen to
 * arrive whose read is missed. Open sockets are listed once new ones are seen.
 */
#define F (1 << TIER_FENTRY)
#define K (1 << TIER_KPROBE)
#define C (1 << TIER_CGROUP)

/* The same place for both tiers that trace functions. */
#define FUNCTION(program, function, required, num_args, gives, unseen) \
	HOOK(tracing, fentry_##program, "fentry/" function, F, required, num_args, gives, unseen) \
	HOOK(tracing, kprobe_##program, "kprobe/" function, K, required, num_args, gives, unseen)

FUNCTION(skb_consume_udp, "skb_consume_udp", false, 3,
	 "when the application reads a datagram, and how much of it",
	 "when the application reads a datagram")
HOOK(tracing, fexit_udp_sendmsg, "fexit/udp_sendmsg", F, false, 3,
     "IPv4 sends that failed", "IPv4 sends that the kernel refused")
HOOK(tracing, fexit_udpv6_sendmsg, "fexit/udpv6_sendmsg", F, false, 3,
     "IPv6 sends that failed", "IPv6 sends that the kernel refused")
HOOK(tracing, kprobe_udp_sendmsg, "kprobe/udp_sendmsg", K, false, 3,
     "which IPv4 send failed", "IPv4 sends that the kernel refused")
HOOK(tracing, kretprobe_udp_sendmsg, "kretprobe/udp_sendmsg", K, false, 3,
     "the error of an IPv4 send that failed", NULL)
HOOK(tracing, kprobe_udpv6_sendmsg, "kprobe/udpv6_sendmsg", K, false, 3,
     "which IPv6 send failed", "IPv6 sends that the kernel refused")
HOOK(tracing, kretprobe_udpv6_sendmsg, "kretprobe/udpv6_sendmsg", K, false, 3,
     "the error of an IPv6 send that failed", NULL)
FUNCTION(udp_err, "udp_err", false, 2, "ICMP errors for IPv4", "ICMP errors for IPv4")
FUNCTION(icmpv6_notify, "icmpv6_notify", false, 3, "ICMP errors for IPv6", "ICMP errors for IPv6")
FUNCTION(udp_init_sock, "udp_init_sock", false, 1, "which process opens a socket",
	 "which process opened a socket, until the socket is used")
FUNCTION(udpv6_init_sock, "udpv6_init_sock", false, 1,
	 "which process opens an IPv6 socket (Linux 6.0 or later)", NULL)
FUNCTION(udp_destroy_sock, "udp_destroy_sock", false, 1,
	 "when an IPv4 socket is closed", "when an IPv4 socket is closed")
FUNCTION(udpv6_destroy_sock, "udpv6_destroy_sock", false, 1,
	 "when an IPv6 socket is closed", "when an IPv6 socket is closed")
HOOK(tracing, sock_recv_length, "tp_btf/sock_recv_length", C, false, 0,
     "reads from a socket, and their length",
     "when the application reads a datagram (needs Linux 6.3 or later)")
HOOK(tracing, sock_send_length, "tp_btf/sock_send_length", C, false, 0,
     "sends that failed", "sends that the kernel refused (needs Linux 6.3 or later)")
HOOK(tracing, inet_sk_error_report, "tp_btf/inet_sk_error_report", C, false, 0,
     "ICMP errors that reach a connected socket", "ICMP errors (needs Linux 5.14 or later)")
HOOK(tracing, kfree_skb, "tp_btf/kfree_skb", F | K | C, false, 0,
     "datagrams that the kernel drops, and its reason", "datagrams that the kernel dropped")
HOOK(cgroup, cgroup_sock_create, "cgroup/sock_create", C, true, 0,
     "which process opens a socket", NULL)
HOOK(cgroup, cgroup_sock_release, "cgroup/sock_release", C, true, 0,
     "when a socket is closed", NULL)
HOOK(tracing, open_sockets, "iter/task_file", F | K | C, false, 0,
     "owners of sockets that were open before the trace, and unread datagrams in them",
     "datagrams that were in a receive queue before the trace")
HOOK(tracing, process_forked, "tp_btf/sched_process_fork", F | K | C, false, 0,
     "with -f: child processes that traced processes start",
     "child processes that traced processes start")
HOOK(tracing, process_exited, "tp_btf/sched_process_exit", F | K | C, false, 0,
     "with -p: the end of a traced process", NULL)
FUNCTION(ip_send_skb, "ip_send_skb", true, 2, "IPv4 datagrams that are sent", NULL)
FUNCTION(ip6_send_skb, "ip6_send_skb", true, 1, "IPv6 datagrams that are sent", NULL)
FUNCTION(udp_enqueue, "__udp_enqueue_schedule_skb", true, 2,
	 "datagrams that are put into a receive queue", NULL)
HOOK(cgroup, cgroup_egress, "cgroup_skb/egress", C, true, 0,
     "datagrams that are sent", NULL)
HOOK(cgroup, cgroup_ingress, "cgroup_skb/ingress", C, true, 0,
     "datagrams that reach a socket", NULL)

#undef F
#undef K
#undef C
#undef FUNCTION
#undef HOOK
