/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A sink behind the simulated hosts of stream.h: what it wrote is a string in
 * the end. For the tests of the sinks; it includes cmocka.
 */
#ifndef DTLSNOOP_TEST_SINKS_H
#define DTLSNOOP_TEST_SINKS_H

#include "sink.h"
#include "stream_dtls.h"

struct shown {
	struct sink sink;
	struct trace_info info;
	const char *unseen[1];
	char *text;
	size_t len;
};

static inline void shown_on_datagram(void *ctx, const struct datagram_facts *facts)
{
	struct shown *shown = ctx;

	shown->sink.ops->datagram(&shown->sink, facts);
}

static inline void shown_on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	struct shown *shown = ctx;

	shown->sink.ops->handshake(&shown->sink, h, now);
}

static inline void shown_on_unread(void *ctx, const struct unread *u, uint64_t now)
{
	struct shown *shown = ctx;

	shown->sink.ops->unread(&shown->sink, u, now);
}

static inline void shown_on_settled(void *ctx, const struct handshake *h, uint64_t now)
{
	struct shown *shown = ctx;

	if (shown->sink.ops->settled)
		shown->sink.ops->settled(&shown->sink, h, now);
}

static inline void shown_on_library_error(void *ctx, const struct library_error_facts *facts)
{
	struct shown *shown = ctx;

	if (shown->sink.ops->library_error)
		shown->sink.ops->library_error(&shown->sink, facts);
}

static inline void shown_on_library(void *ctx, const struct event *ev)
{
	struct shown *shown = ctx;

	if (shown->sink.ops->library)
		shown->sink.ops->library(&shown->sink, ev);
}

/* A trace of one pair, seen at these ends, through this sink. */
/* Whose traces are merged, from the next shown_begin_with() on; 0: none. */
static struct {
	struct trace_host *list;
	uint32_t num;
} shown_hosts;

static inline void shown_begin_with(struct shown *shown, const struct sink_ops *ops, struct stream *s,
				    struct pair *p, unsigned at, const struct analysis_options *opts)
{
	struct analysis_callbacks callbacks = {
		.ctx = shown, .datagram = shown_on_datagram, .handshake = shown_on_handshake, .unread = shown_on_unread,
		.settled = shown_on_settled, .library_error = shown_on_library_error, .library = shown_on_library,
	};

	memset(s, 0, sizeof(*s));
	s->observers = at;
	s->now = START;
	s->analysis = analysis_new(opts, &callbacks);
	assert_non_null(s->analysis);
	pair_init(p, s, 30041, 0x11);
	memset(shown, 0, sizeof(*shown));
	shown->info = (struct trace_info){
		.version = "0", .source = "live", .hooks = "cgroup", .kernel = "6.1",
		.hosts = shown_hosts.list, .num_hosts = shown_hosts.num, .unseen = shown->unseen, .start_ns = START, .start_wall_ns = 1790000000 * SEC,
	};
	shown->sink = (struct sink){
		.ops = ops, .info = &shown->info, .out = open_memstream(&shown->text, &shown->len),
	};
	assert_non_null(shown->sink.out);
	assert_true(sink_begin(&shown->sink));
}

static inline void shown_begin(struct shown *shown, const struct sink_ops *ops, struct stream *s,
			       struct pair *p, unsigned at)
{
	struct analysis_options opts = stream_options();

	shown_begin_with(shown, ops, s, p, at, &opts);
}

/* Ends the trace. shown->text is to be freed. */
static inline void shown_end(struct shown *shown, struct stream *s)
{
	struct trace_stats stats = { .analysis = analysis_stats(s->analysis), .end_ns = s->now };

	analysis_finish(s->analysis, s->now);
	sink_end(&shown->sink, &stats);
	stream_fini(s);
	assert_int_equal(fclose(shown->sink.out), 0);
}

#endif
