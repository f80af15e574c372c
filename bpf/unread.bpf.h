/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sockets that had unread datagrams when the trace began. A process that does not read is a usual
 * reason to attach, and of a handshake that is stuck for that reason nothing else may be seen.
 */
#ifndef DTLSNOOP_UNREAD_BPF_H
#define DTLSNOOP_UNREAD_BPF_H

#include "filter.bpf.h"
#include "look.bpf.h"
#include "payload.bpf.h"
#include "ring.bpf.h"

/* How many datagrams of a queue are looked at. */
#define UNREAD_LOOKS 8

/*
 * Does one of the first datagrams of a queue begin like a DTLS handshake? Nothing locks the queue: if
 * it changes meanwhile, the answer may be wrong. A global function: the verifier checks it once.
 */
__noinline int unread_has_dtls(__u64 queue)
{
	__u64 packet = (__u64)BPF_CORE_READ((struct sk_buff_head *)queue, next);

	for (int i = 0; i < UNREAD_LOOKS && packet && packet != queue; i++) {
		__u32 off = packet_udp_off((void *)packet) + UDP_HEADER_LEN, first = 0;
		__u64 at = payload_address(packet, off, DTLS_FIRST);

		if (at)
			bpf_probe_read_kernel(&first, DTLS_FIRST, (void *)at);
		if (at && look_kind(first) == LOOK_KIND_HANDSHAKE)
			return 1;
		packet = (__u64)BPF_CORE_READ((struct sk_buff *)packet, next);
	}
	return 0;
}

static __always_inline bool sock_has_dtls(const struct sock *sk)
{
	return unread_has_dtls((__u64)sk + bpf_core_field_offset(sk->sk_receive_queue)) ||
	       unread_has_dtls((__u64)sk + bpf_core_field_offset(((struct udp_sock *)sk)->reader_queue));
}

/* The application reads from the socket, or closes it: its queue was not left alone. */
__noinline int unread_ended(__u64 sock)
{
	struct unread_socket *unread = bpf_map_lookup_elem(&unread_sockets, &sock);
	struct event *ev = unread ? emit_reserve(EVENT_SIZE_BARE) : NULL;

	/* If the ring buffer is full, the next read tries again. */
	if (!ev)
		return 0;
	emit_header(ev, EVENT_UNREAD, EVENT_SIZE_BARE, NULL);
	ev->socket = unread->id;
	emit_submit(ev);
	if (!bpf_map_delete_elem(&unread_sockets, &sock))
		sockets_waiting_add(sock, -1);
	return 0;
}

static __always_inline bool unread_is_wanted(const struct association_key *key)
{
	if (filter_netns && key->netns != filter_netns)
		return false;
	return !filter_by_port || bpf_map_lookup_elem(&ports, &key->local.port) ||
	       bpf_map_lookup_elem(&ports, &key->remote.port);
}

/*
 * A socket that was open before the trace. If nothing restricts the trace, only one with unread DTLS
 * matters. The mark comes before the count, so that no read is missed in between.
 */
static __always_inline void unread_begin(const struct sock *sk, const struct socket_state *state)
{
	struct association_key key = { .netns = state->netns };
	struct unread_socket unread = { .id = state->id };
	__u64 sock = (__u64)sk;
	struct event *ev;
	bool has_dtls;

	if (!sock_num_unread(sk))
		return;
	sock_endpoint(sk, true, &key.local);
	sock_endpoint(sk, false, &key.remote);
	has_dtls = sock_has_dtls(sk);
	if (!unread_is_wanted(&key) || (!has_dtls && !filter_is_set()))
		return;
	if (!bpf_map_update_elem(&unread_sockets, &sock, &unread, BPF_NOEXIST))
		sockets_waiting_add(sock, 1);
	ev = emit_bare(EVENT_UNREAD, &key, state);
	if (!ev)
		return;
	ev->unread = sock_num_unread(sk);
	ev->length = BPF_CORE_READ(sk, sk_backlog.rmem_alloc.counter) -
		     BPF_CORE_READ((const struct udp_sock *)sk, forward_deficit);
	if (has_dtls)
		ev->flags |= EVENT_DTLS;
	emit_submit(ev);
	/* It was read before this event, which would now stand for good. */
	if (!bpf_map_lookup_elem(&unread_sockets, &sock) &&
	    !bpf_map_update_elem(&unread_sockets, &sock, &unread, BPF_NOEXIST)) {
		sockets_waiting_add(sock, 1);
		unread_ended(sock);
	}
}

#endif
