/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts datagrams that are not DTLS during a handshake, by kind. */
#ifndef DTLSNOOP_OTHER_BPF_H
#define DTLSNOOP_OTHER_BPF_H

#include "filter.bpf.h"
#include "flow.bpf.h"
#include "limit.bpf.h"
#include "nat.bpf.h"
#include "ring.bpf.h"

/* `skb`: a packet with the addresses of `key`, which is `sent`, or received. */
static __always_inline void other_emit(const struct sk_buff *skb, bool sent, const struct association_key *key,
				       struct association *as)
{
	struct socket_state *state = as->sock ? socket_find(as->sock) : NULL;
	struct event *ev = emit_reserve(EVENT_SIZE_OTHER);

	if (!ev)
		return;
	emit_header(ev, EVENT_OTHER, EVENT_SIZE_OTHER, state);
	ev->netns = key->netns;
	ev->local = key->local;
	ev->remote = key->remote;
	if (endpoint_is_ipv4(&key->remote))
		ev->flags |= EVENT_IPV4;
	if (sent)
		nat_undo(skb, ev->flags & EVENT_IPV4, &ev->remote);
	__builtin_memcpy(ev + 1, &as->other, sizeof(as->other));
	emit_submit(ev);
	as->other_is_untold = 0;
}

/* Anybody can send such datagrams, so their use of the ring buffer is bounded, too. */
static __always_inline bool other_is_told(struct association *as)
{
	__u64 now = bpf_ktime_get_ns();

	return event_other_is_told(&as->other_told_until, now) &&
	       (!limit_interval_ns || limit_take(LIMIT_EXCESS, limit_interval_ns / LIMIT_EXCESS_TIMES, now));
}

/*
 * Count a datagram that is not DTLS and matches the filters. `first` is its first byte, ~0 if it
 * has none. A global function: the verifier checks it once.
 */
__noinline int other_count(__u64 packet, __u64 sock, __u64 what, __u32 first)
{
	const struct sk_buff *skb = (void *)packet;
	__u32 kind = first <= 0xff ? event_other_kind_of(first) : EVENT_OTHER_ELSE;
	struct association_key key = {};
	struct association *as;

	count(COUNTER_NOT_DTLS);
	if (!sock || WHAT_KIND(what) == EVENT_DROPPED)
		return 0;
	packet_endpoints(skb, WHAT_UDP(what), WHAT_SENT(what), &key.local, &key.remote);
	key.netns = sock_netns((void *)sock);
	as = bpf_map_lookup_elem(&associations, &key);
	if (!as || association_is_settled(as) || kind >= EVENT_OTHER_KINDS)
		return 0;
	if (WHAT_SENT(what))
		__sync_fetch_and_add(&as->other.sent[kind], 1);
	else
		__sync_fetch_and_add(&as->other.received[kind], 1);
	as->other_is_untold = 1;
	if (other_is_told(as))
		other_emit(skb, WHAT_SENT(what), &key, as);
	return 0;
}

#endif
