/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is remembered so that traffic which is none of our business leaves after one
 * look: between which addresses a handshake is under way, and which sockets have
 * datagrams that were told and not read yet.
 *
 * These are plain arrays by a hash, so that a look is a load: no call, no key of 48
 * bytes. Where two share a place, both are looked at more closely. Never is one
 * overlooked for that.
 */
#ifndef DTLSNOOP_FLOW_BPF_H
#define DTLSNOOP_FLOW_BPF_H

#include "maps.bpf.h"

#define NS_PER_SECOND 1000000000ULL

/* A handshake without a message for so long, seconds, is not waited for any longer. */
#define FLOW_OPEN_SECONDS 120

/* What is wanted of a flow beside the records that always are, by direction (1: sent). */
#define FLOW_WANTS_DATA(dir) (1u << (dir))	/* its first application data */
#define FLOW_WANTS_SEALED(dir) (4u << (dir))	/* epoch 2 of DTLS 1.3: handshake */

struct flow_mark {
	__u32 tag;		/* of the association that it is about, 0: several */
	__u32 until;		/* seconds of CLOCK_MONOTONIC; 0: no handshake is under way */
	__u32 wants;		/* FLOW_WANTS_* */
	__u32 reserved;
};

#define FLOW_MARKS_BITS 14
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << FLOW_MARKS_BITS);
	__type(key, __u32);
	__type(value, struct flow_mark);
} flow_marks SEC(".maps");

/* By local port: packets that were emitted as EVENT_QUEUED and are neither read nor dropped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << 16);
	__type(key, __u32);
	__type(value, __u32);
} ports_waiting SEC(".maps");

/*
 * A number for two ports and the remote address, of which the last 32 bits count. Both as
 * they lie in the packet, loaded as words: that is a few instructions. Never 0.
 */
static __always_inline __u32 flow_tag(__u32 ports_here, bool sent, __u32 remote_ip)
{
	if (sent)
		ports_here = ports_here << 16 | ports_here >> 16;
	return ((remote_ip ^ ports_here) * 0x9e3779b1u) | 1;
}

static __always_inline __u32 flow_tag_of(const struct association_key *key)
{
	const __u32 *ip = (const void *)key->remote.ip;
	__u32 local = __builtin_bswap16(key->local.port), remote = __builtin_bswap16(key->remote.port);

	return flow_tag(local << 16 | remote, false, ip[3]);
}

static __always_inline struct flow_mark *flow_mark(__u32 tag)
{
	__u32 place = tag >> (32 - FLOW_MARKS_BITS);

	return bpf_map_lookup_elem(&flow_marks, &place);
}

/* What is wanted of it now; 0: no handshake is under way. */
static __always_inline __u32 flow_wants(struct flow_mark *mark)
{
	if (!mark || !mark->until)
		return 0;
	if (mark->until >= bpf_ktime_get_ns() / NS_PER_SECOND)
		return mark->wants;
	mark->until = 0;
	return 0;
}

static __always_inline bool association_shows(const struct association *as, __u32 dir)
{
	return as->num_data[dir] || as->num_hidden[dir] >= HIDDEN_MAX;
}

/* Nothing of it is waited for: data went both ways, after the last of its handshake. */
static __always_inline bool association_is_settled(const struct association *as)
{
	return association_shows(as, 0) && association_shows(as, 1);
}

/* Likewise of a socket: is a handshake under way on it? */
static __always_inline void socket_handshake(struct socket_state *state, __u32 tag, bool settled,
					     bool handshake, __u32 now)
{
	bool others = state->open_until >= now && state->open_tag != tag;

	if (settled && !others)
		state->open_until = 0;
	if (settled || !handshake)
		return;
	state->open_tag = others ? 0 : tag;
	state->open_until = now + FLOW_OPEN_SECONDS;
}

static __always_inline bool socket_is_open(const struct socket_state *state)
{
	return state->open_until && state->open_until >= bpf_ktime_get_ns() / NS_PER_SECOND;
}

/*
 * Bring the mark of an association up to date; `handshake`: one of its datagrams is
 * of a handshake; `state` is that of its socket, may be NULL. Two CPUs at once may lose one's change: then the first data there
 * is not told, and nothing else.
 */
static __always_inline void flow_update(const struct association_key *key,
					const struct association *as, struct socket_state *state,
					bool handshake)
{
	__u32 tag = flow_tag_of(key), now, wants = 0;
	struct flow_mark *mark = flow_mark(tag);
	bool others;

	if (!mark)
		return;
	now = bpf_ktime_get_ns() / NS_PER_SECOND;
	if (state)
		socket_handshake(state, tag, association_is_settled(as), handshake, now);
	/* Of whom nobody here has answered, and who may not exist, nothing else is remembered. */
	if (!as->is_answered)
		return;
	others = mark->until >= now && mark->tag != tag;
	if (others && !handshake)
		return;
	for (__u32 dir = 0; dir < 2; dir++) {
		if (!association_shows(as, dir))
			wants |= FLOW_WANTS_DATA(dir);
		if (as->num_sealed[dir] < SEALED_MAX)
			wants |= FLOW_WANTS_SEALED(dir);
	}
	mark->wants = others ? mark->wants | wants : wants;
	mark->tag = others ? 0 : tag;
	if (association_is_settled(as) && !others)
		mark->until = 0;
	else if (handshake)
		mark->until = now + FLOW_OPEN_SECONDS;
}

/* --- datagrams that were told and wait to be read --- */

static __always_inline __u32 *port_waiting(__u32 local_port)
{
	return bpf_map_lookup_elem(&ports_waiting, &local_port);
}

static __always_inline bool port_waits(__u32 local_port)
{
	__u32 *num = port_waiting(local_port);

	return !num || *num;
}

static __always_inline void waiting_add(struct socket_state *state, __u32 local_port)
{
	__u32 *num = port_waiting(local_port);

	if (!num)
		return;
	state->local_port = local_port;
	__sync_fetch_and_add(&state->num_waiting, 1);
	__sync_fetch_and_add(num, 1);
}

/* `packets` of the socket wait no longer. */
static __always_inline void waiting_remove(struct socket_state *state, __u32 packets)
{
	__u32 *num = port_waiting(state->local_port);

	if (packets > state->num_waiting)
		packets = state->num_waiting;
	if (!num || !packets)
		return;
	__sync_fetch_and_add(&state->num_waiting, -packets);
	__sync_fetch_and_add(num, -packets);
}

#endif
