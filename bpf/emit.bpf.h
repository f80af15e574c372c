/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The common body of all hooks that see a packet with its payload (sent, queued, dropped). It
 * filters, then takes a first look, then borrows a workspace. Each datagram is walked once to
 * decide whether it is wanted. If so, an event of the right size is reserved and gets the headers
 * that the walk found.
 */
#ifndef DTLSNOOP_EMIT_BPF_H
#define DTLSNOOP_EMIT_BPF_H

#include "library.bpf.h"
#include "look.bpf.h"
#include "nat.bpf.h"
#include "payload.bpf.h"
#include "queued.bpf.h"
#include "scan.bpf.h"

/* Maximum number of segments of one GSO send (UDP_MAX_SEGMENTS, include/linux/udp.h). */
#define DATAGRAM_MAX_SEGMENTS 128

/* Copy the headers that the walk found to the event. */
static __always_inline void emit_items(struct event *ev, const struct scan *scan, __u32 place,
				       __u32 max_items)
{
	struct workspace *ws = workspace_at(place);
	__s64 len = bounded_len(scan->num_items * sizeof(struct dtls_item),
				max_items * sizeof(struct dtls_item));

	if (!ws || !len)
		return;
	bpf_probe_read_kernel(ev->items, len, ws->items);
	ev->num_items = scan->num_items;
}

/* Copy the hellos to the event, after the space for `max_items` items. */
static __always_inline void emit_hello(struct event *ev, const struct datagram *dg,
				       const struct scan *scan, __u32 place, __u32 max_items,
				       __u32 max_hello)
{
	__u32 hello_off = sizeof(*ev) + max_items * sizeof(struct dtls_item);
	struct workspace *ws = workspace_at(place);
	__s64 len = bounded_len(scan->hello_len, max_hello);
	__u32 from;

	if (!ws || !len)
		return;
	from = ws->items[scan->hello_item & (EVENT_MAX_ITEMS - 1)].message.offset;
	if (from + len > dg->avail ||
	    bpf_probe_read_kernel((void *)ev + hello_off, len, (void *)dg->base + from))
		return;
	ev->hello_item = scan->hello_item;
	ev->hello_off = hello_off;
	ev->hello_len = len;
	if (scan->hello_len > len)
		ev->flags |= EVENT_HELLO_CUT;
}

static __always_inline void emit_sized(const struct sk_buff *skb, const struct datagram *dg,
				       const struct scan *scan, const struct socket_state *state,
				       __u64 what, __u64 number, __u32 max_items, __u32 max_hello)
{
	__u32 size = EVENT_SIZE(max_items, max_hello);
	struct event *ev;

	ev = emit_reserve(size);
	if (!ev)
		return;
	emit_header(ev, WHAT_KIND(what), size, state);
	if (WHAT_KIND(what) == EVENT_DROPPED) {
		ev->drop_reason = WHAT_REASON(what);
		if (WHAT_SENT(what))
			ev->flags |= EVENT_TX;
	}
	ev->datagram = number;
	ev->malformed = scan->malformed;
	ev->length = dg->len;
	if (packet_endpoints(skb, WHAT_UDP(what), WHAT_SENT(what), &ev->local, &ev->remote))
		ev->flags |= EVENT_IPV4;
	if (WHAT_SENT(what))
		nat_undo(skb, ev->flags & EVENT_IPV4, &ev->remote);
	if (WHAT_IS_NONBLOCKING(what))
		ev->flags |= EVENT_NONBLOCKING;
	emit_items(ev, scan, WHAT_PLACE(what), max_items);
	if (max_hello)
		emit_hello(ev, dg, scan, WHAT_PLACE(what), max_items, max_hello);
	emit_submit(ev);
}

/*
 * Emit one event for one datagram of a packet, in the smallest size that holds it. `sock` may be 0;
 * `scanned` is the result of scan_datagram().
 */
