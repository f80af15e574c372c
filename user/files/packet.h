/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the bytes of a captured packet to the UDP payload in it. Pure: no I/O,
 * no heap. The bytes are a stranger's, and some may be missing at the end:
 * nothing beyond `captured` is touched, and what is missing is never guessed.
 */
#ifndef DTLSNOOP_PACKET_H
#define DTLSNOOP_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

enum packet_kind {
	PACKET_UDP,		/* a UDP datagram */
	PACKET_OTHER,		/* another protocol, or one that is not looked into */
	PACKET_FRAGMENT,	/* a part of an IP datagram, UDP as far as it tells */
	PACKET_MALFORMED,	/* its lengths contradict each other */
	PACKET_UNKNOWN,		/* the capture cuts it before it shows what it is */
};

struct packet {
	bool ipv4;
	struct event_endpoint source, destination;	/* PACKET_FRAGMENT: ports of the first only, else 0 */
	const uint8_t *payload;	/* in the bytes given. PACKET_FRAGMENT: of IP, else of UDP */
	uint32_t length;	/* of the payload, bytes, as the headers say */
	uint32_t captured;	/* of these, how many there are */
	/* PACKET_FRAGMENT only (RFC 791 s3.2, RFC 8200 s4.5) */
	uint32_t fragment_id;
	uint32_t fragment_offset;	/* bytes */
	bool more_fragments;
};

/* Is this link type (DLT_*, pcap-linktype(7)) one that packet_parse() knows? */
bool packet_knows_link(int link_type);

/*
 * Parse a packet of `length` bytes of which the first `captured` are at `data`.
 * `out` is valid with PACKET_UDP and PACKET_FRAGMENT.
 */
enum packet_kind packet_parse(int link_type, const uint8_t *data, uint32_t captured,
			      uint32_t length, struct packet *out);

/*
 * From all of the payload of an IP datagram to the UDP datagram in it: `packet` was
 * a PACKET_FRAGMENT, its payload has been put together. PACKET_UDP, or why not.
 */
enum packet_kind packet_parse_whole(struct packet *packet);

#endif
