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

/* Adds a line of evidence for each oddity of the latest flight of `from`. */
void odd_flight_tell(struct verdict *v, const struct handshake *h, enum party_role from);

/* The server gave a cookie (RFC 6347 s4.2.1), and it is known that the client's latest ClientHello has none. */
bool odd_flight_lacks_cookie(const struct handshake *h);

/* Does the latest flight of `from` break a rule that its receiver has to check? */
bool odd_flight_breaks_rule(const struct handshake *h, enum party_role from);

#endif
