/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Of many equal reports, the 1st, 10th, 100th and so on are made: their number is bounded in any flood. */
#ifndef DTLSNOOP_MILESTONE_H
#define DTLSNOOP_MILESTONE_H

#include <stdbool.h>
#include <stdint.h>

static inline bool milestone_is(uint64_t num)
{
	while (num >= 10 && num % 10 == 0)
		num /= 10;
	return num == 1;
}

#endif
