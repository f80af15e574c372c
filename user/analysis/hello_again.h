/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A client repeats its ClientHello after the server's HelloVerifyRequest or
 * HelloRetryRequest: the request was lost, and the server has to repeat it. A server
 * without state answers the first fragment, others only the whole ClientHello (RFC 6347
 * s4.2.1, RFC 9147 s5.1). So only a whole ClientHello counts here.
 */
#ifndef DTLSNOOP_HELLO_AGAIN_H
#define DTLSNOOP_HELLO_AGAIN_H

#include "handshake.h"

/*
 * Process a datagram of the client that came to the server's socket at `since` and was
 * queued or read at `now`. `again` is the record for that point.
 */
void hello_again_take(struct handshake *h, struct hello_again *again, const struct arrival *content,
		      uint64_t since, uint64_t now);

/* The server has sent something. */
void hello_again_answered(struct party *party);

/* Since when has the server had a whole repeated ClientHello that came after it last sent? 0: it has none. */
uint64_t hello_again_ns(const struct handshake *h);

#endif
