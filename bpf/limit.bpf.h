/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rate limit bounds what a flood may cost. It works before the ring buffer is used, and before the
 * datagram is walked, unless that begins like application data. Refused datagrams are counted.
 *
 * A datagram between addresses without an association is from a stranger, or to one: his address may be
 * forged. There are four kinds of such datagrams (enum limit_kind). Each kind has a rate of its own, which
 * all strangers share. At one socket, LIMIT_FIRST and LIMIT_CLIENT together have a limit, too; a few
 * sockets may share that, see struct shared.
 *
 * The first datagrams of an association are always let in: LIMIT_FIRST_UNANSWERED of them until this host
 * answers the peer as a real one, LIMIT_FIRST_ANSWERED from then on. The strangers' rates bound how many
 * associations can begin. Later datagrams take from a rate that all answered associations share, or all
 * unanswered ones. Once an association has used up its own share, they take from a third rate
 * (LIMIT_EXCESS). After a datagram was refused, its association is ignored for a while, and EVENT_LIMITED
 * reports that.
 *
 * A bucket holds a time. Each datagram that is let in moves that time forward. The bucket is empty while
 * the time is not in the past. So a bucket fills without a write, and a flood that finds it empty writes
 * nothing to it. BPF has cmpxchg only from 5.12 on: without it, each CPU that races may let one more in.
 */
#ifndef DTLSNOOP_LIMIT_BPF_H
#define DTLSNOOP_LIMIT_BPF_H

#include "flow.bpf.h"
#include "nat.bpf.h"
#include "ring.bpf.h"

/* Unspent time is kept for this long, so this much is let in as a burst. */
#define LIMIT_BURST_NS 1000000000ULL

enum limit_kind {
	LIMIT_NONE,		/* application data: the association's own counters bound it */
	LIMIT_FIRST,		/* received, or sent as an answer that costs nothing (HelloVerifyRequest) */
	LIMIT_SECOND,		/* received: a ClientHello that was repeated on request */
	LIMIT_CLIENT,		/* a ClientHello sent from this host */
	LIMIT_SERVER,		/* anything else that was sent: a server here treats the peer as real */
	LIMIT_KNOWN,		/* no bucket: limited only within an association */
	LIMIT_KINDS,
	LIMIT_SHARE = LIMIT_KINDS,	/* associations that this host has answered: a few at once, a few
					 * a second */
	LIMIT_UNANSWERED,	/* the same for associations that it has not answered */
	LIMIT_EXCESS,		/* associations that used up their share */
};
_Static_assert(LIMIT_KINDS <= WHAT_LIMIT(~0ULL) + 1, "room for each in what is passed on");
_Static_assert(LIMIT_EXCESS < LIMIT_BUCKETS, "a bucket for each");

/* The rates of all shares together, and of the excess, as multiples of the strangers' rate. */
#define LIMIT_SHARE_TIMES 16
#define LIMIT_UNANSWERED_TIMES 4
#define LIMIT_EXCESS_TIMES 4
/* One socket gets at most half of the rate for first datagrams. */
#define LIMIT_SOCKET_PART 2

/*
 * How many first datagrams of an association, sent or received, are let in. Unanswered: hellos and
 * the request for a cookie. Answered: a whole handshake with some losses.
 */
#define LIMIT_FIRST_UNANSWERED 4
#define LIMIT_FIRST_ANSWERED 24

/*
 * An association's share: this many datagrams at once, then one per LIMIT_SHARE_NS. Flights come on
 * a timer of 1 s.
 */
#define LIMIT_SHARE_NS 125000000ULL
#define LIMIT_SHARE_LEN (32 * LIMIT_SHARE_NS)
/*
 * An association that spent more than this is flooded. It is ignored until it has this much of its
 * share again.
 */
#define LIMIT_FLOOD_LEN (256 * LIMIT_SHARE_NS)
#define LIMIT_QUIET_LEN (128 * LIMIT_SHARE_NS)

/* Spend `interval_ns` of the bucket `*spent`. Returns false if nothing is left. */
static __always_inline bool limit_take_from(__u64 *spent, __u64 interval_ns, __u64 now)
{
	__u64 until = *spent;

	if (until + LIMIT_BURST_NS < now)
		*spent = until = now - LIMIT_BURST_NS;
	if (until >= now)
		return false;
	__sync_fetch_and_add(spent, interval_ns);
	return true;
}

static __always_inline bool limit_take(__u32 kind, __u64 interval_ns, __u64 now)
{
	struct limit *limit = bpf_map_lookup_elem(&limits, &kind);

	return !limit || limit_take_from(&limit->spent, interval_ns, now);
}

/* This many bytes of a payload tell its kind: up to the message_seq of its first message. */
#define LIMIT_BEGIN (DTLS_RECORD_HEADER_LEN + 6)

/* Kind of a datagram that begins with these bytes. Missing bytes are 0. */
static __always_inline __u32 limit_kind(const __u8 *first, bool sent)
{
	__u8 msg_type = 0, message_seq = 0;

	if (first[0] == DTLS_CT_APPLICATION_DATA || first[0] == DTLS_CT_CID ||
	    (first[0] & DTLS_UNIFIED_MASK) == DTLS_UNIFIED_BITS)
		return LIMIT_NONE;
	if (first[0] == DTLS_CT_HANDSHAKE && !first[3] && !first[4]) {
		msg_type = first[DTLS_RECORD_HEADER_LEN];
		message_seq = first[DTLS_RECORD_HEADER_LEN + 4] | first[DTLS_RECORD_HEADER_LEN + 5];
	}
	if (!sent)
		return msg_type == DTLS_MT_CLIENT_HELLO && message_seq ? LIMIT_SECOND : LIMIT_FIRST;
	if (msg_type == DTLS_MT_CLIENT_HELLO)
		return LIMIT_CLIENT;
	return msg_type == DTLS_MT_HELLO_VERIFY_REQUEST ? LIMIT_FIRST : LIMIT_SERVER;
}

