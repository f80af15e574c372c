/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who has trouble: handshakes counted by the process of this host (in a capture, by the server) and by the network of
 * the peer. A handshake is counted as it was last reported; when it changes, what was counted of it is taken back.
 * Bounded: see CENSUS_ROWS and CENSUS_HANDSHAKES.
 */
#ifndef DTLSNOOP_CENSUS_H
#define DTLSNOOP_CENSUS_H

#include <stdbool.h>

#include "durations.h"
#include "handshake.h"

/* Of each kind. What has none is counted in the row "others". */
#define CENSUS_ROWS 256
/* So many, the latest, can still change. */
#define CENSUS_HANDSHAKES 65536
#define CENSUS_NAME_LEN 96
#define CENSUS_SIDES (VERDICT_SIDE_KERNEL + 1)

enum census_kind { CENSUS_PROCESS, CENSUS_NETWORK, CENSUS_KINDS };

struct census_row {
	char name[CENSUS_NAME_LEN];	/* escaped */
	uint64_t handshakes;
	uint64_t by_state[HANDSHAKE_ABANDONED + 1];
	uint64_t by_verdict[VERDICT_MAX][CENSUS_SIDES];
	uint64_t likely[VERDICT_MAX][CENSUS_SIDES];	/* of these */
	const char *doubts[VERDICT_MAX][CENSUS_SIDES];	/* why; census_several: there is more than one reason. NULL: none was */
	uint64_t waited_ns;		/* for retransmission timers */
	struct durations completed;	/* how long those took that completed */
};

extern const char *const census_several;

struct census;

/* NULL: out of memory. */
struct census *census_new(void);
void census_free(struct census *t);

/* `h` was reported, for the first time or again. False: out of memory, and it is not counted. */
bool census_note(struct census *t, const struct handshake *h);

/* The rows of a kind: first those with most faults, then those with most handshakes. NULL after the last; `n` from 0. */
const struct census_row *census_row(struct census *t, enum census_kind kind, uint32_t n);

/* Stuck or failed. */
uint64_t census_faults(const struct census_row *row);

#endif
