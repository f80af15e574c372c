/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is odd about a flight that is not answered, or not accepted: a reason why its receiver
 * may discard it, as far as hellos, record headers and message headers show. It is evidence for
 * verdicts about silence and repeats, and no verdict of its own.
 */
#ifndef DTLSNOOP_ODD_FLIGHT_H
#define DTLSNOOP_ODD_FLIGHT_H

#include "handshake.h"
#include "verdict.h"

/* Adds a line of evidence for each oddity of the latest flight of `from`; an oddity may have a hint of its own. */
void odd_flight_tell(struct verdict *v, const struct handshake *h, enum party_role from);

/* The server gave a cookie (RFC 6347 s4.2.1), and it is known that the client's latest ClientHello has none. */
bool odd_flight_lacks_cookie(const struct handshake *h);

/*
 * The server asked for a certificate, and the client's Certificate message, which is in plaintext before
 * DTLS 1.3, is an empty list (RFC 5246 s7.4.6). The server may accept that.
 */
bool odd_flight_lacks_certificate(const struct handshake *h);
extern const char odd_flight_no_certificate[];	/* the sentence that says so */

/* Does the latest flight of `from` break a rule that its receiver has to check? */
bool odd_flight_breaks_rule(const struct handshake *h, enum party_role from);

#endif
