/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet as a cgroup_skb program sees it: it begins at its network header (kernel/bpf/cgroup.c,
 * __cgroup_bpf_run_filter_skb) and may be of any protocol. bpf_skb_load_bytes() reads its bytes
 * wherever they are.
 */
#ifndef DTLSNOOP_CGROUP_PACKET_BPF_H
#define DTLSNOOP_CGROUP_PACKET_BPF_H

#include <bpf/bpf_endian.h>

#include "filter.bpf.h"
#include "look.bpf.h"
#include "payload.bpf.h"

#define PACKET struct __sk_buff *

static __always_inline __u64 packet_address(PACKET skb)
{
	return kernel_address(skb);
}

/* Bytes of each datagram of a GSO or GRO packet except the last; 0 if the packet is one datagram. */
static __always_inline __u32 packet_segment(PACKET skb)
{
	return skb->gso_size;
}

/*
 * Copy `len` (at most PAYLOAD_MAX) bytes at `off` from skb->data to a place of the workspace. 0 on
 * success.
 */
static __always_inline int payload_gather(PACKET skb, __u32 off, __u32 place, __u32 len)
{
	struct workspace *ws = workspace_at(place);
	__s64 bounded = bounded_len(len, PAYLOAD_MAX);

	return ws && bounded ? bpf_skb_load_bytes(skb, off, ws->payload, bounded) : -1;
}

/* Copy `len` (a constant) bytes at `off` from skb->data. 0 on success. */
static __always_inline int payload_copy(PACKET skb, __u32 off, void *to, __u32 len)
{
	return bpf_skb_load_bytes(skb, off, to, len);
}

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define IPV6_MAX_EXTENSIONS 6

/* The locate and look functions return the offset of the UDP payload or one of these. */
#define PAYLOAD_FOREIGN 0	/* not UDP, or not the first fragment; or unreadable, which is counted */
#define PAYLOAD_UNREADABLE 1
#define PAYLOAD_ELSEWHERE 2	/* not at the usual offset */

/* Offset of the UDP header (RFC 791 s3.1), or one of the above. */
static __always_inline __u32 ipv4_locate(struct __sk_buff *skb)
{
	__u8 ip[IPV4_HEADER_LEN];

	if (bpf_skb_load_bytes(skb, 0, ip, sizeof(ip)))
		return PAYLOAD_UNREADABLE;
	if (ip[9] != PROTOCOL_UDP || (packet_get16(ip + 6) & 0x1fff))
		return PAYLOAD_FOREIGN;
	return (ip[0] & 0x0f) * 4;
}

/* Length of an extension header, 0 if it is not one (RFC 8200 s4, RFC 4302 s2.2). */
static __always_inline __u32 ipv6_extension_len(__u8 protocol, const __u8 *ext)
{
	switch (protocol) {
	case 0:		/* hop-by-hop */
	case 43:	/* routing */
	case 60:	/* destination options */
		return (ext[1] + 1) * 8;
	case 44:	/* fragment: only the first one continues with UDP */
		return (packet_get16(ext + 2) & 0xfff8) ? 0 : 8;
	case 51:	/* authentication */
		return (ext[1] + 2) * 4;
	}
	return 0;
}

/* Offset of the UDP header (RFC 8200 s3, s4), or one of the above. */
static __always_inline __u32 ipv6_locate(struct __sk_buff *skb)
{
	__u32 off = IPV6_HEADER_LEN, len;
	__u8 protocol;
	__u8 ext[4];

	if (bpf_skb_load_bytes(skb, 6, &protocol, 1))
		return PAYLOAD_UNREADABLE;
	for (int i = 0; i < IPV6_MAX_EXTENSIONS && protocol != PROTOCOL_UDP; i++) {
		if (bpf_skb_load_bytes(skb, off, ext, sizeof(ext)))
			return PAYLOAD_UNREADABLE;
		len = ipv6_extension_len(protocol, ext);
		if (!len)
			return PAYLOAD_FOREIGN;
		off += len;
		protocol = ext[0];
	}
	return protocol == PROTOCOL_UDP ? off : PAYLOAD_FOREIGN;
}

