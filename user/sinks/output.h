/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Standard output. Its reader may go away, or stay without reading: a pager, a stopped terminal, a
 * full pipe. Writes wait for the reader, because events meanwhile wait in the ring buffer or are
 * counted. They do not wait for long once the trace is to end.
 */
#ifndef DTLSNOOP_OUTPUT_H
#define DTLSNOOP_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/*
 * A stream to standard output, which stays open when the stream is closed; one at a time. NULL: out
 * of memory. After one failed write, all others fail at once.
 */
FILE *output_open(void);

/*
 * The trace is to end. From now on a write fails after OUTPUT_PATIENCE seconds without progress,
 * and every write fails after OUTPUT_PATIENCE_IN_ALL. Safe in signal handlers. Uses the alarm of
 * the process.
 */
#define OUTPUT_PATIENCE 2
#define OUTPUT_PATIENCE_IN_ALL 30
void output_hurry(void);

/* Has the reader gone? This is known before anything is written. */
bool output_has_no_reader(void);

/* Why a write failed, for a person; NULL if none failed. */
const char *output_failure(void);

/* Was everything that stdio wrote to standard output written? False if not, with a message. */
bool output_standard_is_written(void);

/*
 * Open a substitute for each closed standard file. Otherwise the next file to be opened, which may
 * be a recording, would get what is written to the standard file.
 */
void output_reserve_standard_files(void);

#endif
