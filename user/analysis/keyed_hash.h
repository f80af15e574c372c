/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SipHash-1-3 (Aumasson, Bernstein 2012): a sender that does not know the seed cannot
 * choose keys that collide. All keys hashed here come from the network.
 */
#ifndef DTLSNOOP_KEYED_HASH_H
#define DTLSNOOP_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t keyed_hash(uint64_t seed, const void *key, size_t len);

#endif
