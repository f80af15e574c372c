/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bodies of the hooks that see what became of a datagram or a socket, but no payload: read,
 * refused, answered by an ICMP error, closed.
 */
#ifndef DTLSNOOP_FATE_BPF_H
#define DTLSNOOP_FATE_BPF_H

#include "emit.bpf.h"
#include "unread.bpf.h"

/* At most this many failed sends are emitted per association. */
#define FAILED_MAX 64
/* The same for ICMP errors, which anybody can send. */
#define ICMP_MAX 64

/*
 * Emit the read of datagram `i` of the packet in a place of the workspace. The reader got `copied`
 * bytes of the whole packet. Returns whether there may be another datagram. A global function: the
 * verifier checks it once.
 */
__noinline int emit_read_datagram(__u32 place, __u64 sock, __u32 i, __u32 copied, __u32 nonblocking)
{
	struct workspace *ws = workspace_at(place);
	struct socket_state *state = socket_find(sock);
	const struct queued *queued;
	__u32 begin, length;
	struct event *ev;

	if (!ws || !state || i >= ws->reading.num)
		return 0;
	queued = &ws->reading;
	begin = i * queued->segment;
	length = i + 1 == queued->num ? queued->length - begin : queued->segment;
	ev = emit_reserve(EVENT_SIZE_BARE);
	if (!ev)
		return 1;
	emit_header(ev, EVENT_READ, EVENT_SIZE_BARE, state);
	ev->datagram = queued->first + i;
	ev->length = length;
	ev->copied = copied >= queued->total ? length : copied <= begin ? 0 :
		     copied - begin < length ? copied - begin : length;
	ev->local = queued->local;
	ev->remote = queued->remote;
	if (queued->ipv4)
		ev->flags |= EVENT_IPV4;
	if (nonblocking)
		ev->flags |= EVENT_NONBLOCKING;
	emit_submit(ev);
	return 1;
}

/* Emit the drop of a queued packet whose payload cannot be read. Returns false if it was not queued. */
static __always_inline bool emit_queued_drop(__u64 packet, __u64 sock, __u32 reason)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);
	struct socket_state *state = sock ? socket_find(sock) : NULL;
	struct event *ev;

	if (!queued || !state || state->id != queued->socket || !socket_wanted(state, state->netns))
		return false;
	ev = emit_reserve(EVENT_SIZE_BARE);
	if (!ev)
		return true;
	emit_header(ev, EVENT_DROPPED, EVENT_SIZE_BARE, state);
	ev->drop_reason = reason;
	ev->datagram = queued->first;
	ev->length = queued->length;
	ev->local = queued->local;
	ev->remote = queued->remote;
	if (queued->ipv4)
		ev->flags |= EVENT_IPV4;
	emit_submit(ev);
	return true;
}

/*
 * The current application took `copied` bytes of this packet. If several threads may have read it,
 * only the one that deletes it from the map emits the read. Returns whether this one did. A global
 * function keeps its stack out of the caller's.
 */
__noinline int emit_read(__u64 packet, __u64 sock, __u32 copied)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);
	struct socket_state *state = socket_find(sock);
	struct workspace *ws;
	__u32 i = 0, place, nonblocking;

	if (!queued || !state || queued->socket != state->id)
		return 0;
	place = workspace_take();
	ws = workspace_at(place);
	if (place >= WORKSPACE_PLACES || !ws) {
		count(COUNTER_LOST_NO_STATE);
		return 0;
	}
	/* Copy the entry. After the read another packet may get this address and this entry. */
	ws->reading = *queued;
	if (bpf_map_delete_elem(&queued_packets, &packet)) {
		workspace_give(place, 0);
		return 0;
	}
	waiting_remove(state, sock, 1);
	socket_owned_by_current(state);
	thread_speaks();
	nonblocking = socket_is_nonblocking(sock);
	for (int round = 0; round < DATAGRAM_MAX_SEGMENTS; round++) {
		FORGET(i);
		if (!emit_read_datagram(place, sock, i, copied, nonblocking))
			break;
		i++;
	}
	workspace_give(place, 0);
	return 1;
}

/* --- which packet a read took, if the hook shows only socket and length --- */

