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

/* Has the datagram a ServerHello, and is that the one of this handshake (1) or another one (-1)? 0: not known. */
int attempts_compare_random(const struct handshake *h, const struct event *ev, enum party_role from);

/* Has this handshake seen the datagram before, record for record, in a flight that no later attempt of its client has come to? */
bool attempts_is_again(const struct handshake *h, const struct flow *flow, const struct event *ev, enum party_role from,
		       enum point point);

/*
 * Is `h` one ClientHello, which anybody can have sent, while the two sides go on with `other`? Then it gets no datagram that
 * the other takes, however well it fits.
 */
bool attempts_is_beside(const struct handshake *h, const struct handshake *other, const struct flow *flow,
			const struct event *ev, enum party_role from, enum point point);

/* Is the datagram of another attempt, since the two sides have left this one, or have not come to it yet? */
bool attempts_is_left(const struct handshake *h, const struct flow *flow, const struct event *ev, enum party_role from,
		      enum point point, uint64_t now);

#endif
