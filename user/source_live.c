// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "message.h"

struct source_live {
	struct source source;	/* first: a source_live is a source */
	const struct loader *loader;
	struct ring_buffer *ring;
	source_handler handler;
	void *ctx;
	uint64_t now;
};

static struct source_live *live_of(struct source *src)
{
	return (struct source_live *)src;
}

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int handle_sample(void *ctx, void *data, size_t size)
{
	struct source_live *live = ctx;

	live->handler(live->ctx, data, size);
	return 0;
}

/*
 * The kernel wakes us only when much is waiting, and ring_buffer__poll()
 * consumes nothing if it times out: consume after each wait.
 */
static int live_poll(struct source *src, int timeout_ms)
{
	struct source_live *live = live_of(src);
	int err = ring_buffer__poll(live->ring, timeout_ms), consumed;

	live->now = monotonic_ns();
	consumed = ring_buffer__consume(live->ring);
	return consumed < 0 ? consumed : err < 0 ? err : 0;
}

static uint64_t live_now(struct source *src)
{
	return live_of(src)->now;
}

static void live_counters(struct source *src, uint64_t counters[COUNTER_MAX])
{
	loader_counters(live_of(src)->loader, counters);
}

static void live_free(struct source *src)
{
	ring_buffer__free(live_of(src)->ring);
	free(live_of(src));
}

static const struct source_ops live_ops = {
	.poll = live_poll,
	.now = live_now,
	.counters = live_counters,
	.free = live_free,
};

struct source *source_live_new(const struct loader *loader, source_handler handler, void *ctx)
{
	struct source_live *live = calloc(1, sizeof(*live));

	if (!live) {
		message_error("out of memory");
		return NULL;
	}
	live->source.ops = &live_ops;
	live->loader = loader;
	live->handler = handler;
	live->ctx = ctx;
	live->now = monotonic_ns();
	live->ring = ring_buffer__new(loader_ring_fd(loader), handle_sample, live, NULL);
	if (live->ring)
		return &live->source;
	message_error("cannot map the ring buffer: %s", strerror(errno));
	free(live);
	return NULL;
}
