/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the conditions of verdicts have in common: verdict_conditions.c and conditions_*.c. */
#ifndef DTLSNOOP_CONDITIONS_H
#define DTLSNOOP_CONDITIONS_H

#include "verdict_rows.h"

#define SECOND 1000000000ULL
/* It does not hold, and will not if nothing happens. */
#define NEVER UINT64_MAX

/*
 * A datagram that sits in a queue for less than this is no sign of anything: until
 * then its receiver may go on to repeat itself.
 */
#define UNREAD_NS 500000000ULL

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
