/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines for the journal of systemd, each with a priority: see sd-daemon(3). */
#ifndef DTLSNOOP_JOURNAL_H
#define DTLSNOOP_JOURNAL_H

#include <stdio.h>

/*
 * A stream that puts a priority before each line and passes it on to `out` when it ends: a line in red is a warning
 * ("<4>"), one in yellow a notice ("<5>"), any other informs ("<6>"). SGR sequences (ECMA-48) are left out. A line of
 * more than 16 KiB goes on in the next one. fflush() also flushes `out`, and fails if that fails; fclose() closes it.
 * NULL: out of memory, and `out` stays open.
 */
FILE *journal_open(FILE *out);

#endif
