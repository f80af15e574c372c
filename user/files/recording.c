// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Shared by reading and writing recordings. */
#include "recording_inside.h"

#include <stdarg.h>
#include <stdio.h>

#include "analysis.h"

bool recording_event_is_valid(const struct event *ev, size_t len)
{
	return event_is_valid(ev, len) && ev->size <= EVENT_SIZE_LARGE && ev->hello_len <= EVENT_HELLO_MAX;
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
