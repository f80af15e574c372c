// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "otlp_export.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "message.h"
#include "otlp_post.h"
#include "otlp_queue.h"

/* All in milliseconds. An item waits so long for others, which share its request. */
#define GATHER_MS 1000
/* Before a request is repeated: from the first number, doubled each time, to the second. */
#define AGAIN_MS 1000
#define AGAIN_MAX_MS 30000
/* At the end there is no time for that. */
#define AGAIN_LAST_MS 500
/* A receiver may ask for more patience, up to this. */
#define RETRY_AFTER_MAX_MS 120000
/* A file waits for room, unless nothing was delivered for so long. */
#define ROOM_MS 15000
#define SAY_MS 60000
/* How often the trace's thread looks while it waits for this one. */
#define LOOK_MS 50
/* The thread ends so soon after it was told to: it waits for nothing else then. */
#define END_MS 1000

struct otlp_export {
	struct otlp_post *post;
	pthread_t thread;
	bool is_started;	/* there is the thread */
	bool may_wait;
	/* Of the trace's thread: the line so far. */
	char *line;
	size_t line_len;
	bool line_is_lost;	/* it is longer than a request can be */
	uint64_t said_ms, said_lost;	/* 0: nothing was said yet */
	/* The rest is under the lock. `change` is signalled after each change of it. */
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct otlp_queue queue;
	size_t under_way_len;	/* bytes of the queue that are in the request under way ... */
	uint32_t under_way;	/* ... and items */
	uint64_t delivered, lost;
	uint64_t progress_ms;	/* when the receiver last took something, or the trace began */
	bool is_last;		/* nothing will come any more, and there is little time */
	bool is_stopped;	/* there is none */
	bool has_ended;
	bool has_failed;	/* since it was last said ... */
	char why[256];		/* ... and how it failed last, untrusted */
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* Until there is a change, or until then. */
static void wait_for_change(struct otlp_export *e, uint64_t until_ms)
{
	struct timespec until = { .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };

	if (until_ms == UINT64_MAX)
		pthread_cond_wait(&e->change, &e->lock);
	else
		pthread_cond_timedwait(&e->change, &e->lock, &until);
}

static bool has_room(const struct otlp_export *e, size_t len)
{
	return e->queue.len + e->under_way_len + otlp_queue_cost(len) <= OTLP_QUEUE_LEN;
}

/* --- the thread --- */

/* When the next request is due, of what is in the queue. */
static uint64_t due_ms(const struct otlp_export *e)
{
	if (!e->queue.num)
		return UINT64_MAX;
	if (e->is_last || e->queue.len >= OTLP_BATCH_LEN || e->queue.num >= OTLP_BATCH_ITEMS)
		return 0;
	return e->queue.since_ms + GATHER_MS;
}

/* All of it is under the lock. False: there will be none. */
static bool next_batch(struct otlp_export *e, struct otlp_batch *batch)
{
	batch->num = 0;
	while (!e->is_stopped && (e->queue.num || !e->is_last) && now_ms() < due_ms(e))
		wait_for_change(e, due_ms(e));
	if (e->is_stopped || !e->queue.num)
		return false;
	e->under_way_len = otlp_queue_take(&e->queue, batch);
	e->under_way = batch->num;
	return true;
}

/* What is known of the request under way. True: it is over. */
static bool note(struct otlp_export *e, const struct otlp_reply *reply)
{
	uint64_t rejected = reply->outcome == OTLP_REFUSED || reply->rejected > e->under_way ? e->under_way : reply->rejected;

	if (*reply->why && !e->is_stopped) {
		e->has_failed = true;
		snprintf(e->why, sizeof(e->why), "%s", reply->why);
	}
	if (reply->outcome == OTLP_AGAIN)
		return false;
	e->delivered += e->under_way - rejected;
	e->lost += rejected;
	e->under_way = e->under_way_len = 0;
	e->progress_ms = now_ms();
	pthread_cond_broadcast(&e->change);
	return true;
}

/* Between half of it and all: many tracers would come at the same time to a receiver that starts again. */
static uint64_t with_jitter(uint64_t ms)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = now_ms();
	return ms / 2 + (uint64_t)random * (ms / 2) / UINT32_MAX;
}

