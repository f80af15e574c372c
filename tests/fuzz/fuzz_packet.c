// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One captured packet: its link type, how much of it was captured, its bytes.
 * What is told of a packet that was cut must hold of the whole one.
 */
#include "fuzz.h"

#include <pcap/dlt.h>

#include "capture.h"
#include "recording.h"

static const int links[] = {
	DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, 14, DLT_IPV4, DLT_IPV6, DLT_NULL, DLT_LOOP, DLT_PPP,
};

static void check_event(const struct packet *packet)
{
	struct capture_event out;
	uint32_t end;

	if (!capture_is_dtls(packet))
		return;
	memset(&out, 0xff, sizeof(out));
	capture_event(packet, 1, &out);
	fuzz_check(recording_event_is_valid(&out.ev, sizeof(out)));
	fuzz_check(out.ev.size % 8 == 0 && out.ev.length == packet->length);
	for (unsigned i = 0; i < out.ev.num_items; i++) {
		const struct dtls_item *item = &out.ev.items[i];

		end = item->kind == DTLS_ITEM_RECORD ? item->record.offset + item->record.length :
						       item->message.offset + item->message.fragment_length;
		fuzz_check(end <= packet->length);
	}
	/* The hello's bytes are those of the packet. */
	if (out.ev.hello_len)
		fuzz_check(!memcmp(out.bytes + out.ev.hello_off,
				   packet->payload + out.ev.items[out.ev.hello_item].message.offset,
				   out.ev.hello_len));
}

static void check_icmp(const struct packet *packet)
{
	struct capture_event out;

	memset(&out, 0xff, sizeof(out));
	capture_icmp(packet, 1, &out);
	fuzz_check(recording_event_is_valid(&out.ev, sizeof(out)));
	fuzz_check(packet->source.port && packet->destination.port && packet->icmp_type);
	fuzz_check(!packet->payload && !packet->length);
}

static enum packet_kind parse(int link, const uint8_t *data, uint32_t captured, uint32_t length,
			      struct packet *out)
{
	uint8_t *copy = fuzz_copy(data, captured);
	enum packet_kind kind = packet_parse(link, copy, captured, length, out);

	if (kind == PACKET_UDP || kind == PACKET_FRAGMENT) {
		fuzz_check(packet_knows_link(link));
		fuzz_check(out->captured <= out->length && out->length <= length);
		fuzz_check(out->payload >= copy && out->payload + out->captured <= copy + captured);
	}
	if (kind == PACKET_UDP)
		check_event(out);
	if (kind == PACKET_ICMP)
		check_icmp(out);
	free(copy);
	return kind;
}

/* A fragment names its ports only where they were captured. */
static bool same_endpoint(const struct packet *part, enum packet_kind kind, const struct event_endpoint *cut,
			  const struct event_endpoint *whole)
{
	bool has_ports = kind == PACKET_UDP || part->fragment_offset || part->captured >= 4;

	return !memcmp(cut->ip, whole->ip, sizeof(cut->ip)) && cut->port == (has_ports ? whole->port : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_cursor c = { data, size };
	int link = links[fuzz_u8(&c) % (sizeof(links) / sizeof(links[0]))];
	uint16_t cut = fuzz_u16(&c), missing = fuzz_u8(&c);
	enum packet_kind kind, cut_kind;
	struct packet whole, part;

	kind = parse(link, c.at, c.left, c.left, &whole);
	fuzz_check(kind != PACKET_UNKNOWN);
	cut_kind = parse(link, c.at, cut < c.left ? cut : c.left, c.left, &part);
	fuzz_check(cut_kind == kind || cut_kind == PACKET_UNKNOWN);
	if (cut_kind == PACKET_UDP || cut_kind == PACKET_FRAGMENT) {
		fuzz_check(part.ipv4 == whole.ipv4 && part.length == whole.length);
		fuzz_check(same_endpoint(&part, cut_kind, &part.source, &whole.source));
		fuzz_check(same_endpoint(&part, cut_kind, &part.destination, &whole.destination));
	}
	if (cut_kind == PACKET_ICMP) {
		fuzz_check(part.ipv4 == whole.ipv4 && part.icmp_type == whole.icmp_type);
		fuzz_check(part.icmp_code == whole.icmp_code);
		fuzz_check(!memcmp(&part.source, &whole.source, sizeof(part.source)));
		fuzz_check(!memcmp(&part.destination, &whole.destination, sizeof(part.destination)));
		fuzz_check(!memcmp(&part.reporter, &whole.reporter, sizeof(part.reporter)));
	}
	/* A longer packet of which these bytes were captured. */
	parse(link, c.at, c.left, c.left + missing, &part);
	return 0;
}
