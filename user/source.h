/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sources of events. Only a source knows a clock. After it, nothing depends on the kind of source. */
#ifndef DTLSNOOP_SOURCE_H
#define DTLSNOOP_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "trace_info.h"

/* A source reports these in the order in which they happened. */
struct source_handler {
	void *ctx;
	/* `ev` is valid only during the call. Nothing has checked its `len` bytes yet. */
	void (*event)(void *ctx, const struct event *ev, size_t len);
	/* `num` events were lost here. */
	void (*lost)(void *ctx, uint64_t num);
	/* The rate limit skipped `num` datagrams here. */
	void (*limited)(void *ctx, uint64_t num);
	/*
	 * Something that happened up to `until` may be missing (`what`: enum missing), whether it
	 * would be reported before this or after. lost() and limited() tell how much.
	 */
	void (*missing)(void *ctx, uint32_t what, uint64_t until);
	/* Nothing else happened until `now`, on the clock of the events. */
	void (*time)(void *ctx, uint64_t now);
};

struct source;

/* Results of poll() besides 0 and -errno: the source has ended; more is already there. */
#define SOURCE_END 1
#define SOURCE_MORE 2

struct source_ops {
	/*
	 * Report what there is; a live source waits for it, at most `timeout_ms`. Returns 0,
	 * SOURCE_END, SOURCE_MORE if not everything was reported, or -errno with a message on
	 * standard error. A signal ends the wait.
	 */
	int (*poll)(struct source *src, const struct source_handler *handler, int timeout_ms);
	/* How much of the file was read, from 0 to 1; negative: unknown. NULL: the source is no file. */
	double (*share_read)(struct source *src);
	/* Counters up to now. Sets all members except `analysis` and `end_ns`. */
	void (*stats)(struct source *src, struct trace_stats *stats);
	void (*free)(struct source *src);
};

struct source {
	const struct source_ops *ops;
	struct trace_info info;	/* complete once the source exists */
	uint32_t host;		/* of merged traces: whose trace is told, during a call of the handler; as event.host */
	bool is_live;		/* lines are printed at once */
	bool is_stream;		/* a pipe: lines are printed at once whenever poll() returns 0 */
};

#endif