/* Under the lock. At the end, a wait that the receiver did not ask for is over. */
static void wait_again(struct otlp_export *e, const struct otlp_reply *reply, uint64_t *again_ms)
{
	/* now_ms() rounds down, and what the receiver asks for is a minimum. */
	uint64_t asked = reply->retry_after * 1000ULL, began = now_ms() + 1, wait;
	bool was_last = e->is_last;

	if (asked > RETRY_AFTER_MAX_MS)
		asked = RETRY_AFTER_MAX_MS;
	wait = asked ? asked : with_jitter(was_last ? AGAIN_LAST_MS : *again_ms);
	*again_ms = *again_ms * 2 < AGAIN_MAX_MS ? *again_ms * 2 : AGAIN_MAX_MS;
	while (!e->is_stopped && now_ms() < began + wait && (asked || e->is_last == was_last))
		wait_for_change(e, began + wait);
}

static void deliver(struct otlp_export *e, const struct otlp_batch *batch)
{
	uint64_t again_ms = AGAIN_MS;
	struct otlp_reply reply;

	while (!e->is_stopped) {
		pthread_mutex_unlock(&e->lock);
		otlp_post_send(e->post, batch->is_logs, batch->body, batch->len, &reply);
		pthread_mutex_lock(&e->lock);
		if (note(e, &reply))
			return;
		wait_again(e, &reply, &again_ms);
	}
}

static void *run(void *ctx)
{
	struct otlp_batch *batch = malloc(sizeof(*batch));
	struct otlp_export *e = ctx;

	pthread_mutex_lock(&e->lock);
	while (batch && next_batch(e, batch))
		deliver(e, batch);
	e->has_ended = true;
	pthread_cond_broadcast(&e->change);
	pthread_mutex_unlock(&e->lock);
	free(batch);
	return NULL;
}

/* Signals are for the thread of the trace, which they wake. */
static bool start(struct otlp_export *e)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	e->is_started = !pthread_create(&e->thread, NULL, run, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return e->is_started;
}

/* --- lines, from the trace --- */

/* A file has time. */
static void wait_for_room(struct otlp_export *e, size_t len)
{
	while (e->may_wait && !has_room(e, len) && now_ms() < e->progress_ms + ROOM_MS && !e->has_ended)
		wait_for_change(e, e->progress_ms + ROOM_MS);
}

static void add_line(struct otlp_export *e)
{
	bool had_due, added;

	pthread_mutex_lock(&e->lock);
	wait_for_room(e, e->line_len);
	had_due = e->queue.num && !due_ms(e);
	added = !e->line_is_lost && !e->has_ended && has_room(e, e->line_len) &&
		otlp_queue_add(&e->queue, e->line, e->line_len, now_ms());
	e->lost += !added;
	/* The thread waits for the first one, and for the one that makes a request full. */
	if (added && (e->queue.num == 1 || (!had_due && !due_ms(e))))
		pthread_cond_broadcast(&e->change);
	pthread_mutex_unlock(&e->lock);
	e->line_len = 0;
	e->line_is_lost = false;
}

static ssize_t take_bytes(void *ctx, const char *bytes, size_t size)
{
	struct otlp_export *e = ctx;

	for (size_t i = 0; i < size;) {
		const char *end = memchr(bytes + i, '\n', size - i);
		size_t len = (end ? (size_t)(end - bytes) : size) - i;

		if (e->line_is_lost || len > OTLP_BATCH_LEN - e->line_len)
			e->line_is_lost = true;
		else
			memcpy(e->line + e->line_len, bytes + i, len);
		e->line_len += e->line_is_lost ? 0 : len;
		i += len + (end != NULL);
		if (end)
			add_line(e);
	}
	return size;
}

FILE *otlp_export_open(struct otlp_export *e)
{
	return fopencookie(e, "w", (cookie_io_functions_t){ .write = take_bytes });
}

