// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* --explain: every verdict and every note has a row, and every row is of one. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain.h"
#include "verdict.h"

static const struct explanation *row_of(enum explain_kind kind, const char *name)
{
	const struct explanation *found = NULL;

	for (const struct explanation *e = kind == EXPLAIN_VERDICT ? explain_verdicts : explain_words; e->name; e++)
		if (e->kind == kind && !strcmp(e->name, name)) {
			assert_null(found);
			found = e;
		}
	return found;
}

static void each_verdict_and_note_has_one_row(void **state)
{
	int num = 0;

	for (int code = VERDICT_NONE + 1; code < VERDICT_MAX; code++)
		if (!row_of(EXPLAIN_VERDICT, verdict_code_name(code)))
			fail_msg("%s has no row", verdict_code_name(code));
	for (int code = 0; code < NOTE_MAX; code++)
		if (!row_of(EXPLAIN_NOTE, note_name(code)))
			fail_msg("%s has no row", note_name(code));
	for (const struct explanation *e = explain_verdicts; e->name; e++)
		num++;
	assert_int_equal(num, VERDICT_MAX - 1);
	num = 0;
	for (const struct explanation *e = explain_words; e->name; e++)
		num += e->kind == EXPLAIN_NOTE;
	assert_int_equal(num, NOTE_MAX);
}

/* What --explain prints of this name; NULL: the list. To be freed. */
static char *explained(const char *name)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (name)
		assert_true(explain(out, name));
	else
		explain_list(out);
	fclose(out);
	return text;
}

/* For a terminal of 80 columns. */
static void check_lines(char *text)
{
	char *line, *rest;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (strlen(line) > 80)
			fail_msg("%zu columns: %s", strlen(line), line);
		assert_true(line[0] && !isspace((unsigned char)line[strlen(line) - 1]));
		for (const char *c = line; *c; c++)
			assert_in_range(*c, 0x20, 0x7e);
	}
}

static void lines_fit_a_terminal(void **state)
{
	static const struct explanation *const tables[] = { explain_verdicts, explain_words };
	char *text = explained(NULL);

	check_lines(text);
	free(text);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct explanation *e = tables[i]; e->name; e++) {
			text = explained(e->name);
			assert_memory_equal(text, e->name, strlen(e->name));
			check_lines(text);
			free(text);
		}
}

static void a_name_may_be_of_a_verdict_and_of_a_note(void **state)
{
	char *text = explained("Kernel-Drop");

	assert_non_null(strstr(text, "kernel-drop (verdict, state stuck)\n"));
	assert_non_null(strstr(text, "\n\nkernel-drop (note)\n"));
	free(text);
	assert_false(explain(stdout, "kernel"));
	assert_false(explain(stdout, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verdict_and_note_has_one_row),
		cmocka_unit_test(lines_fit_a_terminal),
		cmocka_unit_test(a_name_may_be_of_a_verdict_and_of_a_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
