// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Shared by reading and writing recordings. */
#include "recording_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis.h"

bool recording_event_is_valid(const struct event *ev, size_t len)
{
	uint32_t items_end;

	if (len < sizeof(*ev) || ev->size > len || ev->size > EVENT_SIZE_LARGE || ev->abi != EVENT_ABI ||
	    ev->kind < EVENT_SENT || ev->kind > EVENT_KIND_LAST || ev->num_items > EVENT_MAX_ITEMS)
		return false;
	items_end = EVENT_SIZE(ev->num_items, 0);
	if (items_end > ev->size || (ev->num_items && !event_has_items(ev->kind)))
		return false;
	if (ev->kind == EVENT_OTHER)
		return ev->size == EVENT_SIZE_OTHER && !ev->hello_len;
	if (!ev->hello_len)
		return true;
	return ev->hello_len <= EVENT_HELLO_MAX && ev->hello_off >= items_end &&
	       ev->hello_off + ev->hello_len <= ev->size && ev->hello_item < ev->num_items;
}

uint32_t recording_event_used(const struct event *ev)
{
	return ev->kind == EVENT_OTHER ? EVENT_SIZE_OTHER : EVENT_SIZE(ev->num_items, 0);
}

/* --- bytes --- */

enum recording_result recording_broken(struct recording_reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->why, sizeof(r->why), format, args);
	va_end(args);
	return RECORDING_BROKEN;
}
