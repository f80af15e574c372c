// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "explain.h"

#include <string.h>
#include <strings.h>

#include "lines.h"
#include "verdict.h"

/* Of the names in the list. */
#define NAME_WIDTH 27

static const struct explanation *const tables[] = { explain_verdicts, explain_words };

#define FOR_EACH_EXPLANATION(e) \
	for (size_t t_ = 0; t_ < sizeof(tables) / sizeof(tables[0]); t_++) \
		for (const struct explanation *e = tables[t_]; e->name; e++)

static void paragraph(FILE *out, const char *heading, const char *text)
{
	if (!text)
		return;
	if (heading)
		fprintf(out, "\n  %s\n", heading);
	fputs("    ", out);
	wrap(out, text, strlen(text), 4, 4);
}

/* "verdict, state stuck" */
static void print_kind(FILE *out, const struct explanation *e)
{
	static const char *const kinds[] = {
		[EXPLAIN_VERDICT] = "verdict", [EXPLAIN_NOTE] = "note", [EXPLAIN_TERM] = "word",
	};

	fprintf(out, "%s (%s", e->name, kinds[e->kind]);
	for (int code = VERDICT_NONE + 1; e->kind == EXPLAIN_VERDICT && code < VERDICT_MAX; code++)
		if (!strcmp(verdict_code_name(code), e->name))
			fprintf(out, ", state %s", handshake_state_name(verdict_state(code)));
	fputs(")\n", out);
}

bool explain(FILE *out, const char *name)
{
	bool found = false;

	FOR_EACH_EXPLANATION(e) {
		if (strcasecmp(e->name, name))
			continue;
		if (found)
			fputc('\n', out);
		found = true;
		print_kind(out, e);
		paragraph(out, NULL, e->meaning);
		paragraph(out, "Usual causes:", e->causes);
		paragraph(out, "What to do:", e->action);
		paragraph(out, "See:", e->rfc);
	}
	return found;
}

/* "A client sent its first flight, and no answer came." */
static size_t first_sentence(const char *text)
{
	const char *end = strstr(text, ". ");

	return end ? (size_t)(end + 1 - text) : strlen(text);
}

void explain_list(FILE *out)
{
	static const char *const headings[] = {
		[EXPLAIN_VERDICT] = "Verdicts:", [EXPLAIN_NOTE] = "\nNotes, which are no faults:", [EXPLAIN_TERM] = "\nWords:",
	};
	int kind = -1;

	FOR_EACH_EXPLANATION(e) {
		if ((int)e->kind != kind)
			fprintf(out, "%s\n", headings[e->kind]);
		kind = e->kind;
		fprintf(out, "  %-*s", NAME_WIDTH - 2, e->name);
		wrap(out, e->meaning, first_sentence(e->meaning), NAME_WIDTH, NAME_WIDTH);
	}
	fputs("\ndtlsnoop --explain NAME has the evidence, usual causes and what to do.\n", out);
}
