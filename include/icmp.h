/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors (RFC 792, RFC 4443) and the errno that the kernel makes of them. Compiled for BPF and
 * for user space. Whoever includes this has the names of the errnos: <errno.h>, or its own.
 */
#ifndef DTLSNOOP_ICMP_H
#define DTLSNOOP_ICMP_H

#include <linux/types.h>

#define ICMP_DEST_UNREACH 3	/* RFC 792 */
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER_PROBLEM 12
#define ICMPV6_DEST_UNREACH 1	/* RFC 4443 s3 */
#define ICMPV6_PACKET_TOO_BIG 2
#define ICMPV6_TIME_EXCEEDED 3
#define ICMPV6_PARAMETER_PROBLEM 4

/* Codes of ICMP_DEST_UNREACH (RFC 792, RFC 1812 s5.2.7.1) and of ICMPV6_DEST_UNREACH (RFC 4443 s3.1) */
#define ICMP_PROT_UNREACH 2
#define ICMP_PORT_UNREACH 3
#define ICMP_FRAG_NEEDED 4
#define ICMPV6_PORT_UNREACH 4

/* Converts as the kernel does (net/ipv4/icmp.c, icmp_err_convert, and __udp4_lib_err); 0: no error. */
static inline __attribute__((always_inline, unused)) __u32 icmp_errno(__u8 type, __u8 code)
{
	if (type == ICMP_TIME_EXCEEDED)
		return EHOSTUNREACH;
	if (type == ICMP_PARAMETER_PROBLEM)
		return EPROTO;
	if (type != ICMP_DEST_UNREACH)
		return 0;
	switch (code) {
	case 0: case 6: case 9: case 11: return ENETUNREACH;
	case 1: case 10: case 12: case 13: case 14: case 15: return EHOSTUNREACH;
	case ICMP_PROT_UNREACH: return ENOPROTOOPT;
	case ICMP_PORT_UNREACH: return ECONNREFUSED;
	case ICMP_FRAG_NEEDED: return EMSGSIZE;
	case 5: return EOPNOTSUPP;
	case 7: return EHOSTDOWN;
	case 8: return ENONET;
	}
	return 0;
}

/* The same of ICMPv6 (net/ipv6/icmp.c, icmpv6_err_convert) */
static inline __attribute__((always_inline, unused)) __u32 icmpv6_errno(__u8 type, __u8 code)
{
	if (type == ICMPV6_PACKET_TOO_BIG)
		return EMSGSIZE;
	if (type == ICMPV6_TIME_EXCEEDED)
		return EHOSTUNREACH;
	if (type == ICMPV6_PARAMETER_PROBLEM)
		return EPROTO;
	if (type != ICMPV6_DEST_UNREACH)
		return 0;
	switch (code) {
	case 0: return ENETUNREACH;
	case 1: case 5: case 6: return EACCES;
	case 2: case 3: return EHOSTUNREACH;
	case ICMPV6_PORT_UNREACH: return ECONNREFUSED;
	}
	return 0;
}

/* The MTU of the next hop in the ICMP header at `icmp` (RFC 1191 s4, RFC 4443 s3.2), bytes; 0: it has none. */
#define ICMP_HEADER_LEN 8
static inline __attribute__((always_inline, unused)) __u32 icmp_mtu(int ipv4, const __u8 icmp[ICMP_HEADER_LEN])
{
	if (ipv4 ? icmp[0] != ICMP_DEST_UNREACH || icmp[1] != ICMP_FRAG_NEEDED : icmp[0] != ICMPV6_PACKET_TOO_BIG)
		return 0;
	return (ipv4 ? 0 : (__u32)icmp[4] << 24 | (__u32)icmp[5] << 16) | (__u32)icmp[6] << 8 | icmp[7];
}

#endif
