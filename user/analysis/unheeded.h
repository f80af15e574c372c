/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A datagram from the network may have been sent by anybody who knows the addresses
 * (RFC 6347 s4.1.2.7). If one datagram with a ChangeCipherSpec or Finished is all there is
 * of a flight, and its receiver, on this host, has read it and then repeats its own earlier
 * flight, it did not take it for an answer. The flight is then taken back. That happens
 * once for each side: if it comes again, the peer really sends it and the receiver really
 * ignores it.
 */
#ifndef DTLSNOOP_UNHEEDED_H
#define DTLSNOOP_UNHEEDED_H

#include <stdbool.h>

#include <stdint.h>

struct handshake;
struct party;
struct flight;

/* If there is such a flight, take it back. Returns whether there was one. */
bool unheeded_take_back(struct handshake *h);

/* A copy of this flight begins, of which nothing is known any more: the one that was taken back counts after all. */
void unheeded_comes_again(struct party *sender, uint8_t number, struct flight *flight);

#endif
