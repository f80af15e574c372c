// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sinks, over the same traces as the analysis: whatever strangers put into
 * their hellos and names, JSON lines are JSON in UTF-8, a line each, and
 * neither they nor the other outputs hold a byte that a terminal obeys. The metrics keep to their format.
 */
#include "stream.h"

#include "output.h"
#include "pod_name.h"
#include "sink_metrics.h"

#define MAX_SINKS 8
/* Of a terminal. */
#define WIDTH 80

struct every_sink {
	struct trace_info info;
	struct output outputs[MAX_SINKS];	/* one for each of sinks[], and the metrics */
	int num;
};

#define FOR_EACH_OUTPUT(o, every) for (struct output *o = (every)->outputs; o < (every)->outputs + (every)->num; o++)

static bool cgroup_path(void *ctx, uint64_t id, char *path, size_t size)
{
	(void)ctx;
	if (id & 2) {
		snprintf(path, size, "/kubepods/pod8a6f3c1e-0b5d-4f6a-9c3e-2d1f0a9b8c7d/%064d", 0);
		return true;
	}
	snprintf(path, size, "/\x9b\xc2\x9b\"\n\\%s", id & 1 ? "\xff\xfe\x7f" : "");
	return true;
}

/* As long as names may be. */
static const struct pod_name *pod_name(void *ctx, uint64_t id)
{
	static struct pod_name name;

	(void)ctx;
	memset(&name, 0, sizeof(name));
	memset(name.namespace, 'n', sizeof(name.namespace) - 1);
	memset(name.pod, 'p', sizeof(name.pod) - 1);
	if (id & 4)
		memset(name.container, 'c', sizeof(name.container) - 1);
	return id & 8 ? &name : NULL;
}

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
	FOR_EACH_OUTPUT(o, (struct every_sink *)ctx)
		o->sink.ops->datagram(&o->sink, facts);
}

static void on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	FOR_EACH_OUTPUT(o, (struct every_sink *)ctx) {
		o->sink.ops->handshake(&o->sink, h, now);
		if (o->sink.ops->tick)
			o->sink.ops->tick(&o->sink, now);
	}
}

static void on_unread(void *ctx, const struct unread *u, uint64_t now)
{
	FOR_EACH_OUTPUT(o, (struct every_sink *)ctx)
		o->sink.ops->unread(&o->sink, u, now);
}

/* Metrics are printed again and again, and each time those that are silent are counted. */
static void on_settled(void *ctx, const struct handshake *h, uint64_t now)
{
	static const struct analysis_stats none;
	const struct trace_stats stats = { .analysis = &none, .end_ns = now };

	FOR_EACH_OUTPUT(o, (struct every_sink *)ctx) {
		if (o->sink.ops->settled)
			o->sink.ops->settled(&o->sink, h, now);
		if (o->sink.ops == &sink_metrics)
			sink_metrics_print(&o->sink, &stats);
	}
}

static void on_library_error(void *ctx, const struct library_error_facts *facts)
{
	FOR_EACH_OUTPUT(o, (struct every_sink *)ctx)
		if (o->sink.ops->library_error)
			o->sink.ops->library_error(&o->sink, facts);
}

static void on_library(void *ctx, const struct event *ev)
{
	FOR_EACH_OUTPUT(o, (struct every_sink *)ctx)
		if (o->sink.ops->library)
			o->sink.ops->library(&o->sink, ev);
}

static void on_end(void *ctx, const struct analysis_stats *analysis, uint64_t now)
{
	struct trace_stats stats = { .analysis = analysis, .end_ns = now };

	FOR_EACH_OUTPUT(o, (struct every_sink *)ctx)
		sink_end(&o->sink, &stats);
}

static void check_width(const char *text, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		column = text[i] == '\n' ? 0 : column + 1;
		fuzz_check(column <= WIDTH);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const unseen[] = { "nothing", NULL };
	struct every_sink s = { .info = {
		.version = "0", .source = "live", .hooks = "cgroup", .kernel = "6.1", .unseen = unseen,
		.start_ns = STREAM_START, .start_wall_ns = 1700000000000000000ULL,
		.cgroup_path = cgroup_path, .pod_name = pod_name, .drop_reason_name = stream_drop_reason,
	} };
	const struct stream_options opts = { .hash_seed = 1, .max_ready = STREAM_MAX_HANDSHAKES };
	struct stream_listener listener = { &s, on_datagram, on_handshake, on_unread, on_settled, on_library_error, on_library, on_end };

	for (; sinks[s.num]; s.num++)
		output_begin(&s.outputs[s.num], sinks[s.num], &s.info);
	output_begin(&s.outputs[s.num++], &sink_metrics, &s.info);
	FOR_EACH_OUTPUT(o, &s) {
		o->sink.verbosity = size & 1;
		o->sink.width = size & 2 ? WIDTH : 0;
	}
	stream_run(data, size, &opts, &listener);
	FOR_EACH_OUTPUT(o, &s) {
		output_end(o);
		if (o->sink.ops == &sink_timeline && o->sink.width)
			check_width(o->text, o->len);
		output_free(o);
	}
	return 0;
}
