/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words in lines of a terminal. */
#ifndef DTLSNOOP_WRAP_H
#define DTLSNOOP_WRAP_H

#include <stddef.h>
#include <stdio.h>

#define WRAP_WIDTH 80

/*
 * Print `len` bytes of printable ASCII in lines of at most WRAP_WIDTH columns, and end the last one. The first begins at
 * `column`, where the cursor is, the others are indented by `indent`. A word that is longer than a line stays whole.
 */
void wrap(FILE *out, const char *text, size_t len, int column, int indent);

#endif
