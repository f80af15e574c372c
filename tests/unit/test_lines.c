// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lines of a terminal: none is wider, no word is lost, colours take no room. */
#include "lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What comes of this text at this width. To be freed. */
static char *lines_of(const char *text, unsigned width)
{
	char *written;
	size_t len;
	FILE *out = open_memstream(&written, &len), *lines;

	assert_non_null(out);
	lines = lines_open(out, &width);
	assert_non_null(lines);
	fputs(text, lines);
	assert_int_equal(fclose(lines), 0);
	assert_int_equal(fclose(out), 0);
	return written;
}

static void where_lines_are_broken(void **state)
{
	static const struct { const char *text; unsigned width; const char *wanted; } cases[] = {
		{ "one two three\n", 0, "one two three\n" },
		{ "one two three\n", 13, "one two three\n" },
		{ "one two three\n", 12, "one two\n  three\n" },
		{ "    one two three\n", 12, "    one two\n      three\n" },
		{ "one\n\ntwo  three\n", 12, "one\n\ntwo  three\n" },
		{ "one two  three\n", 12, "one two\n  three\n" },
		/* From where the tab is; but some of the line is left. */
		{ "1 #2 \tone two three\n", 14, "1 #2 one two\n     three\n" },
		{ "1 #2 \tone two three\n", 0, "1 #2 one two three\n" },
		{ "1234567890 \tone two\n", 15, "1234567890 one\n         two\n" },
		/* The last tab before the break counts. */
		{ "1 \ta \tone two three\n", 11, "1 a one two\n    three\n" },
		/* A long word is broken. */
		{ "abcdefghij\n", 6, "abcd\n  efgh\n  ij\n" },
		{ "x abcdefghij\n", 6, "x abcd\n  efgh\n  ij\n" },
		/* Colours take no columns. */
		{ "\033[31;1mone two\033[0m three\n", 13, "\033[31;1mone two\033[0m three\n" },
		{ "one\033[33m  two\033[0m three\n", 8, "one\033[33m  two\033[0m\n  three\n" },
		{ "one two\vthree\n", 12, "one\n  two three\n" },
		{ "no end", 80, "no end" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *written = lines_of(cases[i].text, cases[i].width);

		assert_string_equal(written, cases[i].wanted);
		free(written);
	}
}

/* Whatever the width: nothing is wider, and all that is no space is there, in order. */
static void nothing_is_lost(void **state)
{
	char text[2000], *written;

	for (size_t i = 0; i < sizeof(text) - 2; i++)
		text[i] = i * i % 11 == 3 ? ' ' : 'a' + i % 26;
	memset(text + 700, 'X', 600);
	strcpy(text + sizeof(text) - 2, "\n");
	for (unsigned width = 20; width < 200; width++) {
		const char *at = text;
		unsigned column = 0;

		written = lines_of(text, width);
		for (const char *c = written; *c; c++) {
			column = *c == '\n' ? 0 : column + 1;
			assert_true(column <= width);
			if (*c == ' ' || *c == '\n')
				continue;
			at += strspn(at, " ");
			assert_int_equal(*c, *at++);
		}
		assert_string_equal(at + strspn(at, " "), "\n");
		free(written);
	}
}

/* A terminal changes its size: the next line has the new one. */
static void the_width_changes(void **state)
{
	unsigned width = 8;
	char *written;
	size_t len;
	FILE *out = open_memstream(&written, &len), *lines = lines_open(out, &width);

	fputs("one two three\n", lines);
	fflush(out);
	assert_string_equal(written, "one two\n  three\n");
	width = 80;
	fputs("one two three\n", lines);
	fclose(lines);
	fclose(out);
	assert_string_equal(written, "one two\n  three\none two three\n");
	free(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_lines_are_broken),
		cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(the_width_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
