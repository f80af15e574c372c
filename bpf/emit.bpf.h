/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one body of all hooks that see a packet with its payload (sent, queued,
 * dropped): walk it once to see what it is, decide whether it is wanted, reserve
 * one event of the right size and walk it again to fill the event in.
 *
 * What is walked and emitted twice lives in global functions: these take
 * scalars only and are verified once and alone (kernel 5.6, 51c39bb1d5d1).
 */
#ifndef DTLSNOOP_EMIT_BPF_H
#define DTLSNOOP_EMIT_BPF_H

#include "datagram.bpf.h"
#include "limit.bpf.h"
#include "payload.bpf.h"
#include "ring.bpf.h"

/* The most segments of one GSO send (UDP_MAX_SEGMENTS, include/linux/udp.h). */
#define DATAGRAM_MAX_SEGMENTS 128

struct scan {
	__u32 has;		/* enum walk_has */
	__u32 num_items;
	__u32 hello_len;	/* of the fragments of the first hellos (HELLO_GAP), 0: none */
	__u32 malformed;
	__u32 len;		/* of the datagram */
};

/* One walk over the datagram; the struct scan comes back packed in a number. */
__noinline __u64 scan_datagram(__u64 base, __u64 lens)
{
	__u64 state = 0, has = 0, hello = 0, hello_end = 0, num_items = 0, malformed = 0;

	for (int i = 0; i <= EVENT_MAX_ITEMS; i++) {
		state = walk_item(base, lens, state, WALK_STEP);
		malformed = WALK_MALFORMED(state);
		if (WALK_ENDED(state))
			break;
		if (i == EVENT_MAX_ITEMS) {
			malformed = DTLS_MALFORMED_TOO_MANY;
			break;
		}
		num_items++;
		has |= WALK_HAS(state);
		if (!WALK_HELLO_LEN(state))
			continue;
		if (!hello_end)
			hello = WALK_HELLO(state);
		if (!hello_end || WALK_HELLO(state) - hello_end <= HELLO_GAP)
			hello_end = WALK_OFF(state);
	}
	return lens << 48 | (hello_end - hello) << 32 | malformed << 16 | num_items << 8 | has;
}

static __always_inline void scan_unpack(struct scan *scan, __u64 packed)
{
	scan->has = packed & 0xff;
	scan->num_items = packed >> 8 & 0xff;
	scan->malformed = packed >> 16 & 0xff;
	scan->hello_len = packed >> 32 & 0xffff;
	scan->len = packed >> 48;
}

/*
 * Something of a handshake: what is hidden after it may be its answer. All but the
 * hellos of DTLS 1.3 is told by two bits of its epoch only, and of that not all is wanted.
 */
static __always_inline bool handshake_is_wanted(const struct scan *scan, struct association *as,
						__u32 dir)
{
	if (!as)
		return true;
	if (scan->has & WALK_UNIFIED && !(scan->has & WALK_MESSAGE)) {
		if (as->num_sealed[dir] >= SEALED_MAX) {
			count(COUNTER_APPLICATION_DATA);
			return false;
		}
		as->num_sealed[dir]++;
	}
	as->num_hidden[0] = as->num_hidden[1] = 0;
	return true;
}

/*
 * Application data says nothing about a handshake, except the first of it in
 * each direction: it proves completion. Without an association there is no
 * handshake that it could complete, and what begins with a DTLS 1.3 header is
 * more likely to be another protocol.
 */
static __always_inline bool scan_is_wanted(const struct scan *scan, struct association *as,
					   __u32 dir, __u8 kind)
{
	if (!as && (!scan->num_items || scan->has & WALK_UNIFIED)) {
		count(COUNTER_NOT_DTLS);
		return false;
	}
	if (scan->has & (WALK_MESSAGE | WALK_OTHER))
		return kind == EVENT_DROPPED || handshake_is_wanted(scan, as, dir);
	if (kind == EVENT_DROPPED)
		return false;
	if (as && scan->has & WALK_DATA && !as->num_data[dir]) {
		as->num_data[dir] = 1;
		return true;
	}
	if (as && scan->has & WALK_HIDDEN && as->num_hidden[dir] < HIDDEN_MAX) {
		as->num_hidden[dir]++;
		return true;
	}
	if (!scan->num_items)
		return true;	/* malformed, on an association */
	count(COUNTER_APPLICATION_DATA);
	return false;
}

/* The walk again, into the event. */
static __always_inline void emit_items(struct event *ev, const struct datagram *dg, __u32 max_items)
{
	__u64 state = 0, next;
	struct dtls_item *item;

	for (__u32 i = 0; i < max_items; i++) {
		next = walk_item(dg->base, WALK_LENS(dg), state, WALK_STEP);
		if (WALK_ENDED(next))
			break;
		item = &ev->items[i];
		for (__u32 word = 0; word < WALK_WORDS; word++) {
			__u64 part = walk_item(dg->base, WALK_LENS(dg), state, word);

			__builtin_memcpy((void *)item + word * sizeof(part), &part, sizeof(part));
		}
		state = next;
		ev->num_items = i + 1;
		if (!WALK_HELLO_LEN(next))
			continue;
		if (!ev->hello_len) {
			ev->hello_item = i;
			ev->hello_off = WALK_HELLO(next);	/* in the datagram, for now */
		}
		if (!ev->hello_len || WALK_HELLO(next) - ev->hello_off - ev->hello_len <= HELLO_GAP)
			ev->hello_len = WALK_OFF(next) - ev->hello_off;
	}
}

