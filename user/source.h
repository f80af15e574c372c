/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sources: where events come from. A source is the only one that knows a
 * clock. Downstream nobody can tell one from the other.
 */
#ifndef DTLSNOOP_SOURCE_H
#define DTLSNOOP_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "trace_info.h"

/* What a source tells, in the order in which it happened. */
struct source_handler {
	void *ctx;
	/* `ev` is valid during the call only; its `len` bytes are checked by nobody yet. */
	void (*event)(void *ctx, const struct event *ev, size_t len);
	/* So many events are missing here. */
	void (*lost)(void *ctx, uint64_t num);
	/* So many datagrams were left out by the rate limit. */
	void (*limited)(void *ctx, uint64_t num);
	/*
	 * Of what happens up to `until`, told before this or behind it, something may be
	 * missing: `what` of enum missing. How much is told by the two above.
	 */
	void (*missing)(void *ctx, uint32_t what, uint64_t until);
	/* Nothing else happened until `now`, on the clock of the events. */
	void (*time)(void *ctx, uint64_t now);
};

struct source;

/* What poll() returns beside 0 and -errno: there is nothing more; there is more already. */
#define SOURCE_END 1
#define SOURCE_MORE 2

struct source_ops {
	/*
	 * Tell what there is; live: wait for it, at most `timeout_ms`. 0, SOURCE_END,
	 * SOURCE_MORE if there is so much that it was not told all at once, or -errno with
	 * what happened said on standard error. A signal ends the wait.
	 */
	int (*poll)(struct source *src, const struct source_handler *handler, int timeout_ms);
	/* What was counted up to now: fills in all but `analysis` and `end_ns`. */
	void (*stats)(struct source *src, struct trace_stats *stats);
	void (*free)(struct source *src);
};

struct source {
	const struct source_ops *ops;
	struct trace_info info;	/* complete when the source is made */
	bool is_live;		/* somebody waits for each line */
	bool is_stream;		/* comes through a pipe: what poll() has told is waited for if it returned 0 */
};

#endif
