/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which handshake does a datagram belong to? A ClientHello is identified by its
 * random. Any other datagram is identified by its socket and addresses. If several
 * handshakes share these, its record sequence number, its message_seq and the
 * flight that comes next decide.
 */
#ifndef DTLSNOOP_ATTRIBUTE_H
#define DTLSNOOP_ATTRIBUTE_H

#include "handshake.h"
#include "table.h"

/* Which party sent the datagram that the event is about. */
enum party_role attribute_sender(const struct handshake *h, const struct event *ev);

/* At which of the two sockets the event was seen. */
enum point attribute_point(const struct event *ev);

/* Does the event have a ClientHello with its random? Then `hello` is filled in. */
bool attribute_client_hello(const struct event *ev, struct hello *hello);

/*
 * The handshake of this flow that a datagram without a ClientHello continues,
 * NULL if none. If two fit equally, the chosen one is marked ambiguous.
 */
struct handshake *attribute_to_flow(const struct event *ev, const struct flow *flow, uint64_t now);

/* The latest handshake of this flow that has sent this datagram; NULL if none. */
struct handshake *attribute_to_sent(const struct event *ev, const struct flow *flow);

/*
 * The open handshake of this flow that gets a failed send or an ICMP error: the latest, and of an ICMP error the one in
 * which its side sent last. If there are several, it is marked ambiguous. If there is none: the latest that an alert has ended.
 */
struct handshake *attribute_error(const struct flow *flow, const struct event *ev);

/* `h` has a new datagram: if `h` is not the latest of its flow, they are interleaved. */
void attribute_interleaved(struct handshake *h, const struct flow *flow, const struct event *ev, uint64_t now);

/*
 * The kernel dropped this datagram. Is its reason (`name`, or NULL) one that the sender controls, and was no socket of
 * this host seen to send it? Then anybody may have.
 */
bool attribute_is_unproven(const struct handshake *h, const struct event *ev, const char *name);

#endif