/* Copy the hellos that emit_items() found to its place, `max_items` items after the header. */
static __always_inline void emit_hello(struct event *ev, const struct datagram *dg, __u32 max_items,
				       __u32 max_hello, __u32 hello_len)
{
	__u32 hello_off = sizeof(*ev) + max_items * sizeof(struct dtls_item);
	__u32 from = ev->hello_off;
	__s64 len = bounded_len(ev->hello_len, max_hello);

	ev->hello_off = ev->hello_len = 0;
	if (!len || from + len > dg->avail ||
	    bpf_probe_read_kernel((void *)ev + hello_off, len, (void *)dg->base + from))
		return;
	ev->hello_off = hello_off;
	ev->hello_len = len;
	if (hello_len > len)
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
	emit_items(ev, dg, max_items);
	if (max_hello)
		emit_hello(ev, dg, max_items, max_hello, scan->hello_len);
	emit_submit(ev);
}

/*
 * Give the datagram a number and remember the packet until it is read or dropped. A
 * global function for the sake of its stack: those of the functions on the way here
 * add up, to 512 bytes at the most, and emit_datagram() needs what is left.
 */
__noinline int queued_add(__u64 packet, __u64 sock, __u64 what, __u32 len)
{
	const struct sk_buff *skb = (void *)packet;
	struct queued *before = bpf_map_lookup_elem(&queued_packets, &packet), fresh = {};
	struct socket_state *state = socket_find(sock);
	struct number_key key;
	struct number number;

	if (!state)
		return 0;
	state->num_queued++;	/* two CPUs at once may give one number twice */
	/* Else what is there is of another packet at that address, whose end was not seen. */
	if (WHAT_IS_NEXT(what) && before && before->socket == state->id &&
	    before->first + before->num == state->num_queued) {
		before->num++;
		before->length += len;
		return 0;
	}
	fresh.ipv4 = packet_endpoints(skb, WHAT_UDP(what), false, &fresh.local, &fresh.remote);
	fresh.sock = sock;
	fresh.socket = state->id;
	fresh.first = state->num_queued;
	fresh.num = 1;
	fresh.segment = fresh.length = len;
	bpf_map_update_elem(&queued_packets, &packet, &fresh, BPF_ANY);
	if (match_reads_by_order) {
		key.socket = state->id;
		key.number = state->num_queued;
		number.packet = packet;
		number.read = state->num_reads + sock_num_unread((void *)sock) + 1;
		bpf_map_update_elem(&queued_numbers, &key, &number, BPF_ANY);
	}
	return 0;
}

/* The number under which the packet was emitted as queued, 0: it was not. */
static __always_inline __u64 queued_number(__u64 packet)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);

	return queued ? queued->first : 0;
}

/* That of the datagram of the packet that was added last. */
static __always_inline __u64 queued_last_number(__u64 packet)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);

	return queued ? queued->first + queued->num - 1 : 0;
}

/*
 * One event for one datagram of a packet, of the smallest size that holds it.
 * `sock` may be 0; `scanned` is what scan_datagram() returned.
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
		/* Closed on another CPU since want_datagram() looked: then its owner is unknown. */
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

/* A handshake header makes an association, a ClientHello makes it new. */
static __always_inline void association_update(const struct association_key *key,
					       const struct scan *scan, struct association *as,
					       __u64 sock, bool sent)
{
	struct association fresh = { .sock = sock };

	if (as) {
		fresh.spent = as->spent;
		fresh.num_let = as->num_let;
		fresh.is_answered = as->is_answered;
	} else {
		/* A client of this host: it would not send to nobody. */
		fresh.is_answered = sent && scan->has & WALK_CLIENT_HELLO;
	}
	if (as && sock)
		as->sock = sock;
	if (scan->has & WALK_MESSAGE && (!as || scan->has & WALK_CLIENT_HELLO))
		bpf_map_update_elem(&associations, key, &fresh, BPF_ANY);
}

/*
 * Is this datagram to be emitted? If so what is known of its association and its
 * socket is brought up to date. `sock` is the address of the kernel's struct sock,
 * 0 if the packet met none; on the way out its process is current.
 */
