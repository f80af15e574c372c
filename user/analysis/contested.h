/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two messages of one side with the same message_seq, but another type or length: only one
 * can be real, since anybody can send the other in plaintext (RFC 6347 s4.1.2.7). The one
 * that comes later replaces one of which a single datagram was seen, as long as nothing was
 * made of that: its flight is not complete, and nobody has answered it.
 */
#ifndef DTLSNOOP_CONTESTED_H
#define DTLSNOOP_CONTESTED_H

#include "handshake.h"

/* A first handshake has no higher message_seq. */
#define CONTESTED_MAX_SEQ 32

/* A server without state may count anew after a HelloVerifyRequest (see odd_flight.h): is `msg` such a ServerHello? */
static inline bool contested_counts_anew(uint8_t known_type, const struct dtls_message *msg)
{
	return known_type == DTLS_MT_HELLO_VERIFY_REQUEST && msg->msg_type == DTLS_MT_SERVER_HELLO;
}

/* The message of `from` that `msg` may replace; NULL: none. */
struct message *contested_message(struct handshake *h, enum party_role from, const struct dtls_message *msg);

/* Does the datagram contradict what is known of the handshake, but may replace all that it contradicts? */
bool contested_fits(struct handshake *h, const struct event *ev, enum party_role from);

#endif
