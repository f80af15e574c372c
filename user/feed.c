// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "feed.h"

#include <signal.h>
#include <string.h>

/* Losses are reported at most this often. */
#define LOSSES_SAID_NS 1000000000ULL

static volatile sig_atomic_t next_file_is_due;

void feed_begin_file(int sig)
{
	next_file_is_due = 1;
}

static uint64_t end_of_duration(const struct feed *f)
{
	return f->opts->duration_ns ? f->source->info.start_ns + f->opts->duration_ns : UINT64_MAX;
}

bool feed_is_over(const struct feed *f)
{
	return f->is_past || f->now >= end_of_duration(f);
}

/*
 * Let every deadline of the analysis up to `now` pass at its own time, so that results do not
 * depend on how often this is called. Returns whether there was any.
 */
static bool pass_time(struct feed *f, uint64_t now)
{
	bool any = false;
	uint64_t due;

	while ((due = analysis_deadline(f->analysis)) <= now) {
		analysis_advance(f->analysis, due);
		any = true;
	}
	if (now > f->now)
		f->now = now;
	return any;
}

/* Report losses at a time that a recording has, too. Returns whether it did. */
static bool say_losses(struct feed *f, uint64_t now)
{
	if ((!f->lost && !f->limited) || now < f->lost_said_ns + LOSSES_SAID_NS)
		return false;
	outputs_lost(f->outputs, f->lost, f->limited, &f->loss, now);
	f->lost_said_ns = now;
	f->lost = f->limited = 0;
	return true;
}

/* Everything up to f->now was recorded. */
static void rotate(struct feed *f)
{
	/* Counters are taken once they are needed: this is asked at each event. */
	struct trace_stats stats;

	if (!f->recorder || !(next_file_is_due || recorder_is_full(f->recorder, f->now)))
		return;
	next_file_is_due = 0;
	memset(&stats, 0, sizeof(stats));
	f->source->ops->stats(f->source, &stats);
	recorder_next(f->recorder, f->now, &stats);
}

void feed_take_stats(const struct feed *f, struct trace_stats *stats)
{
	*stats = (struct trace_stats){ .analysis = analysis_stats(f->analysis), .end_ns = f->now };
	f->source->ops->stats(f->source, stats);
}

/* For --stats, at most once at a time. */
static void say_stats(struct feed *f)
{
	uint64_t every = f->opts->stats_ns, told = f->stats_said_ns ? f->stats_said_ns : f->source->info.start_ns;
	struct trace_stats stats;

	if (!every || f->now < told || f->now - told < every)
		return;
	f->stats_said_ns = f->now - (f->now - told) % every;
	feed_take_stats(f, &stats);
	outputs_stats(f->outputs, &stats);
}

static void on_event(void *ctx, const struct event *ev, size_t len)
{
	struct feed *f = ctx;

	if (len >= sizeof(*ev) && ev->time_ns >= end_of_duration(f))
		f->is_past = true;
	if (f->is_past)
		return;
	if (len >= sizeof(*ev)) {
		pass_time(f, ev->time_ns);
		if (ev->time_ns > f->event_ns)
			f->event_ns = ev->time_ns;
	}
	say_losses(f, f->event_ns);
	rotate(f);
	say_stats(f);
	if (f->recorder)
		recording_event(recorder_writer(f->recorder), ev, len);
	analysis_event(f->analysis, ev, len);
}

static void note_loss(struct feed *f, uint64_t num, uint64_t limited)
{
	f->source->ops->stats(f->source, &f->loss);
	f->lost += num;
	f->limited += limited;
}

static void on_lost(void *ctx, uint64_t num)
{
	struct feed *f = ctx;

	note_loss(f, num, 0);
	if (f->recorder)
		recording_lost(recorder_writer(f->recorder), num, &f->loss);
	/* So that the analysis claims no more than it can know. */
	analysis_lost(f->analysis, f->source->host, num);
	outputs_gap(f->outputs, &(struct gap){ .lost = num }, f->event_ns);
	say_losses(f, f->event_ns);
}

static void on_limited(void *ctx, uint64_t num)
{
	struct feed *f = ctx;

	note_loss(f, 0, num);
	if (f->recorder)
		recording_limited(recorder_writer(f->recorder), num, &f->loss);
	outputs_gap(f->outputs, &(struct gap){ .limited = num }, f->event_ns);
	say_losses(f, f->event_ns);
}

static void on_missing(void *ctx, uint32_t what, uint64_t until)
{
	struct feed *f = ctx;

	if (f->recorder)
		recording_missing(recorder_writer(f->recorder), what, until);
	analysis_missing(f->analysis, f->source->host, what, until);
	outputs_gap(f->outputs, &(struct gap){ .missing = what, .until_ns = until }, f->event_ns);
}

static void on_time(void *ctx, uint64_t now)
{
	struct feed *f = ctx;
	bool any = pass_time(f, now);

	/* A flood of which nothing is let in causes no events. */
	any |= say_losses(f, now);
	/* If no deadline passed, the time of the next event is enough. */
	if (any && f->recorder)
		recording_time(recorder_writer(f->recorder), now);
	say_stats(f);
	if (f->source->is_live) {
		rotate(f);
		outputs_tick(f->outputs, now);
	}
}

int feed_poll(struct feed *f, int timeout_ms)
{
	const struct source_handler handler = {
		.ctx = f, .event = on_event, .lost = on_lost, .limited = on_limited,
		.missing = on_missing, .time = on_time,
	};

	return f->source->ops->poll(f->source, &handler, timeout_ms);
}

void feed_end(struct feed *f)
{
	/* They are in the last line. */
	f->stats_said_ns = f->now;
	/* In a damaged file, everything may have happened before its start time. */
	on_time(f, f->now);
	analysis_finish(f->analysis, f->now);
}
