/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bodies of the hooks on ICMP errors about datagrams that this host sent. */
#ifndef DTLSNOOP_ICMP_BPF_H
#define DTLSNOOP_ICMP_BPF_H

#include "fate.bpf.h"

#define ICMP_DEST_UNREACH 3	/* RFC 792 */
#define ICMPV6_DEST_UNREACH 1	/* RFC 4443 s3.1 */
#define ICMPV6_PKT_TOOBIG 2

#define EMSGSIZE 90
#define ENETUNREACH 101
#define ECONNREFUSED 111
#define EHOSTUNREACH 113

/* Converts as the kernel does (net/ipv4/icmp.c, icmp_err_convert); 0: no error. */
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

/* skb->data is the IP header of the packet that this host sent. Its UDP header is at `off`. */
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
