/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The first reading of one host's trace: which datagrams it saw, between which addresses, and until when. */
#ifndef DTLSNOOP_MERGE_LEARN_H
#define DTLSNOOP_MERGE_LEARN_H

#include "merge_hosts.h"
#include "merge_match.h"
#include "merge_nat.h"
#include "merge_sockets.h"
#include "trace_files.h"

/*
 * `number` is the host's in `match` and `nat`. Returns when the trace ends, on its own clock. What cannot be read is not told
 * here: the second reading comes to it, too.
 */
uint64_t merge_learn(struct merge_match *match, struct merge_nat *nat, struct merge_sockets *sockets, const struct merge_host *host,
		     uint16_t number, const struct trace_file *files, size_t num);

#endif