__noinline int emit_datagram(__u64 packet, __u64 base, __u64 sock, __u64 scanned, __u64 what)
{
	struct socket_state *state = NULL;
	struct datagram dg = { .base = base };
	__u64 number = 0;
	struct scan scan;

	scan_unpack(&scan, scanned);
	dg.len = dg.avail = scan.len;
	if (WHAT_GATHERED(what) && dg.avail > PAYLOAD_MAX)
		dg.avail = PAYLOAD_MAX;
	if (sock) {
		/* Another CPU may have closed it since want_datagram() looked. Then its owner is unknown. */
		state = socket_get(sock);
		if (!state) {
			count(COUNTER_LOST_NO_STATE);
			return 0;
		}
	}
	if (WHAT_KIND(what) == EVENT_DROPPED)
		number = WHAT_SENT(what) ? 0 : queued_number(packet);
	else if (WHAT_KIND(what) == EVENT_QUEUED)
		number = queued_last_number(packet);
	else if (state)
		state->num_sent++;
	if (scan.num_items > EVENT_SMALL_ITEMS || scan.hello_len > EVENT_SMALL_HELLO)
		emit_sized((void *)packet, &dg, &scan, state, what, number, EVENT_MAX_ITEMS, EVENT_HELLO_MAX);
	else if (scan.hello_len)
		emit_sized((void *)packet, &dg, &scan, state, what, number, EVENT_SMALL_ITEMS, EVENT_SMALL_HELLO);
	else
		emit_sized((void *)packet, &dg, &scan, state, what, number, EVENT_SMALL_ITEMS, 0);
	return 0;
}

/* The datagram begins like application data. Records after that may still be of a handshake. */
static __always_inline __u32 limit_of_scanned(__u64 scanned, __u64 what)
{
	struct scan scan;

	scan_unpack(&scan, scanned);
	if (scan.has & (WALK_MESSAGE | WALK_OTHER))
		return WHAT_SENT(what) ? LIMIT_SERVER : LIMIT_FIRST;
	return scan.num_items ? LIMIT_NONE : LIMIT_KNOWN;
}

/* Handle one datagram whose payload is at `base`. */
static __always_inline void emit_at(PACKET view, __u64 base, __u32 len, __u64 sock, __u64 what, __u32 tag)
{
	struct datagram dg = { base, len, len };
	__u64 packet = packet_address(view), scanned;
	__u32 limit;

	if (WHAT_GATHERED(what) && len > PAYLOAD_MAX)
		dg.avail = PAYLOAD_MAX;
	scanned = scan_datagram(base, WALK_LENS(&dg), WHAT_PLACE(what));
	if (!WHAT_LIMIT(what)) {
		limit = limit_of_scanned(scanned, what);
		if (limit && limit_refuses(view, sock, WHAT_LIMITED(what, limit), tag))
			return;
	}
	if (!want_datagram(packet, sock, scanned, what))
		return;
	if (WHAT_KIND(what) == EVENT_SENT) {
		socket_used(sock);
		thread_speaks();
		if (socket_is_nonblocking(sock))
			what |= WHAT_NONBLOCKING;
	}
	if (WHAT_KIND(what) == EVENT_QUEUED)
		queued_add(packet, sock, what, len);
	emit_datagram(packet, base, sock, scanned, what);
}

/* Offset and length of one datagram's payload in its packet, in one number. */
#define SPAN(off, len) ((__u64)(off) << 32 | (len))
#define SPAN_OFF(span) ((__u32)((span) >> 32))
#define SPAN_LEN(span) ((__u32)(span))

/*
 * Address of the payload of one datagram. If the payload is in pieces, *gathered bytes of it are
 * copied to the workspace. Returns 0 if it cannot be read, and counts that.
 */
static __always_inline __u64 payload_base(PACKET view, __u64 span, __u64 what, __u32 *gathered)
{
	__u64 base = payload_address(packet_address(view), SPAN_OFF(span), SPAN_LEN(span));
	__u32 len = SPAN_LEN(span) < PAYLOAD_MAX ? SPAN_LEN(span) : PAYLOAD_MAX;
	struct workspace *ws;

	if (base)
		return base;
	ws = workspace_at(WHAT_PLACE(what));
	if (!ws)
		return 0;
	*gathered = len;
	if (!payload_gather(view, SPAN_OFF(span), WHAT_PLACE(what), len))
		return kernel_address(ws->payload);
	count(WHAT_KIND(what) == EVENT_DROPPED ? COUNTER_DROPS_UNREADABLE : COUNTER_LOST_UNREADABLE);
	return 0;
}

/*
 * The enum limit_kind of a datagram that begins with the bytes of `first`. A global function keeps
 * its stack out of the caller's.
 */
__noinline int limit_kind_of(PACKET view, __u64 span, __u32 first, __u32 sent)
{
	__u8 begin[LIMIT_BEGIN] = {};

	__builtin_memcpy(begin, &first, DTLS_FIRST);
	/* This may fail for a payload in pieces, which may then count as LIMIT_FIRST. */
	if (begin[0] == DTLS_CT_HANDSHAKE && SPAN_LEN(span) >= sizeof(begin))
		payload_copy(view, SPAN_OFF(span), begin, sizeof(begin));
	return limit_kind(begin, sent);
}

