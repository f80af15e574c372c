// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* IPv6 extension headers (RFC 8200 s4). */
#include "packet_inside.h"

/* More than anybody nests. */
#define MAX_EXTENSIONS 16

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

static bool is_extension(uint8_t type)
{
	return type == 44 || extension_len(type, (const uint8_t *)"\0\0");
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

enum packet_kind packet_skip_extensions(struct rest *rest, uint8_t *next, struct packet *out)
{
	const uint8_t *h;
	uint32_t len;

	for (int i = 0; is_extension(*next); i++) {
		h = rest->data;
		if (i == MAX_EXTENSIONS)
			return PACKET_OTHER;
		if (rest->captured < 8)
			return missing(rest, 8);
		len = *next == 44 ? 8 : extension_len(*next, h);
		if (is_on_its_way(*next, h))
			return PACKET_OTHER;
		if (len > rest->length)
			return PACKET_MALFORMED;
		if (len > rest->captured)
			return PACKET_UNKNOWN;
		skip(rest, len);
		if (*next == 44 && is_fragment(h)) {
			out->fragment_id = get32(h + 4);
			out->fragment_offset = get16(h + 2) & 0xfff8;
			out->more_fragments = h[3] & 1;
			/* The first header after this one tells what was fragmented. */
			return h[0] == PROTOCOL_UDP ? PACKET_FRAGMENT : PACKET_OTHER;
		}
		*next = h[0];
	}
	return PACKET_UDP;
}
