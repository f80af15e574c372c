/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A file, of which only some processes, ports or a network namespace are asked for. In a live trace, the kernel filters. */
#ifndef DTLSNOOP_SOURCE_FILTER_H
#define DTLSNOOP_SOURCE_FILTER_H

#include "source.h"

struct source_filter {
	const uint32_t *pids;	/* none: any */
	uint32_t num_pids;
	const uint16_t *ports;	/* local or remote; none: any */
	uint32_t num_ports;
	const char *comm;	/* "": any */
	uint32_t netns;		/* inode; 0: any */
};

/*
 * `filter` must outlive the source, which owns `file` then. NULL on failure, with a message: a capture has no processes.
 * Without a filter, returns `file`.
 */
struct source *source_filter_new(struct source *file, const struct source_filter *filter);

#endif
