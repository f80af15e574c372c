// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts that say how a handshake ended. */
#include "conditions.h"

#include <stdio.h>

#include "application_evidence.h"
#include "fate.h"
#include "flights.h"
#include "hosts.h"
#include "names.h"
#include "outcome.h"
#include "phrases.h"

#include "core.h"

/* --- completed --- */

static void sentence_completed(struct verdict *v, const struct handshake *h, const struct claim *claim,
			       uint64_t now)
{
	enum party_role last = flight_rule(h, flight_last(h))->from;
	/* The last report of it comes much later. */
	uint64_t until = h->ended_ns ? h->ended_ns : now;

	if (h->midway)
		phrase_say(v->summary, "completed; its beginning was %s", h->relations.moved_id ? "at another port" : "not seen");
	else
		phrase_say(v->summary, "completed in %.3f s%s", phrase_seconds(until - h->started_ns),
			   h->resumed ? ", session resumed" : "");
	if (!outcome_is_witnessed(h))
		EVIDENCE(v, "the last flight was seen, but no socket of the %s: only what the %s does next shows that it was accepted",
			 party_role_name(last), party_role_name(party_peer(last)));
}

static const char *doubt_witness(const struct handshake *h, const struct claim *claim)
{
	if (outcome_is_witnessed(h) && outcome_is_unconfirmed(h))
		return "the other side repeated its flight after the last one, and nothing came from it since";
	if (outcome_is_witnessed(h) && outcome_rests_on_data(h))
		return "anybody may have sent the data that shows that the other side has the last flight, after it had repeated its own";
	return outcome_is_witnessed(h) ? NULL : h->captured ? "a capture does not show who sent the last flight" :
	       hosts_are_known(h) ? "no traced socket sent the last flight" : "no socket of this host sent the last flight";
}

const struct verdict_row row_completed = {
	.write = sentence_completed,
	.filter = "{flow} && dtls.record.content_type == 22",
	.blames_nobody = true,
	.doubt = doubt_witness,
};

/* --- closed-by-application --- */

/* What this side did when its peer closed the socket, if that waited for it. */
static void evidence_busy(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t closed_ns)
{
	const struct party *party = &h->party[role];
	uint8_t asked = h->party[party_peer(role)].flight;
	const struct flight *flight = &h->flights[asked];
	const struct arrival *unread;
	uint32_t num;

	if (party->last_sent_ns > closed_ns)
		EVIDENCE(v, "the %s sent something %.1f s after that: it was slow, not stuck", party_role_name(role),
			 phrase_seconds(party->last_sent_ns - closed_ns));
	if (!h->sees_reads || !party->local || party->last_sent_ns > closed_ns || party->flight > asked)
		return;
	unread = fate_oldest_unread(h, role, &num);
	if (flight->usable_ns && flight->usable_ns <= closed_ns)
		EVIDENCE(v, "the %s had read flight %u %.1f s before that, and had not answered it yet", party_role_name(role),
			 asked, phrase_seconds(closed_ns - flight->usable_ns));
	else if (unread && unread->since_ns <= closed_ns)
		EVIDENCE(v, "%u datagram%s had been in the %s's receive queue for %s%.1f s then", num, num == 1 ? "" : "s",
			 party_role_name(role), num == 1 ? "" : "up to ", phrase_seconds(closed_ns - unread->since_ns));
}

static void sentence_closed(struct verdict *v, const struct handshake *h, const struct claim *claim,
			    uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	uint64_t closed_ns = party->closed_ns ? party->closed_ns : now;
	char text[VERDICT_PARTY_LEN], sent[PHRASE_LEN] = "before it sent anything";

	phrase_say(v->summary, "%s closed its socket or exited before the handshake was complete",
		   verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	evidence_copies(v, h, role);
	if (party->flight)
		snprintf(sent, sizeof(sent), "%.1f s after it last sent flight %u",
			 phrase_seconds(closed_ns - h->flights[party->flight].last_ns), party->flight);
	EVIDENCE(v, "it closed the socket %.1f s after the first ClientHello, %s", phrase_seconds(closed_ns - h->started_ns),
		 sent);
	application_tell_reason(v, h, role, closed_ns);
	if (party->unread)
		EVIDENCE(v, "%u unread datagram%s %s in its receive queue", party->unread,
			 party->unread == 1 ? "" : "s", party->unread == 1 ? "was" : "were");
	evidence_busy(v, h, party_peer(role), closed_ns);
}

/* A server that has sent nothing may have had nobody to answer. */
static const char *doubt_peer(const struct handshake *h, const struct claim *claim)
{
	return claim->role == PARTY_SERVER && !h->party[PARTY_SERVER].flight && !outcome_is_reachable(h) ?
	       "anybody may have sent the ClientHello" : NULL;
}

const struct verdict_row row_closed_by_application = {
	.write = sentence_closed,
	.doubt = doubt_peer,
	.hint = "check the application's log: it may have crashed, or its timeout may be too short",
};

/* --- evicted --- */

static void sentence_evicted(struct verdict *v, const struct handshake *h, const struct claim *claim,
			     uint64_t now)
{
	if (h->flooded)
		phrase_say(v->summary, "no longer followed: more datagrams come between these addresses than one "
			   "handshake needs, and the rate limit leaves them out");
	else if (h->missing & MISSING_PART)
		phrase_say(v->summary, "no longer followed: a part of the recording is missing here");
	else
		phrase_say(v->summary, "no longer followed: the table of handshakes is full");
	if (h->missing & MISSING_PART)
		HINT(v, "give --read each file of the recording; if the files are all there, it was not written meanwhile (a full disk)");
	else if (h->flooded)
		HINT(v, "raise --rate-limit (0: no limit) to see why so many datagrams come, or trace fewer sockets (-p, -P)");
	else
		HINT(v, "raise --max-handshakes, or trace fewer sockets (-p, -P)");
	EVIDENCE(v, "its last datagram was seen %.1f s ago", phrase_seconds(now - h->last_ns));
}

const struct verdict_row row_evicted = {
	.write = sentence_evicted,
	.blames_nobody = true,
};
