// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "analysis.h"

#include "core.h"

static bool library_is_valid(const struct event *ev)
{
	const struct event_library *said = event_library(ev);
	bool is_once;

	if (ev->size != EVENT_SIZE_LIBRARY || ev->hello_len)
		return false;
	is_once = said->call >= LIBRARY_ERROR;
	return said->library && said->library <= LIBRARY_LAST && said->call && said->call <= LIBRARY_CALL_LAST &&
	       said->step <= LIBRARY_RETURNED && is_once == (said->step == LIBRARY_ONCE);
}

bool event_is_valid(const struct event *ev, size_t len)
{
	if (len < sizeof(*ev) || ev->size > len || ev->abi != EVENT_ABI)
		return false;
	if (ev->kind < EVENT_SENT || ev->kind > EVENT_KIND_LAST || ev->num_items > EVENT_MAX_ITEMS)
		return false;
	if (EVENT_SIZE(ev->num_items, 0) > ev->size)
		return false;
	if (ev->num_items && !event_has_items(ev->kind))
		return false;
	if (ev->kind == EVENT_OTHER && (ev->size != EVENT_SIZE_OTHER || ev->hello_len))
		return false;
	if (ev->kind == EVENT_LIBRARY && !library_is_valid(ev))
		return false;
	if (event_has_reporter(ev) && (ev->size != EVENT_SIZE_REPORTER || ev->hello_len))
		return false;
	if (ev->hello_len && (ev->hello_off < EVENT_SIZE(ev->num_items, 0) ||
			      ev->hello_off + ev->hello_len > ev->size ||
			      ev->hello_item >= ev->num_items))
		return false;
	return true;
}
