// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON as a stream: commas, escapes, and values that are longer than the buffer. json-c reads what was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "json_writer.h"

static struct {
	struct json_writer writer;
	char *text;
	size_t len;
} written;

static struct json_writer *begin(void)
{
	FILE *out = open_memstream(&written.text, &written.len);

	assert_non_null(out);
	json_begin(&written.writer, out);
	return &written.writer;
}

/* What was written; to be freed. */
static char *end(void)
{
	json_end_line(&written.writer);
	assert_int_equal(fclose(written.writer.out), 0);
	assert_int_equal(written.text[written.len - 1], '\n');
	written.text[written.len - 1] = 0;
	return written.text;
}

static void expect(const char *text)
{
	char *found = end();

	assert_string_equal(found, text);
	free(found);
}

static void commas_stand_between_values_only(void **state)
{
	struct json_writer *w = begin();

	json_open_object(w, NULL);
	json_open_array(w, "none");
	json_close_array(w);
	json_open_array(w, "some");
	json_put_number(w, NULL, 0);
	json_open_object(w, NULL);
	json_close_object(w);
	json_put_bool(w, NULL, false);
	json_close_array(w);
	json_open_object(w, "more");
	json_put_bool(w, "a", true);
	json_put_number(w, "b", UINT64_MAX);
	json_close_object(w);
	json_put_string(w, "c", "d", 1);
	json_close_object(w);
	expect("{\"none\":[],\"some\":[0,{},false],\"more\":{\"a\":true,\"b\":18446744073709551615},\"c\":\"d\"}");
}

static void a_line_begins_without_a_comma(void **state)
{
	struct json_writer *w = begin();

	json_put_number(w, NULL, 1);
	json_end_line(w);
	json_put_number(w, NULL, 2);
	expect("1\n2");
}

/* RFC 8259 s7: these must be escaped, and nothing else is. */
static void controls_quotes_and_backslashes_are_escaped(void **state)
{
	struct json_writer *w = begin();
	char all[128];

	for (int i = 0; i < 128; i++)
		all[i] = i;
	json_put_string(w, NULL, all, 0x20);
	json_end_line(w);
	json_put_string(w, NULL, all + 0x20, sizeof(all) - 0x20);
	expect("\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f"
	       "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\"\n"
	       "\" !\\\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f\"");
}

/* Of every length around that of the buffer, and such that an escape falls on its end. */
static void long_strings_go_out_in_parts(void **state)
{
	size_t size = sizeof(written.writer.buffer);
	char *text = malloc(2 * size + 16);

	assert_non_null(text);
	for (size_t i = 0; i < 2 * size + 16; i++)
		text[i] = i % 7 ? 'a' + i % 26 : '\x01';
	for (size_t len = size / 7 - 20; len < 2 * size + 16; len += len % 3 ? 1 : size / 6) {
		struct json_writer *w = begin();
		struct json_object *obj;
		char *found;

		json_put_string(w, NULL, text, len);
		found = end();
		obj = json_tokener_parse(found);
		assert_int_equal(json_object_get_string_len(obj), len);
		assert_memory_equal(json_object_get_string(obj), text, len);
		json_object_put(obj);
		free(found);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_stand_between_values_only),
		cmocka_unit_test(a_line_begins_without_a_comma),
		cmocka_unit_test(controls_quotes_and_backslashes_are_escaped),
		cmocka_unit_test(long_strings_go_out_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
