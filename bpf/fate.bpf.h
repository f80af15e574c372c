/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bodies of the hooks that see what became of a datagram or a socket, but no
 * payload: read, refused, answered by an ICMP error, closed.
 */
#ifndef DTLSNOOP_FATE_BPF_H
#define DTLSNOOP_FATE_BPF_H

#include "emit.bpf.h"

/* Of failed sends this many are emitted per association. */
#define FAILED_MAX 64
/* Likewise of ICMP errors, which anybody can send. */
#define ICMP_MAX 64

/*
 * The read of the datagram `i` of the packet in a place of the workspace, of which the
 * reader got `copied` bytes in all. Returns whether there may be another. A global
 * function: verified once and alone.
 */
__noinline int emit_read_datagram(__u32 place, __u64 sock, __u32 i, __u32 copied)
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
	ev->copied = copied <= begin ? 0 : copied - begin < length ? copied - begin : length;
	ev->local = queued->local;
	ev->remote = queued->remote;
	if (queued->ipv4)
		ev->flags |= EVENT_IPV4;
	emit_submit(ev);
	return 1;
}

/* A queued packet was dropped whose payload cannot be read. False: it was not queued. */
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
 * The application, which is current, took `copied` bytes of this packet. A global
 * function for the sake of its stack.
 */
__noinline int emit_read(__u64 packet, __u64 sock, __u32 copied)
{
	struct queued *queued = bpf_map_lookup_elem(&queued_packets, &packet);
	struct socket_state *state = socket_find(sock);
	struct workspace *ws;
	__u32 i = 0, place;

	if (!queued || !state || queued->socket != state->id)
		return 0;
	place = workspace_take();
	ws = workspace_at(place);
	if (place >= WORKSPACE_PLACES || !ws) {
		count(COUNTER_LOST_NO_STATE);
		return 0;
	}
	/* Where the read is over, so is the packet: another may take its address, and this place. */
	ws->reading = *queued;
	socket_owned_by_current(state);
	for (int round = 0; round < DATAGRAM_MAX_SEGMENTS; round++) {
		FORGET(i);
		if (!emit_read_datagram(place, sock, i, copied))
			break;
		i++;
	}
	state->num_read = ws->reading.first + ws->reading.num - 1;
	waiting_remove(state, 1);
	bpf_map_delete_elem(&queued_packets, &packet);
	workspace_give(place, 0);
	return 0;
}

#define READ_LOOK_AHEAD 32

/*
 * The application read `result` bytes from a socket; which packet is not shown.
 * It is the first unread one of that length. A shorter read took the first
 * unread one, cut, if the queue had nothing before that.
 */
static __always_inline void emit_read_in_order(__u64 sock, __u32 result)
{
	struct socket_state *state = socket_find(sock);
	struct number_key key = {};
	struct number *number;
	struct queued *queued;
	bool waits = false;
	__u64 cut = 0;

	if (!state || !state->num_waiting)
		return;
	state->num_reads++;
	/* Of an empty datagram, or of an empty buffer: it does not say what it took. */
	if (!result)
		return;
	key.socket = state->id;
	key.number = state->num_read;
	for (int i = 0; i < READ_LOOK_AHEAD && key.number < state->num_queued; i++) {
		key.number++;
		number = bpf_map_lookup_elem(&queued_numbers, &key);
		if (!number)
			continue;
		queued = bpf_map_lookup_elem(&queued_packets, &number->packet);
		if (!queued || queued->socket != state->id || queued->first != key.number)
			continue;
		waits = true;
		if (queued->length == result) {
			emit_read(number->packet, sock, result);
			return;
		}
		if (!cut && queued->length > result && number->read <= state->num_reads)
			cut = number->packet;
	}
	if (cut)
		emit_read(cut, sock, result);
	if (waits || key.number < state->num_queued)
		return;
	/* None of them is known any longer. */
	state->num_read = state->num_queued;
	waiting_remove(state, state->num_waiting);
}

/*
 * A send of `length` bytes failed. `remote` is where to, port 0: not known.
 * Emitted if a handshake was seen there.
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
		if (as->num_data[1] || as->num_failed >= FAILED_MAX) {
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

/* An ICMP error about something that went from `local` to `remote`, if a handshake was seen there. */
static __always_inline void emit_icmp_error(const struct association_key *key, __u32 error,
					    __u8 type, __u8 code)
{
	struct association *as = bpf_map_lookup_elem(&associations, key);
	struct socket_state *state = NULL;
	struct event *ev;

	if (!as || as->num_data[1])
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
	ev = emit_bare(EVENT_ICMP_ERROR, key, state);
	if (!ev)
		return;
	ev->error = error;
	ev->icmp_type = type;
	ev->icmp_code = code;
	emit_submit(ev);
}

/* A socket is closed for good. Of interest only if DTLS passed through it. */
static __always_inline void emit_closed(const struct sock *sk)
{
	__u64 sock = (__u64)sk;
	struct socket_state *state = socket_find(sock);
	struct event *ev;

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
	waiting_remove(state, state->num_waiting);
	bpf_map_delete_elem(&sockets, &sock);
}

#endif
