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
#include "loader.h"

/* `ev` is valid during the call only; its `len` bytes are checked by nobody yet. */
typedef void (*source_handler)(void *ctx, const struct event *ev, size_t len);

struct source;

struct source_ops {
	/*
	 * Wait for events, at most `timeout_ms`, and hand over all there are.
	 * 0, or -errno; -EINTR is no failure.
	 */
	int (*poll)(struct source *src, int timeout_ms);
	/* Everything that happened before this time has been handed over by the last poll. */
	uint64_t (*now)(struct source *src);
	/* What was counted up to now. */
	void (*counters)(struct source *src, uint64_t counters[COUNTER_MAX]);
	void (*free)(struct source *src);
};

struct source {
	const struct source_ops *ops;
};

/* The running kernel, through the loader's ring buffer. NULL: said why on standard error. */
struct source *source_live_new(const struct loader *loader, source_handler handler, void *ctx);

#endif