/*
 * Look at a usual packet: an IP header without options, followed by its payload in the linear area.
 * Uses loads and no call, so that what is not UDP costs next to nothing.
 */
static __always_inline __u32 look_here(struct __sk_buff *skb, bool sent, struct look *look)
{
	const __u8 *ip = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (UNLIKELY(ip + IPV4_HEADER_LEN + LOOK_LEN > end))
		return PAYLOAD_ELSEWHERE;
	if (LIKELY(ip[0] == 0x45)) {
		/* Flags and fragment offset: RFC 791 s3.1. */
		if (UNLIKELY(ip[9] != PROTOCOL_UDP || *(const __u16 *)(ip + 6) & bpf_htons(0x1fff)))
			return PAYLOAD_FOREIGN;
		look_read(look, (const void *)(ip + IPV4_HEADER_LEN), sent,
			  *(const __u32 *)(ip + (sent ? 16 : 12)));
		return IPV4_HEADER_LEN + UDP_HEADER_LEN;
	}
	if (ip[0] >> 4 != 6 || ip[6] != PROTOCOL_UDP)
		return ip[0] >> 4 == 6 && ip[6] == PROTOCOL_TCP ? PAYLOAD_FOREIGN : PAYLOAD_ELSEWHERE;
	if (ip + IPV6_HEADER_LEN + LOOK_LEN > end)
		return PAYLOAD_ELSEWHERE;
	look_read(look, (const void *)(ip + IPV6_HEADER_LEN), sent, *(const __u32 *)(ip + (sent ? 36 : 20)));
	return IPV6_HEADER_LEN + UDP_HEADER_LEN;
}

/*
 * Offset of the UDP payload from the network header, or one of the above. A global function, so
 * that the verifier checks its many paths once.
 */
__noinline __u32 payload_locate(struct __sk_buff *skb)
{
	__u32 off;

	if (skb->protocol == bpf_htons(ETHERTYPE_IPV4))
		off = ipv4_locate(skb);
	else if (skb->protocol == bpf_htons(ETHERTYPE_IPV6))
		off = ipv6_locate(skb);
	else
		return PAYLOAD_FOREIGN;
	if (off == PAYLOAD_FOREIGN || off == PAYLOAD_UNREADABLE)
		return off;
	return off + UDP_HEADER_LEN;
}

/*
 * Look at an unusual packet: IP options, extension headers, payload in pieces or hardly any
 * payload. Returns the tag and the first bytes in one number. A global function: the verifier
 * checks it once.
 */
__noinline __u64 look_at_pieces(struct __sk_buff *skb, __u32 off, __u32 sent)
{
	__u32 udp[LOOK_LEN / 4] = {}, ip = 0, ip_off = sent ? 36 : 20;
	struct look look;

	if (skb->protocol == bpf_htons(ETHERTYPE_IPV4))
		ip_off = sent ? 16 : 12;
	if (bpf_skb_load_bytes(skb, ip_off, &ip, sizeof(ip)) ||
	    bpf_skb_load_bytes(skb, off - UDP_HEADER_LEN, udp, UDP_HEADER_LEN))
		return 0;
	/* DTLS does not begin with fewer bytes. */
	if (off + DTLS_FIRST <= skb->len)
		bpf_skb_load_bytes(skb, off, udp + 2, DTLS_FIRST);
	look_read(&look, udp, sent, ip);
	return (__u64)look.tag << 32 | look.first;
}

static __always_inline __u32 look_elsewhere(struct __sk_buff *skb, bool sent, struct look *look)
{
	__u32 off = payload_locate(skb);
	__u64 seen;

	if (off == PAYLOAD_UNREADABLE)
		count(filter_is_set() ? COUNTER_FOREIGN_UNREADABLE : COUNTER_LOST_UNREADABLE);
	if (off == PAYLOAD_FOREIGN || off == PAYLOAD_UNREADABLE)
		return PAYLOAD_FOREIGN;
	seen = look_at_pieces(skb, off, sent);
	look->tag = seen >> 32;
	look->first = seen;
	bpf_skb_load_bytes(skb, off - UDP_HEADER_LEN + 2, &look->port, sizeof(__u16));
	return off;
}

#endif
