/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --annotate: takes comments on the packets of the capture while it is analysed, then copies it with them. */
#ifndef DTLSNOOP_ANNOTATING_H
#define DTLSNOOP_ANNOTATING_H

#include "comments.h"
#include "options.h"
#include "source.h"

struct annotating {
	const struct options *opts;
	struct source *source;
	struct comments *comments;
	FILE *out;		/* NULL: nothing is to be annotated */
};

/* Creates the copy, if one is wanted. False on failure, with a message. */
bool annotating_begin(struct annotating *a, const struct options *opts, struct source *source);

/* As the callbacks of the analysis. */
void annotating_datagram(struct annotating *a, const struct datagram_facts *facts);
void annotating_handshake(struct annotating *a, const struct handshake *h, uint64_t now);

/* Writes the copy. False if it lacks something, with a message. */
bool annotating_end(struct annotating *a);

#endif
