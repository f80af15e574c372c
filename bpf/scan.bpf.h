/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Walk over one datagram, and decide: does it belong to a handshake, and how does it change the
 * state of its association?
 *
 * The walk is in global functions. They take only scalars, and the verifier checks them once, on
 * their own (kernel 5.6, 51c39bb1d5d1).
 */
#ifndef DTLSNOOP_SCAN_BPF_H
#define DTLSNOOP_SCAN_BPF_H

#include "datagram.bpf.h"
#include "flow.bpf.h"
#include "other.bpf.h"

struct scan {
	__u32 has;		/* enum walk_has */
	__u32 num_items;	/* in the workspace */
	__u32 hello_len;	/* bytes of the first hellos (HELLO_GAP), 0: none */
	__u32 hello_item;	/* the first of them */
	__u32 malformed;
	__u32 len;		/* of the datagram */
};

/* Walk over a datagram into a place of the workspace. Returns a packed struct scan. */
__noinline __u64 scan_datagram(__u64 base, __u64 lens, __u32 place)
{
	__u64 none = shared.unknown_zero, state = none, has = none, num_items = none, malformed = none;
	__u64 hello = none, hello_end = none, hello_item = none;

	for (int i = 0; i < EVENT_MAX_ITEMS; i++) {
		state = walk_item(base, lens, state, WALK_AT(place, num_items));
		malformed = WALK_MALFORMED(state);
		if (WALK_ENDED(state))
			break;
		has |= WALK_HAS(state);
		if (WALK_HELLO_LEN(state)) {
			if (!hello_end) {
				hello = WALK_HELLO(state);
				hello_item = num_items;
			}
			if (!hello_end || WALK_HELLO(state) - hello_end <= HELLO_GAP)
				hello_end = WALK_OFF(state);
		}
		num_items++;
		FORGET(num_items);
		FORGET(has);
		FORGET(hello);
		FORGET(hello_end);
		FORGET(hello_item);
	}
	if (num_items == EVENT_MAX_ITEMS && WALK_OFF(state) < (lens & 0xffff))
		malformed = DTLS_MALFORMED_TOO_MANY;
	return lens << 48 | (hello_end - hello) << 32 | hello_item << 24 | malformed << 16 | num_items << 8 | has;
}

static __always_inline void scan_unpack(struct scan *scan, __u64 packed)
{
	scan->has = packed & 0xff;
	scan->num_items = packed >> 8 & 0xff;
	scan->malformed = packed >> 16 & 0xff;
	scan->hello_item = packed >> 24 & 0xff;
	scan->hello_len = packed >> 32 & 0xffff;
	scan->len = packed >> 48;
}

/*
 * A handshake datagram: encrypted records after it may be its answer. After the hellos, only two
 * bits of the epoch show a DTLS 1.3 handshake, so only a number of such datagrams is wanted.
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
	data_is_wanted_again(as->data);
	return true;
}

/* Is this the first data of its direction (enum data_shown), or among the first that may be data? If so, note it. */
static __always_inline bool data_is_wanted(const struct scan *scan, struct association *as, __u32 dir)
{
	if (scan->has & WALK_DATA && as->data[dir] != DATA_SHOWN) {
		as->data[dir] = DATA_SHOWN;
		return true;
	}
	if (scan->has & WALK_HIDDEN && as->num_hidden[dir] < HIDDEN_MAX) {
		as->num_hidden[dir]++;
		return true;
	}
	return false;
}

/*
 * Application data tells nothing about a handshake, except for the first in each direction: it
 * proves completion, and after a repeated flight that its sender is not waiting. Without an
 * association there is no handshake to complete, and a unified header is more likely to be another
 * protocol, unless a message in plaintext comes before it: a trace may begin with a ServerHello of
 * DTLS 1.3 and what its server encrypts in the same datagram. Or a NAT may have moved a client.
 */
