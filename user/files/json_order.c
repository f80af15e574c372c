// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "json_order.h"

#include <stdlib.h>
#include <string.h>

static bool is_before(const struct json_order_line *a, const struct json_order_line *b)
{
	return a->ns < b->ns || (a->ns == b->ns && a->number < b->number);
}

static void swap(struct json_order_line *a, struct json_order_line *b)
{
	struct json_order_line kept = *a;

	*a = *b;
	*b = kept;
}

bool json_order_add(struct json_order *o, uint64_t ns, uint64_t number, const char *text)
{
	size_t at = o->num;

	if (ns > o->latest_ns)
		o->latest_ns = ns;
	o->lines[at] = (struct json_order_line){ ns, number, strdup(text) };
	if (!o->lines[at].text)
		return false;
	o->num++;
	for (; at && is_before(&o->lines[at], &o->lines[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&o->lines[at], &o->lines[(at - 1) / 2]);
	return true;
}

bool json_order_take(struct json_order *o, struct json_order_line *out)
{
	size_t at = 0, child;

	if (!o->num)
		return false;
	*out = o->lines[0];
	o->lines[0] = o->lines[--o->num];
	while ((child = 2 * at + 1) < o->num) {
		if (child + 1 < o->num && is_before(&o->lines[child + 1], &o->lines[child]))
			child++;
		if (!is_before(&o->lines[child], &o->lines[at]))
			break;
		swap(&o->lines[child], &o->lines[at]);
		at = child;
	}
	return true;
}

void json_order_fini(struct json_order *o)
{
	struct json_order_line line;

	while (json_order_take(o, &line))
		free(line.text);
}
