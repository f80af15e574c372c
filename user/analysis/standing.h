/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where one side stands in a handshake: which flight it has to answer, what it received of
 * that flight, and what it waits for. This is derived from the facts (handshake.h) each
 * time, and never stored.
 */
#ifndef DTLSNOOP_STANDING_H
#define DTLSNOOP_STANDING_H

#include "flights.h"
#include "handshake.h"

/* What a side received of its peer's latest flight, the later the better. */
enum receipt {
	RECEIPT_UNSEEN,		/* its socket is on another host, or this is a capture */
	RECEIPT_LOST,		/* it lacks a part, or a copy that its peer sent since it last sent itself */
	RECEIPT_UNKNOWN,	/* something encrypted arrived, perhaps not all of the flight */
	RECEIPT_QUEUED,		/* all of it arrived at its socket */
	RECEIPT_USABLE,		/* all of it was read, in order: each DTLS library can use it */
};

struct standing {
	const struct handshake *h;
	enum party_role role;
	uint64_t floor_ns;	/* a shorter silence is never reported as a fault */
	const struct party *self, *peer;
	/* The latest flight of the side, and of its peer: the one it has to answer. All zero if there is none. */
	const struct flight *own, *asked;
	const struct flight_rule *own_rule, *asked_rule;
	bool has_answered;	/* its latest flight comes after its peer's */
	bool is_answered;	/* its peer's latest flight comes after its own */
	bool is_waiting;	/* it sent a flight that wants an answer, and has not received the answer */
	bool is_local;		/* its socket is on this host, and no event was lost: silence that is seen here is silence */
	enum receipt receipt;
};

struct standing standing_of(const struct handshake *h, enum party_role role, uint64_t floor_ns);

#endif
