/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rate limit: what a flood may cost. It comes before the walk over the
 * datagram and before the ring buffer, and what it refuses is counted.
 *
 * A sender whose address is made up is a stranger: no association is known. So
 * strangers share a rate, in four kinds of which none can starve another. Once
 * one is let in, so are the first datagrams of its association, whatever others
 * do: few until this host answers as to somebody real, then what a handshake
 * needs. Strangers' rates bound how many these are in all. Beyond them
 * associations share, those that were answered and those that were not apart,
 * and each gets but a part. Whoever uses up even more than that is not followed,
 * and that is told (EVENT_LIMITED), never left out in silence.
 *
 * A bucket is the time up to which all is spent: what may be spent grows by
 * itself, a flood that finds nothing left only reads, and adding is atomic
 * without cmpxchg, which BPF has from 5.12 on. A race lets one more in.
 */
#ifndef DTLSNOOP_LIMIT_BPF_H
#define DTLSNOOP_LIMIT_BPF_H

#include "ring.bpf.h"

/* Unspent time is kept for this long: a burst of so much is let in at once. */
#define LIMIT_BURST_NS 1000000000ULL

enum limit_kind {
	LIMIT_NONE,		/* application data: the associations' own counters bound it */
	LIMIT_FIRST,		/* received, and answers to it that cost nothing (HelloVerifyRequest) */
	LIMIT_SECOND,		/* a ClientHello again, with what it was asked for, received */
	LIMIT_CLIENT,		/* a ClientHello sent from this host */
	LIMIT_SERVER,		/* sent otherwise: a server here takes the peer for real */
	LIMIT_KNOWN,		/* no bucket: only associations are limited */
	LIMIT_KINDS,
	LIMIT_SHARE = LIMIT_KINDS,	/* of associations that this host has answered: a few at once, a few a second */
	LIMIT_UNANSWERED,	/* of those that it has not: the same */
	LIMIT_EXCESS,		/* of associations: beyond that */
};
_Static_assert(LIMIT_KINDS <= WHAT_LIMIT(~0ULL) + 1, "room for each in what is passed on");
_Static_assert(LIMIT_EXCESS < LIMIT_BUCKETS, "a bucket for each");

/* All shares together, and what is beyond them, are so many times the rate of strangers. */
#define LIMIT_SHARE_TIMES 16
#define LIMIT_UNANSWERED_TIMES 4
#define LIMIT_EXCESS_TIMES 4
/* The most that one socket gets of it for first datagrams: a half. */
#define LIMIT_SOCKET_PART 2

/*
 * The first datagrams of an association, each seen to be sent or to arrive: hellos
 * and the request for a cookie; then all of a handshake, in which some get lost.
 */
#define LIMIT_FIRST_UNANSWERED 4
#define LIMIT_FIRST_ANSWERED 24

/* An association's share: so many datagrams at once, and one more in this time: flights on a timer of 1 s. */
#define LIMIT_SHARE_NS 125000000ULL
#define LIMIT_SHARE_LEN (32 * LIMIT_SHARE_NS)
/* Beyond this it is flooded, and left alone until it has this much of its share again. */
#define LIMIT_FLOOD_LEN (256 * LIMIT_SHARE_NS)
#define LIMIT_QUIET_LEN (128 * LIMIT_SHARE_NS)

/* Take what costs `interval_ns` from what was spent up to `*spent`. False: there is nothing left. */
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

/* Bytes of a payload that tell its kind: up to the message_seq of its first message. */
#define LIMIT_BEGIN (DTLS_RECORD_HEADER_LEN + 6)

/* What kind is a datagram that begins with these bytes, 0 where there are none? */
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

/* Is a datagram of this association one of its first? It is counted then. */
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

/* Is a datagram of no association let in? `state` is that of its socket, may be NULL. */
static __always_inline bool limit_lets_stranger(struct socket_state *state, __u32 kind, __u64 now)
{
	if (kind == LIMIT_KNOWN)
		return true;
	if ((kind == LIMIT_FIRST || kind == LIMIT_CLIENT) && state &&
	    !limit_take_from(&state->strangers, limit_interval_ns * LIMIT_SOCKET_PART, now))
		return false;
	return limit_take(kind, limit_interval_ns, now);
}

/* Say that an association is not looked at from now on, and until when. */
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
 * The association of a datagram with these addresses, NULL if none is known. If its
 * sender is a socket of this host it is no stranger: then that one's stands for it,
 * and `key` becomes its key.
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

/* Does a socket of this host take its peer for real by what it sends? */
static __always_inline bool limit_answers(__u64 what)
{
	return WHAT_KIND(what) == EVENT_SENT &&
	       (WHAT_LIMIT(what) == LIMIT_CLIENT || WHAT_LIMIT(what) == LIMIT_SERVER);
}

/*
 * Is the datagram more than the rate limit allows? It is counted then. `sock` is 0
 * if it met no socket. A global function: verified once and alone.
 */
__noinline int limit_refuses(__u64 packet, __u64 sock, __u64 what)
{
	const struct sk_buff *skb = (void *)packet;
	struct socket_state *state = sock ? socket_find(sock) : NULL;
	struct association_key key = {};
	struct association *as;
	__u64 now;

	/* What became of one that was let in is told. */
	if (WHAT_KIND(what) == EVENT_DROPPED && bpf_map_lookup_elem(&queued_packets, &packet))
		return 0;
	packet_endpoints(skb, WHAT_UDP(what), WHAT_SENT(what), &key.local, &key.remote);
	key.netns = sock ? sock_netns((void *)sock) : packet_netns(skb);
	as = limit_find(&key);
	if (as && limit_answers(what))
		as->is_answered = true;
	if (!limit_interval_ns)
		return 0;
	now = bpf_ktime_get_ns();
	if (as ? limit_lets_known(as, now) : limit_lets_stranger(state, WHAT_LIMIT(what), now))
		return 0;
	count(COUNTER_RATE_LIMITED);
	if (as)
		limit_tell(&key, as, now);
	return 1;
}

#endif
