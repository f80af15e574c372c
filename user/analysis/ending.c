// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ending.h"

#include "handshake.h"
#include "phrases.h"

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

static void write_alert(const struct handshake *h, char *text)
{
	const struct alert *alert = &h->alert;
	const char *from = party_role_name(alert->from);
	char name[PHRASE_LEN] = "an encrypted alert";
	double seconds = phrase_seconds(alert->ns - h->started_ns);

	if (alert->level)
		phrase_alert(name, alert->description);
	/* Anybody can send one in plaintext. */
	if (alert->level && !alert->is_local)
		phrase_say(text, "an alert (%s) with the address of the %s ended the handshake, %.1f s %s", name, from, seconds,
			   phrase_origin(h));
	else
		phrase_say(text, "the %s ended the handshake with %s%s, %.1f s %s", from,
			   alert_is_farewell(alert) ? "" : "the fatal alert ", name, seconds, phrase_origin(h));
}

void ending_write(const struct handshake *h, char *text)
{
	switch (h->ending.how) {
	case ENDING_ALERT:
		write_alert(h, text);
		break;
	case ENDING_CLOSED:
		phrase_say(text, "the %s's socket was closed, %.1f s %s", party_role_name(h->ending.by),
			   phrase_seconds(h->party[h->ending.by].closed_ns - h->started_ns), phrase_origin(h));
		break;
	case ENDING_EVICTED:
		phrase_say(text, "it was no longer followed: %s", h->flooded ? "the rate limit leaves out datagrams between "
			   "these addresses" : h->missing & MISSING_PART ? "a part of the recording is missing here" :
			   "the table of handshakes is full");
		break;
	case ENDING_REPLACED: case ENDING_NONE:
		phrase_say(text, "the client began another handshake");
	}
}
