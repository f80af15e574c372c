// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sinks, over the same traces as the analysis: whatever strangers put into
 * their hellos and names, JSON lines are JSON in UTF-8, a line each, and
 * neither they nor the timeline hold a byte that a terminal obeys.
 */
#include "stream.h"

#include <stdio.h>

#include <json-c/json.h>

#include "sink.h"

struct output {
	struct sink sink;
	char *text;
	size_t len;
};

struct sinks {
	struct trace_info info;
	struct output json, timeline;
};

static bool cgroup_path(void *ctx, uint64_t id, char *path, size_t size)
{
	(void)ctx;
	snprintf(path, size, "/\x9b\xc2\x9b\"\n\\%s", id & 1 ? "\xff\xfe\x7f" : "");
	return true;
}

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
	struct sinks *s = ctx;

	s->json.sink.ops->datagram(&s->json.sink, facts);
	s->timeline.sink.ops->datagram(&s->timeline.sink, facts);
}

static void on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	struct sinks *s = ctx;

	s->json.sink.ops->handshake(&s->json.sink, h, now);
	s->timeline.sink.ops->handshake(&s->timeline.sink, h, now);
}

static void on_end(void *ctx, const struct analysis_stats *analysis, uint64_t now)
{
	struct trace_stats stats = { .analysis = analysis, .end_ns = now };
	struct sinks *s = ctx;

	s->json.sink.ops->end(&s->json.sink, &stats);
	s->timeline.sink.ops->end(&s->timeline.sink, &stats);
}

static void output_open(struct output *o, const struct sink_ops *ops, const struct trace_info *info)
{
	o->sink = (struct sink){ .ops = ops, .info = info, .verbosity = 1 };
	o->sink.out = open_memstream(&o->text, &o->len);
	fuzz_check(o->sink.out);
	ops->begin(&o->sink);
}

/* Printable ASCII and ends of lines. */
static void check_timeline(const char *text, size_t len)
{
	fuzz_check(len && text[len - 1] == '\n');
	for (size_t i = 0; i < len; i++)
		fuzz_check(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
}

/* RFC 8259: no control in it, valid UTF-8 (which json-c looks at when it is strict), one object. */
static void check_line(const char *line, size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *obj;

	fuzz_check(tok);
	for (size_t i = 0; i < len; i++) {
		fuzz_check((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
		/* U+0080..U+009F */
		fuzz_check(i + 1 == len || (unsigned char)line[i] != 0xc2 || (unsigned char)line[i + 1] >= 0xa0);
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	obj = json_tokener_parse_ex(tok, line, len);
	fuzz_check(obj && json_tokener_get_error(tok) == json_tokener_success);
	fuzz_check(json_tokener_get_parse_end(tok) == len && json_object_is_type(obj, json_type_object));
	fuzz_check(json_object_object_get_ex(obj, "type", NULL));
	json_object_put(obj);
	json_tokener_free(tok);
}

static void check_json(const char *text, size_t len)
{
	const char *end;

	fuzz_check(len && text[len - 1] == '\n');
	for (; len; len -= end + 1 - text, text = end + 1) {
		end = memchr(text, '\n', len);
		check_line(text, end - text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const unseen[] = { "nothing", NULL };
	struct sinks s = { .info = {
		.version = "0", .source = "live", .hooks = "cgroup", .kernel = "6.1", .unseen = unseen,
		.start_ns = STREAM_START, .start_wall_ns = 1700000000000000000ULL,
		.cgroup_path = cgroup_path, .drop_reason_name = stream_drop_reason,
	} };
	struct stream_listener listener = { &s, on_datagram, on_handshake, on_end };

	output_open(&s.json, &sink_json, &s.info);
	output_open(&s.timeline, &sink_timeline, &s.info);
	stream_run(data, size, 1, &listener);
	fclose(s.json.sink.out);
	fclose(s.timeline.sink.out);
	check_json(s.json.text, s.json.len);
	check_timeline(s.timeline.text, s.timeline.len);
	free(s.json.text);
	free(s.timeline.text);
	return 0;
}
