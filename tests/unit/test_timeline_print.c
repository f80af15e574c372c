// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The columns of the timeline that are not printed by printf() are as it would print them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sink_timeline.h"

static const struct trace_info info = { .start_ns = 1 };

static void assert_line(uint64_t ns, uint64_t id)
{
	char expected[128], *text = NULL;
	struct sink sink = { .ops = &sink_timeline, .info = &info };
	const char *line;
	size_t len;

	sink.out = open_memstream(&text, &len);
	assert_non_null(sink.out);
	assert_true(sink_begin(&sink));
	print_id(&sink, info.start_ns + ns, id);
	fputs("x\n", text_of(&sink));
	sink_timeline.release(&sink);
	free(sink.state);
	fclose(sink.out);
	line = strchr(text, '\n') + 1;	/* after the heading */
	snprintf(expected, sizeof(expected), "%10.6f #%-3llu x\n", ns / 1e9, (unsigned long long)id);
	assert_string_equal(line, expected);
	free(text);
}

static void times_and_ids(void **state)
{
	static const uint64_t odd[] = {
		0, 1, 499, 500, 501, 999, 1000, 1499, 1500, 1501, 2500, 999999499, 999999500, 999999501, 1000000000, 9999999999999,
		99999999999499, 999999999999499, 999999999999500, 999999999999999, 1000000000000000, UINT64_MAX / 2,
	};
	uint64_t ns = 88172645463325252;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_line(odd[i], i);
	for (int i = 0; i < 20000; i++) {
		ns ^= ns << 13;
		ns ^= ns >> 7;
		ns ^= ns << 17;
		/* Of every size, and now and then at half a microsecond. */
		assert_line((ns >> i % 48) / (i % 3 ? 1 : 500) * (i % 3 ? 1 : 500), ns >> i % 64);
	}
}

static void numbers_in_columns(void **state)
{
	char text[64];

	*column_number(text, 205, 5) = 0;
	assert_string_equal(text, "  205");
	*column_number(text, 1234567, 5) = 0;
	assert_string_equal(text, "1234567");
	*column_number(text, UINT64_MAX, 0) = 0;
	assert_string_equal(text, "18446744073709551615");
	*column_pad(text + 2, text, 4) = 0;
	assert_int_equal(strlen(text), 4);
	*column_pad(text + 2, text, 1) = 0;
	assert_int_equal(strlen(text), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_and_ids),
		cmocka_unit_test(numbers_in_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
