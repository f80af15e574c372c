/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * FNV-1a, for what must be the same on every machine or where a collision costs little. Tables that a
 * sender could aim at have keyed_hash.h.
 */
#ifndef DTLSNOOP_FNV_H
#define DTLSNOOP_FNV_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t fnv_hash(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ULL;
	return hash;
}

/* Chooses one of `num` places. */
static inline uint32_t fnv_place(const void *data, size_t len, uint32_t num)
{
	uint64_t hash = fnv_hash(data, len);

	return (hash ^ hash >> 32) % num;
}

#endif
