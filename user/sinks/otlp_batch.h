/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines of the OTLP sink, joined to the body of one request. Pure. */
#ifndef DTLSNOOP_OTLP_BATCH_H
#define DTLSNOOP_OTLP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a body and its number of items at most. Receivers take 4 MiB and more. */
#define OTLP_BATCH_LEN (512U << 10)
#define OTLP_BATCH_ITEMS 512

struct otlp_batch {
	size_t len;		/* of the body: one JSON object */
	size_t head_len;	/* what its lines begin with, down to the list of items */
	uint32_t num;		/* spans or log records; 0: the body is empty */
	bool is_logs;
	char body[OTLP_BATCH_LEN];
};

/*
 * Add the item of a line, which is at most OTLP_BATCH_LEN bytes long, without its end of line. False if it does not
 * fit, or is of another kind: it belongs to the next request. What a batch without items gets always fits.
 */
bool otlp_batch_add(struct otlp_batch *batch, const char *line, size_t len);

#endif
