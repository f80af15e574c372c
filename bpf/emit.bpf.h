/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one body of all hooks that see a packet: walk it once to see what it
 * is, decide whether it is wanted, reserve one event of the right size and
 * walk it again to fill the event in.
 */
#ifndef DTLSNOOP_EMIT_BPF_H
#define DTLSNOOP_EMIT_BPF_H

#include "datagram.bpf.h"
#include "owner.bpf.h"

/* Of data whose type is hidden (CID, DTLS 1.3) this many datagrams per direction are emitted. */
#define HIDDEN_MAX 8

enum scan_has {
	SCAN_MESSAGE = 1 << 0,		/* a plaintext handshake message with a valid header */
	SCAN_CLIENT_HELLO = 1 << 1,
	SCAN_DATA = 1 << 2,		/* application data */
	SCAN_HIDDEN = 1 << 3,		/* a record whose content type is encrypted */
	SCAN_OTHER = 1 << 4,		/* anything else that always matters */
	SCAN_UNIFIED = 1 << 5,		/* a record with a DTLS 1.3 unified header */
};

struct scan {
	__u32 has;		/* enum scan_has */
	__u32 num_items;
	__u32 hello_len;	/* of the fragment of the first hello, 0: none */
	__u32 malformed;
};

static __always_inline __u32 scan_record(const struct dtls_record *rec)
{
	/* Epoch 2 of DTLS 1.3 is the handshake's own (RFC 9147 s6.1). */
	if (rec->flags & DTLS_RECORD_UNIFIED)
		return SCAN_UNIFIED | (rec->epoch == 2 ? SCAN_OTHER : SCAN_HIDDEN);
	if (rec->content_type == DTLS_CT_APPLICATION_DATA)
		return SCAN_DATA;
	if (rec->content_type == DTLS_CT_CID)
		return SCAN_HIDDEN;
	return SCAN_OTHER;
}

/*
 * One walk over the datagram; the struct scan comes back packed in a number.
 * A global function of scalars is verified once and alone, whatever led to
 * the call (kernel 5.6, 51c39bb1d5d1).
 */
__noinline __u64 scan_datagram(struct __sk_buff *skb, __u32 payload_off, __u32 payload_len)
{
	struct datagram dg = { skb, payload_off, payload_len };
	struct dtls_walk w;
	struct dtls_item item;
	__u64 has = 0, hello_len = 0, num_items = 0;

	dtls_walk_init(&w, payload_len);
	for (int i = 0; i <= EVENT_MAX_ITEMS; i++) {
		DTLS_FORGET(has);
		DTLS_FORGET(num_items);
		DTLS_FORGET(hello_len);
		if (dtls_walk_next(&w, &dg, &item) != DTLS_WALK_ITEM)
			break;
		num_items++;
		if (item.kind == DTLS_ITEM_RECORD) {
			has |= scan_record(&item.record);
			continue;
		}
		has |= SCAN_MESSAGE;
		if (item.message.msg_type == DTLS_MT_CLIENT_HELLO)
			has |= SCAN_CLIENT_HELLO;
		if (!hello_len && dtls_is_hello(item.message.msg_type))
			hello_len = item.message.fragment_length;
	}
	return (hello_len & 0xffff) << 32 | (__u64)(w.malformed & 0xff) << 16 |
	       (num_items & 0xff) << 8 | (has & 0xff);
}

static __always_inline void scan_unpack(struct scan *scan, __u64 packed)
{
	scan->has = packed & 0xff;
	scan->num_items = packed >> 8 & 0xff;
	scan->malformed = packed >> 16 & 0xff;
	scan->hello_len = packed >> 32 & 0xffff;
}

/*
 * Application data says nothing about a handshake, except the first of it in
 * each direction: it proves completion. Without an association there is no
 * handshake that it could complete, and what begins with a DTLS 1.3 header is
 * more likely to be another protocol.
 */
static __always_inline bool scan_is_wanted(const struct scan *scan, struct association *as, __u32 dir)
{
	if (!as && (!scan->num_items || scan->has & SCAN_UNIFIED)) {
		count(COUNTER_NOT_DTLS);
		return false;
	}
	if (scan->has & (SCAN_MESSAGE | SCAN_OTHER))
		return true;
	if (as && scan->has & SCAN_DATA && !as->num_data[dir]) {
		as->num_data[dir] = 1;
		return true;
	}
	if (as && scan->has & SCAN_HIDDEN && as->num_hidden[dir] < HIDDEN_MAX) {
		as->num_hidden[dir]++;
		return true;
	}
	if (!scan->num_items)
		return true;	/* malformed, on an association */
	count(COUNTER_APPLICATION_DATA);
	return false;
}

/*
 * The walk again, into the event. What is counted lives in the event, where
 * the verifier keeps no values, so that it explores each round once.
 */
