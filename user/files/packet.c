// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "packet.h"

#include <string.h>

#include <pcap/dlt.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define PROTOCOL_UDP 17

/* DLT_RAW as BSD/OS and OpenBSD number it. */
#define DLT_RAW_BSD 14

/* More VLAN tags and IPv6 extension headers than anybody nests. */
#define MAX_VLAN_TAGS 8
#define MAX_EXTENSIONS 16

/* The part of a packet that is not parsed yet. */
struct rest {
	const uint8_t *data;
	uint32_t captured;	/* bytes at data */
	uint32_t length;	/* bytes in the original packet, >= captured */
};

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static void skip(struct rest *rest, uint32_t len)
{
	rest->data += len;
	rest->captured -= len;
	rest->length -= len;
}

/* Everything after the first `length` bytes is padding. */
static void end_at(struct rest *rest, uint32_t length)
{
	rest->length = length;
	if (rest->captured > length)
		rest->captured = length;
}

/* A header of `len` bytes cannot be read. Does only the capture lack it, or the packet itself? */
static enum packet_kind missing(const struct rest *rest, uint32_t len)
{
	return rest->length < len ? PACKET_MALFORMED : PACKET_UNKNOWN;
}

/* RFC 768 */
static enum packet_kind parse_udp(struct rest *rest, struct packet *out)
{
	uint32_t length;

	if (rest->captured < 8)
		return missing(rest, 8);
	length = get16(rest->data + 4);
	if (length < 8 || length > rest->length)
		return PACKET_MALFORMED;
	out->source.port = get16(rest->data);
	out->destination.port = get16(rest->data + 2);
	end_at(rest, length);
	skip(rest, 8);
	out->payload = rest->data;
	out->length = rest->length;
	out->captured = rest->captured;
	return PACKET_UDP;
}

enum packet_kind packet_parse_whole(struct packet *packet)
{
	struct rest rest = { packet->payload, packet->captured, packet->length };

	return parse_udp(&rest, packet);
}

static enum packet_kind take_fragment(const struct rest *rest, uint32_t id, uint32_t offset, bool more,
				      struct packet *out)
{
	out->payload = rest->data;
	out->length = rest->length;
	out->captured = rest->captured;
	out->fragment_id = id;
	out->fragment_offset = offset;
	out->more_fragments = more;
	if (!offset && rest->captured >= 4) {
		out->source.port = get16(rest->data);
		out->destination.port = get16(rest->data + 2);
	}
	return PACKET_FRAGMENT;
}

/* An IPv4-mapped address (RFC 4291 s2.5.5.2). */
static void map_ipv4(struct event_endpoint *ep, const uint8_t *address)
{
	ep->ip[10] = ep->ip[11] = 0xff;
	memcpy(ep->ip + 12, address, 4);
}

/* RFC 791 s3.1 */
static enum packet_kind parse_ipv4(struct rest *rest, struct packet *out)
{
	const uint8_t *h = rest->data;
	uint32_t header, total, fragment;

	if (rest->captured < 20)
		return missing(rest, 20);
	header = (h[0] & 0xf) * 4;
	total = get16(h + 2);
	if (h[0] >> 4 != 4 || header < 20 || header > rest->length)
		return PACKET_MALFORMED;
	if (h[9] != PROTOCOL_UDP)
		return PACKET_OTHER;
	if (total < header || total > rest->length)
		return PACKET_MALFORMED;
	out->ipv4 = true;
	map_ipv4(&out->source, h + 12);
	map_ipv4(&out->destination, h + 16);
	end_at(rest, total);
	if (rest->captured < header)
		return PACKET_UNKNOWN;
	skip(rest, header);
	fragment = get16(h + 6);
	if (fragment & 0x3fff)
		return take_fragment(rest, get16(h + 4), (fragment & 0x1fff) * 8, fragment & 0x2000, out);
	return parse_udp(rest, out);
}

/* Length of an extension header (RFC 8200 s4), 0 if it cannot be skipped. */
static uint32_t extension_len(uint8_t type, const uint8_t *header)
{
	switch (type) {
	case 0:		/* hop-by-hop */
	case 43:	/* routing */
	case 60:	/* destination */
	case 135:	/* mobility, RFC 6275 s6.1.1 */
	case 139:	/* HIP, RFC 7401 s5.1 */
	case 140:	/* shim6, RFC 5533 s5.1 */
		return (header[1] + 1) * 8;
	case 51:	/* authentication, RFC 4302 s2.2 */
		return (header[1] + 2) * 4;
	}
	return 0;
}

/* RFC 8200 s4.5. A fragment that is the whole packet needs no reassembly (RFC 6946). */
static bool is_fragment(const uint8_t *header)
{
	return get16(header + 2) & 0xfff9;
}

static bool is_on_its_way(uint8_t type, const uint8_t *header)
{
	return type == 43 && header[3];	/* segments left: its final destination is another (s4.4) */
}

