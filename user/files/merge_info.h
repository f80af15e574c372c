/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of several traces together. What one of them cannot show, the whole cannot; what one of them leaves
 * out, is left out. What is different is not said of the whole, but of each host.
 */
#ifndef DTLSNOOP_MERGE_INFO_H
#define DTLSNOOP_MERGE_INFO_H

#include "trace_info.h"

struct merge_info;

/* Room for `num` traces. NULL if out of memory. merge_info_free(): NULL is allowed. */
struct merge_info *merge_info_new(uint32_t num);
void merge_info_free(struct merge_info *m);

/* The next trace, which ends at `end_ns` on its own clock. `info` and what it points to must outlive `m`. */
void merge_info_add(struct merge_info *m, const struct trace_info *info, uint64_t end_ns);

/* What is told of one of them, from 0. Its clock and times are still to be set. */
struct trace_host *merge_info_host(struct merge_info *m, uint32_t host);

/* All of it. `m` keeps the strings. `zero_wall_ns`: the wall clock when the common clock shows 0. */
void merge_info_finish(struct merge_info *m, struct trace_info *out, int64_t zero_wall_ns);

/* A message about each clock. */
void merge_info_tell(const struct trace_info *info);

#endif
