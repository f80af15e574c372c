/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sinks: what shows the facts. Each is a table of functions; to add one, write
 * its file, declare its ops below and name it in sinks[] of options.c.
 *
 *	begin, then datagram and handshake in any order, then end: each sink gets
 *	all of them, on standard output. A sink never calls back.
 */
#ifndef DTLSNOOP_SINK_H
#define DTLSNOOP_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis.h"
#include "event.h"

/* What is known of the trace before its first event. */
struct trace_info {
	const char *version;
	const char *source;	/* "live" */
	const char *hooks;	/* "cgroup" */
	const char *kernel;	/* release */
	const char *const *unseen;	/* what this host cannot show, NULL at the end */
	const uint32_t *pids;	/* the filters; none: everything */
	uint32_t num_pids;
	const uint16_t *ports;
	uint32_t num_ports;
	uint64_t start_ns;	/* CLOCK_MONOTONIC */
	uint64_t start_wall_ns;	/* CLOCK_REALTIME, at the same moment */
	/* Path of a cgroup below the root of cgroup v2, by its id; false: not known. */
	bool (*cgroup_path)(void *ctx, uint64_t id, char *path, size_t size);
	void *cgroup_ctx;
	/* As in struct analysis_options. */
	const char *(*drop_reason_name)(void *ctx, uint32_t reason);
	void *drop_reason_ctx;
};

struct trace_stats {
	const struct analysis_stats *analysis;
	uint64_t counters[COUNTER_MAX];	/* enum event_counter */
	uint64_t end_ns;
};

/* Events that there should have been, whatever the cause of their loss. */
static inline uint64_t counters_lost(const uint64_t counters[COUNTER_MAX])
{
	return counters[COUNTER_LOST_RING_FULL] + counters[COUNTER_LOST_UNREADABLE] +
	       counters[COUNTER_LOST_NO_STATE] + counters[COUNTER_LOST_MISSED];
}

struct sink {
	const struct sink_ops *ops;
	const struct trace_info *info;
	FILE *out;
	bool color;
	int verbosity;		/* 0 normal; 1: also what is usually left out */
};

struct sink_ops {
	const char *name;
	void (*begin)(struct sink *s);
	void (*datagram)(struct sink *s, const struct datagram_facts *facts);
	void (*handshake)(struct sink *s, const struct handshake *h, uint64_t now);
	void (*end)(struct sink *s, const struct trace_stats *stats);
};

extern const struct sink_ops sink_timeline;
extern const struct sink_ops sink_json;

#endif