/* A read is compared with at most this many numbers. */
#define READ_LOOK_AHEAD 32
/* The hook runs before the packet enters the receive queue. After this time, it has entered. */
#define READ_SETTLED_NS 1000000ULL
/* The same, where a mistake costs nothing (READ_MAYBE_CUT). */
#define READ_ARRIVED_NS 20000ULL
/* A number this far below the latest that has no entry gets none any more. */
#define READ_NUMBERS_BEHIND 64

/* An assumption: no more threads than this read one socket at the same time. */
#define READERS_MAX 64

/* What the caller knows of a read, and so which packet can be the one that was read. */
enum read_how {
	READ_BY_ORDER,		/* nothing: a packet of this length, after enough reads for its turn */
	READ_FEWER_LEFT,	/* fewer packets are queued than were emitted and not read: any of this length */
	READ_CUT,		/* the read truncated this packet */
	READ_NOTHING_LEFT,	/* the receive queue is empty: each packet older than READ_SETTLED_NS */
};

enum read_found {
	READ_GONE,		/* the packet was read or dropped, or its socket is unknown */
	READ_UNKNOWN,		/* the number has no entry yet */
	READ_WAITS,		/* it was not this packet */
	READ_MAYBE_CUT,		/* it was not this packet, unless the read truncated it */
	READ_TOLD,		/* it was this packet: its read is emitted */
};

/*
 * If a read of `result` bytes took the packet whose first datagram has this number, emit the read. A
 * global function: the verifier checks it once.
 */
__noinline int read_try(__u64 sock, __u64 first, __u32 result, __u32 how)
{
	struct socket_state *state = socket_find(sock);
	struct number_key key = { .number = first };
	struct number *number;
	struct queued *queued;
	bool in_turn, told = false;
	__u64 age;

	if (!state)
		return READ_GONE;
	key.socket = state->id;
	number = bpf_map_lookup_elem(&queued_numbers, &key);
	if (!number)
		return first + READ_NUMBERS_BEHIND < state->num_queued ? READ_GONE : READ_UNKNOWN;
	queued = bpf_map_lookup_elem(&queued_packets, &number->packet);
	if (!queued || queued->socket != state->id || queued->first != first)
		return READ_GONE;
	age = bpf_ktime_get_ns() - queued->time_ns;
	in_turn = number->read <= state->num_reads;
	if (how == READ_CUT)
		told = emit_read(number->packet, sock, result);
	else if (how == READ_NOTHING_LEFT && age >= READ_SETTLED_NS)
		told = emit_read(number->packet, sock, queued->total);
	else if (queued->total == result && (in_turn || how == READ_FEWER_LEFT))
		told = emit_read(number->packet, sock, result);
	if (told)
		return READ_TOLD;
	return result && queued->total > result && in_turn && how == READ_FEWER_LEFT &&
	       age >= READ_ARRIVED_NS ? READ_MAYBE_CUT : READ_WAITS;
}

#define READ_WAS_TOLD (~0ULL)

/*
 * Try up to READ_LOOK_AHEAD numbers until the read of one is emitted: READ_WAS_TOLD. With
 * READ_NOTHING_LEFT, emit the reads of all that match. Otherwise returns the number of the first packet
 * that may be truncated, or 0. Numbers at the front whose packets are gone are not tried again. A global
 * function: the verifier checks it once.
 */
__noinline __u64 read_look(__u64 sock, __u32 result, __u32 how)
{
	struct socket_state *state = socket_find(sock);
	__u64 number, cut = 0, front = 1;
	int found;

	if (!state)
		return 0;
	number = state->num_read;
	for (int i = 0; i < READ_LOOK_AHEAD; i++) {
		FORGET(number);
		FORGET(cut);
		FORGET(front);
		if (number >= state->num_queued)
			break;
		number++;
		found = read_try(sock, number, result, how);
		if (found == READ_TOLD && how != READ_NOTHING_LEFT)
			return READ_WAS_TOLD;
		if (found != READ_GONE && found != READ_TOLD)
			front = 0;
		if (front)
			state->num_read = number;
		if (found == READ_MAYBE_CUT && !cut)
			cut = number;
	}
	return cut;
}

/*
 * The application read `result` bytes from a socket. The hook does not show which packet: take the
 * first one of that length (see enum read_how). If there is none, the read took a longer packet,
 * truncated. If the receive queue is empty now, each packet that had entered it was read.
 */
