/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The server's address sends back what the client sends: an echo service, or a loop. Nobody else has the random of a
 * ClientHello, so one that comes back with it is no handshake in the other direction.
 */
#ifndef DTLSNOOP_ECHOED_H
#define DTLSNOOP_ECHOED_H

#include <stdbool.h>

#include "handshake.h"

struct flow;

/* Is this datagram, which comes from `from`, one that the client of `h` has sent? */
bool echoed_is(const struct handshake *h, const struct event *ev, enum party_role from);

/* The handshake on this flow whose ClientHello has this part, which comes back after its beginning; NULL: none. `flow` may be NULL. */
struct handshake *echoed_rest(const struct flow *flow, const struct event *ev);

/*
 * Is that all that comes from the server? One ClientHello that no socket of this host sent back, and that its client does not
 * refuse, may be a stranger's, beside a slow server.
 */
bool echoed_is_all(const struct handshake *h);

/* Count a datagram for which echoed_is() holds. */
void echoed_take(const struct sighting *s);

#endif
