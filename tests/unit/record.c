// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Records what the unit tests tell the analysis, as seeds for the fuzz targets (tests/fuzz/seeds):
 * the calls of a test program are linked to these functions instead (ld --wrap).
 *
 * Writes $RECORDINGS/PROGRAM-N for the N-th analysis of the program.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis.h"
#include "recording.h"

#define MAX_STREAMS 8
/* A longer recording is no good seed. */
#define MAX_EVENTS 200

struct analysis *__real_analysis_new(const struct analysis_options *opts, const struct analysis_callbacks *callbacks);
void __real_analysis_free(struct analysis *a);
void __real_analysis_event(struct analysis *a, const struct event *ev, size_t len);
void __real_analysis_lost(struct analysis *a, uint32_t host, uint64_t num);
void __real_analysis_missing(struct analysis *a, uint32_t host, uint32_t what, uint64_t until);
uint64_t __real_analysis_advance(struct analysis *a, uint64_t now);

static struct stream {
	struct analysis *analysis;
	struct trace_info info;
	struct recording_writer writer;
	uint64_t now;
	uint32_t num_events;
} streams[MAX_STREAMS];

static const struct trace_stats no_stats;

static struct stream *stream_of(const struct analysis *a)
{
	for (int i = 0; i < MAX_STREAMS; i++)
		if (streams[i].analysis == a)
			return &streams[i];
	return NULL;
}

static void begin(struct stream *s, const struct analysis_options *opts)
{
	static const char *const unseen[] = { NULL };
	static unsigned num;
	char path[4096];
	FILE *file;

	s->info = (struct trace_info){
		.source = "live", .hooks = "fentry", .unseen = unseen, .sees_reads = opts->sees_reads,
		.sees_drops = opts->sees_drops, .sees_send_failures = opts->sees_send_failures,
		.drop_reason_name = opts->drop_reason_name, .drop_reason_ctx = opts->drop_reason_ctx,
	};
	snprintf(path, sizeof(path), "%s/%s-%u", getenv("RECORDINGS"), program_invocation_short_name, ++num);
	file = fopen(path, "w");
	if (!file) {
		perror(path);
		exit(1);
	}
	recording_begin(&s->writer, file, &s->info);
	s->now = s->num_events = 0;
}

struct analysis *__wrap_analysis_new(const struct analysis_options *opts, const struct analysis_callbacks *callbacks)
{
	struct analysis *a = __real_analysis_new(opts, callbacks);
	struct stream *s = stream_of(NULL);

	if (!a || !s)
		return a;
	s->analysis = a;
	begin(s, opts);
	return a;
}

void __wrap_analysis_free(struct analysis *a)
{
	struct stream *s = a ? stream_of(a) : NULL;
	struct trace_stats stats = { .end_ns = s ? s->now : 0 };

	if (s) {
		recording_end(&s->writer, &stats);
		fclose(s->writer.file);
		s->analysis = NULL;
	}
	__real_analysis_free(a);
}

void __wrap_analysis_event(struct analysis *a, const struct event *ev, size_t len)
{
	struct stream *s = stream_of(a);

	if (s && event_is_valid(ev, len) && s->num_events++ < MAX_EVENTS) {
		recording_event(&s->writer, ev, len);
		if (ev->time_ns > s->now)
			s->now = ev->time_ns;
	}
	__real_analysis_event(a, ev, len);
}

void __wrap_analysis_lost(struct analysis *a, uint32_t host, uint64_t num)
{
	struct stream *s = stream_of(a);

	if (s)
		recording_lost(&s->writer, num, &no_stats);
	__real_analysis_lost(a, host, num);
}

void __wrap_analysis_missing(struct analysis *a, uint32_t host, uint32_t what, uint64_t until)
{
	struct stream *s = stream_of(a);

	if (s)
		recording_missing(&s->writer, what, until);
	__real_analysis_missing(a, host, what, until);
}

uint64_t __wrap_analysis_advance(struct analysis *a, uint64_t now)
{
	struct stream *s = stream_of(a);

	if (s && now > s->now)
		s->now = now;
	return __real_analysis_advance(a, now);
}
