/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of hooks: one row for each program in bpf/. Who includes this defines
 *
 *	HOOK(object, program, where, tiers, required, num_args, gives, unseen)
 *
 * object: its file in bpf/; where: its section; the rest is as in struct hook. A row
 * whose program does not exist does not compile (programs.c).
 *
 * They are attached in this order: what shows packets comes last, so that nothing is
 * seen to arrive and then not to be read, and sockets that are open already are walked
 * through when new ones are seen.
 */
#define F (1 << TIER_FENTRY)
#define K (1 << TIER_KPROBE)
#define C (1 << TIER_CGROUP)

HOOK(tracing, fentry_skb_consume_udp, "fentry/skb_consume_udp", F, false, 3,
     "read by the application, and how much of it", "when the application reads a datagram")
HOOK(tracing, fexit_udp_sendmsg, "fexit/udp_sendmsg", F, false, 3,
     "sends that failed, IPv4", "IPv4 sends that the kernel refused")
HOOK(tracing, fexit_udpv6_sendmsg, "fexit/udpv6_sendmsg", F, false, 3,
     "sends that failed, IPv6", "IPv6 sends that the kernel refused")
HOOK(tracing, fentry_udp_err, "fentry/udp_err", F, false, 2,
     "ICMP errors, IPv4", "ICMP errors of IPv4")
HOOK(tracing, fentry_icmpv6_notify, "fentry/icmpv6_notify", F, false, 3,
     "ICMP errors, IPv6", "ICMP errors of IPv6")
HOOK(tracing, fentry_udp_init_sock, "fentry/udp_init_sock", F, false, 1,
     "sockets opened, and by whom", "who opened a socket, until it is used")
HOOK(tracing, fentry_udpv6_init_sock, "fentry/udpv6_init_sock", F, false, 1,
     "the same for IPv6, from 6.0", NULL)
HOOK(tracing, fentry_udp_destroy_sock, "fentry/udp_destroy_sock", F, false, 1,
     "sockets closed, IPv4", "when IPv4 sockets are closed")
HOOK(tracing, fentry_udpv6_destroy_sock, "fentry/udpv6_destroy_sock", F, false, 1,
     "sockets closed, IPv6", "when IPv6 sockets are closed")
HOOK(tracing, kprobe_skb_consume_udp, "kprobe/skb_consume_udp", K, false, 3,
     "read by the application, and how much of it", "when the application reads a datagram")
HOOK(tracing, kprobe_udp_sendmsg, "kprobe/udp_sendmsg", K, false, 3,
     "which send failed, IPv4", "IPv4 sends that the kernel refused")
HOOK(tracing, kretprobe_udp_sendmsg, "kretprobe/udp_sendmsg", K, false, 3,
     "and how it failed, IPv4", NULL)
HOOK(tracing, kprobe_udpv6_sendmsg, "kprobe/udpv6_sendmsg", K, false, 3,
     "which send failed, IPv6", "IPv6 sends that the kernel refused")
HOOK(tracing, kretprobe_udpv6_sendmsg, "kretprobe/udpv6_sendmsg", K, false, 3,
     "and how it failed, IPv6", NULL)
HOOK(tracing, kprobe_udp_err, "kprobe/udp_err", K, false, 2,
     "ICMP errors, IPv4", "ICMP errors of IPv4")
HOOK(tracing, kprobe_icmpv6_notify, "kprobe/icmpv6_notify", K, false, 3,
     "ICMP errors, IPv6", "ICMP errors of IPv6")
HOOK(tracing, kprobe_udp_init_sock, "kprobe/udp_init_sock", K, false, 1,
     "sockets opened, and by whom", "who opened a socket, until it is used")
HOOK(tracing, kprobe_udpv6_init_sock, "kprobe/udpv6_init_sock", K, false, 1,
     "the same for IPv6, from 6.0", NULL)
HOOK(tracing, kprobe_udp_destroy_sock, "kprobe/udp_destroy_sock", K, false, 1,
     "sockets closed, IPv4", "when IPv4 sockets are closed")
HOOK(tracing, kprobe_udpv6_destroy_sock, "kprobe/udpv6_destroy_sock", K, false, 1,
     "sockets closed, IPv6", "when IPv6 sockets are closed")
HOOK(tracing, sock_recv_length, "tp_btf/sock_recv_length", C, false, 0,
     "reads of a socket, and their length",
     "when the application reads a datagram (Linux 6.3 or later)")
HOOK(tracing, sock_send_length, "tp_btf/sock_send_length", C, false, 0,
     "sends that failed", "sends that the kernel refused (Linux 6.3 or later)")
HOOK(tracing, inet_sk_error_report, "tp_btf/inet_sk_error_report", C, false, 0,
     "ICMP errors that reach a connected socket", "ICMP errors (Linux 5.14 or later)")
HOOK(tracing, kfree_skb, "tp_btf/kfree_skb", F | K | C, false, 0,
     "dropped, and the kernel's reason", "datagrams that the kernel dropped")
HOOK(cgroup, cgroup_sock_create, "cgroup/sock_create", C, true, 0,
     "sockets opened, and by whom", NULL)
HOOK(cgroup, cgroup_sock_release, "cgroup/sock_release", C, true, 0,
     "sockets closed", NULL)
HOOK(tracing, open_sockets, "iter/task_file", F | K | C, false, 0,
     "owners of sockets that were open before", NULL)
HOOK(tracing, process_forked, "tp_btf/sched_process_fork", F | K | C, false, 0,
     "children of the processes asked for, with -f", "children of the processes asked for")
HOOK(tracing, process_exited, "tp_btf/sched_process_exit", F | K | C, false, 0,
     "that a process asked for has ended, with -p", NULL)
HOOK(tracing, fentry_ip_send_skb, "fentry/ip_send_skb", F, true, 2,
     "sent, IPv4", NULL)
HOOK(tracing, fentry_ip6_send_skb, "fentry/ip6_send_skb", F, true, 1,
     "sent, IPv6", NULL)
HOOK(tracing, fentry_udp_enqueue, "fentry/__udp_enqueue_schedule_skb", F, true, 2,
     "queued on a socket", NULL)
HOOK(tracing, kprobe_ip_send_skb, "kprobe/ip_send_skb", K, true, 2,
     "sent, IPv4", NULL)
HOOK(tracing, kprobe_ip6_send_skb, "kprobe/ip6_send_skb", K, true, 1,
     "sent, IPv6", NULL)
HOOK(tracing, kprobe_udp_enqueue, "kprobe/__udp_enqueue_schedule_skb", K, true, 2,
     "queued on a socket", NULL)
HOOK(cgroup, cgroup_egress, "cgroup_skb/egress", C, true, 0,
     "sent", NULL)
HOOK(cgroup, cgroup_ingress, "cgroup_skb/ingress", C, true, 0,
     "reached a socket", NULL)

#undef F
#undef K
#undef C
#undef HOOK
