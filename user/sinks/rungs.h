/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a diagram of a handshake is drawn from: a rung for each datagram, seen once, and for what became of it, and
 * for each error of a TLS library. Bounded.
 */
#ifndef DTLSNOOP_RUNGS_H
#define DTLSNOOP_RUNGS_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis.h"

/* A gap between two rungs that is shown. */
#define RUNGS_GAP_NS 500000000ULL
/* Of a handshake; further ones are counted. */
#define RUNGS_MAX 128
/* A longer text ends in "...". */
#define RUNG_TEXT_LEN 128

enum rung_kind {
	RUNG_SENT, RUNG_DROPPED, RUNG_FAILED, RUNG_ERROR, RUNG_TRUNCATED, RUNG_LOST,
	RUNG_SAID,	/* no datagram: what the library of `from` said */
};

struct rung {
	uint64_t ns;
	enum rung_kind kind;
	enum party_role from;
	bool retransmission;
	bool arrived;		/* of merged traces: at the other host */
	bool unknown;		/* likewise: whether it has arrived is not known, or not yet */
	uint64_t identity;	/* likewise: see crossings_identity(); 0: it does not matter */
	char text[RUNG_TEXT_LEN];	/* "4 ServerHello, Certificate bytes 0-116 of 771": flight and items, or "OpenSSL: ..."; printable ASCII */
};

/* All zero at first. */
struct rungs {
	struct rung *list;
	uint32_t num, room, more;	/* more: those that had no room */
};

/* Does the event, of a handshake, have a rung? */
bool rungs_want(const struct datagram_facts *facts);

/* Add the rung of an event that has one. If there are too many or there is no memory, it is counted. */
void rungs_add(struct rungs *rungs, const struct datagram_facts *facts);

/* The same for an error of a TLS library. */
void rungs_add_error(struct rungs *rungs, const struct library_error_facts *facts);

/* What is known by `now` not to have arrived at the other host becomes RUNG_LOST; what is not known of the others is said. */
void rungs_settle(struct rungs *rungs, const struct handshake *h, uint64_t now);

/* Leaves it all zero. */
void rungs_free(struct rungs *rungs);

#endif