/*
 * Is a datagram let in that may be from a client which a NAT has moved? If not, it is counted. A global function keeps its
 * stack out of the caller's.
 */
__noinline int moved_is_let(PACKET view, __u64 sock, __u64 what, __u64 flow)
{
	struct movers *movers = movers_at(LOOK_FLOW_PORT(flow));
	const struct sk_buff *skb = (void *)packet_address(view);
	struct association_key key = {};

	if (movers->until < bpf_ktime_get_ns() / NS_PER_SECOND) {
		movers->until = 0;
		count(COUNTER_NOT_DTLS);
		return 0;
	}
	packet_endpoints(skb, WHAT_UDP(what), false, &key.local, &key.remote);
	key.netns = sock ? sock_netns((void *)sock) : packet_netns(skb);
	/* It is known, and wants no more of these. */
	if (bpf_map_lookup_elem(&associations, &key)) {
		count(COUNTER_APPLICATION_DATA);
		return 0;
	}
	if (movers->left <= 0) {
		count(COUNTER_RATE_LIMITED);
		return 0;
	}
	__sync_fetch_and_add(&movers->left, -1);
	return 1;
}

/*
 * Handle one datagram of a packet that matches the filters. The first look is at this datagram's
 * own bytes.
 */
__noinline int emit_one(PACKET view, __u64 span, __u64 sock, __u64 what, __u64 flow)
{
	struct look look = { .tag = LOOK_FLOW_TAG(flow), .port = LOOK_FLOW_PORT(flow) };
	__u32 place, gathered = 0;
	__u64 base;

	if (SPAN_LEN(span) >= DTLS_FIRST && payload_copy(view, SPAN_OFF(span), &look.first, DTLS_FIRST)) {
		count(WHAT_KIND(what) == EVENT_DROPPED ? COUNTER_DROPS_UNREADABLE : COUNTER_LOST_UNREADABLE);
		return 0;
	}
	/* DTLS needs DTLS_FIRST bytes. Of a shorter datagram, the first byte tells its kind. */
	if (SPAN_LEN(span) && SPAN_LEN(span) < DTLS_FIRST)
		payload_copy(view, SPAN_OFF(span), &look.first, 1);
	switch (look_at(&look, WHAT_SENT(what))) {
	case LOOK_LEAVE:
		return 0;
	case LOOK_OTHER:
		other_count(packet_address(view), sock, what, SPAN_LEN(span) ? LOOK_TYPE(look.first) : ~0U);
		return 0;
	case LOOK_MOVED:
		if (!moved_is_let(view, sock, what, flow))
			return 0;
		what |= WHAT_MOVED;
		break;
	case LOOK_FURTHER:
		break;
	}
	what = WHAT_LIMITED(what, limit_kind_of(view, span, look.first, WHAT_SENT(what)));
	if (WHAT_LIMIT(what) && limit_refuses(view, sock, what, look.tag))
		return 0;
	place = workspace_take();
	if (place >= WORKSPACE_PLACES) {
		count(COUNTER_LOST_NO_STATE);
		return 0;
	}
	what = WHAT_PLACED(what, place);
	base = payload_base(view, span, what, &gathered);
	if (gathered)
		what |= WHAT_GATHER;
	if (base)
		emit_at(view, base, SPAN_LEN(span), sock, what, look.tag);
	workspace_give(place, gathered);
	return 0;
}

/*
 * Handle all datagrams of a packet. GSO and GRO packets hold several, all of one size except the
 * last. WHAT_UDP() is the offset of the UDP header and `total` the end of the packet, both in bytes
 * from skb->data. `flow` is its LOOK_FLOW().
 */
static __always_inline void emit_all(PACKET view, __u32 total, __u64 sock, __u64 what, __u64 flow)
{
	__u32 off = WHAT_UDP(what) + UDP_HEADER_LEN, segment = packet_segment(view);

	/* Without filters, do not even ask for the address: it takes a call. */
	if (filter_is_set() && !packet_is_wanted(packet_address(view), sock, what))
		return;
	if (!segment)
		segment = total - off;
	/* A packet without payload is one datagram, too. */
	if (off >= total)
		emit_one(view, SPAN(off, 0), sock, what, flow);
	for (int i = 0; i < DATAGRAM_MAX_SEGMENTS; i++) {
		FORGET(off);
		FORGET(what);
		if (off >= total)
			return;
		emit_one(view, SPAN(off, total - off < segment ? total - off : segment), sock, what, flow);
		off += segment;
		what |= WHAT_NEXT;
	}
}

#endif
