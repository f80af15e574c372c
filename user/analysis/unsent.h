/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The socket of the side whose address a datagram has is on this host, and did not send
 * it: somebody else did (RFC 6347 s4.1.2.7).
 */
#ifndef DTLSNOOP_UNSENT_H
#define DTLSNOOP_UNSENT_H

#include <stdbool.h>

#include "handshake.h"

/* Does this datagram, which arrives, have a record that `from` did not send? False if that is not known. */
bool unsent_is(const struct handshake *h, const struct event *ev, enum party_role from, enum point point);

#endif
