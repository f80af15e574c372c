/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --explain: what verdicts, notes and the words of the outputs mean. */
#ifndef DTLSNOOP_EXPLAIN_H
#define DTLSNOOP_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

enum explain_kind { EXPLAIN_VERDICT, EXPLAIN_NOTE, EXPLAIN_TERM };

struct explanation {
	enum explain_kind kind;
	const char *name;	/* code of the verdict or note, or a word; NULL: there are no more */
	const char *meaning;	/* and the evidence on which it is said */
	const char *causes;	/* by library and network; NULL: none is usual */
	const char *action;	/* what to do; NULL: nothing */
	const char *rfc;	/* and section; NULL: none */
};

/* The last row has no name. */
extern const struct explanation explain_verdicts[];
extern const struct explanation explain_words[];	/* notes, then terms */

/* Print all that has this name, in any case. Returns false if nothing has. */
bool explain(FILE *out, const char *name);

/* Print all names, each with its first sentence. */
void explain_list(FILE *out);

#endif
