/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What became of a datagram at the receiver's end: queued, dropped, read, or
 * cut on reading. A queue is read in order, and its datagrams are numbered.
 */
#ifndef DTLSNOOP_FATE_H
#define DTLSNOOP_FATE_H

#include "handshake.h"

/* Note in `arrival` bytes of a message of `receiver`'s peer, by its index. */
void fate_add_fragment(struct party *receiver, struct arrival *arrival, uint8_t message,
		       uint32_t begin, uint32_t len);

/* It is queued at the socket of its sender's peer. */
void fate_queued(const struct sighting *s);

/* Is a datagram of this number known at `receiver`'s socket? */
bool fate_knows(const struct party *receiver, uint64_t datagram);

/* Its application took one: false if it is none of this handshake. */
bool fate_read(struct handshake *h, enum party_role reader, const struct event *ev, uint64_t now);

/* Something behind `datagram` was read from the socket: what came before it lies there no more. */
void fate_passed(struct party *receiver, uint64_t datagram);

/* The first datagram that lies in its queue, as far as is known; UINT64_MAX: none. */
uint64_t fate_first_queued(const struct party *receiver);

/* `num` events were lost, known at `now`. */
void fate_lost(struct handshake *h, uint64_t num, uint64_t now);

/* Another socket took over, or events were lost: nothing is known of the queue any more. */
void fate_forget(struct party *receiver);

/*
 * The kernel dropped a datagram that `from` sent, with something of `flights`
 * (bit n: flight n) in it. `name`: of the reason, hostile, or NULL.
 */
void fate_dropped(struct handshake *h, enum party_role from, const struct event *ev,
		  uint8_t flights, const char *name, uint64_t now);

/*
 * The oldest handshake datagram in `reader`'s queue that the handshake waits
 * for it to read: news to it, or the only thing that makes it send its flight
 * again (RFC 6347 s4.2.4: no timer runs after a HelloVerifyRequest and after
 * the last flight). NULL: none. `num` receives how many there are.
 */
const struct arrival *fate_oldest_unread(const struct handshake *h, enum party_role reader,
					 uint32_t *num);

#endif