static __always_inline void emit_items(struct event *ev, const struct datagram *dg, __u32 max_items)
{
	struct dtls_walk w;
	struct dtls_item *item;
	__u64 at;

	dtls_walk_init(&w, dg->payload_len);
	for (int i = 0; i < EVENT_MAX_ITEMS; i++) {
		at = ev->num_items;
		if (at >= max_items)
			break;
		/* Before 6.2 the verifier loses that bound when the register is spilled. */
		barrier_var(at);
		at &= max_items - 1;
		item = &ev->items[at];
		if (dtls_walk_next(&w, dg, item) != DTLS_WALK_ITEM)
			break;
		ev->num_items = at + 1;
		if (ev->hello_len || item->kind != DTLS_ITEM_MESSAGE ||
		    !dtls_is_hello(item->message.msg_type))
			continue;
		ev->hello_item = at;
		ev->hello_off = item->message.offset;	/* in the datagram, for now */
		ev->hello_len = item->message.fragment_length;
	}
}

/*
 * A length from 1 to `max` that the verifier believes in, 0 for none. The two
 * tests stand apart and are signed: the compiler would make them one range
 * check on another register, or `!= 0`, and kernels before 6.2 conclude nothing
 * from either.
 */
static __always_inline __s64 emit_bounded(__s64 len, __s64 max)
{
	if (len > max)
		len = max;
	barrier_var(len);
	if (len <= 0)
		return 0;
	barrier_var(len);
	return len > max ? 0 : len;
}

/* Copy the hello body that emit_items() found to its place, `max_items` items after the header. */
static __always_inline void emit_hello(struct event *ev, const struct datagram *dg, __u32 max_items,
				       __u32 max_hello, __u32 hello_len)
{
	__u32 hello_off = sizeof(*ev) + max_items * sizeof(struct dtls_item);
	__u32 from = dg->payload_off + ev->hello_off;
	__s64 len = emit_bounded(ev->hello_len, max_hello);

	ev->hello_off = ev->hello_len = 0;
	if (!len || bpf_skb_load_bytes(dg->skb, from, (void *)ev + hello_off, len))
		return;
	ev->hello_off = hello_off;
	ev->hello_len = len;
	if (hello_len > len)
		ev->flags |= EVENT_HELLO_CUT;
}

static __always_inline void emit_header(struct event *ev, __u8 kind, __u32 size, __u64 cookie,
					const struct socket_state *state)
{
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->size = size;
	ev->abi = EVENT_ABI;
	ev->kind = kind;
	ev->time_ns = bpf_ktime_get_ns();
	ev->socket = cookie;
	ev->netns = state->netns;
	if (!state->owner.pid)
		return;
	ev->flags = EVENT_OWNER;
	ev->pid = state->owner.pid;
	ev->tid = state->owner.tid;
	ev->cgroup_id = state->owner.cgroup_id;
	__builtin_memcpy(ev->comm, state->owner.comm, sizeof(ev->comm));
}

