// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ICMP errors about UDP datagrams (RFC 792, RFC 4443). They quote the beginning of the datagram, at
 * least 8 bytes after its IP header. Nothing but its addresses and ports is taken from there: some
 * routers and hosts change its lengths.
 */
#include "packet_inside.h"

#include <errno.h>
#include <string.h>

#include "icmp.h"

static bool is_error(bool ipv4, uint8_t type)
{
	if (ipv4)
		return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
	return type >= ICMPV6_DEST_UNREACH && type <= ICMPV6_PARAMETER_PROBLEM;
}

static enum packet_kind quoted_udp(const struct rest *rest, struct packet *out)
{
	if (rest->captured < 4 || rest->length < 8)
		return missing(rest, 8);
	out->source.port = get16(rest->data);
	out->destination.port = get16(rest->data + 2);
	return out->source.port && out->destination.port ? PACKET_ICMP : PACKET_OTHER;
}

static enum packet_kind quoted_ipv4(struct rest *rest, struct packet *out)
{
	const uint8_t *h = rest->data;
	uint32_t header;

	if (rest->captured < 20)
		return missing(rest, 20);
	header = (h[0] & 0xf) * 4;
	if (h[0] >> 4 != 4 || header < 20)
		return PACKET_MALFORMED;
	/* Only the first fragment has ports. */
	if (h[9] != PROTOCOL_UDP || get16(h + 6) & 0x1fff)
		return PACKET_OTHER;
	map_ipv4(&out->source, h + 12);
	map_ipv4(&out->destination, h + 16);
	if (rest->captured < header)
		return missing(rest, header);
	skip(rest, header);
	return quoted_udp(rest, out);
}

static enum packet_kind quoted_ipv6(struct rest *rest, struct packet *out)
{
	const uint8_t *h = rest->data;
	enum packet_kind kind;
	uint8_t next;

	if (rest->captured < 40)
		return missing(rest, 40);
	if (h[0] >> 4 != 6)
		return PACKET_MALFORMED;
	next = h[6];
	memcpy(out->source.ip, h + 8, 16);
	memcpy(out->destination.ip, h + 24, 16);
	skip(rest, 40);
	kind = packet_skip_extensions(rest, &next, out);
	if (kind == PACKET_FRAGMENT && out->fragment_offset)
		return PACKET_OTHER;
	if (kind != PACKET_FRAGMENT && (kind != PACKET_UDP || next != PROTOCOL_UDP))
		return kind == PACKET_UDP ? PACKET_OTHER : kind;
	return quoted_udp(rest, out);
}

enum packet_kind packet_parse_icmp(struct rest *rest, bool ipv4, struct packet *out)
{
	const uint8_t *icmp = rest->data;

	out->is_icmp = true;
	if (!rest->captured)
		return missing(rest, 1);
	if (!is_error(ipv4, icmp[0]))
		return PACKET_OTHER;
	if (rest->captured < ICMP_HEADER_LEN)
		return missing(rest, ICMP_HEADER_LEN);
	out->icmp_type = icmp[0];
	out->icmp_code = icmp[1];
	memcpy(out->reporter.ip, out->source.ip, sizeof(out->reporter.ip));
	out->reporter.mtu = icmp_mtu(ipv4, icmp);
	skip(rest, ICMP_HEADER_LEN);
	return ipv4 ? quoted_ipv4(rest, out) : quoted_ipv6(rest, out);
}
