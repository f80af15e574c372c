/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A datagram from the network may have been sent by anybody who knows the addresses
 * (RFC 6347 s4.1.2.7). So a flight of which one copy came from elsewhere is provisional: if its
 * receiver has it and then repeats its own earlier flight, or if its sender goes back to
 * an earlier flight, it was no answer. It is set apart, with what rests on it. That happens once for
 * each side: if the flight comes again, or its receiver answers it, all of it counts.
 */
#ifndef DTLSNOOP_UNHEEDED_H
#define DTLSNOOP_UNHEEDED_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct handshake;

/* Somebody else has repeated the earlier flight: what was set apart of this side counts again. */
void unheeded_restore(struct handshake *h, enum party_role from);

/* If there is such a flight, set it apart. Returns whether there was one. */
bool unheeded_take_back(struct handshake *h);

/*
 * A part of this flight came. If it is the flight that was set apart, or the first of one that answers
 * that, then that one counts after all: the part may belong to the copy that is known of it.
 */
void unheeded_came(struct handshake *h, enum party_role from, uint8_t number);

#endif
