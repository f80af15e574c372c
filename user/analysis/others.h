/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Datagrams that are not DTLS, between the addresses of a handshake (EVENT_OTHER).
 * They are neither progress nor an answer: no condition asks for them. Where a side
 * is silent it is worth saying that it is not dead.
 */
#ifndef DTLSNOOP_OTHERS_H
#define DTLSNOOP_OTHERS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "state.h"

struct handshake;
struct sighting;

/* Of one direction, as one end tells it. */
struct others_seen {
	uint32_t told[EVENT_OTHER_KINDS];	/* as the latest event has it: since the last ClientHello */
	uint32_t total[EVENT_OTHER_KINDS];	/* since the first */
	uint32_t before[EVENT_OTHER_KINDS];	/* of these, until the latest DTLS datagram, or maybe so */
	bool any_dtls;		/* a DTLS datagram of this direction was seen at this end */
	bool is_before_open;	/* some that were not told yet may have come before the latest of those */
};

/* What one end tells, by who sent it. */
struct others_teller {
	bool any;		/* it has told something */
	uint64_t socket;	/* that told last */
	uint64_t hello_ns;	/* when a ClientHello was seen here since it told last; 0: none was */
	struct others_seen seen[PARTY_MAX];
};

/* By who tells. A capture tells as if it were the client's end. */
struct others {
	struct others_teller teller[PARTY_MAX];
};

/* Take in an EVENT_OTHER of this handshake. */
void others_take(struct handshake *h, const struct event *ev);

/* A datagram of the handshake was taken in. */
void others_dtls(const struct sighting *s);

/*
 * What `role` sent, as the other end tells it, which has received it, or else its own.
 * NULL: nobody tells. What two ends tell is never added up.
 */
const struct others_seen *others_of(const struct handshake *h, enum party_role role);

/* Did the receiver tell that? */
bool others_came(const struct handshake *h, enum party_role role);

/* Those since the latest DTLS datagram of `role`, by kind; returns how many in all. */
uint64_t others_since(const struct handshake *h, enum party_role role, uint32_t num[EVENT_OTHER_KINDS]);

#endif
