/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --otlp-endpoint: sends the lines of the OTLP sink to a receiver, such as the OpenTelemetry Collector.
 *
 * A thread of its own does it. The trace only puts lines into a queue that is bounded in bytes, so it waits for nobody:
 * neither for a name server, nor for a handshake of TLS, nor for the receiver. A line is one item: a span or a log
 * record. Each item is delivered (perhaps twice, if an answer was lost) or counted as lost.
 *
 * All functions are for the thread of the trace, and only that thread prints messages.
 */
#ifndef DTLSNOOP_OTLP_EXPORT_H
#define DTLSNOOP_OTLP_EXPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Lines in the queue and in the request under way, in bytes. */
#define OTLP_QUEUE_LEN (16U << 20)

/* The last items have so long to be delivered, in milliseconds. */
#define OTLP_LAST_MS 5000

struct otlp_counts {
	uint64_t delivered;
	uint64_t lost;		/* for want of room, because the receiver refused them, or at the end */
	uint64_t waiting;	/* for their answer, too */
};

struct otlp_export;

/*
 * `url` is valid: see otlp_post.h. may_wait: items come from a file, which waits for room in the queue as long as
 * the receiver takes any. Starts the thread, after privileges were dropped. NULL on failure, with a message.
 */
struct otlp_export *otlp_export_new(const char *url, bool may_wait);

/* The stream to write lines to, which never fails; fclose() does not end the export. NULL: out of memory. */
FILE *otlp_export_open(struct otlp_export *e);

/* The URL without user and password. */
const char *otlp_export_url(const struct otlp_export *e);

/* Report that it does not work, or that items were lost: at once, and again at most once a minute. */
void otlp_export_say(struct otlp_export *e);

/*
 * Nothing else will come. Waits until all is delivered, OTLP_LAST_MS at most, or until is_hurried() returns true; the
 * rest is lost. Returns whether nothing was lost, else with a message.
 */
bool otlp_export_finish(struct otlp_export *e, bool (*is_hurried)(void));

struct otlp_counts otlp_export_counts(struct otlp_export *e);

/* Ends the thread. What was not delivered by then is dropped without a word. */
void otlp_export_free(struct otlp_export *e);

#endif