__noinline int want_datagram(__u64 packet, __u64 sock, __u64 scanned, __u64 what)
{
	const struct sk_buff *skb = (void *)packet;
	struct association_key key = {};
	struct association *as;
	struct socket_state *state = NULL;
	struct scan scan;

	packet_endpoints(skb, WHAT_UDP(what), WHAT_SENT(what), &key.local, &key.remote);
	key.netns = sock ? sock_netns((void *)sock) : packet_netns(skb);
	as = bpf_map_lookup_elem(&associations, &key);
	scan_unpack(&scan, scanned);
	if (scan.malformed == DTLS_MALFORMED_UNREADABLE)
		count(COUNTER_LOST_UNREADABLE);
	if (!scan_is_wanted(&scan, as, WHAT_SENT(what), WHAT_KIND(what)) || !ports_wanted(&key))
		return 0;
	if (sock) {
		state = socket_get(sock);
		if (!state) {
			count(COUNTER_LOST_NO_STATE);
			return 0;
		}
		if (WHAT_KIND(what) == EVENT_SENT)
			socket_owned_by_current(state);
	}
	if (!socket_wanted(state, key.netns))
		return 0;
	association_update(&key, &scan, as, sock, WHAT_KIND(what) == EVENT_SENT);
	return 1;
}

/* Began as application data does: what is behind that may be of a handshake all the same. */
static __always_inline __u32 limit_of_scanned(__u64 scanned, __u64 what)
{
	struct scan scan;

	scan_unpack(&scan, scanned);
	if (scan.has & (WALK_MESSAGE | WALK_OTHER))
		return WHAT_SENT(what) ? LIMIT_SERVER : LIMIT_FIRST;
	return scan.num_items ? LIMIT_NONE : LIMIT_KNOWN;
}

/* One datagram whose payload is at `base`. */
static __always_inline void emit_at(__u64 packet, __u64 base, __u32 len, __u64 sock, __u64 what)
{
	struct datagram dg = { base, len, len };
	__u64 scanned;

	if (WHAT_GATHERED(what) && len > PAYLOAD_MAX)
		dg.avail = PAYLOAD_MAX;
	scanned = scan_datagram(base, WALK_LENS(&dg));
	if (!WHAT_LIMIT(what) && limit_refuses(packet, sock, WHAT_LIMITED(what, limit_of_scanned(scanned, what))))
		return;
	if (!want_datagram(packet, sock, scanned, what))
		return;
	if (WHAT_KIND(what) == EVENT_QUEUED)
		queued_add(packet, sock, what, len);
	emit_datagram(packet, base, sock, scanned, what);
}

/* Where the payload of one datagram lies in its packet, in one number. */
#define SPAN(off, len) ((__u64)(off) << 32 | (len))
#define SPAN_OFF(span) ((__u32)((span) >> 32))
#define SPAN_LEN(span) ((__u32)(span))

/*
 * One datagram whose payload lies in pieces: they are put together in memory that
 * the ring buffer lends, which is nobody else's while this runs.
 */
static __always_inline void emit_gathered(PACKET view, __u64 packet, __u32 off, __u32 len,
					  __u64 sock, __u64 what)
{
	void *memory = emit_reserve(2 * PAYLOAD_MAX);

	if (!memory)
		return;
	if (payload_gather(view, off, memory, len < PAYLOAD_MAX ? len : PAYLOAD_MAX))
		count(WHAT_KIND(what) == EVENT_DROPPED ? COUNTER_DROPS_UNREADABLE :
							 COUNTER_LOST_UNREADABLE);
	else
		emit_at(packet, kernel_address(memory), len, sock, what | WHAT_GATHER);
	bpf_ringbuf_discard(memory, BPF_RB_NO_WAKEUP);
}

/* Does it begin as DTLS does? What does not is counted. */
static __always_inline bool begins_as_dtls(const __u8 *first)
{
	if (dtls_may_begin(first))
		return true;
	count(COUNTER_NOT_DTLS);
	return false;
}

/* One datagram of a packet. */
__noinline int emit_one(PACKET view, __u64 span, __u64 sock, __u64 what)
{
	__u64 packet = packet_address(view), base;

	if (WHAT_LIMIT(what) && limit_refuses(packet, sock, what))
		return 0;
	base = payload_address(packet, SPAN_OFF(span), SPAN_LEN(span));
	if (base)
		emit_at(packet, base, SPAN_LEN(span), sock, what);
	else
		emit_gathered(view, packet, SPAN_OFF(span), SPAN_LEN(span), sock, what);
	return 0;
}

/*
 * All datagrams of a packet: several with GSO and GRO, all of one size but the
 * last. `udp` is where the UDP header is, `total` where the packet ends, both in
 * bytes from skb->data.
 */
static __always_inline void emit_all(PACKET view, __s32 udp, __u32 total, __u64 sock, __u64 what)
{
	__u32 off = udp + UDP_HEADER_LEN, segment = packet_segment(view);

	if (!segment || segment > total - off)
		segment = total - off;
	what = WHAT_UDP_AT(what, udp);
	for (int i = 0; i < DATAGRAM_MAX_SEGMENTS; i++) {
		FORGET(off);
		if (off >= total)
			return;
		emit_one(view, SPAN(off, total - off < segment ? total - off : segment), sock, what);
		off += segment;
		what |= WHAT_NEXT;
	}
}

#endif
