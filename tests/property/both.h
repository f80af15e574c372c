/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each handshake seen by the tracers of both hosts, whose clocks are off and drift, and which lose events. Each trace becomes a
 * recording, which the real source merges: the verdict of that is never worse than the better one of the two alone, and
 * never claims that the path lost what only an observer has.
 */
#ifndef DTLSNOOP_PROPERTY_BOTH_H
#define DTLSNOOP_PROPERTY_BOTH_H

#include "observe.h"
#include "recording.h"
#include "truth_both.h"

#define HOST_NAME_LEN 16
#define HOST_ID_LEN 40

/* One of the two hosts. */
struct host_view {
	char host[HOST_NAME_LEN], boot_id[HOST_ID_LEN], trace_id[HOST_ID_LEN];
	uint64_t base_ns;	/* CLOCK_MONOTONIC when the world begins */
	uint64_t wall_ns;	/* its wall clock at that time, which may be off by days */
	int64_t drift_ppb;	/* both clocks gain so many nanoseconds a second */
	uint64_t begin, end;	/* of its trace, since the world began; 0, SIM_NEVER: all of it */
	uint32_t loses;		/* per cent of its events */
	bool in_bursts;
	bool translated;	/* the server's: its client has another address there */
};

/* What was recorded of a log entry, in the order of the recording. */
struct recorded {
	bool is_entry;		/* else it is the neighbour's ClientHello: see watch_neighbour() */
	struct log_entry entry;
};

/* The trace of one host, as it was recorded. */
struct host_trace {
	const struct host_view *view;
	struct recording_writer writer;
	struct trace_info info;
	uint32_t num, num_lost;
	struct recorded recorded[SIM_MAX_LOG];
};

struct both {
	FILE *trace, *failures;
	const char *directory;	/* keeps the recordings; NULL: nothing does */
	enum fault_kind only;	/* FAULT_MAX: any */
	uint64_t failed;
	struct truth_both_counts counts;
};

/* Time on the monotonic clock of this host, and back. */
uint64_t host_monotonic(const struct host_view *view, uint64_t world_ns);
uint64_t host_world_time(const struct host_view *view, uint64_t monotonic_ns);

/* Record what the tracer of this side's host sees of a world. False: the file cannot be written. */
bool host_record(struct host_trace *trace, struct world *w, enum party_role role, const struct host_view *view, FILE *file);

/* For watch.c: this host's tracer sees an event. `entry` NULL: the neighbour's ClientHello. */
void host_event(struct host_trace *trace, const struct event *ev, const struct log_entry *entry);

/*
 * Read recordings (`paths`, NULL at the end) with the real source, and analyse them as dtlsnoop does. `observer`: of whom they
 * are; BOTH: merged. False: the source refuses them.
 */
bool merge_observe(struct world *w, enum observer observer, struct host_trace *const traces[PARTY_MAX], const char *const *paths,
		   struct observed *out, FILE *trace);

/* One handshake, seen by each host alone, and then merged. */
void both_case(struct both *both, struct world *w, uint64_t seed);
void both_print(const struct both *both, FILE *out);

#endif
