/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of one recording that was rotated, read as if they were one. */
#ifndef DTLSNOOP_SOURCE_PARTS_H
#define DTLSNOOP_SOURCE_PARTS_H

#include "source.h"
#include "trace_files.h"

/*
 * The files of one trace, in order, whose paths must outlive the source. It reports at most one thing a poll. NULL on
 * failure, with a message.
 */
struct source *source_parts_new(const struct trace_file *files, size_t num);

#endif
