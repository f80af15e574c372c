/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Several attempts of one client on the same addresses: which of them does a datagram continue? A server keeps one
 * association for an address (RFC 6347 s4.2.8), and a client that starts again has forgotten what was before.
 */
#ifndef DTLSNOOP_ATTEMPTS_H
#define DTLSNOOP_ATTEMPTS_H

#include "handshake.h"
#include "hello.h"
#include "table.h"

/* Is it no more than one ClientHello, after which the client has gone on with the other handshake? */
bool attempts_is_doubtful(const struct handshake *h, const struct handshake *other);

/* Has the datagram a ServerHello, and is that the one of this handshake (1) or another one (-1)? 0: not known. */
int attempts_compare_random(const struct handshake *h, const struct event *ev, enum party_role from);

/* Has the client begun a later attempt that its server has asked for a cookie, and has it given that? */
bool attempts_has_cookie(const struct handshake *h, const struct flow *flow);

/* Is the datagram of another attempt, since the two sides have left this one, or have not come to it yet? */
bool attempts_is_left(const struct handshake *h, const struct flow *flow, const struct event *ev, enum party_role from,
		      enum point point, uint64_t now);

#endif
