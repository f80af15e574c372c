/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Another server answers from the same address and port: anycast, or a load balancer that changes its mind. Its
 * ServerHello has another random than the one that the client has answered, so nothing of its flight is of this handshake.
 * Nor is what a stranger forges so.
 */
#ifndef DTLSNOOP_OTHER_SERVER_H
#define DTLSNOOP_OTHER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct event;
struct handshake;
struct sighting;

/* Kept for each handshake; all 0 at first. A stranger may have sent one ServerHello, so fewer than two count for nothing. */
struct other_server {
	uint8_t num, num_own;	/* ServerHellos of the other one, and of the one that is known; do not overflow */
	bool is_contested;	/* both came before the client answered one: which of them that was is not known */
	uint64_t last_ns, last_own_ns;	/* when the latest of each was counted */
};

/* Does another server answer at the server's address? */
static inline bool other_server_is_known(const struct other_server *other)
{
	return other->num > 1 && (!other->is_contested || other->num_own > 1);
}

/* Has this datagram another ServerHello than the one that the client has answered? */
bool other_server_contradicts(const struct handshake *h, const struct event *ev, enum party_role from);

/* Has another server sent this datagram? Take note of it then. */
bool other_server_sent(const struct sighting *s);

#endif
