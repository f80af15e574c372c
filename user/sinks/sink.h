/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sinks print the facts. Each is a table of functions. To add one, write its file, declare its ops
 * below and put it into the table of sink.c: --output, --help, --version and the man page have it then.
 *
 *	begin, then datagram, handshake, unread and lost in any order, then end: each sink gets
 *	all of them. A sink never calls back.
 */
#ifndef DTLSNOOP_SINK_H
#define DTLSNOOP_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis.h"
#include "trace_info.h"

/* How the timeline tells when something was: since the trace began, on the clock here, in UTC, since the line before. */
enum stamp { STAMP_RELATIVE, STAMP_CLOCK, STAMP_UTC, STAMP_DELTA };

struct sink {
	const struct sink_ops *ops;
	void *state;		/* of the ops alone; sink_begin() allocates it */
	const struct trace_info *info;
	FILE *out;
	bool color;
	bool is_terminal;	/* what was printed may be printed again, in place */
	bool q_quits;		/* the key: worth to be told */
	unsigned width;		/* of the terminal, in columns; 0: it is none, and lines stay whole */
	enum stamp stamp;
	uint64_t stamped_ns;	/* time of the line before */
	int verbosity;		/* 0: normal; 1: also what is usually left out */
	uint64_t num_evicted;	/* handshakes that were no longer followed so far */
	uint64_t num_strangers;	/* at the end of the trace: of clients that sent one ClientHello */
};

/* What a source said of events that are missing, see struct source_handler. */
struct gap {
	uint64_t lost, limited;	/* how many events, how many datagrams; 0: not said */
	uint32_t missing;	/* enum missing; 0: not said */
	uint64_t until_ns;	/* of missing */
};

struct sink_ops {
	const char *name;	/* for --output */
	const char *help;	/* what it prints, in a few words */
	size_t state_size;	/* bytes of sink.state, which are 0 at first */
	bool wants_all;		/* with --faults, datagrams and errors of libraries, too: they are shown once there is a fault */
	bool (*begin)(struct sink *s);	/* false: out of memory */
	void (*datagram)(struct sink *s, const struct datagram_facts *facts);
	void (*handshake)(struct sink *s, const struct handshake *h, uint64_t now);
	/* The last word on a handshake that had ended before: nothing is new. May be NULL. See struct analysis_callbacks. */
	void (*settled)(struct sink *s, const struct handshake *h, uint64_t now);
	/* An error of a TLS library, and each EVENT_LIBRARY: see struct analysis_callbacks. May be NULL. */
	void (*library_error)(struct sink *s, const struct library_error_facts *facts);
	void (*library)(struct sink *s, const struct event *ev);
	/* Sockets that nobody has read since the trace began. */
	void (*unread)(struct sink *s, const struct unread *u, uint64_t now);
	/*
	 * Since the last call, `num` events were lost, and the rate limit skipped `limited`
	 * datagrams. `stats` has the counts by cause up to `now`. Called at most once a second.
	 */
	void (*lost)(struct sink *s, uint64_t num, uint64_t limited, const struct trace_stats *stats,
		     uint64_t now);
	/* Each word of the source of missing events, at once. May be NULL. */
	void (*gap)(struct sink *s, const struct gap *gap, uint64_t now);
	/* What is counted so far, for --stats. May be NULL. */
	void (*stats)(struct sink *s, const struct trace_stats *stats);
	/* The time, at least ten times a second of a live trace. May be NULL. */
	void (*tick)(struct sink *s, uint64_t now);
	void (*end)(struct sink *s, const struct trace_stats *stats);
	/* Releases what begin() allocated, not the state itself. May be NULL. */
	void (*release)(struct sink *s);
};

extern const struct sink_ops sink_timeline;
extern const struct sink_ops sink_json;
extern const struct sink_ops sink_summary;
extern const struct sink_ops sink_ladder;
extern const struct sink_ops sink_html;
extern const struct sink_ops sink_otlp;

/* All of them; the first is what standard output gets if nothing is asked for. NULL at the end. */
extern const struct sink_ops *const sinks[];

/* Seconds between two times; 0 if `to` is not later: an event may be older than the trace. */
static inline double seconds_since(uint64_t from, uint64_t to)
{
	return to > from ? (double)(to - from) / 1e9 : 0;
}

/* A time of an event in nanoseconds since 1970: that of the start of the trace plus the time since then. */
static inline uint64_t sink_wall_ns(const struct sink *s, uint64_t ns)
{
	return s->info->start_wall_ns + (ns - s->info->start_ns);
}

/* Between which addresses does the server's host see it, if they were translated on the way? Ends by enum party_role. */
static inline bool sink_translated(const struct sink *s, const struct handshake *h, struct event_endpoint seen[2])
{
	const struct trace_info *info = s->info;

	return info->translated && info->translated(info->translated_ctx, &h->party[PARTY_CLIENT].address,
						    &h->party[PARTY_SERVER].address, &seen[PARTY_CLIENT], &seen[PARTY_SERVER]);
}

/* Allocates what the sink needs, and begins. Returns false if there is no memory. */
bool sink_begin(struct sink *s);

/* Ends, and releases what sink_begin() allocated. */
void sink_end(struct sink *s, const struct trace_stats *stats);

/* Only releases it. */
void sink_free(struct sink *s);

#endif
