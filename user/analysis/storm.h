/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two sides that answer each copy of the other's flight by a copy of their own, at once and without a timer (wolfSSL): thousands
 * of copies a second, until the rate limit leaves them out. What they did until then is known, and as long as datagrams
 * are left out, they go on with it.
 */
#ifndef DTLSNOOP_STORM_H
#define DTLSNOOP_STORM_H

#include <stdbool.h>
#include <stdint.h>

#include "claim.h"

struct handshake;
struct verdict;

/* The rate limit leaves out datagrams between the addresses of `h` from `now` on: is that why? If so, note it. */
bool storm_begins(struct handshake *h, uint64_t now);

/* Is there a storm? Datagrams were left out up to `limited_until`. If a side has gone on to another flight, it is over. */
bool storm_goes_on(struct handshake *h, uint64_t limited_until);

/* Datagrams were left out up to then. */
uint64_t storm_until_ns(const struct handshake *h);

/* What is the matter, once it has lasted `floor_ns`; the code is VERDICT_NONE before that, and if there is no storm. */
struct claim storm_claim(const struct handshake *h, uint64_t floor_ns);

/* Adds the evidence. */
void storm_tell(struct verdict *v, const struct handshake *h);

#endif
