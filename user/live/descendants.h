/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The processes that a process started, and those that these started, as far as they still run. */
#ifndef DTLSNOOP_DESCENDANTS_H
#define DTLSNOOP_DESCENDANTS_H

#include <stdint.h>

/*
 * Append to `pids`, which has `num` of at most `max`, all their descendants that it does not have. Returns the new
 * number, which is larger than `max` if they do not fit: then `pids` has the first `max` of them. /proc is read once.
 */
uint32_t descendants_add(uint32_t *pids, uint32_t num, uint32_t max);

#endif
