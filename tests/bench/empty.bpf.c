// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs that do nothing, at the hooks that a datagram passes in each tier: the minimum that a
 * tracer costs. empty.c attaches the programs of one tier.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define EMPTY(name, section, result) \
	SEC(section) \
	int name(void *ctx) \
	{ \
		return result; \
	}

EMPTY(egress, "cgroup_skb/egress", 1)
EMPTY(ingress, "cgroup_skb/ingress", 1)
EMPTY(sock_send_length, "tp_btf/sock_send_length", 0)
EMPTY(sock_recv_length, "tp_btf/sock_recv_length", 0)
EMPTY(kfree_skb, "tp_btf/kfree_skb", 0)

EMPTY(fentry_ip_send_skb, "fentry/ip_send_skb", 0)
EMPTY(fentry_ip6_send_skb, "fentry/ip6_send_skb", 0)
EMPTY(fexit_udp_sendmsg, "fexit/udp_sendmsg", 0)
EMPTY(fexit_udpv6_sendmsg, "fexit/udpv6_sendmsg", 0)
EMPTY(fentry_udp_enqueue, "fentry/__udp_enqueue_schedule_skb", 0)
EMPTY(fentry_skb_consume_udp, "fentry/skb_consume_udp", 0)

/* Matched by name, because the kernel does not tell where a kprobe is. */
EMPTY(kprobe_ip_send_skb, "kprobe/ip_send_skb", 0)
EMPTY(kprobe_ip6_send_skb, "kprobe/ip6_send_skb", 0)
EMPTY(kprobe_udp_sendmsg, "kprobe/udp_sendmsg", 0)
EMPTY(kprobe_udpv6_sendmsg, "kprobe/udpv6_sendmsg", 0)
EMPTY(kretprobe_udp_sendmsg, "kretprobe/udp_sendmsg", 0)
EMPTY(kretprobe_udpv6_sendmsg, "kretprobe/udpv6_sendmsg", 0)
EMPTY(kprobe_udp_enqueue, "kprobe/__udp_enqueue_schedule_skb", 0)
EMPTY(kprobe_skb_consume_udp, "kprobe/skb_consume_udp", 0)
