/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A datagram that the side whose address it has cannot have sent: its socket is on this host
 * and did not, or it answers a flight that its receiver, on this host, has not sent yet.
 * Somebody else sent it (RFC 6347 s4.1.2.7).
 */
#ifndef DTLSNOOP_UNSENT_H
#define DTLSNOOP_UNSENT_H

#include <stdbool.h>

#include "handshake.h"

/* Does this datagram, which was seen at `point`, have a part that `from` did not send? False if that is not known. */
bool unsent_is(const struct handshake *h, const struct event *ev, enum party_role from, enum point point);

/*
 * Does this datagram have a part of the last flight, which `from`, whose socket is on this host, has sent, but so long before `now`
 * that no path delays it so? Somebody has recorded it, or made another like it.
 */
bool unsent_is_overdue(const struct handshake *h, const struct event *ev, enum party_role from, enum point point, uint64_t now);

/* Is the socket of this side on this host, and has it sent nothing? False if that is not known. */
bool unsent_is_silent(const struct handshake *h, enum party_role role);

/*
 * The server's socket has just become known, by a datagram that reached it. If it has sent nothing yet, what came
 * in its name before was not its own: take that back.
 */
void unsent_take_back(struct handshake *h);

#endif
