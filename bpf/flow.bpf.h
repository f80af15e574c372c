/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * State that lets other traffic leave after one look: which addresses have a handshake under way,
 * and which sockets have datagrams that were reported and not read yet. Both are in struct shared.
 */
#ifndef DTLSNOOP_FLOW_BPF_H
#define DTLSNOOP_FLOW_BPF_H

#include "maps.bpf.h"

#define NS_PER_SECOND 1000000000ULL

/*
 * A handshake stays open this many seconds after its last message. If nobody on this host has
 * answered, the time is shorter: the client may not exist.
 */
#define FLOW_OPEN_SECONDS 120
#define FLOW_UNANSWERED_SECONDS 15
/*
 * An association keeps its own share of the rate limit this many seconds after its last message.
 * Unanswered: a client that gets no answer waits up to 60 s before it repeats (RFC 6347 s4.2.4.1).
 */
#define FLOW_KNOWN_SECONDS 3600
#define FLOW_KNOWN_UNANSWERED_SECONDS 70

/*
 * A number for two ports and the last 32 bits of the remote address. All are loaded as words, as
 * they are in the packet, which takes a few instructions. Never 0.
 */
static __always_inline __u32 flow_tag(__u32 ports_here, bool sent, __u32 remote_ip)
{
	if (sent)
		ports_here = ports_here << 16 | ports_here >> 16;
	return ((remote_ip ^ ports_here) * 0x9e3779b1u) | 1;
}

static __always_inline __u32 flow_tag_between(const struct event_endpoint *local,
					      const struct event_endpoint *remote)
{
	__u32 here = __builtin_bswap16(local->port), there = __builtin_bswap16(remote->port);
	const __u32 *ip = (const void *)remote->ip;

	return flow_tag(here << 16 | there, false, ip[3]);
}

static __always_inline __u32 flow_tag_of(const struct association_key *key)
{
	return flow_tag_between(&key->local, &key->remote);
}

static __always_inline struct flow_mark *flow_mark(__u32 tag)
{
	return &shared.flow_marks[tag >> (32 - FLOW_MARKS_BITS)];
}

/* Is a handshake under way here, as far as the mark tells? */
static __always_inline bool flow_is_open(const struct flow_mark *mark)
{
	return mark->until >= bpf_ktime_get_ns() / NS_PER_SECOND;
}

/* Does or did an association here want anything? The next two functions need an open mark. */
static __always_inline bool flow_wants_any(const struct flow_mark *mark)
{
	return mark->any[0] | mark->any[1];
}

static __always_inline bool flow_wants(const struct flow_mark *mark, __u32 what)
{
	return mark->wants[what & (FLOW_WANTS - 1)];
}

static __always_inline bool flow_wants_data(const struct flow_mark *mark)
{
	return mark->wants[FLOW_DATA(0)] || mark->wants[FLOW_DATA(1)];
}

/* Data went both ways: the handshake is over. */
static __always_inline bool association_is_settled(const struct association *as)
{
	return (as->data[0] || as->num_hidden[0] >= HIDDEN_MAX) && (as->data[1] || as->num_hidden[1] >= HIDDEN_MAX);
}

/* What the association wants, one bit each. */
static __always_inline __u32 association_wants(const struct association *as)
{
	bool settled = association_is_settled(as);
	__u32 wants = 0;

	for (__u32 dir = 0; dir < 2; dir++) {
		if (as->data[dir] != DATA_SHOWN && as->num_hidden[dir] < HIDDEN_MAX)
			wants |= 1 << FLOW_DATA(dir);
		if (!settled && as->num_sealed[dir] < SEALED_MAX)
			wants |= 1 << FLOW_SEALED(dir);
	}
	return wants;
}

/* Reset the counts of a mark whose time is over. */
static __always_inline void flow_begin(struct flow_mark *mark, __u32 now)
{
	if (mark->until >= now)
		return;
	for (int i = 0; i < FLOW_WANTS; i++)
		mark->wants[i] = 0;
	mark->round++;
}

static __always_inline __u16 *flow_until(__u32 tag)
{
	return &shared.flows_until[tag >> (32 - FLOWS_UNTIL_BITS)];
}

/* May the rate limit know this flow? Otherwise it does not. */
static __always_inline bool flow_may_be_known(__u32 tag, __u32 now)
{
	__u16 until = *flow_until(tag);

	return until && (__u16)(until - now) <= FLOW_KNOWN_SECONDS + 1;
}

/* The rate limit knows the flow for so many seconds, and for longer if it did before. */
static __always_inline void flow_is_known(__u32 tag, __u32 now, __u32 seconds)
{
	__u16 until = now + seconds;

	if (!flow_may_be_known(tag, now) || (__u16)(*flow_until(tag) - now) < seconds)
		*flow_until(tag) = until ? until : 1;
}