struct otlp_export *otlp_export_new(const char *url, bool may_wait)
{
	struct otlp_export *e = calloc(1, sizeof(*e));
	pthread_condattr_t monotonic;

	if (!e || !(e->line = malloc(OTLP_BATCH_LEN))) {
		message_error("out of memory");
		free(e);
		return NULL;
	}
	e->may_wait = may_wait;
	e->progress_ms = now_ms();
	pthread_mutex_init(&e->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&e->change, &monotonic);
	e->post = otlp_post_new(url);
	if (e->post && start(e))
		return e;
	if (e->post)
		message_error("--otlp-endpoint: no thread can be started");
	e->has_ended = true;
	otlp_export_free(e);
	return NULL;
}

const char *otlp_export_url(const struct otlp_export *e)
{
	return otlp_post_url(e->post);
}

struct otlp_counts otlp_export_counts(struct otlp_export *e)
{
	struct otlp_counts counts;

	pthread_mutex_lock(&e->lock);
	counts = (struct otlp_counts){ e->delivered, e->lost, e->queue.num + e->under_way };
	pthread_mutex_unlock(&e->lock);
	return counts;
}

/* --- messages --- */

void otlp_export_say(struct otlp_export *e)
{
	uint64_t now = now_ms();
	struct otlp_counts counts;
	char why[sizeof(e->why)];
	bool due;

	if (e->said_ms && now < e->said_ms + SAY_MS)
		return;
	counts = otlp_export_counts(e);
	pthread_mutex_lock(&e->lock);
	due = e->has_failed || counts.lost > e->said_lost;
	e->has_failed = false;
	memcpy(why, e->why, sizeof(why));
	pthread_mutex_unlock(&e->lock);
	if (!due)
		return;
	message_warning("%s: %" PRIu64 " spans and log records delivered, %" PRIu64 " lost, %" PRIu64 " waiting: %s",
			otlp_export_url(e), counts.delivered, counts.lost, counts.waiting, *why ? why : "too many at once");
	e->said_ms = now;
	e->said_lost = counts.lost;
}

/* --- the end --- */

/* Under the lock. Wait for the end of the thread, but not for longer. */
static void wait_for_end(struct otlp_export *e, uint64_t until_ms, bool (*is_hurried)(void))
{
	uint64_t now;

	while (!e->has_ended && (now = now_ms()) < until_ms && !(is_hurried && is_hurried()))
		wait_for_change(e, now + LOOK_MS < until_ms ? now + LOOK_MS : until_ms);
}

/* Under the lock. */
static void stop(struct otlp_export *e)
{
	e->is_last = e->is_stopped = true;
	pthread_cond_broadcast(&e->change);
	otlp_post_stop(e->post);
	wait_for_end(e, now_ms() + END_MS, NULL);
}

bool otlp_export_finish(struct otlp_export *e, bool (*is_hurried)(void))
{
	uint64_t num;

	pthread_mutex_lock(&e->lock);
	e->is_last = true;
	pthread_cond_broadcast(&e->change);
	wait_for_end(e, now_ms() + OTLP_LAST_MS, is_hurried);
	stop(e);
	e->lost += e->queue.num + e->under_way;
	otlp_queue_clear(&e->queue);
	e->under_way = e->under_way_len = 0;
	num = e->delivered + e->lost;
	pthread_mutex_unlock(&e->lock);
	if (e->lost)
		message_warning("%s: %" PRIu64 " of %" PRIu64 " spans and log records are lost: %s", otlp_export_url(e),
				e->lost, num, *e->why ? e->why : "there was no time to deliver them");
	return !e->lost;
}

void otlp_export_free(struct otlp_export *e)
{
	bool has_ended;

	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	if (!e->has_ended)
		stop(e);
	has_ended = e->has_ended;
	pthread_mutex_unlock(&e->lock);
	/* Some libraries cannot give up a name that is being resolved. The thread ends with the process then. */
	if (!has_ended)
		return;
	if (e->is_started)
		pthread_join(e->thread, NULL);
	otlp_queue_clear(&e->queue);
	otlp_post_free(e->post);
	free(e->line);
	free(e);
}
