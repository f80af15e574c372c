/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A ClientHello that comes again, though the server has sent a HelloVerifyRequest
 * or HelloRetryRequest: that was lost, and is due again. A server without state
 * answers the first fragment, another one only all of it together (RFC 6347 s4.2.1,
 * RFC 9147 s5.1); so it has to come as a whole.
 */
#ifndef DTLSNOOP_HELLO_AGAIN_H
#define DTLSNOOP_HELLO_AGAIN_H

#include "handshake.h"

/*
 * Take in a datagram of the client that came to the server's socket at `since` and
 * is there, or was read, at `now`: into what is counted at that point.
 */
void hello_again_take(struct handshake *h, struct hello_again *again, const struct arrival *content,
		      uint64_t since, uint64_t now);

/* It has sent something. */
void hello_again_answered(struct party *party);

/* Since when has the server had all of the latest ClientHello, come since it last sent? 0: it has not. */
uint64_t hello_again_ns(const struct handshake *h);

#endif
