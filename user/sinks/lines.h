/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A stream that breaks lines between words, so that none is wider than the terminal. What does not fit goes on below,
 * indented: two columns further than the line begins, or from where it has a tab. The text is printable ASCII and
 * SGR sequences, which take no columns.
 */
#ifndef DTLSNOOP_LINES_H
#define DTLSNOOP_LINES_H

#include <stdio.h>

/* Where the continuation of this line begins, if it needs one. Prints nothing. */
#define LINES_INDENT "\t"
/* A space where no line is broken. */
#define LINES_TIED '\v'

/*
 * `width` is read at the begin of each line, since a terminal changes its size; 0: lines stay whole. Each line is passed
 * on to `out` as soon as it ends. NULL: out of memory. fclose() closes this stream, not `out`.
 */
FILE *lines_open(FILE *out, const unsigned *width);

#define WRAP_WIDTH 80

/*
 * Print `len` bytes of printable ASCII in lines of at most WRAP_WIDTH columns, and end the last one. The first begins at
 * `column`, where the cursor is, the others are indented by `indent`.
 */
void wrap(FILE *out, const char *text, size_t len, unsigned column, unsigned indent);

#endif
