/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines put back into the order of time, as far as they are not too far apart: a binary heap of bounded size. */
#ifndef DTLSNOOP_JSON_ORDER_H
#define DTLSNOOP_JSON_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines that are kept until a later one has its place; each at most LINE_MAX_BYTES long, most have less than 1,000 bytes. */
#define JSON_ORDER_LINES 8192

struct json_order_line {
	uint64_t ns;		/* by which they are sorted; equal ones stay as they came */
	uint64_t number;	/* from 1, in the file */
	char *text;		/* from the heap, with a final 0 */
};

struct json_order {
	uint64_t latest_ns;
	size_t num;
	struct json_order_line lines[JSON_ORDER_LINES];
};

/* Keeps a copy. False if out of memory. */
bool json_order_add(struct json_order *o, uint64_t ns, uint64_t number, const char *text);

/* The first one, which the caller owns then. False if there is none. */
bool json_order_take(struct json_order *o, struct json_order_line *out);

static inline bool json_order_is_full(const struct json_order *o)
{
	return o->num == JSON_ORDER_LINES;
}

void json_order_fini(struct json_order *o);

#endif
