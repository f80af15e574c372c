// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names of Kubernetes, as text that anybody may have written. */
#include "pod_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_is_a_name(void **state)
{
	static const struct { const char *text; bool is_name; } rows[] = {
		{ "a", true }, { "web-7d9f", true }, { "a.b-c.1", true }, { "9", true }, { "", false }, { "-a", false }, { "a-", false },
		{ ".a", false }, { "a.", false }, { "A", false }, { "a_b", false }, { "a/b", false }, { "a b", false }, { "a\x1b[m", false },
		{ "\xc3\xa4", false }, { "..", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char out[8 + 1] = "before";

		assert_int_equal(pod_name_take(out, sizeof(out), rows[i].text, strlen(rows[i].text)), rows[i].is_name);
		assert_string_equal(out, rows[i].is_name ? rows[i].text : "before");
	}
}

/* As long as it may be, and one more. */
static void the_length_counts(void **state)
{
	char out[5];

	assert_true(pod_name_take(out, sizeof(out), "abcdefg", 4));
	assert_string_equal(out, "abcd");
	assert_false(pod_name_take(out, sizeof(out), "abcdefg", 5));
	assert_false(pod_name_take(out, sizeof(out), "a\0b", 3));
}

static void what_is_written_is_read(void **state)
{
	struct pod_name name = { 0 }, got;
	char text[POD_NAME_TEXT_LEN];

	memset(name.namespace, 'n', sizeof(name.namespace) - 1);
	memset(name.pod, 'p', sizeof(name.pod) - 1);
	assert_int_equal(pod_name_write(text, &name), 63 + 1 + 253);
	assert_true(pod_name_read(&got, text, strlen(text)));
	assert_memory_equal(&got, &name, sizeof(name));
	memset(name.container, 'c', sizeof(name.container) - 1);
	assert_int_equal(pod_name_write(text, &name), 63 + 1 + 253 + 1 + 63);
	assert_true(pod_name_read(&got, text, strlen(text)));
	assert_memory_equal(&got, &name, sizeof(name));
}

static void what_cannot_be_read_leaves_nothing(void **state)
{
	static const char *const texts[] = {
		"", "a", "a/", "/a", "a//b", "a/b/", "a/b/c/d", "a/B", "a/b/c\x1b", "a/b c/d", "A/b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/b",
	};
	static const struct pod_name none;
	struct pod_name got;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		memset(&got, 'x', sizeof(got));
		assert_false(pod_name_read(&got, texts[i], strlen(texts[i])));
		assert_memory_equal(&got, &none, sizeof(none));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_a_name),
		cmocka_unit_test(the_length_counts),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_cannot_be_read_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
