/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the UDP payload in a captured packet, or the UDP datagram that an ICMP error is about.
 * Pure: no I/O, no heap. The bytes are untrusted, and some may be missing at the end. Nothing
 * beyond `captured` is read, and missing bytes are never guessed.
 */
#ifndef DTLSNOOP_PACKET_H
#define DTLSNOOP_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

enum packet_kind {
	PACKET_UDP,		/* a UDP datagram */
	PACKET_ICMP,		/* an ICMP or ICMPv6 error about a UDP datagram, which it quotes */
	PACKET_OTHER,		/* another protocol, or one that is not parsed further */
	PACKET_FRAGMENT,	/* a part of an IP datagram; UDP as far as can be seen */
	PACKET_MALFORMED,	/* its lengths contradict each other */
	PACKET_UNKNOWN,		/* the capture truncates it before its type can be seen */
};

struct packet {
	bool ipv4;
	struct event_endpoint source, destination;	/* PACKET_FRAGMENT: only the first has ports,
							 * others have 0; PACKET_ICMP: of the quoted datagram */
	const uint8_t *payload;	/* within the given bytes; of IP for PACKET_FRAGMENT, otherwise of UDP;
				 * PACKET_ICMP: NULL */
	uint32_t length;	/* of the payload, bytes, by its headers */
	uint32_t captured;	/* of these, bytes in the capture */
	/* PACKET_FRAGMENT only (RFC 791 s3.2, RFC 8200 s4.5) */
	uint32_t fragment_id;
	uint32_t fragment_offset;	/* bytes */
	bool more_fragments;
	bool is_icmp;		/* also PACKET_UNKNOWN: no datagram, but maybe an error about one */
	/* PACKET_ICMP only */
	uint8_t icmp_type, icmp_code;
	struct event_reporter reporter;
};

/* Does packet_parse() know this link type (DLT_*, pcap-linktype(7))? */
bool packet_knows_link(int link_type);

/*
 * Parse a packet of `length` bytes; the first `captured` are at `data`. `out` is valid for
 * PACKET_UDP, PACKET_FRAGMENT and PACKET_ICMP.
 */
enum packet_kind packet_parse(int link_type, const uint8_t *data, uint32_t captured,
			      uint32_t length, struct packet *out);

/*
 * Parse the UDP datagram in a reassembled IP datagram. `packet` was a PACKET_FRAGMENT; its payload
 * is now complete. Returns PACKET_UDP, or why not.
 */
enum packet_kind packet_parse_whole(struct packet *packet);

#endif
