// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "packet_inside.h"

#include <pcap/dlt.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

/* DLT_RAW as BSD/OS and OpenBSD number it. */
#define DLT_RAW_BSD 14

/* More VLAN tags than anybody nests. */
#define MAX_VLAN_TAGS 8

/* Everything after the first `length` bytes is padding. */
static void end_at(struct rest *rest, uint32_t length)
{
	rest->length = length;
	if (rest->captured > length)
		rest->captured = length;
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

static enum packet_kind take_fragment(const struct rest *rest, struct packet *out)
{
	out->payload = rest->data;
	out->length = rest->length;
	out->captured = rest->captured;
	if (!out->fragment_offset && rest->captured >= 4) {
		out->source.port = get16(rest->data);
		out->destination.port = get16(rest->data + 2);
	}
	return PACKET_FRAGMENT;
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
	fragment = get16(h + 6) & 0x3fff;
	if (h[9] != PROTOCOL_UDP && (h[9] != PROTOCOL_ICMP || fragment))
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
	if (h[9] == PROTOCOL_ICMP)
		return packet_parse_icmp(rest, true, out);
	if (!fragment)
		return parse_udp(rest, out);
	out->fragment_id = get16(h + 4);
	out->fragment_offset = (fragment & 0x1fff) * 8;
	out->more_fragments = fragment & 0x2000;
	return take_fragment(rest, out);
}

/* RFC 8200 s3 */
static enum packet_kind parse_ipv6(struct rest *rest, struct packet *out)
{
	enum packet_kind kind;
	uint32_t length;
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
	kind = packet_skip_extensions(rest, &next, out);
	if (kind == PACKET_FRAGMENT)
		return take_fragment(rest, out);
	if (kind == PACKET_UDP && next == PROTOCOL_ICMPV6)
		return packet_parse_icmp(rest, false, out);
	if (kind == PACKET_UDP && next != PROTOCOL_UDP)
		return PACKET_OTHER;
	return kind == PACKET_UDP ? parse_udp(rest, out) : kind;
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

bool packet_knows_link(int link_type)
{
	struct packet unused;

	/* An empty packet is malformed on every link that is known. */
	return packet_parse(link_type, NULL, 0, 0, &unused) != PACKET_OTHER;
}
