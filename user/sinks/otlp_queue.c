// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "otlp_queue.h"

#include <stdlib.h>
#include <string.h>

struct otlp_item {
	struct otlp_item *next;
	uint64_t came_ms;
	size_t len;
	char line[];
};

size_t otlp_queue_cost(size_t len)
{
	return sizeof(struct otlp_item) + len;
}

bool otlp_queue_add(struct otlp_queue *q, const char *line, size_t len, uint64_t now_ms)
{
	struct otlp_item *item = malloc(otlp_queue_cost(len));

	if (!item)
		return false;
	*item = (struct otlp_item){ .came_ms = now_ms, .len = len };
	memcpy(item->line, line, len);
	if (q->last)
		q->last->next = item;
	else
		q->first = item;
	q->last = item;
	q->since_ms = q->first->came_ms;
	q->len += otlp_queue_cost(len);
	q->num++;
	return true;
}

static void drop_first(struct otlp_queue *q)
{
	struct otlp_item *item = q->first;

	q->first = item->next;
	if (q->first)
		q->since_ms = q->first->came_ms;
	else
		q->last = NULL;
	q->len -= otlp_queue_cost(item->len);
	q->num--;
	free(item);
}

size_t otlp_queue_take(struct otlp_queue *q, struct otlp_batch *batch)
{
	size_t before = q->len;

	while (q->first && otlp_batch_add(batch, q->first->line, q->first->len))
		drop_first(q);
	return before - q->len;
}

void otlp_queue_clear(struct otlp_queue *q)
{
	while (q->first)
		drop_first(q);
}
