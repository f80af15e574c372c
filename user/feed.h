/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Feeds the analysis and the recording with what a source reports, in the order of time: source -> recorder, analysis. */
#ifdef DTLSNOOP_ROOM
#error "feed.h is for what ties the rooms together, none of them may include it"
#endif
#ifndef DTLSNOOP_FEED_H
#define DTLSNOOP_FEED_H

#include "options.h"
#include "outputs.h"
#include "recorder.h"
#include "source.h"

struct feed {
	/* The caller sets these, and owns them. */
	const struct options *opts;
	struct source *source;
	struct analysis *analysis;
	struct recorder *recorder;	/* NULL: no recording */
	struct outputs *outputs;	/* they are told of losses, and of --stats */
	uint64_t now;		/* on the clock of the events; at first, when the trace began */

	struct trace_stats loss;	/* counters of losses up to now */
	bool is_past;		/* an event came after the end of --duration */
	uint64_t event_ns;	/* time of the last event */
	uint64_t lost_said_ns;	/* event_ns when losses were last reported */
	uint64_t lost, limited;	/* lost and skipped since then */
	uint64_t stats_said_ns;	/* when statistics were due last; 0: not yet */
};

/* Take what the source has, as source_ops.poll() does. */
int feed_poll(struct feed *f, int timeout_ms);

/* The end of --duration has come. */
bool feed_is_over(const struct feed *f);

/* What is counted so far. */
void feed_take_stats(const struct feed *f, struct trace_stats *stats);

/* Nothing follows: every handshake is final now. */
void feed_end(struct feed *f);

/* A signal handler: the next file of a recording that is rotated begins with the next event. */
void feed_begin_file(int sig);

#endif