/* RFC 8200 s3 */
static enum packet_kind parse_ipv6(struct rest *rest, struct packet *out)
{
	uint32_t length, len;
	uint8_t next;

	if (rest->captured < 40)
		return missing(rest, 40);
	length = get16(rest->data + 4);
	next = rest->data[6];
	if (rest->data[0] >> 4 != 6 || length > rest->length - 40)
		return PACKET_MALFORMED;
	memcpy(out->source.ip, rest->data + 8, 16);
	memcpy(out->destination.ip, rest->data + 24, 16);
	skip(rest, 40);
	end_at(rest, length);
	for (int i = 0; i < MAX_EXTENSIONS && next != PROTOCOL_UDP; i++) {
		if (next != 44 && !extension_len(next, (const uint8_t *)"\0\0"))
			return PACKET_OTHER;
		if (rest->captured < 8)
			return missing(rest, 8);
		len = next == 44 ? 8 : extension_len(next, rest->data);
		if (is_on_its_way(next, rest->data))
			return PACKET_OTHER;
		if (len > rest->length)
			return PACKET_MALFORMED;
		if (len > rest->captured)
			return PACKET_UNKNOWN;
		if (next == 44 && is_fragment(rest->data)) {
			const uint8_t *h = rest->data;

			/* The first header after this one tells what was fragmented. */
			if (h[0] != PROTOCOL_UDP)
				return PACKET_OTHER;
			skip(rest, 8);
			return take_fragment(rest, get32(h + 4), get16(h + 2) & 0xfff8, h[3] & 1, out);
		}
		next = rest->data[0];
		skip(rest, len);
	}
	return next == PROTOCOL_UDP ? parse_udp(rest, out) : PACKET_OTHER;
}

static enum packet_kind parse_ip(struct rest *rest, struct packet *out)
{
	if (!rest->captured)
		return missing(rest, 1);
	switch (rest->data[0] >> 4) {
	case 4: return parse_ipv4(rest, out);
	case 6: return parse_ipv6(rest, out);
	}
	return PACKET_OTHER;
}

static bool is_vlan(uint32_t ethertype)
{
	/* 802.1Q, 802.1ad and its predecessor */
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

static enum packet_kind parse_ethertype(struct rest *rest, uint32_t type, struct packet *out)
{
	for (int i = 0; i < MAX_VLAN_TAGS && is_vlan(type); i++) {
		if (rest->captured < 4)
			return missing(rest, 4);
		type = get16(rest->data + 2);
		skip(rest, 4);
	}
	if (type == ETHERTYPE_IPV4)
		return parse_ipv4(rest, out);
	return type == ETHERTYPE_IPV6 ? parse_ipv6(rest, out) : PACKET_OTHER;
}

/* Parse a link header of `len` bytes with the ethertype at offset `at`. */
static enum packet_kind parse_typed(struct rest *rest, uint32_t len, uint32_t at, struct packet *out)
{
	uint32_t type;

	if (rest->captured < len)
		return missing(rest, len);
	type = get16(rest->data + at);
	skip(rest, len);
	return parse_ethertype(rest, type, out);
}

/*
 * DLT_NULL and DLT_LOOP have the address family of the capturing system. DLT_NULL uses that
 * system's byte order: only the right one gives a small number.
 */
static enum packet_kind parse_loopback(struct rest *rest, struct packet *out)
{
	uint32_t family;

	if (rest->captured < 4)
		return missing(rest, 4);
	family = get32(rest->data);
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	skip(rest, 4);
	switch (family) {
	case 2:
		return parse_ipv4(rest, out);
	case 10: case 24: case 28: case 30:	/* Linux; NetBSD, OpenBSD; FreeBSD; macOS */
		return parse_ipv6(rest, out);
	}
	return PACKET_OTHER;
}

bool packet_knows_link(int link_type)
{
	switch (link_type) {
	case DLT_EN10MB: case DLT_LINUX_SLL: case DLT_LINUX_SLL2: case DLT_RAW: case DLT_RAW_BSD:
	case DLT_IPV4: case DLT_IPV6: case DLT_NULL: case DLT_LOOP:
		return true;
	}
	return false;
}

enum packet_kind packet_parse(int link_type, const uint8_t *data, uint32_t captured,
			      uint32_t length, struct packet *out)
{
	struct rest rest = { data, captured < length ? captured : length, length };

	memset(out, 0, sizeof(*out));
	switch (link_type) {
	case DLT_EN10MB: return parse_typed(&rest, 14, 12, out);
	case DLT_LINUX_SLL: return parse_typed(&rest, 16, 14, out);
	case DLT_LINUX_SLL2: return parse_typed(&rest, 20, 0, out);
	case DLT_NULL: case DLT_LOOP: return parse_loopback(&rest, out);
	case DLT_RAW: case DLT_RAW_BSD: return parse_ip(&rest, out);
	case DLT_IPV4: return parse_ipv4(&rest, out);
	case DLT_IPV6: return parse_ipv6(&rest, out);
	}
	return PACKET_OTHER;
}
