// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ending.h"

#include "handshake.h"

#include "core.h"

static const char *alert_kind(const struct alert *alert)
{
	if (!alert->level)
		return "encrypted-alert";
	if (!alert_is_farewell(alert))
		return "alert";
	return alert->description ? "user-canceled" : "close-notify";
}

const char *ending_name(const struct handshake *h)
{
	switch (h->ending.how) {
	case ENDING_ALERT: return alert_kind(&h->alert);
	case ENDING_CLOSED: return "socket-closed";
	case ENDING_REPLACED: return "replaced";
	case ENDING_EVICTED: return "evicted";
	case ENDING_NONE: break;
	}
	return NULL;
}
