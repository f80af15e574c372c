/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose turn is it: which flights want an answer, and has it come? (RFC 6347
 * s4.2.4 figures 1 and 2)
 */
#ifndef DTLSNOOP_PROGRESS_H
#define DTLSNOOP_PROGRESS_H

#include "handshake.h"

/*
 * Does its sender wait for an answer, on a timer? Not after a HelloVerifyRequest,
 * which is sent from no state (s4.2.1), and not after the last flight.
 */
bool progress_expects_answer(const struct handshake *h, uint8_t flight);

/*
 * Has the whole next flight of the peer got to this side? Until then its timer
 * runs (s4.2.4). If the tracer may have missed some of it, its beginning is enough.
 */
bool progress_is_answered(const struct handshake *h, enum party_role role);

/* This side has sent a flight that wants an answer, and none has come. */
bool progress_is_waiting(const struct handshake *h, enum party_role role);

/* The last time that this side moved, or that a part of what it waits for was on its way. */
uint64_t progress_idle_since(const struct handshake *h, enum party_role role);

#endif