static __always_inline bool scan_is_wanted(const struct scan *scan, struct association *as,
					   __u32 dir, __u64 what)
{
	__u8 kind = WHAT_KIND(what);

	if (!as && (!scan->num_items || (scan->has & WALK_UNIFIED && !(scan->has & WALK_MESSAGE) &&
					 (scan->malformed || !WHAT_IS_MOVED(what))))) {
		count(COUNTER_NOT_DTLS);
		return false;
	}
	if (scan->has & (WALK_MESSAGE | WALK_OTHER))
		return kind == EVENT_DROPPED || handshake_is_wanted(scan, as, dir);
	if (kind == EVENT_DROPPED)
		return false;
	if (as && data_is_wanted(scan, as, dir))
		return true;
	if (!scan->num_items)
		return true;	/* malformed, on an association */
	count(COUNTER_APPLICATION_DATA);
	return false;
}

/* A datagram with many records or messages costs its association a larger share. */
#define SCAN_ITEMS_A_SHARE 8

static __always_inline void association_spend(const struct scan *scan, struct association *as)
{
	as->spent += scan->num_items / SCAN_ITEMS_A_SHARE * LIMIT_SHARE_NS;
}

/* A handshake header creates an association, and so does a client that moved. A ClientHello resets it. */
static __always_inline void association_update(const struct association_key *key,
					       const struct scan *scan, struct association *as,
					       __u64 sock, struct socket_state *state, __u64 what)
{
	bool handshake = scan->has & (WALK_MESSAGE | WALK_OTHER);
	struct association fresh = { .sock = sock };

	if (as) {
		if (sock)
			as->sock = sock;
		fresh.sock = as->sock;
		fresh.spent = as->spent;
		fresh.num_let = as->num_let;
		fresh.is_answered = as->is_answered;
		fresh.flow_counted = as->flow_counted;
		fresh.flow_round = as->flow_round;
	} else {
		fresh.is_answered = limit_answers(what);
	}
	if (scan->has & WALK_MESSAGE ? !as || scan->has & WALK_CLIENT_HELLO : !as && WHAT_IS_MOVED(what)) {
		if (WHAT_KIND(what) != EVENT_DROPPED)
			flow_update(key, &fresh, handshake);
		bpf_map_update_elem(&associations, key, &fresh, BPF_ANY);
		flow_remember(key, &fresh, WHAT_SENT(what));
	} else if (as && WHAT_KIND(what) != EVENT_DROPPED) {
		flow_update(key, as, handshake);
		flow_remember(key, as, WHAT_SENT(what));
	}
	if (WHAT_KIND(what) == EVENT_SENT && scan->has & WALK_UNIFIED && scan->has & WALK_OTHER)
		movers_await(&key->local);
	if (state && handshake)
		state->open_until = bpf_ktime_get_ns() / NS_PER_SECOND + FLOW_OPEN_SECONDS;
}

/*
 * Is this datagram to be emitted? If so, the state of its association and its socket is updated.
 * `sock` is the address of the kernel's struct sock, 0 if the packet has none.
 */
__noinline int want_datagram(__u64 packet, __u64 sock, __u64 scanned, __u64 what)
{
	const struct sk_buff *skb = (void *)packet;
	struct association_key key = {};
	struct socket_state *state = NULL;
	struct association *as;
	struct scan scan;

	packet_endpoints(skb, WHAT_UDP(what), WHAT_SENT(what), &key.local, &key.remote);
	key.netns = sock ? sock_netns((void *)sock) : packet_netns(skb);
	as = bpf_map_lookup_elem(&associations, &key);
	scan_unpack(&scan, scanned);
	if (scan.malformed == DTLS_MALFORMED_UNREADABLE)
		count(COUNTER_LOST_UNREADABLE);
	if (as)
		association_spend(&scan, as);
	if (!scan_is_wanted(&scan, as, WHAT_SENT(what), what))
		return 0;
	if (sock) {
		state = socket_get(sock);
		if (!state) {
			count(COUNTER_LOST_NO_STATE);
			return 0;
		}
	}
	if (as && as->other_is_untold)
		other_emit(skb, WHAT_SENT(what), &key, as);
	association_update(&key, &scan, as, sock, state, what);
	return 1;
}

#endif
