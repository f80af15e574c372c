// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts that say how a handshake ended. */
#include "conditions.h"

#include <stdio.h>

#include "names.h"
#include "phrases.h"

#include "core.h"

/* --- completed --- */

static void sentence_completed(struct verdict *v, const struct handshake *h, const struct claim *claim,
			       uint64_t now)
{
	if (h->midway) {
		phrase_say(v->summary, "completed; its beginning was not seen");
		return;
	}
	phrase_say(v->summary, "completed in %.3f s%s", phrase_seconds(now - h->started_ns),
		   h->resumed ? ", session resumed" : "");
}

const struct verdict_row row_completed = {
	.name = "completed",
	.state = HANDSHAKE_COMPLETED,
	.severity = SEVERITY_OK,
	.write = sentence_completed,
	.filter = "{flow} && dtls.record.content_type == 22",
	.blames_nobody = true,
};

/* --- alert --- */

static void sentence_alert(struct verdict *v, const struct handshake *h, const struct claim *claim,
			   uint64_t now)
{
	enum party_role role = claim->role;
	const struct alert *alert = &h->alert;
	const char *name = dtls_alert_name(alert->description);
	char text[VERDICT_PARTY_LEN];

	if (!alert->level) {
		phrase_say(v->summary, "%s sent an encrypted alert before the handshake was complete",
			   verdict_party(text, h, role));
		EVIDENCE(v, "the alert (epoch %u, %u bytes) came %.3f s %s; only the two ends can "
			 "read whether it is an error or close_notify",
			 alert->epoch, alert->length,
			 phrase_seconds(alert->ns - h->started_ns), phrase_origin(h));
		return;
	}
	phrase_say(v->summary, "%s ended the handshake with the fatal alert %s (%u)",
		   verdict_party(text, h, role), name ? name : "unassigned", alert->description);
	EVIDENCE(v, "the alert (level %u, description %u, plaintext) came %.3f s %s",
		 alert->level, alert->description, phrase_seconds(alert->ns - h->started_ns),
		 phrase_origin(h));
}

/* An encrypted alert hides even whether it is fatal. From elsewhere, anybody may have sent the one in plaintext. */
static bool is_unproven(const struct handshake *h, const struct claim *claim)
{
	return !h->alert.level || !h->alert.is_local;
}

/* A side that only goes away does not refuse. */
static enum verdict_severity severity_of_alert(const struct handshake *h)
{
	return h->alert.level && alert_is_farewell(&h->alert) ? SEVERITY_WARNING : SEVERITY_FAULT;
}

const struct verdict_row row_alert = {
	.name = "alert",
	.state = HANDSHAKE_FAILED,
	.severity = SEVERITY_FAULT,
	.write = sentence_alert,
	.hint = "check the log of the side that sent the alert: it shows the reason",
	.filter = "{flow} && {role} && dtls.record.content_type == 21",
	.is_doubtful = is_unproven, .severity_of = severity_of_alert,
};

/* --- closed-by-application --- */

static void sentence_closed(struct verdict *v, const struct handshake *h, const struct claim *claim,
			    uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN], sent[PHRASE_LEN] = "before it sent anything";

	phrase_say(v->summary, "%s closed its socket or exited before the handshake was complete",
		   verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	evidence_copies(v, h, role);
	if (party->flight)
		snprintf(sent, sizeof(sent), "%.1f s after it last sent flight %u",
			 phrase_seconds(now - h->flights[party->flight].last_ns), party->flight);
	EVIDENCE(v, "it closed the socket %.1f s after the first ClientHello, %s", phrase_seconds(now - h->started_ns),
		 sent);
	if (party->unread)
		EVIDENCE(v, "%u unread datagram%s %s in its receive queue", party->unread,
			 party->unread == 1 ? "" : "s", party->unread == 1 ? "was" : "were");
}

const struct verdict_row row_closed_by_application = {
	.name = "closed-by-application",
	.state = HANDSHAKE_ABANDONED,
	.severity = SEVERITY_WARNING,
	.write = sentence_closed,
	.hint = "check the application's log: it may have crashed, or its timeout may be too short",
	.filter = "{flow} && dtls",
};

/* --- evicted --- */

static void sentence_evicted(struct verdict *v, const struct handshake *h, const struct claim *claim,
			     uint64_t now)
{
	if (h->flooded)
		phrase_say(v->summary, "no longer followed: more datagrams come between these addresses than one "
			   "handshake needs, and the rate limit leaves them out");
	else
		phrase_say(v->summary, "no longer followed: the table of handshakes is full");
	EVIDENCE(v, "its last datagram was seen %.1f s ago", phrase_seconds(now - h->last_ns));
}

const struct verdict_row row_evicted = {
	.name = "evicted",
	.state = HANDSHAKE_IN_PROGRESS,
	.severity = SEVERITY_INFO,
	.write = sentence_evicted,
	.hint = "raise --max-handshakes (in a flood: --rate-limit), or trace fewer sockets (-p, -P)",
	.filter = "{flow} && dtls",
	.blames_nobody = true,
};
