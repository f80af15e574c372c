// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lines for the journal of systemd. */
#include "journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the journal gets of `text`, written in parts of `part` bytes. The caller frees it. */
static char *journal_of(const char *text, size_t part)
{
	size_t size, len = strlen(text);
	char *got = NULL;
	FILE *lines = journal_open(open_memstream(&got, &size));

	setvbuf(lines, NULL, _IONBF, 0);
	for (size_t i = 0; i < len; i += part)
		fwrite(text + i, 1, i + part < len ? part : len - i, lines);
	assert_int_equal(fclose(lines), 0);
	return got;
}

static void colours_become_priorities(void **state)
{
	static const struct { const char *text, *journal; } rows[] = {
		{ "plain\n", "<6>plain\n" },
		{ "\033[31;1mSTUCK\033[0m  it\n", "<4>STUCK  it\n" },
		{ "\033[33mflight 4 again\033[0m\n", "<5>flight 4 again\n" },
		{ "\033[32;1mCOMPLETED\033[0m\n", "<6>COMPLETED\n" },
		{ "\033[2mdim\033[0m\n", "<6>dim\n" },
		/* The more urgent one stays, and ends with its line. */
		{ "\033[33ma\033[0m \033[31;1mb\033[0m \033[33mc\033[0m\nd\n", "<4>a b c\n<6>d\n" },
		{ "\n\n", "<6>\n<6>\n" },
		{ "no end", "<6>no end\n" },
		{ "", "" },
		/* A sequence that is longer than any of ours, and one that does not end. */
		{ "\033[0;0;0;0;0;0;0;0;0;0;0;0;0;31mx\n", "<6>x\n" },
		{ "a\033[31", "<6>a\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t part = 1; part < 40; part += 6) {
			char *got = journal_of(rows[i].text, part);

			assert_string_equal(got, rows[i].journal);
			free(got);
		}
}

static void a_long_line_goes_on_in_the_next(void **state)
{
	char text[40000], *got;

	memset(text, 'x', sizeof(text) - 2);
	strcpy(text + sizeof(text) - 2, "\n");
	got = journal_of(text, sizeof(text));
	assert_int_equal(strlen(got), strlen(text) + strlen("<6>\n<6>\n<6>"));
	free(got);
}

/* The trace ends if nobody can read it: that must be known through this stream, too. */
static void a_failure_is_passed_on(void **state)
{
	FILE *lines = journal_open(fopen("/dev/full", "w"));

	fputs("line\n", lines);
	assert_int_not_equal(fflush(lines), 0);
	assert_int_not_equal(fclose(lines), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours_become_priorities),
		cmocka_unit_test(a_long_line_goes_on_in_the_next),
		cmocka_unit_test(a_failure_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
