/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of the growth benchmark. */
#ifndef DTLSNOOP_GROWTH_H
#define DTLSNOOP_GROWTH_H

#include "growth_feed.h"

struct row {
	const char *name;
	void (*run)(struct feed *f, uint32_t n);
	uint32_t percent;	/* of the requested n: what this row can do in the same time */
	uint32_t max_handshakes;	/* size of the table; 0: as many as this row has at 8n */
};

/* The last row has no name. */
extern const struct row growth_rows[];

/* Seed of the hash functions in every row. Rows that attack these functions know it. */
#define GROWTH_SEED 0x9e3779b9u

#endif
