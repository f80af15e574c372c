/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a verdict claims, in a line, the same in every output of text. */
#ifndef DTLSNOOP_VERDICT_WORDS_H
#define DTLSNOOP_VERDICT_WORDS_H

#include "handshake.h"
#include "verdict.h"

#define VERDICT_WORDS_LEN 256

/*
 * "no-response, side server, likely: the server's socket is not on this host". `h` still has the verdict that `v` describes.
 * Returns `text`.
 */
const char *verdict_words(char text[VERDICT_WORDS_LEN], const struct handshake *h, const struct verdict *v);

#endif
