/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Several recordings that are read together: which file belongs to which trace, and of which host that is. */
#ifndef DTLSNOOP_TRACE_FILES_H
#define DTLSNOOP_TRACE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace_info.h"

struct trace_file {
	const char *path;
	uint64_t part;		/* trace_info.part */
	/* As in struct trace_info; "": unknown. Only the trace is always known. */
	char host[TRACE_INFO_MAX_TEXT + 1], boot_id[TRACE_INFO_MAX_TEXT + 1], trace_id[TRACE_INFO_MAX_TEXT + 1];
};

/*
 * Look into each file, whose `path` is set, and put them in order: by host, boot, trace and part, so that it does not
 * matter in which order they are given. False with a message: not all of them can be read together.
 */
bool trace_files_sort(struct trace_file *files, size_t num);

/* How many files from this one on are of its trace? `num` of them are left. */
size_t trace_files_of_one(const struct trace_file *files, size_t num);

/* Of how many traces are these files, which are in order? */
uint32_t trace_files_traces(const struct trace_file *files, size_t num);

#endif
