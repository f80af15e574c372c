// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "capture.h"

#include <errno.h>
#include <string.h>

#include "icmp.h"

#define DTLS_READER const struct packet *

static inline int dtls_read(DTLS_READER packet, __u32 off, void *dst, __u32 len)
{
	if (off > packet->captured || len > packet->captured - off)
		return -1;
	memcpy(dst, packet->payload + off, len);
	return 0;
}

#include "dtls_has.h"
#include "dtls_walk.h"

bool capture_is_dtls(const struct packet *packet)
{
	return packet->captured >= CAPTURE_FIRST && dtls_may_begin(packet->payload);
}

static void round_up(struct event *ev, uint32_t size)
{
	ev->size = (size + 7) & ~7u;
}

/* Add the first hellos, chosen as the BPF programs do. `off` is the offset in the datagram. */
static void add_hello(const struct packet *packet, uint32_t off, uint32_t len,
		      struct capture_event *out)
{
	uint32_t at = EVENT_SIZE(out->ev.num_items, 0), copied = len;

	if (copied > EVENT_HELLO_MAX)
		copied = EVENT_HELLO_MAX;
	if (off > packet->captured)
		return;
	if (copied > packet->captured - off)
		copied = packet->captured - off;
	if (!copied)
		return;
	memcpy(out->bytes + at, packet->payload + off, copied);
	out->ev.hello_off = at;
	out->ev.hello_len = copied;
	if (copied < len)
		out->ev.flags |= EVENT_HELLO_CUT;
	round_up(&out->ev, at + copied);
	memset(out->bytes + at + copied, 0, out->ev.size - (at + copied));
}

static void fill(struct event *ev, const struct packet *packet, uint64_t time_ns, enum event_kind kind)
{
	ev->abi = EVENT_ABI;
	ev->kind = kind;
	ev->flags = packet->ipv4 ? EVENT_IPV4 : 0;
	ev->time_ns = time_ns;
	ev->local = packet->source;
	ev->remote = packet->destination;
}

uint32_t capture_event(const struct packet *packet, uint64_t time_ns, struct capture_event *out)
{
	uint32_t has = 0, hello = 0, hello_end = 0;
	struct event *ev = &out->ev;
	struct dtls_item item;
	struct dtls_walk w;

	/* What follows is set as far as it is used: clearing 2 kB for each packet is a part of all it costs. */
	memset(ev, 0, sizeof(*ev));
	fill(ev, packet, time_ns, EVENT_CAPTURED);
	ev->length = packet->length;
	dtls_walk_init(&w, packet->length);
	while (ev->num_items < EVENT_MAX_ITEMS && dtls_walk_next(&w, packet, &item) == DTLS_WALK_ITEM) {
		has |= walk_has(&item);
		ev->items[ev->num_items++] = item;
		if (item.kind != DTLS_ITEM_MESSAGE || !dtls_is_hello(item.message.msg_type) ||
		    !item.message.fragment_length)
			continue;
		if (!hello_end) {
			hello = item.message.offset;
			ev->hello_item = ev->num_items - 1;
		}
		if (!hello_end || item.message.offset - hello_end <= HELLO_GAP)
			hello_end = item.message.offset + item.message.fragment_length;
	}
	/* After the last item that fits, this step tells whether the walk would go on. */
	if (ev->num_items == EVENT_MAX_ITEMS)
		dtls_walk_next(&w, packet, &item);
	ev->malformed = w.malformed;
	round_up(ev, EVENT_SIZE(ev->num_items, 0));
	if (hello_end)
		add_hello(packet, hello, hello_end - hello, out);
	if (!ev->hello_len)
		ev->hello_item = 0;
	return has;
}

enum event_other_kind capture_other(const struct packet *packet, uint64_t time_ns, struct capture_event *out)
{
	memset(out, 0, EVENT_SIZE_OTHER);
	fill(&out->ev, packet, time_ns, EVENT_OTHER);
	out->ev.size = EVENT_SIZE_OTHER;
	return packet->captured ? event_other_kind_of(packet->payload[0]) : EVENT_OTHER_ELSE;
}

void capture_icmp(const struct packet *packet, uint64_t time_ns, struct capture_event *out)
{
	uint8_t type = packet->icmp_type, code = packet->icmp_code;

	memset(out, 0, EVENT_SIZE_REPORTER);
	fill(&out->ev, packet, time_ns, EVENT_ICMP_ERROR);
	out->ev.flags |= EVENT_FROM_CAPTURE | EVENT_REPORTER;
	out->ev.size = EVENT_SIZE_REPORTER;
	out->ev.error = packet->ipv4 ? icmp_errno(type, code) : icmpv6_errno(type, code);
	out->ev.icmp_type = type;
	out->ev.icmp_code = code;
	memcpy(out->ev.items, &packet->reporter, sizeof(packet->reporter));
}
