/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To which handshake does a datagram belong? A ClientHello says so by its
 * random. Anything else is told by its socket and addresses, and where several
 * handshakes share those, by its record sequence number, its message_seq, and
 * by whose turn it is.
 */
#ifndef DTLSNOOP_ATTRIBUTE_H
#define DTLSNOOP_ATTRIBUTE_H

#include "handshake.h"
#include "table.h"

/* Who of the two sent it, or what the event is about. */
enum party_role attribute_sender(const struct handshake *h, const struct event *ev);

/* At which of the two sockets it was seen. */
enum point attribute_point(const struct event *ev);

/* Is there a ClientHello in it, and with it the random? `hello` is filled if so. */
bool attribute_client_hello(const struct event *ev, struct hello *hello);

/*
 * The handshake of this flow that a datagram without a ClientHello continues,
 * NULL if none. If two fit alike the choice is marked ambiguous.
 */
struct handshake *attribute_to_flow(const struct event *ev, const struct flow *flow, uint64_t now);

/* The handshake of this flow in which this very datagram was sent last; NULL if none. */
struct handshake *attribute_to_sent(const struct event *ev, const struct flow *flow);

/*
 * The open handshake of this flow that a failed send or an ICMP error is of:
 * the latest. If there are several the choice is marked ambiguous.
 */
struct handshake *attribute_error(const struct flow *flow);

/* Something moved in `h`: if it is not the latest of its flow, they are interleaved. */
void attribute_interleaved(struct handshake *h, const struct flow *flow);

#endif
