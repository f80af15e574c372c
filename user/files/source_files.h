/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The source for all files of --read. */
#ifndef DTLSNOOP_SOURCE_FILES_H
#define DTLSNOOP_SOURCE_FILES_H

#include <stdbool.h>

#include "source.h"

/*
 * One path: the source of source_file_new(). Several (NULL at the end): recordings, in any order. Those of one trace
 * are read one after another (source_parts.h), those of different traces are merged (source_merge.h), with a message
 * about each clock if `tells_clocks` is set. The paths must outlive the source. NULL on failure, with a message.
 */
struct source *source_files_new(const char *const *paths, bool tells_clocks);

#endif
