/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines that wait for their request, in the order in which they came. Bounded; whoever shares it locks it. */
#ifndef DTLSNOOP_OTLP_QUEUE_H
#define DTLSNOOP_OTLP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otlp_batch.h"

struct otlp_item;

struct otlp_queue {
	struct otlp_item *first, *last;	/* NULL: there is none */
	size_t len;		/* bytes that they take */
	uint64_t num;
	uint64_t since_ms;	/* when the first one came */
};

/* Bytes that a line of `len` bytes takes. */
size_t otlp_queue_cost(size_t len);

/* Copies the line. False: out of memory. */
bool otlp_queue_add(struct otlp_queue *q, const char *line, size_t len, uint64_t now_ms);

/* Move what one request can hold to an empty batch. Returns the bytes that it took in the queue. */
size_t otlp_queue_take(struct otlp_queue *q, struct otlp_batch *batch);

void otlp_queue_clear(struct otlp_queue *q);

#endif
