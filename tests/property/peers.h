/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Peers that exist: what some endpoints and networks do that RFC 6347 does not expect, or
 * forbids, and that the other end has to live with. Each is a trait of one side. Where the
 * other end does not tolerate it, it is a fault (enum fault_kind) that brings its trait along.
 */
#ifndef DTLSNOOP_PROPERTY_PEERS_H
#define DTLSNOOP_PROPERTY_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct scenario;

enum peer_kind {
	PEER_NEW_RANDOM,	/* client: the ClientHello with the cookie has another random */
	PEER_SAME_NUMBERS,	/* it keeps the bytes it sent: each copy has the record numbers of the first */
	PEER_SEQ_AGAIN,		/* server: its ServerHello has the message_seq of its HelloVerifyRequest */
	PEER_NO_CID,		/* it was given a connection ID, and does not use it */
	PEER_BORDERS,		/* it cuts each copy into other fragments */
	PEER_IMPATIENT,		/* its application waits for a while only, and then it gives up as a stack does in the end */
	PEER_CLOSE_NOTIFY,	/* when it gives up, it says so */
	PEER_USER_CANCELED,	/* the same, with user_canceled before it (RFC 5246 s7.2.2) */
	PEER_HEEDS_NO_GOODBYE,	/* it goes on after a close_notify in plaintext, which anybody may have sent */
	PEER_CLOSED_PORT,	/* its host answers what comes for a closed socket by port unreachable */
	PEER_ROUTER_ERRORS,	/* a router, or a stranger, sends it ICMP errors of any code for what it sends */
	PEER_TWO_SERVERS,	/* server: two share its address, and neither takes the cookie of the other: see FAULT_COOKIE */
	PEER_RESTARTS,		/* client: it starts again on the same port, with a new random: see FAULT_RESTART */
	PEER_MOVES,		/* client: a NAT gives it another port, and the server follows it: see FAULT_MOVED */
	PEER_SECOND_SERVER,	/* server: another one shares its address, and both answer the ClientHello; the client goes on with this one */
	PEER_SHORT_RECORDS,	/* DTLS 1.3: it sends ACKs without entries, and data of two bytes; both are as long as an alert */
	PEER_MAX,
};

const char *peer_name(enum peer_kind kind);

/* Has this side the trait? */
bool peer_is(const struct scenario *sc, enum party_role role, enum peer_kind kind);

/* Give this side the trait, if a handshake of this kind can have it. */
void peer_add(struct scenario *sc, enum party_role role, enum peer_kind kind);

/* Draw which traits each side has, once the rest of the scenario is drawn; some may bring a fault along. */
void peers_draw(struct scenario *sc, bool may_be_faulty);

#endif