/* Is this datagram one of the association's first? If so, count it. */
static __always_inline bool limit_is_first(struct association *as)
{
	if (as->num_let >= (as->is_answered ? LIMIT_FIRST_ANSWERED : LIMIT_FIRST_UNANSWERED))
		return false;
	as->num_let++;
	return true;
}

/* Is a datagram of this association let in? */
static __always_inline bool limit_lets_known(struct association *as, __u64 now)
{
	__u64 spent = as->spent > now ? as->spent : now;
	bool in;

	if (as->limited_until > now)
		return false;
	if (limit_is_first(as))
		in = true;
	else if (spent - now < LIMIT_SHARE_LEN)
		in = as->is_answered ?
			     limit_take(LIMIT_SHARE, limit_interval_ns / LIMIT_SHARE_TIMES, now) :
			     limit_take(LIMIT_UNANSWERED,
					limit_interval_ns / LIMIT_UNANSWERED_TIMES, now);
	else
		in = spent - now < LIMIT_FLOOD_LEN &&
		     limit_take(LIMIT_EXCESS, limit_interval_ns / LIMIT_EXCESS_TIMES, now);
	if (in)
		as->spent = spent + LIMIT_SHARE_NS;
	return in;
}

/* Is a datagram without an association let in? `sock` is 0 if it has no socket. */
static __always_inline bool limit_lets_stranger(__u64 sock, __u32 kind, __u64 now)
{
	if (kind == LIMIT_KNOWN)
		return true;
	if ((kind == LIMIT_FIRST || kind == LIMIT_CLIENT) && sock &&
	    !limit_take_from(&shared.strangers[socket_hash(sock)], limit_interval_ns * LIMIT_SOCKET_PART, now))
		return false;
	return limit_take(kind, limit_interval_ns, now);
}

/* Ignore an association from now on and emit EVENT_LIMITED. */
static __always_inline void limit_tell(const struct association_key *key, struct association *as,
				       __u64 now)
{
	struct socket_state *state = as->sock ? socket_find(as->sock) : NULL;
	struct event *ev;

	if (as->limited_until > now)
		return;
	as->limited_until = as->spent > now + 2 * LIMIT_QUIET_LEN ? as->spent - LIMIT_QUIET_LEN :
								    now + LIMIT_QUIET_LEN;
	ev = emit_bare(EVENT_LIMITED, key, state);
	if (ev)
		emit_submit(ev);
}

static __always_inline void limit_swap(struct association_key *key)
{
	struct event_endpoint local = key->local;

	key->local = key->remote;
	key->remote = local;
}

/*
 * Find the association of a datagram with these addresses, NULL if there is none. A sender that is
 * a socket of this host is no stranger: its association is taken if there is no other, and `key`
 * becomes its key.
 */
static __always_inline struct association *limit_find(struct association_key *key)
{
	struct association *as = bpf_map_lookup_elem(&associations, key), *sender;

	if (as && as->is_answered)
		return as;
	limit_swap(key);
	sender = bpf_map_lookup_elem(&associations, key);
	if (!as)
		return sender;
	limit_swap(key);
	if (sender && sender->is_answered)
		as->is_answered = true;
	return as;
}

/* Does a socket of this host show by what it sends that its peer is real? */
static __always_inline bool limit_answers(__u64 what)
{
	return WHAT_KIND(what) == EVENT_SENT &&
	       (WHAT_LIMIT(what) == LIMIT_CLIENT || WHAT_LIMIT(what) == LIMIT_SERVER);
}

/*
 * Can the datagram have an association? In a flood almost none has one, and this costs a tenth of
 * the search. A drop always takes the search.
 */
static __always_inline bool limit_may_know(__u64 what, __u32 tag, __u64 now)
{
	return WHAT_KIND(what) == EVENT_DROPPED || flow_may_be_known(tag, now / NS_PER_SECOND);
}

/*
 * Does the rate limit refuse this datagram? If so, count it. `sock` is 0 if the packet has no
 * socket, `tag` is that of its flow. A global function: the verifier checks it once.
 */
__noinline int limit_refuses(PACKET view, __u64 sock, __u64 what, __u32 tag)
{
	struct association_key key = {};
	struct association *as = NULL;
	__u64 now = bpf_ktime_get_ns(), packet;

	if (UNLIKELY(limit_may_know(what, tag, now))) {
		const struct sk_buff *skb = (void *)(packet = packet_address(view));

		/* Always report the drop of a packet that was let in. */
		if (WHAT_KIND(what) == EVENT_DROPPED && bpf_map_lookup_elem(&queued_packets, &packet))
			return 0;
		packet_endpoints(skb, WHAT_UDP(what), WHAT_SENT(what), &key.local, &key.remote);
		key.netns = sock ? sock_netns((void *)sock) : packet_netns(skb);
		as = limit_find(&key);
	}
	if (as && limit_answers(what))
		as->is_answered = true;
	if (!limit_interval_ns)
		return 0;
	if (as ? limit_lets_known(as, now) : limit_lets_stranger(sock, WHAT_LIMIT(what), now))
		return 0;
	count(COUNTER_RATE_LIMITED);
	if (as) {
		const struct sk_buff *skb = (void *)packet_address(view);

		if (WHAT_SENT(what) && as->sock == sock)
			nat_undo(skb, packet_is_ipv4(skb), &key.remote);
		limit_tell(&key, as, now);
	}
	return 1;
}

#endif
