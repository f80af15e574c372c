// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a verdict says of silence, of the application, and of the end. */
#include "verdict_rows.h"

#include <stdio.h>
#include <string.h>

#include "fate.h"
#include "flights.h"
#include "names.h"
#include "phrases.h"

#include "core.h"

void evidence_copies(struct verdict *v, const struct handshake *h, enum party_role role)
{
	uint8_t number = h->party[role].flight;
	const struct flight *flight = &h->flights[number];
	char times[PHRASE_LEN], copies[PHRASE_LEN];
	const char *fate = "";

	if (!number)
		return;
	if (flight->arrived && flight->read)
		fate = "; all of it reached this host and was read";
	else if (flight->arrived)
		fate = "; all of it reached this host";
	EVIDENCE(v, "%s sent flight %u %s (at %s)%s", party_role_name(role), number,
		 phrase_times(times, flight->copies), phrase_copies(copies, h, flight), fate);
}

/* What others call "Certificate reassembly error". */
static void evidence_no_errors(struct verdict *v, const struct handshake *h, enum party_role role)
{
	if (h->flights[FLIGHT_SERVER_HELLO].copies > 1 && flight_sent_type(&h->party[role], DTLS_MT_CERTIFICATE))
		EVIDENCE(v, "the repeated Certificate fragments are retransmissions, not errors");
}

/* --- what the application did not do --- */

void sentence_truncated_read(struct verdict *v, const struct handshake *h, enum party_role role,
			     uint64_t now)
{
	const struct cut_reads *cut = &h->party[role].cut;
	uint8_t number = h->party[party_peer(role)].flight;
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "%s reads into a buffer of %u bytes, too small for a datagram of %u",
		   verdict_party(text, h, role), cut->buffer, cut->length);
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "datagrams were cut on reading %s, the latest %.1f s ago; flight %u was never read whole",
		 phrase_times(times, cut->num), phrase_seconds(now - cut->last_ns), number);
}

void sentence_not_reading(struct verdict *v, const struct handshake *h, enum party_role role,
			  uint64_t now)
{
	const struct party *party = &h->party[role];
	const struct arrival *oldest;
	char text[VERDICT_PARTY_LEN], since[PHRASE_LEN] = "it has read nothing of this handshake";
	uint32_t num;

	oldest = fate_oldest_unread(h, role, &num);
	phrase_say(v->summary, "%s does not read its socket", verdict_party(text, h, role));
	if (party->last_read_ns)
		snprintf(since, sizeof(since), "it last read something of this handshake %.1f s ago",
			 phrase_seconds(now - party->last_read_ns));
	if (oldest)
		EVIDENCE(v, "%u datagram%s with what it has to read lie%s in its receive queue, the oldest "
			 "(%u bytes) for %.1f s; %s", num, num == 1 ? "" : "s", num == 1 ? "s" : "",
			 oldest->length, phrase_seconds(now - oldest->since_ns), since);
	evidence_copies(v, h, party_peer(role));
	if (!h->sees_drops)
		EVIDENCE(v, "whether the kernel dropped them instead cannot be seen on this host");
}

void sentence_silent_after_read(struct verdict *v, const struct handshake *h, enum party_role role,
				uint64_t now)
{
	const struct party *party = &h->party[role];
	uint8_t number = h->party[party_peer(role)].flight;
	const struct flight *flight = &h->flights[number];
	char text[VERDICT_PARTY_LEN];

	phrase_say(v->summary, "%s has read flight %u and does not answer", verdict_party(text, h, role),
		   number);
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "all of flight %u was read %.1f s ago, %.3f s after the first ClientHello; %s sent nothing since",
		 number, phrase_seconds(now - flight->usable_ns),
		 phrase_seconds(flight->usable_ns - h->started_ns), party_role_name(role));
	if (party->failures.soft)
		EVIDENCE(v, "%u of its sends were put off by the kernel (%s)", party->failures.soft,
			 phrase_errno(text, party->failures.soft_error));
	if (!h->sees_send_failures)
		EVIDENCE(v, "whether its sends fail cannot be seen on this host");
}

void sentence_last_flight_not_resent(struct verdict *v, const struct handshake *h,
				     enum party_role role, uint64_t now)
{
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "%s does not send the last flight again, and %s waits for it",
		   verdict_party(text, h, role), party_role_name(party_peer(role)));
	EVIDENCE(v, "%s sent flight %u, the last one, %s, %.1f s ago, and not since",
		 party_role_name(role), party->flight,
		 phrase_times(times, h->flights[party->flight].copies),
		 phrase_seconds(now - h->flights[party->flight].last_ns));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "%u of these came after the last flight%s", h->repeats.num,
		 h->sees_reads ? ", and were read" : "");
	evidence_no_errors(v, h, party_peer(role));
}