static __always_inline void emit_submit(struct event *ev)
{
	bool wake = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= wakeup_bytes;

	count(COUNTER_EVENTS);
	bpf_ringbuf_submit(ev, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline void *emit_reserve(__u32 size)
{
	void *ev = bpf_ringbuf_reserve(&events, size, 0);

	if (!ev)
		count(COUNTER_LOST_RING_FULL);
	return ev;
}

/* Remember a queued datagram until it is read. */
static __always_inline void unread_add(const struct datagram *dg, __u64 cookie, __u64 number)
{
	struct unread_key key = { .socket = cookie, .datagram = number };
	struct unread unread = { .length = dg->payload_len, .ipv4 = datagram_is_ipv4(dg->skb) };

	datagram_endpoint(dg, false, &unread.local);
	datagram_endpoint(dg, true, &unread.remote);
	bpf_map_update_elem(&unread_datagrams, &key, &unread, BPF_ANY);
}

static __always_inline bool emit_sized(const struct datagram *dg, const struct scan *scan,
				       __u64 cookie, const struct socket_state *state, __u8 kind,
				       __u32 max_items, __u32 max_hello)
{
	__u32 size = EVENT_SIZE(max_items, max_hello);
	bool sent = kind == EVENT_SENT;
	struct event *ev;

	ev = emit_reserve(size);
	if (!ev)
		return false;
	emit_header(ev, kind, size, cookie, state);
	ev->datagram = sent ? 0 : state->num_queued;
	ev->malformed = scan->malformed;
	ev->length = dg->payload_len;
	datagram_endpoint(dg, sent, &ev->local);
	datagram_endpoint(dg, !sent, &ev->remote);
	if (datagram_is_ipv4(dg->skb))
		ev->flags |= EVENT_IPV4;
	emit_items(ev, dg, max_items);
	if (max_hello)
		emit_hello(ev, dg, max_items, max_hello, scan->hello_len);
	emit_submit(ev);
	return true;
}

/*
 * One event for one datagram, of the smallest size that holds it. A global
 * function of scalars, as scan_datagram() is; `scanned` is what that returned.
 */
__noinline int emit_datagram(struct __sk_buff *skb, __u32 payload_off, __u64 cookie, __u64 scanned,
			     __u32 kind)
{
	struct datagram dg = { skb, payload_off, skb->len - payload_off };
	struct socket_state *state;
	struct scan scan;
	bool emitted;

	scan_unpack(&scan, scanned);
	/* Closed on another CPU since emit_packet() looked: then its owner is unknown. */
	state = socket_get(cookie);
	if (!state) {
		count(COUNTER_LOST_NO_STATE);
		return 0;
	}
	if (kind == EVENT_QUEUED)
		state->num_queued++;	/* two CPUs at once may give one number twice */
	else
		state->num_sent++;
	if (scan.num_items > EVENT_SMALL_ITEMS || scan.hello_len > EVENT_SMALL_HELLO)
		emitted = emit_sized(&dg, &scan, cookie, state, kind, EVENT_MAX_ITEMS, EVENT_HELLO_MAX);
	else if (scan.hello_len)
		emitted = emit_sized(&dg, &scan, cookie, state, kind, EVENT_SMALL_ITEMS, EVENT_SMALL_HELLO);
	else
		emitted = emit_sized(&dg, &scan, cookie, state, kind, EVENT_SMALL_ITEMS, 0);
	if (emitted && kind == EVENT_QUEUED)
		unread_add(&dg, cookie, state->num_queued);
	return 0;
}

static __always_inline bool port_wanted(const struct datagram *dg)
{
	struct event_endpoint src = {}, dst = {};

	if (!filter_by_port)
		return true;
	datagram_endpoint(dg, true, &src);
	datagram_endpoint(dg, false, &dst);
	if (bpf_map_lookup_elem(&ports, &src.port) || bpf_map_lookup_elem(&ports, &dst.port))
		return true;
	count(COUNTER_FILTERED);
	return false;
}

static __always_inline void association_start(const struct association_key *key,
					      const struct scan *scan, struct association *as)
{
	struct association fresh = {};

	if (!(scan->has & SCAN_MESSAGE))
		return;
	if (!as || scan->has & SCAN_CLIENT_HELLO)
		bpf_map_update_elem(&associations, key, &fresh, BPF_ANY);
}

/*
 * A datagram passes a socket. `kind` is EVENT_SENT (the sender is current) or
 * EVENT_QUEUED (current means nothing); `sk` is the kernel's socket.
 */
static __always_inline void emit_packet(const struct datagram *dg, __u64 cookie, struct sock *sk,
					__u8 kind)
{
	bool sent = kind == EVENT_SENT;
	struct association_key key = { .socket = cookie };
	struct association *as;
	struct socket_state *state;
	struct scan scan;
	__u64 scanned;

	datagram_endpoint(dg, !sent, &key.remote);
	as = bpf_map_lookup_elem(&associations, &key);
	scanned = scan_datagram(dg->skb, dg->payload_off, dg->payload_len);
	scan_unpack(&scan, scanned);
	if (!scan_is_wanted(&scan, as, sent))
		return;
	if (!port_wanted(dg))
		return;
	state = socket_get(cookie);
	if (!state) {
		count(COUNTER_LOST_NO_STATE);
		return;
	}
	if (sent)
		owner_from_current(&state->owner);
	if (!state->netns)
		state->netns = netns_of(sk);
	if (!owner_wanted(&state->owner))
		return;
	association_start(&key, &scan, as);
	emit_datagram(dg->skb, dg->payload_off, cookie, scanned, kind);
}

/* The application read `len` bytes from a socket; it is current. */
static __always_inline void emit_read(__u64 cookie, __u32 len)
{
	struct unread_key key = { .socket = cookie };
	struct socket_state *state;
	struct unread *unread;
	struct event *ev;
	__u64 last;

	state = bpf_map_lookup_elem(&sockets, &cookie);
	if (!state)
		return;
	owner_from_current(&state->owner);
	last = state->num_queued;
	key.datagram = state->num_read;
	for (int i = 0; i < 32 && key.datagram < last; i++) {
		key.datagram++;
		unread = bpf_map_lookup_elem(&unread_datagrams, &key);
		if (unread && unread->length == len)
			goto found;
	}
	return;
found:
	state->num_read = key.datagram;
	ev = emit_reserve(EVENT_SIZE_BARE);
	if (!ev)
		return;
	emit_header(ev, EVENT_READ, EVENT_SIZE_BARE, cookie, state);
	ev->datagram = key.datagram;
	ev->length = len;
	ev->local = unread->local;
	ev->remote = unread->remote;
	if (unread->ipv4)
		ev->flags |= EVENT_IPV4;
	emit_submit(ev);
	bpf_map_delete_elem(&unread_datagrams, &key);
}

/* A socket is closed for good. Of interest only if DTLS passed through it. */
static __always_inline void emit_closed(__u64 cookie)
{
	struct socket_state *state = bpf_map_lookup_elem(&sockets, &cookie);
	struct event *ev;

	if (!state)
		return;
	if ((state->num_sent || state->num_queued) && owner_wanted(&state->owner)) {
		ev = emit_reserve(EVENT_SIZE_BARE);
		if (ev) {
			emit_header(ev, EVENT_CLOSED, EVENT_SIZE_BARE, cookie, state);
			emit_submit(ev);
		}
	}
	bpf_map_delete_elem(&sockets, &cookie);
}

#endif
