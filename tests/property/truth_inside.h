/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Between truth.c, which judges, and truth_excuse.c. */
#ifndef DTLSNOOP_PROPERTY_TRUTH_INSIDE_H
#define DTLSNOOP_PROPERTY_TRUTH_INSIDE_H

#include "truth.h"

#define BIT(n) (1u << (n))
#define SIDE(role) ((role) == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER)
#define NOBODY (BIT(VERDICT_SIDE_UNKNOWN) | BIT(VERDICT_SIDE_NETWORK))

/* Copies of a flight without an answer that are more than chance (verdicts: >= 3). */
#define MANY_COPIES 3
/* The same of an encrypted flight of DTLS 1.3, of which nobody sees if a copy is whole. */
#define HIDDEN_COPIES 5

/* What may be said of a world that is stuck. */
struct expected {
	uint32_t sides;		/* BIT(enum verdict_side) */
	bool must;
};

struct expected truth_expect(const struct world *w, const struct observed *seen);

/* Has this flight of the script been sent, or got by its receiver, by then? `kind`: LOG_SENT, LOG_GOT_FLIGHT. */
bool truth_has_happened(const struct world *w, enum log_kind kind, int flight, uint64_t until);

/* How often did this side begin a copy of its latest flight after the fault began? */
uint32_t truth_copies_after_fault(const struct world *w, enum party_role role);

/* Was this fault, said of a handshake that is healthy, true at that moment and no more? `tap`: in a capture. */
bool truth_is_excusable(const struct world *w, const struct said *said, bool tap);

/* The accused side has left it at that: nobody can see why. An alert and an ICMP error have to be there. */
bool truth_has_given_up(const struct world *w, const struct said *said);

/* Has the side that is said to have ended it by an alert sent one by then, or what cannot be told from one? */
bool truth_is_own_alert(const struct world *w, const struct said *said);

/* Can nobody tell by then which of two servers has sent what? See PEER_SECOND_SERVER. */
bool truth_is_second_server(const struct world *w, const struct said *said, bool tap);

/*
 * May, as far as anybody can see, all of the client's encrypted flight be acknowledged
 * by the last that it got? Then it owes nothing (RFC 9147 s7.2).
 */
bool truth_may_be_acked(const struct world *w);

#endif