/*
 * Update the mark of an association. `handshake`: the current datagram is of a handshake. Only such
 * a datagram can make the association want more.
 */
static __always_inline void flow_update(const struct association_key *key, struct association *as,
					bool handshake)
{
	__u32 tag = flow_tag_of(key), wants = association_wants(as), now, until;
	struct flow_mark *mark = flow_mark(tag);

	now = bpf_ktime_get_ns() / NS_PER_SECOND;
	if (handshake)
		flow_begin(mark, now);
	if (as->flow_round != mark->round)
		as->flow_counted = 0;
	if (!handshake)
		wants &= as->flow_counted;
	for (int i = 0; i < FLOW_WANTS; i++)
		if ((wants ^ as->flow_counted) >> i & 1)
			__sync_fetch_and_add(&mark->wants[i], wants >> i & 1 ? 1 : -1);
	as->flow_counted = wants;
	as->flow_round = mark->round;
	mark->tag = tag;
	until = now + (as->is_answered ? FLOW_OPEN_SECONDS : FLOW_UNANSWERED_SECONDS);
	if (handshake && mark->until < until)
		mark->until = until;
}

/* Let the rate limit know the flow of an association, and, if `both`, that of its peer on this host. */
static __always_inline void flow_remember(const struct association_key *key, const struct association *as,
					  bool both)
{
	__u32 seconds = as->is_answered ? FLOW_KNOWN_SECONDS : FLOW_KNOWN_UNANSWERED_SECONDS;
	__u32 now = bpf_ktime_get_ns() / NS_PER_SECOND;

	flow_is_known(flow_tag_of(key), now, seconds);
	if (both)
		flow_is_known(flow_tag_between(&key->remote, &key->local), now, seconds);
}

/* --- clients that a NAT moves --- */

/*
 * A NAT may give a client another port during its handshake. What it sends next comes between addresses without an
 * association. In DTLS 1.3 that is encrypted: only the epoch bits of its unified header tell that it is a handshake (RFC 9147
 * s4), which tells little, and anybody can send it. So it is shown only at the port of a socket of this host that has lately
 * sent such records, and only a few datagrams (MOVERS_LEFT) for each that the socket sends. The first of them creates an association.
 */

/* `port`: the local port as a CPU loads it from a packet. */
static __always_inline struct movers *movers_at(__u32 port)
{
	return &shared.movers[port & ((1 << MOVERS_BITS) - 1)];
}

/* A socket of this host has sent handshake records of DTLS 1.3 from here. */
static __always_inline void movers_await(const struct event_endpoint *local)
{
	struct movers *movers = movers_at(__builtin_bswap16(local->port));

	movers->left = MOVERS_LEFT;
	movers->until = bpf_ktime_get_ns() / NS_PER_SECOND + FLOW_OPEN_SECONDS;
}

/* --- sockets --- */

static __always_inline __u32 socket_hash(__u64 sock)
{
	/* Sockets are hundreds of bytes apart, so the low bits of their addresses tell little. */
	return ((__u32)(sock >> 6) * 0x9e3779b1u) >> (32 - SOCKETS_BITS);
}

static __always_inline __u32 *waiting_of(__u64 sock)
{
	return &shared.sockets_waiting[socket_hash(sock)];
}

static __always_inline bool any_waits(void)
{
	return shared.all_waiting;
}

static __always_inline bool socket_waits(__u64 sock)
{
	return *waiting_of(sock);
}

/* Its reads matter for `num` more packets, or fewer. */
static __always_inline void sockets_waiting_add(__u64 sock, __s32 num)
{
	__sync_fetch_and_add(waiting_of(sock), num);
	__sync_fetch_and_add(&shared.all_waiting, num);
}

static __always_inline void waiting_add(struct socket_state *state, __u64 sock)
{
	__sync_fetch_and_add(&state->num_waiting, 1);
	sockets_waiting_add(sock, 1);
}

/* `packets` of the socket no longer wait. */
static __always_inline void waiting_remove(struct socket_state *state, __u64 sock, __u32 packets)
{
	if (packets > state->num_waiting)
		packets = state->num_waiting;
	if (!packets)
		return;
	__sync_fetch_and_add(&state->num_waiting, -packets);
	sockets_waiting_add(sock, -packets);
}

/* Is a handshake under way on this socket? */
static __always_inline bool socket_is_open(const struct socket_state *state)
{
	return state->open_until && state->open_until >= bpf_ktime_get_ns() / NS_PER_SECOND;
}

#endif
