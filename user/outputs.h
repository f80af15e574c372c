/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The outputs of a trace: sinks, and where each of them writes. */
#ifdef DTLSNOOP_ROOM
#error "outputs.h is for what ties the rooms together, none of them may include it"
#endif
#ifndef DTLSNOOP_OUTPUTS_H
#define DTLSNOOP_OUTPUTS_H

#include "options.h"
#include "otlp_export.h"
#include "replaced_file.h"
#include "sink.h"
#include "source.h"

struct output {
	struct sink sink;
	const char *path;	/* NULL: standard output */
	struct otlp_export *export;	/* NULL: it is no endpoint; else path is its URL */
	bool has_failed;	/* that was reported */
};

/* Not in the list: they are printed again and again, as a whole. */
struct metrics_output {
	struct sink sink;	/* `ops` NULL: they are not wanted */
	struct replaced_file *file;	/* NULL: none is wanted */
	struct metrics_http *http;	/* NULL: they are not served */
	uint64_t written_ns;	/* when the file was due last; 0: not yet */
	bool has_clients;	/* they wait for an answer */
	bool is_missing;	/* it could not be written when it was due last */
};

struct outputs {
	struct output list[OPTIONS_MAX_OUTPUTS + 1];	/* what --output named, and --otlp-endpoint */
	uint32_t num;
	bool is_live;
	struct metrics_output metrics;
};

/*
 * Open what --output and --otlp-endpoint named, and begin. `opts` and `source` must outlive the outputs. False on
 * failure, with a message; nothing is open then.
 */
bool outputs_begin(struct outputs *o, const struct options *opts, const struct source *source);

/* Will any of them want the last word on a handshake that has ended? See struct analysis_callbacks. */
bool outputs_want_settled(const struct options *opts);

/* On the terminal of an output that is refreshed in place, q ends the trace from now on: see keys.h. */
void outputs_take_keys(struct outputs *o);

/* faults_only: only for those that keep it until there is a fault. */
void outputs_datagram(struct outputs *o, const struct datagram_facts *facts, bool faults_only);
/* is_shown: print it; metrics count it in any case. */
void outputs_handshake(struct outputs *o, const struct handshake *h, uint64_t now, bool is_shown);
void outputs_settled(struct outputs *o, const struct handshake *h, uint64_t now, bool is_shown);
void outputs_library_error(struct outputs *o, const struct library_error_facts *facts, bool is_shown);
void outputs_library(struct outputs *o, const struct event *ev, bool faults_only);
void outputs_unread(struct outputs *o, const struct unread *u, uint64_t now);
void outputs_lost(struct outputs *o, uint64_t num, uint64_t limited, const struct trace_stats *stats, uint64_t now);
void outputs_gap(struct outputs *o, const struct gap *gap, uint64_t now);
void outputs_stats(struct outputs *o, const struct trace_stats *stats);
void outputs_tick(struct outputs *o, uint64_t now);

/* Is there anything to do for the metrics of a live trace at `now`? If so, outputs_metrics() does it. */
bool outputs_metrics_are_due(struct outputs *o, uint64_t now);
void outputs_metrics(struct outputs *o, const struct trace_stats *stats);

void outputs_end(struct outputs *o, const struct trace_stats *stats);

/*
 * Make visible what was written. A file that cannot be written is reported once, and the others go on. Returns false
 * if standard output cannot be written: the trace is of no use then.
 */
bool outputs_flush(struct outputs *o);

/* Has a write to standard output failed, even if it was not flushed? */
bool outputs_standard_has_failed(const struct outputs *o);

/*
 * After the end: wait until what an endpoint shall get is delivered, not for long, and not once is_hurried() returns
 * true. The others are flushed before that.
 */
void outputs_deliver(struct outputs *o, bool (*is_hurried)(void));

/* Close all. Returns false if something was not written. */
bool outputs_close(struct outputs *o);

#endif
