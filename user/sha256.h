/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SHA-256 (FIPS 180-4) of a few bytes, by nettle. */
#ifndef DTLSNOOP_SHA256_H
#define DTLSNOOP_SHA256_H

#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN SHA256_DIGEST_SIZE

static inline void sha256(const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, len, data);
	sha256_digest(&context, SHA256_LEN, out);
}

#endif
