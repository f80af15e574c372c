/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file's bytes through a source, the analysis and the JSON sink, as `dtlsnoop
 * -r FILE -j` does it, and once more through the timeline. What the source tells
 * is recorded at the same time, and that recording must say the same again.
 */
#ifndef DTLSNOOP_FUZZ_FILE_H
#define DTLSNOOP_FUZZ_FILE_H

#include "fuzz.h"
#include "source_file.h"

typedef struct source *file_open_fn(struct input *in);

/* The whole test over one input. */
void file_test(file_open_fn *open, const uint8_t *data, size_t size);

#endif
