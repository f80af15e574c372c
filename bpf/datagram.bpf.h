/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a __sk_buff to addresses and a payload reader. The packet begins at its
 * network header (kernel/bpf/cgroup.c, __cgroup_bpf_run_filter_skb), and
 * bpf_skb_load_bytes() reads paged packets as well as linear ones.
 */
#ifndef DTLSNOOP_DATAGRAM_BPF_H
#define DTLSNOOP_DATAGRAM_BPF_H

#include <bpf/bpf_endian.h>

#include "maps.bpf.h"

/* A packet in which datagram_locate() found a payload. */
struct datagram {
	struct __sk_buff *skb;
	__u32 payload_off;	/* bytes from the network header */
	__u32 payload_len;	/* of UDP payload */
};

/* Always 0, but the verifier does not know. */
static volatile __u32 unknown_zero;
#define DTLS_FORGET(number) ((number) += unknown_zero)

#define DTLS_READER const struct datagram *
static __always_inline int dtls_read(DTLS_READER dg, __u32 off, void *dst, __u32 len);

#include "dtls_walk.h"

static __always_inline int dtls_read(DTLS_READER dg, __u32 off, void *dst, __u32 len)
{
	return bpf_skb_load_bytes(dg->skb, dg->payload_off + off, dst, len);
}

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define PROTOCOL_UDP 17
#define IPV4_HEADER_LEN 20
#define IPV6_HEADER_LEN 40
#define IPV6_MAX_EXTENSIONS 6
#define UDP_HEADER_LEN 8

/* What datagram_locate() returns: the offset of the UDP payload, or one of these. */
#define DATAGRAM_FOREIGN 0	/* not UDP, not the first fragment, not DTLS by its first bytes */
#define DATAGRAM_UNREADABLE 1

static __always_inline bool datagram_is_ipv4(struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETHERTYPE_IPV4);
}

/* Offset of the UDP header (RFC 791 s3.1), or one of the above. */
static __always_inline __u32 ipv4_locate(struct __sk_buff *skb)
{
	__u8 ip[IPV4_HEADER_LEN];

	if (bpf_skb_load_bytes(skb, 0, ip, sizeof(ip)))
		return DATAGRAM_UNREADABLE;
	if (ip[9] != PROTOCOL_UDP || (dtls_get16(ip + 6) & 0x1fff))
		return DATAGRAM_FOREIGN;
	return (ip[0] & 0x0f) * 4;
}

/* Length of an extension header, 0 for what is none (RFC 8200 s4, RFC 4302 s2.2). */
static __always_inline __u32 ipv6_extension_len(__u8 protocol, const __u8 *ext)
{
	switch (protocol) {
	case 0:		/* hop-by-hop */
	case 43:	/* routing */
	case 60:	/* destination options */
		return (ext[1] + 1) * 8;
	case 44:	/* fragment: only the first one goes on to UDP */
		return (dtls_get16(ext + 2) & 0xfff8) ? 0 : 8;
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
		return DATAGRAM_UNREADABLE;
	for (int i = 0; i < IPV6_MAX_EXTENSIONS && protocol != PROTOCOL_UDP; i++) {
		if (bpf_skb_load_bytes(skb, off, ext, sizeof(ext)))
			return DATAGRAM_UNREADABLE;
		len = ipv6_extension_len(protocol, ext);
		if (!len)
			return DATAGRAM_FOREIGN;
		off += len;
		protocol = ext[0];
	}
	return protocol == PROTOCOL_UDP ? off : DATAGRAM_FOREIGN;
}

/*
 * Everything that is not DTLS leaves here, after two reads. A global function,
 * so that the verifier looks at its many paths once.
 */
__noinline __u32 datagram_locate(struct __sk_buff *skb)
{
	__u8 first[3];
	__u32 off;

	if (datagram_is_ipv4(skb))
		off = ipv4_locate(skb);
	else if (skb->protocol == bpf_htons(ETHERTYPE_IPV6))
		off = ipv6_locate(skb);
	else
		return DATAGRAM_FOREIGN;
	if (off == DATAGRAM_FOREIGN || off == DATAGRAM_UNREADABLE)
		return off;

	off += UDP_HEADER_LEN;
	if (off + sizeof(first) > skb->len) {
		count(COUNTER_NOT_DTLS);
		return DATAGRAM_FOREIGN;
	}
	if (bpf_skb_load_bytes(skb, off, first, sizeof(first)))
		return DATAGRAM_UNREADABLE;
	if (!dtls_is_legacy(first) && !dtls_is_unified(first[0])) {
		count(COUNTER_NOT_DTLS);
		return DATAGRAM_FOREIGN;
	}
	return off;
}

/* Offsets: RFC 791 s3.1, RFC 8200 s3, RFC 768. The caller has zeroed `to`. */
static __always_inline void datagram_endpoint(const struct datagram *dg, bool source,
					      struct event_endpoint *to)
{
	struct __sk_buff *skb = dg->skb;
	__u8 port[2] = {};

	if (datagram_is_ipv4(skb)) {
		to->ip[10] = to->ip[11] = 0xff;
		bpf_skb_load_bytes(skb, source ? 12 : 16, to->ip + 12, 4);
	} else {
		bpf_skb_load_bytes(skb, source ? 8 : 24, to->ip, 16);
	}
	bpf_skb_load_bytes(skb, dg->payload_off - UDP_HEADER_LEN + (source ? 0 : 2), port,
			   sizeof(port));
	to->port = dtls_get16(port);
}

#endif
