/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fate of a datagram at its receiver: queued, dropped, read, or truncated by the
 * read. A receive queue is read in order, and its datagrams are numbered.
 */
#ifndef DTLSNOOP_FATE_H
#define DTLSNOOP_FATE_H

#include "handshake.h"

/* Record in `arrival` a part of a message of the receiver's peer; `message` is its index. */
void fate_add_fragment(struct party *receiver, struct arrival *arrival, uint8_t message,
		       uint32_t begin, uint32_t len);

/* The datagram is queued at the receiver's socket. */
void fate_queued(const struct sighting *s);

/* Is a datagram with this number known at `receiver`'s socket? */
bool fate_knows(const struct party *receiver, uint64_t datagram);

/* The application read a datagram. Returns false if the datagram does not belong to this handshake. */
bool fate_read(struct handshake *h, enum party_role reader, const struct event *ev, uint64_t now);

/* `datagram` was read from the socket, so no earlier datagram is in its queue any more. */
void fate_passed(struct party *receiver, uint64_t datagram);

/* The first datagram known to be in its queue; UINT64_MAX: none. */
uint64_t fate_first_queued(const struct party *receiver);

/* `num` events were lost; this became known at `now`. */
void fate_lost(struct handshake *h, uint64_t num, uint64_t now);

/* Is a datagram with a part of this flight known to be in its receive queue? */
bool fate_has_unread(const struct party *receiver, uint8_t flight);

/* Another socket took over, or events were lost: the content of the queue is unknown now. */
void fate_forget(struct party *receiver);

/* What is known of a drop. */
struct dropped {
	const char *name;	/* of its reason, not escaped, or NULL */
	uint8_t flights;	/* bit n: the datagram has a part of flight n */
	/* Its reason is one that the sender controls, and no socket of this host was seen to send it: anybody may have. */
	bool is_unproven;
};

/* The kernel dropped a datagram of `from`. */
void fate_dropped(struct handshake *h, enum party_role from, const struct event *ev, const struct dropped *dropped,
		  uint64_t now);

/*
 * The oldest datagram in `reader`'s queue that the handshake needs it to read: it has
 * something new, or only its read makes `reader` send its flight again (RFC 6347
 * s4.2.4: no timer runs after a HelloVerifyRequest and after the last flight).
 * NULL: none. `num` receives the number of such datagrams.
 */
const struct arrival *fate_oldest_unread(const struct handshake *h, enum party_role reader,
					 uint32_t *num);

#endif
