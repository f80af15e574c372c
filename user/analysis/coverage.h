/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which bytes of a handshake message have been seen: a bounded set of ranges.
 * Fragment boundaries may differ between retransmissions and ranges may
 * overlap (RFC 6347 s4.2.3), so only coverage can be compared.
 */
#ifndef DTLSNOOP_COVERAGE_H
#define DTLSNOOP_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

/* A range beyond this limit is left out, so coverage is never overstated. */
#define COVERAGE_MAX_RANGES 6

struct coverage_range {
	uint32_t begin;		/* first byte */
	uint32_t end;		/* one past the last byte, > begin */
};

struct coverage {
	uint8_t num_ranges;
	bool overflown;		/* a range was left out: a missing byte may have been seen */
	bool empty_seen;	/* a fragment of 0 bytes was seen: the whole of an empty message */
	struct coverage_range ranges[COVERAGE_MAX_RANGES];	/* ascending, with gaps between them */
};

/* Add bytes [begin, begin + len). */
void coverage_add(struct coverage *cov, uint32_t begin, uint32_t len);

/* Are all bytes [begin, begin + len) in it? With len 0: was an empty fragment added? */
bool coverage_has(const struct coverage *cov, uint32_t begin, uint32_t len);

/* Is any byte of [begin, begin + len) in it? With len 0: was an empty fragment added? */
bool coverage_overlaps(const struct coverage *cov, uint32_t begin, uint32_t len);

#endif
