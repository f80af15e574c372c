/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bodies of the hooks on ICMP errors about datagrams that this host sent. */
#ifndef DTLSNOOP_ICMP_BPF_H
#define DTLSNOOP_ICMP_BPF_H

#include "fate.bpf.h"

#define EACCES 13
#define ENONET 64
#define EPROTO 71
#define EMSGSIZE 90
#define ENOPROTOOPT 92
#define EOPNOTSUPP 95
#define ENETUNREACH 101
#define ECONNREFUSED 111
#define EHOSTDOWN 112
#define EHOSTUNREACH 113

#include "icmp.h"

/* Who sent the ICMP message? False: its headers are not those of a message about this IP version. */
static __always_inline bool reporter_read(const struct sk_buff *skb, bool ipv4, struct event_reporter *from)
{
	const __u8 *ip = packet_network(skb);
	__u8 icmp[ICMP_HEADER_LEN] = {};

	__builtin_memset(from, 0, sizeof(*from));
	if (packet_ip_is_v4(ip) != ipv4)
		return false;
	if (ipv4) {
		from->ip[10] = from->ip[11] = 0xff;
		bpf_probe_read_kernel(from->ip + 12, 4, ip + 12);
	} else {
		bpf_probe_read_kernel(from->ip, 16, ip + 8);
	}
	bpf_probe_read_kernel(icmp, sizeof(icmp), packet_transport(skb));
	from->mtu = icmp_mtu(ipv4, icmp);
	return true;
}

/* skb->data is the IP header of the packet that this host sent. Its UDP header is at `off`. */
static __always_inline void on_icmp_error(struct sk_buff *skb, __u32 off, __u32 error, __u8 type,
					  __u8 code)
{
	const __u8 *ip = BPF_CORE_READ(skb, data);
	struct association_key key = { .netns = packet_netns(skb) };
	struct event_reporter from;
	bool ipv4 = headers_read(ip, ip + off, &key.local, &key.remote);

	if (reporter_read(skb, ipv4, &from))
		emit_icmp_error(&key, error, type, code, &from);
	else
		emit_icmp_error(&key, error, type, code, NULL);
}

static __always_inline void on_udp_err(struct sk_buff *skb)
{
	const __u8 *ip = BPF_CORE_READ(skb, data);
	__u8 first = 0, icmp[2] = {};

	bpf_probe_read_kernel(&first, 1, ip);
	bpf_probe_read_kernel(icmp, sizeof(icmp), packet_transport(skb));
	on_icmp_error(skb, (first & 0x0f) * 4, icmp_errno(icmp[0], icmp[1]), icmp[0], icmp[1]);
}

/* Sees every protocol. Ignores quoted headers that are truncated or not in the linear area. */
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

#endif