void sentence_not_retransmitting(struct verdict *v, const struct handshake *h,
				 enum party_role role, uint64_t now)
{
	const struct party *party = &h->party[role];
	const struct flight *flight = &h->flights[party->flight];
	uint64_t timer = handshake_timer_ns(h, role);
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "%s is not retransmitting", verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "%s sent flight %u %s, %.1f s ago, and nothing since; its timer (%s %.1f s) was due %.1f s ago",
		 party_role_name(role), party->flight, phrase_times(times, flight->copies),
		 phrase_seconds(now - party->last_sent_ns), party->timer_ns ? "seen:" : "assumed:",
		 phrase_seconds(timer), phrase_seconds(now - party->last_sent_ns - timer));
	evidence_no_errors(v, h, party_peer(role));
}

/* --- silence --- */

void sentence_no_response(struct verdict *v, const struct handshake *h, enum party_role role,
			  uint64_t now)
{
	char text[VERDICT_PARTY_LEN];
	uint32_t others[EVENT_OTHER_KINDS];

	if (path_loses(h, party_peer(role)))
		phrase_say(v->summary, "the ClientHello does not get to %s, or not all of it: the path loses it",
			   verdict_party(text, h, role));
	else
		phrase_say(v->summary, "no response from %s", verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "%s from %s was seen in %.1f s", others_since(h, role, others) ? "no DTLS" : "nothing",
		 party_role_name(role), phrase_seconds(now - h->started_ns));
}

void sentence_peer_silent(struct verdict *v, const struct handshake *h, enum party_role role,
			  uint64_t now)
{
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN];

	if (path_loses(h, party_peer(role)))
		phrase_say(v->summary, "flight %u does not get to %s, or not all of it: the path loses it",
			   h->party[party_peer(role)].flight, verdict_party(text, h, role));
	else
		phrase_say(v->summary, "%s answered before and is silent now: %s", verdict_party(text, h, role),
			   party->view[POINT_SENT].any ? "it sends nothing" : "the peer or the path");
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "the last of %s was flight %u, %.1f s ago", party_role_name(role),
		 party->flight, phrase_seconds(now - party->last_sent_ns));
	if (!h->captured)
		return;
	if (party->flight > h->party[party_peer(role)].flight)
		EVIDENCE(v, "that flight passed where this was captured, but %s repeats itself as if it had not: "
			 "it is to be sent again, on a timer", party_role_name(party_peer(role)));
	evidence_no_errors(v, h, party_peer(role));
}

static bool claims_silence(enum verdict_code code)
{
	switch (code) {
	case VERDICT_REHANDSHAKE_IGNORED: case VERDICT_NOT_READING: case VERDICT_HELLO_FRAGMENTS_IGNORED:
	case VERDICT_SILENT_AFTER_READ: case VERDICT_LAST_FLIGHT_NOT_RESENT: case VERDICT_NOT_RETRANSMITTING:
	case VERDICT_PEER_SILENT: case VERDICT_NO_RESPONSE:
		return true;
	default:
		return false;
	}
}

/* "180 STUN, 20 RTP" */
static const char *phrase_others(char out[PHRASE_LEN], const uint32_t num[EVENT_OTHER_KINDS])
{
	int len = 0;

	for (int kind = 0; kind < EVENT_OTHER_KINDS; kind++)
		if (num[kind])
			len += snprintf(out + len, PHRASE_LEN - len, "%s%u %s", len ? ", " : "", num[kind],
					event_other_title(kind));
	return out;
}

void sentence_others(struct verdict *v, const struct handshake *h, enum party_role role)
{
	const struct others_seen *seen = others_of(h, role);
	uint32_t num[EVENT_OTHER_KINDS];
	uint64_t sum = others_since(h, role, num);
	char text[PHRASE_LEN];
	const char *since, *least = sum < EVENT_OTHER_FIRST ? "" : "at least ";

	/* DTLS of another handshake may have come in between. */
	if (!sum || h->interleaved || !claims_silence(v->code))
		return;
	since = seen->any_dtls ? " since" : "";
	phrase_others(text, num);
	if (others_came(h, role))
		EVIDENCE(v, "no DTLS came from the %s%s, but %s%llu other datagram%s did (%s)", party_role_name(role),
			 since, least, (unsigned long long)sum, sum == 1 ? "" : "s", text);
	else
		EVIDENCE(v, "the %s sent no DTLS%s, but %s%llu other datagram%s (%s)", party_role_name(role), since,
			 least, (unsigned long long)sum, sum == 1 ? "" : "s", text);
}

