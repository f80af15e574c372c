/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Traces of several hosts as one: every event with the number of its host, in order of time on the clock of the first
 * one. They are read twice: first for what their clocks tell of each other, then to report.
 */
#ifndef DTLSNOOP_SOURCE_MERGE_H
#define DTLSNOOP_SOURCE_MERGE_H

#include <stdbool.h>

#include "source.h"
#include "trace_files.h"

/*
 * The files of several traces, as trace_files_sort() leaves them, whose paths must outlive the source. `tells_clocks`:
 * with a message about the clock of each host. NULL on failure, with a message.
 */
struct source *source_merge_new(const struct trace_file *files, size_t num, bool tells_clocks);

#endif
