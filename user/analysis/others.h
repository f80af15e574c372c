/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Datagrams that are not DTLS, between the addresses of a handshake (EVENT_OTHER).
 * They are neither progress nor an answer, so no condition uses them. But they show
 * that a side without DTLS datagrams is alive.
 */
#ifndef DTLSNOOP_OTHERS_H
#define DTLSNOOP_OTHERS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "state.h"

struct handshake;
struct sighting;

/* The datagrams of one direction, as counted at one end. */
struct others_seen {
	uint32_t told[EVENT_OTHER_KINDS];	/* count of the latest event: since the last ClientHello */
	uint32_t total[EVENT_OTHER_KINDS];	/* since the first ClientHello */
	uint32_t before[EVENT_OTHER_KINDS];	/* of these, those (possibly) before the latest DTLS datagram */
	bool any_dtls;		/* a DTLS datagram of this direction was seen at this end */
	bool is_before_open;	/* unreported ones may have come before the latest DTLS datagram */
};

/* The counts of one end, by sender. */
struct others_teller {
	bool any;		/* it has reported a count */
	uint64_t socket;	/* that reported last */
	uint64_t hello_ns;	/* when a ClientHello was seen here after the last report; 0: none */
	struct others_seen seen[PARTY_MAX];
};

/* By the end that reports. A capture counts as the client's end. */
struct others {
	struct others_teller teller[PARTY_MAX];
};

/* Process an EVENT_OTHER of this handshake. */
void others_take(struct handshake *h, const struct event *ev);

/* A datagram of the handshake was processed. */
void others_dtls(const struct sighting *s);

/*
 * The datagrams of `role`, as its peer's end counted them on receipt, or as its own end
 * did if that end reports nothing. NULL: no end reports. Two ends are never added up.
 */
const struct others_seen *others_of(const struct handshake *h, enum party_role role);

/* Does others_of() have the receiver's count? */
bool others_came(const struct handshake *h, enum party_role role);

/* The counts since the latest DTLS datagram of `role`, by kind; returns their sum. */
uint64_t others_since(const struct handshake *h, enum party_role role, uint32_t num[EVENT_OTHER_KINDS]);

#endif