static __always_inline void emit_read_in_order(__u64 sock, __u32 result)
{
	struct socket_state *state = socket_find(sock);
	__u32 unread, waiting;
	__u64 cut;

	if (!state || !state->num_waiting)
		return;
	__sync_fetch_and_add(&state->num_reads, 1);
	unread = sock_num_unread((void *)sock);
	cut = read_look(sock, result, unread < state->num_waiting ? READ_FEWER_LEFT : READ_BY_ORDER);
	if (cut && cut != READ_WAS_TOLD)
		read_try(sock, cut, result, READ_CUT);
	if (unread)
		return;
	read_look(sock, 0, READ_NOTHING_LEFT);
	/*
	 * Packets that the maps had no room for are never removed. Remove them here, except for
	 * what other readers may be about to remove.
	 */
	waiting = state->num_waiting;
	if (state->num_read >= state->num_queued && waiting > READERS_MAX)
		waiting_remove(state, sock, waiting - READERS_MAX);
}

/*
 * A send of `length` bytes to `remote` failed (port 0: unknown). Emitted if a handshake was seen
 * between these addresses.
 */
static __always_inline void emit_send_failed(const struct sock *sk, __u32 length, __s64 result,
					     const struct event_endpoint *remote)
{
	__u64 sock = (__u64)sk;
	struct association_key key = { .remote = *remote };
	struct socket_state *state = socket_find(sock);
	struct association *as;
	struct event *ev;

	if (!state || !(state->num_sent || state->num_queued))
		return;
	sock_endpoint(sk, true, &key.local);
	key.netns = state->netns;
	as = bpf_map_lookup_elem(&associations, &key);
	if (as) {
		if (as->data[1] || as->num_failed >= FAILED_MAX) {
			count(COUNTER_APPLICATION_DATA);
			return;
		}
		as->num_failed++;
	} else if (limit_interval_ns &&
		   !limit_take(LIMIT_SERVER, limit_interval_ns, bpf_ktime_get_ns())) {
		count(COUNTER_RATE_LIMITED);
		return;
	}
	socket_owned_by_current(state);
	if (!ports_wanted(&key) || !socket_wanted(state, state->netns))
		return;
	ev = emit_bare(EVENT_SEND_FAILED, &key, state);
	if (!ev)
		return;
	ev->length = length;
	ev->error = -result;
	emit_submit(ev);
}

/*
 * An ICMP error about something sent from `local` to `remote`. Emitted if a handshake was seen there.
 * `from` may be NULL.
 */
static __always_inline void emit_icmp_error(const struct association_key *key, __u32 error, __u8 type,
					    __u8 code, const struct event_reporter *from)
{
	struct association *as = bpf_map_lookup_elem(&associations, key);
	struct socket_state *state = NULL;
	struct event *ev;

	if (!as || as->data[1])
		return;
	if (as->num_icmp >= ICMP_MAX) {
		count(COUNTER_RATE_LIMITED);
		return;
	}
	as->num_icmp++;
	if (as->sock)
		state = socket_find(as->sock);
	if (!ports_wanted(key) || !socket_wanted(state, key->netns))
		return;
	ev = emit_about(EVENT_ICMP_ERROR, from ? EVENT_SIZE_REPORTER : EVENT_SIZE_BARE, key, state);
	if (!ev)
		return;
	if (from) {
		ev->flags |= EVENT_REPORTER;
		__builtin_memcpy(ev->items, from, sizeof(*from));
	}
	ev->error = error;
	ev->icmp_type = type;
	ev->icmp_code = code;
	emit_submit(ev);
}

/* A socket is closed for good. Emitted only if DTLS passed through it. */
static __always_inline void emit_closed(const struct sock *sk)
{
	__u64 sock = (__u64)sk;
	struct socket_state *state = socket_find(sock);
	struct event *ev;

	if (socket_waits(sock))
		unread_ended(sock);
	if (!state)
		return;
	if ((state->num_sent || state->num_queued) && socket_wanted(state, state->netns)) {
		ev = emit_reserve(EVENT_SIZE_BARE);
		if (ev) {
			emit_header(ev, EVENT_CLOSED, EVENT_SIZE_BARE, state);
			ev->unread = sock_num_unread(sk);
			emit_submit(ev);
		}
	}
	waiting_remove(state, sock, state->num_waiting);
	bpf_map_delete_elem(&sockets, &sock);
}

#endif
