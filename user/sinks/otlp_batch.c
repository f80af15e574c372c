// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "otlp_batch.h"

#include <string.h>

/* What follows the list of items: see otlp_request_close(). */
#define TAIL "]}]}]}"
#define TAIL_LEN (sizeof(TAIL) - 1)

/* Neither is in a string: a quote in it would be escaped. */
#define SPANS "\"spans\":["
#define LOGS "\"logRecords\":["

/* Bytes before the first item; 0: there is no list of them. */
static size_t head_of(const char *line, size_t len, bool *is_logs)
{
	const char *logs = memmem(line, len, LOGS, strlen(LOGS)), *spans = memmem(line, len, SPANS, strlen(SPANS));

	*is_logs = logs && !spans;
	if (len < TAIL_LEN || memcmp(line + len - TAIL_LEN, TAIL, TAIL_LEN))
		return 0;
	return *is_logs ? (size_t)(logs - line) + strlen(LOGS) : spans ? (size_t)(spans - line) + strlen(SPANS) : 0;
}

static void append(struct otlp_batch *batch, const char *bytes, size_t len)
{
	memcpy(batch->body + batch->len, bytes, len);
	batch->len += len;
}

bool otlp_batch_add(struct otlp_batch *batch, const char *line, size_t len)
{
	bool is_logs;
	size_t head = head_of(line, len, &is_logs);

	if (!batch->num) {
		batch->len = 0;
		batch->head_len = head;
		batch->is_logs = is_logs;
		append(batch, line, len);
	} else {
		if (!head || head != batch->head_len || batch->num == OTLP_BATCH_ITEMS || memcmp(line, batch->body, head) ||
		    batch->len - TAIL_LEN + 1 + len - head > sizeof(batch->body))
			return false;
		batch->len -= TAIL_LEN;
		append(batch, ",", 1);
		append(batch, line + head, len - head);
	}
	batch->num++;
	return true;
}
