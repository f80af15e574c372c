// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* HTML as a stream: elements nest, and whatever stands in a text or a value is no markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "html_writer.h"

static struct {
	struct html_writer writer;
	char *text;
	size_t len;
} written;

static struct html_writer *begin(void)
{
	FILE *out = open_memstream(&written.text, &written.len);

	assert_non_null(out);
	html_begin(&written.writer, out);
	return &written.writer;
}

static void expect(const char *text)
{
	assert_int_equal(written.writer.depth, 0);
	assert_int_equal(fclose(written.writer.out), 0);
	assert_string_equal(written.text, text);
	free(written.text);
}

static void elements_nest(void **state)
{
	struct html_writer *w = begin();

	html_doctype(w);
	html_open(w, "p");
	html_attribute(w, "class", "%s", "a");
	html_attribute(w, "id", "h%d", 7);
	html_text(w, "one ");
	html_put(w, "b", "c", "%s", "two");
	html_open(w, "meta");
	html_close_void(w);
	html_text(w, "three");
	html_close(w);
	html_put(w, "td", NULL, "%s", "");
	expect("<!DOCTYPE html>\n<p class=\"a\" id=\"h7\">one <b class=\"c\">two</b><meta>\nthree</p>\n<td></td>");
}

/* What a stranger may put into a name. */
static void no_byte_of_a_text_is_markup(void **state)
{
	struct html_writer *w = begin();
	char every[256];
	size_t num = 0;

	for (int c = 1; c < 256; c++)
		every[num++] = c;
	every[num] = 0;
	html_put(w, "p", NULL, "%s", every);
	assert_int_equal(fflush(w->out), 0);
	assert_ptr_equal(strchr(written.text + 1, '<'), strstr(written.text, "</p>"));
	assert_null(strchr(strchr(written.text, '>') + 1, '"'));
	assert_null(strchr(written.text, '\''));
	for (const char *c = written.text; *c && c < written.text + written.len - 1; c++)
		assert_true((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f);
	assert_non_null(strstr(written.text, "\\x01\\x02"));
	assert_non_null(strstr(written.text, " !&quot;#$%&amp;&#39;()"));
	assert_non_null(strstr(written.text, ";&lt;=&gt;?"));
	assert_non_null(strstr(written.text, "\\xff</p>"));
	assert_int_equal(fclose(w->out), 0);
	free(written.text);
}

static void a_value_does_not_end_its_attribute(void **state)
{
	struct html_writer *w = begin();

	html_open(w, "a");
	html_attribute(w, "href", "%s", "\" onclick='x()'><script>");
	html_close(w);
	expect("<a href=\"&quot; onclick=&#39;x()&#39;&gt;&lt;script&gt;\"></a>");
}

/* An escape that a stranger wrote is shown as such. */
static void what_looks_escaped_is_escaped_again(void **state)
{
	struct html_writer *w = begin();

	html_put(w, "b", NULL, "%s", "&lt;script&gt;&#x3c;</b>");
	expect("<b>&amp;lt;script&amp;gt;&amp;#x3c;&lt;/b&gt;</b>");
}

static void a_text_that_is_too_long_is_truncated(void **state)
{
	struct html_writer *w = begin();
	static char text[2 * HTML_TEXT_LEN];

	memset(text, '<', sizeof(text) - 1);
	html_put(w, "b", NULL, "%s", text);
	assert_int_equal(fclose(w->out), 0);
	assert_int_equal(written.len, strlen("<b></b>") + (HTML_TEXT_LEN - 1) * strlen("&lt;"));
	free(written.text);
}

static void what_another_writer_wrote_is_inserted_as_it_is(void **state)
{
	struct html_writer *w = begin();

	html_open(w, "p");
	html_insert(w, "<b>x</b>ignored", 8);
	html_close(w);
	html_style(w, "a>b{}");
	expect("<p><b>x</b></p>\n<style>a>b{}</style>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_nest),
		cmocka_unit_test(no_byte_of_a_text_is_markup),
		cmocka_unit_test(a_value_does_not_end_its_attribute),
		cmocka_unit_test(what_looks_escaped_is_escaped_again),
		cmocka_unit_test(a_text_that_is_too_long_is_truncated),
		cmocka_unit_test(what_another_writer_wrote_is_inserted_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
