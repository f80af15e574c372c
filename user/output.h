/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Standard output, whose reader may go away, or stay and read nothing: a pager, a
 * terminal that was stopped, a pipe that is full. It is waited for, since what comes
 * meanwhile waits in the ring buffer or is counted; but not when the trace is to end.
 */
#ifndef DTLSNOOP_OUTPUT_H
#define DTLSNOOP_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/*
 * A stream to standard output, which stays open when that is closed; one at a time.
 * NULL: out of memory. Once a write has failed all do, at once.
 */
FILE *output_open(void);

/*
 * The trace is to end: from now on a write that gets no byte further for OUTPUT_PATIENCE
 * seconds fails, and any after OUTPUT_PATIENCE_IN_ALL. For signal handlers, too; takes the
 * alarm clock of the process.
 */
#define OUTPUT_PATIENCE 2
#define OUTPUT_PATIENCE_IN_ALL 30
void output_hurry(void);

/* Has its reader gone? Known before anything is written. */
bool output_has_no_reader(void);

/* Why a write failed, for a person; NULL: none has. */
const char *output_failure(void);

/* For what stdio wrote to standard output itself. False: not all of it is there, which is said. */
bool output_standard_is_written(void);

/*
 * If one of the three standard files is closed, put something in its place, or the
 * next file to be opened, which may be a recording, would get what is written there.
 */
void output_reserve_standard_files(void);

#endif
