// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "output.h"

#include <ctype.h>

#include <json-c/json.h>

#include "sink_metrics.h"

void output_begin(struct output *o, const struct sink_ops *ops, const struct trace_info *info)
{
	memset(o, 0, sizeof(*o));
	o->sink = (struct sink){ .ops = ops, .info = info, .verbosity = 1 };
	o->sink.out = open_memstream(&o->text, &o->len);
	fuzz_check(o->sink.out);
	fuzz_check(sink_begin(&o->sink));
}

void output_check_text(const char *text, size_t len)
{
	fuzz_check(!len || text[len - 1] == '\n');
	for (size_t i = 0; i < len; i++)
		fuzz_check(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
}

/* Nothing that a terminal obeys: no control, U+0080..U+009F neither. */
static void check_controls(const char *line, size_t len)
{
	const unsigned char *bytes = (const void *)line;

	for (size_t i = 0; i < len; i++) {
		fuzz_check(bytes[i] >= 0x20 && bytes[i] != 0x7f);
		fuzz_check(i + 1 == len || bytes[i] != 0xc2 || bytes[i + 1] >= 0xa0);
	}
}

/* RFC 8259: one object in valid UTF-8, which json-c looks at if it is asked to. */
static void check_line(const char *line, size_t len, const char *key)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *obj;

	fuzz_check(tok);
	check_controls(line, len);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	obj = json_tokener_parse_ex(tok, line, len);
	fuzz_check(obj && json_tokener_get_error(tok) == json_tokener_success);
	fuzz_check(json_tokener_get_parse_end(tok) == len && json_object_is_type(obj, json_type_object));
	fuzz_check(!key || json_object_object_get_ex(obj, key, NULL));
	json_object_put(obj);
	json_tokener_free(tok);
}

/* Each line is an object with this key; NULL: with any. */
static void check_lines(const char *text, size_t len, const char *key)
{
	const char *end;

	for (; len; len -= end + 1 - text, text = end + 1) {
		end = memchr(text, '\n', len);
		fuzz_check(end);
		check_line(text, end - text, key);
	}
}

/* After the quote that begins it: up to the quote that ends it. */
static const char *label_end(const char *at)
{
	for (; *at != '"'; at++) {
		fuzz_check(*at && *at != '\n');
		if (*at == '\\')
			fuzz_check(strchr("\\\"n", *++at));
	}
	return at;
}

/* name{label="value",...} number */
static void check_sample(const char *line)
{
	const char *at = line + strspn(line, "abcdefghijklmnopqrstuvwxyz_");

	fuzz_check(!strncmp(line, "dtlsnoop_", 9));
	while (*at == '{' || *at == ',') {
		at++;
		at += strspn(at, "abcdefghijklmnopqrstuvwxyz");
		fuzz_check(at[0] == '=' && at[1] == '"');
		at = label_end(at + 2) + 1;
	}
	at += *at == '}';
	fuzz_check(at[0] == ' ' && isdigit(at[1]));
	at++;
	fuzz_check(at[strspn(at, "0123456789.")] == '\n');
}

/* The text format of Prometheus. No gauge is below 0: it would be a very large number here. */
static void check_metrics(const char *text, size_t len)
{
	const char *end, *value;

	for (; len; len -= end + 1 - text, text = end + 1) {
		end = memchr(text, '\n', len);
		fuzz_check(end);
		check_controls(text, end - text);
		if (*text == '#')
			continue;
		check_sample(text);
		value = memrchr(text, ' ', end - text);
		fuzz_check(strtod(value, NULL) < 1e18);
	}
}

void output_end(struct output *o)
{
	fclose(o->sink.out);
	/* Spans may be none. */
	fuzz_check(o->len || o->sink.ops == &sink_otlp);
	if (o->sink.ops == &sink_json)
		check_lines(o->text, o->len, "type");
	else if (o->sink.ops == &sink_otlp)
		check_lines(o->text, o->len, NULL);
	else if (o->sink.ops == &sink_metrics)
		check_metrics(o->text, o->len);
	else
		output_check_text(o->text, o->len);
}

void output_free(struct output *o)
{
	free(o->text);
}
