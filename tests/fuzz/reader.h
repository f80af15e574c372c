/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record walker over a datagram in memory, by a reader that checks what it is asked for. */
#ifndef DTLSNOOP_FUZZ_READER_H
#define DTLSNOOP_FUZZ_READER_H

#include "fuzz.h"

#define FUZZ_READABLE UINT32_MAX

struct fuzz_reader {
	const uint8_t *data;
	uint32_t len;
	uint32_t fail_at;	/* a read of this byte fails; FUZZ_READABLE: none does */
};

#define DTLS_READER struct fuzz_reader *

static inline int dtls_read(DTLS_READER r, uint32_t off, void *dst, uint32_t len)
{
	fuzz_check(len >= 1 && len <= 13);
	fuzz_check(off <= r->len && len <= r->len - off);
	if (r->fail_at >= off && r->fail_at - off < len)
		return -1;
	memcpy(dst, r->data + off, len);
	return 0;
}

#include "dtls_walk.h"

#endif
