/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of one recording that was rotated, read as if they were one. */
#ifndef DTLSNOOP_SOURCE_PARTS_H
#define DTLSNOOP_SOURCE_PARTS_H

#include "source.h"

/*
 * One path: the source of source_file_new(). Several (NULL at the end): recordings of one trace, in any order. The
 * paths must outlive the source. NULL on failure, with a message.
 */
struct source *source_parts_new(const char *const *paths);

#endif
