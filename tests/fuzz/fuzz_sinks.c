// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sinks, over the same traces as the analysis: whatever strangers put into
 * their hellos and names, JSON lines are JSON in UTF-8, a line each, and
 * neither they nor the timeline hold a byte that a terminal obeys.
 */
#include "stream.h"

#include "output.h"

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

static void on_unread(void *ctx, const struct unread *u, uint64_t now)
{
	struct sinks *s = ctx;

	s->json.sink.ops->unread(&s->json.sink, u, now);
	s->timeline.sink.ops->unread(&s->timeline.sink, u, now);
}

static void on_end(void *ctx, const struct analysis_stats *analysis, uint64_t now)
{
	struct trace_stats stats = { .analysis = analysis, .end_ns = now };
	struct sinks *s = ctx;

	sink_end(&s->json.sink, &stats);
	sink_end(&s->timeline.sink, &stats);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const unseen[] = { "nothing", NULL };
	struct sinks s = { .info = {
		.version = "0", .source = "live", .hooks = "cgroup", .kernel = "6.1", .unseen = unseen,
		.start_ns = STREAM_START, .start_wall_ns = 1700000000000000000ULL,
		.cgroup_path = cgroup_path, .drop_reason_name = stream_drop_reason,
	} };
	const struct stream_options opts = { .hash_seed = 1, .max_ready = STREAM_MAX_HANDSHAKES };
	struct stream_listener listener = { &s, on_datagram, on_handshake, on_unread, on_end };

	output_begin(&s.json, &sink_json, &s.info);
	output_begin(&s.timeline, &sink_timeline, &s.info);
	stream_run(data, size, &opts, &listener);
	output_end(&s.json);
	output_end(&s.timeline);
	output_free(&s.json);
	output_free(&s.timeline);
	return 0;
}