/* --- ends --- */

void sentence_alert(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now)
{
	const char *name = dtls_alert_name(h->alert_description);
	char text[VERDICT_PARTY_LEN];

	(void)now;
	if (!h->alert_level) {
		phrase_say(v->summary, "%s sent an encrypted alert before the handshake was complete",
			   verdict_party(text, h, role));
		EVIDENCE(v, "epoch %u, %u bytes, %.3f s %s; which alert it is only the two "
			 "ends can read: a refusal, or close_notify of an application that gave up",
			 h->encrypted_alert.epoch, h->encrypted_alert.length,
			 phrase_seconds(h->ended_ns - h->started_ns), phrase_origin(h));
		return;
	}
	phrase_say(v->summary, "%s ended the handshake with the fatal alert %s (%u)",
		   verdict_party(text, h, role), name ? name : "unassigned", h->alert_description);
	EVIDENCE(v, "alert level %u, description %u, in plaintext, %.3f s %s",
		 h->alert_level, h->alert_description, phrase_seconds(h->ended_ns - h->started_ns),
		 phrase_origin(h));
}

void sentence_completed(struct verdict *v, const struct handshake *h, enum party_role role,
			uint64_t now)
{
	(void)role;
	if (h->midway) {
		phrase_say(v->summary, "completed; when it began was not seen");
		return;
	}
	phrase_say(v->summary, "completed in %.3f s%s", phrase_seconds(now - h->started_ns),
		   h->resumed ? ", session resumed" : "");
}

void sentence_closed(struct verdict *v, const struct handshake *h, enum party_role role,
		     uint64_t now)
{
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN], sent[PHRASE_LEN] = "before it had sent anything";

	phrase_say(v->summary, "%s closed its socket, or ended, before the handshake was complete",
		   verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	evidence_copies(v, h, role);
	if (party->flight)
		snprintf(sent, sizeof(sent), "%.1f s after it last sent flight %u",
			 phrase_seconds(now - h->flights[party->flight].last_ns), party->flight);
	EVIDENCE(v, "closed %.1f s after the first ClientHello, %s", phrase_seconds(now - h->started_ns),
		 sent);
	if (party->unread)
		EVIDENCE(v, "%u datagram%s in its receive queue %s left unread", party->unread,
			 party->unread == 1 ? "" : "s", party->unread == 1 ? "was" : "were");
}

void sentence_evicted(struct verdict *v, const struct handshake *h, enum party_role role,
		      uint64_t now)
{
	(void)role;
	if (h->flooded)
		phrase_say(v->summary, "no longer followed: more comes between these addresses than one handshake "
			   "can have, and the rate limit leaves it out");
	else
		phrase_say(v->summary, "no longer followed: the table of handshakes is full");
	EVIDENCE(v, "its last datagram was %.1f s ago", phrase_seconds(now - h->last_ns));
}

/* Of the side that the verdict is about it is "its" socket. */
static const char *whose(const struct verdict *v, enum party_role role)
{
	if (v->side == (role == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER))
		return "its";
	return role == PARTY_CLIENT ? "the client's" : "the server's";
}

void sentence_circumstances(struct verdict *v, const struct handshake *h)
{
	if (h->events_lost)
		EVIDENCE(v, "the tracer lost %llu events meanwhile",
			 (unsigned long long)h->events_lost);
	else if (h->missing & MISSING_LOST)
		EVIDENCE(v, "the tracer lost events at that time");
	if (h->missing & MISSING_LIMITED)
		EVIDENCE(v, "the rate limit left out datagrams at that time");
	for (int role = 0; role < PARTY_MAX; role++)
		if (h->party[role].closed_ns && v->code != VERDICT_CLOSED_BY_APPLICATION &&
		    v->code != VERDICT_COMPLETED)
			EVIDENCE(v, "then %s socket was closed, %.1f s %s", whose(v, role),
				 phrase_seconds(h->party[role].closed_ns - h->started_ns), phrase_origin(h));
	if (h->ambiguous)
		EVIDENCE(v, "another handshake on this address pair: some datagrams may be its own");
}
