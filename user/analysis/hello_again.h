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

/* When had all of the latest ClientHello come to the server's socket since the server last sent? 0: not. */
uint64_t hello_again_ns(const struct handshake *h);

#endif
