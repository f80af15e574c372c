/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a verdict is likely and not certain, in words for its line, and who has witnessed it. All texts are constant.
 * Internal to the verdicts.
 */
#ifndef DTLSNOOP_DOUBTS_H
#define DTLSNOOP_DOUBTS_H

#include "conditions.h"

/* That this side is not seen: what it did not send may have been lost. NULL: its socket is on this host. */
const char *doubt_side(const struct handshake *h, enum party_role role);

/* That nothing shows that the side of the claim read what it has to answer; NULL: something does. */
const char *doubt_read(const struct handshake *h, const struct claim *claim);

/* Why the evidence of a claim with this row may be incomplete, or belong to another handshake; NULL: it may not. */
const char *doubts_of(const struct verdict_row *row, const struct handshake *h, const struct claim *claim);

/* Who has seen it, once h->verdict.doubt is known. What is certain although no socket of this host shows it, both sides acted on. */
enum verdict_witness doubts_witness(const struct verdict_row *row, const struct handshake *h, const struct claim *claim);

#endif
