/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by packet*.c. Only they include this. */
#ifndef DTLSNOOP_PACKET_INSIDE_H
#define DTLSNOOP_PACKET_INSIDE_H

#include <string.h>

#include "packet.h"

#define PROTOCOL_UDP 17
#define PROTOCOL_ICMP 1
#define PROTOCOL_ICMPV6 58

/* The part of a packet that is not parsed yet. */
struct rest {
	const uint8_t *data;
	uint32_t captured;	/* bytes at data */
	uint32_t length;	/* bytes in the original packet, >= captured */
};

static inline uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static inline void skip(struct rest *rest, uint32_t len)
{
	rest->data += len;
	rest->captured -= len;
	rest->length -= len;
}

/* A header of `len` bytes cannot be read. Does only the capture lack it, or the packet itself? */
static inline enum packet_kind missing(const struct rest *rest, uint32_t len)
{
	return rest->length < len ? PACKET_MALFORMED : PACKET_UNKNOWN;
}

/* An IPv4-mapped address (RFC 4291 s2.5.5.2). */
static inline void map_ipv4(struct event_endpoint *ep, const uint8_t *address)
{
	ep->ip[10] = ep->ip[11] = 0xff;
	memcpy(ep->ip + 12, address, 4);
}

/*
 * Skip the extension headers of an IPv6 packet (RFC 8200 s4); *next is the type of the first, and
 * then of what follows them. PACKET_FRAGMENT: it is a fragment of UDP, and `out` says which part.
 * PACKET_OTHER, PACKET_MALFORMED, PACKET_UNKNOWN: it cannot be parsed further. PACKET_UDP: none of these.
 */
enum packet_kind packet_skip_extensions(struct rest *rest, uint8_t *next, struct packet *out);

/* Parse an ICMP or ICMPv6 message, which is no fragment; `out` has the addresses of its packet. */
enum packet_kind packet_parse_icmp(struct rest *rest, bool ipv4, struct packet *out);

#endif
