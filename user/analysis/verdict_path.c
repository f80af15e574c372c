// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts about what the path loses: a part of a flight. */
#include "conditions.h"

#include <stdio.h>

#include "flights.h"
#include "holes.h"
#include "hosts.h"
#include "late.h"
#include "names.h"
#include "phrases.h"
#include "progress.h"

#include "core.h"

bool path_shows_arrivals(const struct handshake *h, enum party_role role)
{
	return (h->party[role].local || (h->captured && !h->party[role].uncaptured)) &&
	       h->party[party_peer(role)].view[POINT_ARRIVED].any;
}

/* --- missing-fragment --- */

/* Which part of its latest flight has the sender's socket not sent in any copy? */
static bool find_unsent(const struct standing *s, struct hole *out)
{
	const struct party *party = s->self;

	if (!party->view[POINT_SENT].any || party->num_messages == HANDSHAKE_MAX_MESSAGES || s->h->events_lost)
		return false;
	*out = hole_find(s->h, party->flight, POINT_SENT);
	out->is_unsent = true;
	return out->kind == HOLE_BYTES || out->kind == HOLE_MESSAGE || out->kind == HOLE_CHANGE_CIPHER_SPEC;
}

bool path_find_hole(const struct standing *s, struct hole *out)
{
	const struct party *party = s->self;

	if (!party->flight || s->own_rule->encrypted || s->is_answered)
		return false;
	if (find_unsent(s, out))
		return true;
	if (party->flight_at[POINT_ARRIVED] != party->flight || !path_shows_arrivals(s->h, party_peer(s->role)))
		return false;
	*out = hole_find(s->h, party->flight, POINT_ARRIVED);
	if (out->kind == HOLE_END && party->may_have_finished)
		return false;
	/* If the sender did not send an end either, this may be no hole. */
	return out->kind != HOLE_NONE && (!party->view[POINT_SENT].any || s->own->complete);
}

static uint64_t condition_missing_fragment(const struct standing *s, struct claim *claim)
{
	uint64_t from = many_copies_from(s->own, s->floor_ns);
	struct hole *hole = &claim->evidence.hole;

	/* What was received before the trace began, or acknowledged (RFC 9147 s7), need not come again. */
	if (from == NEVER || late_is_stale(s->h, s->self->flight) || !path_find_hole(s, hole))
		return NEVER;
	claim->side = hole->is_unsent ? side_of_role(s->role) : VERDICT_SIDE_NETWORK;
	return hole->is_unsent ? from : max_u64(from, path_tells_from(s->h, s->own));
}

const char *phrase_hole(char out[PHRASE_LEN], const struct hole *hole, const struct party *party)
{
	const struct message *msg = &party->messages[hole->message];
	const char *title;

	switch (hole->kind) {
	case HOLE_BYTES:
		title = dtls_msg_type_title(msg->msg_type);
		if (!msg->length)
			snprintf(out, PHRASE_LEN, "its %s (message_seq %u)", title ? title : "message", msg->message_seq);
		else if (hole->end - hole->begin == msg->length)
			snprintf(out, PHRASE_LEN, "its %s (message_seq %u, %u bytes)",
				 title ? title : "message", msg->message_seq, msg->length);
		else
			snprintf(out, PHRASE_LEN, "bytes %u to %u of its %s (message_seq %u, %u bytes)",
				 hole->begin, hole->end - 1, title ? title : "message",
				 msg->message_seq, msg->length);
		break;
	case HOLE_MESSAGE:
		snprintf(out, PHRASE_LEN, "the message with message_seq %u", hole->message_seq);
		break;
	case HOLE_BEGIN:
		snprintf(out, PHRASE_LEN, "the beginning of flight %u", party->flight);
		break;
	case HOLE_CHANGE_CIPHER_SPEC:
		snprintf(out, PHRASE_LEN, "the ChangeCipherSpec of flight %u", party->flight);
		break;
	default:
		snprintf(out, PHRASE_LEN, "the end of flight %u", party->flight);
	}
	return out;
}

static void evidence_hole(struct verdict *v, const struct handshake *h, const struct claim *claim)
{
	const struct hole *hole = &claim->evidence.hole;
	const struct party *party = &h->party[claim->role];

	if (hole->kind == HOLE_CHANGE_CIPHER_SPEC)
		EVIDENCE(v, "the %s cannot read the Finished without its ChangeCipherSpec (RFC 5246 s7.1)",
			 party_role_name(party_peer(claim->role)));
	if (hole->kind == HOLE_BYTES && !hole->is_unsent)
		EVIDENCE(v, "the datagrams that %s with a part of that message had up to %u bytes; "
			 "the largest datagram that arrived had %u bytes",
			 party->view[POINT_SENT].any ? "were sent" : "arrived", party->messages[hole->message].carried,
			 party->sizes.largest_arrived);
	if (hole->kind == HOLE_BYTES && !hole->is_unsent && party->view[POINT_SENT].any &&
	    party->messages[hole->message].carried > ETHERNET_LEN && party->sizes.largest_arrived <= ETHERNET_LEN)
		evidence_ip_fragments(v);
}

/* Only a part that needs larger datagrams than those that arrived may be lost because of its size. */
static bool may_be_too_large(const struct handshake *h, const struct claim *claim)
{
	const struct hole *hole = &claim->evidence.hole;
	const struct party *party = &h->party[claim->role];

	return hole->kind != HOLE_CHANGE_CIPHER_SPEC &&
	       (hole->kind != HOLE_BYTES || party->messages[hole->message].carried > party->sizes.largest_arrived ||
		hole->end - hole->begin + HEADERS_LEN > party->sizes.largest_arrived);
}

static void hint_missing_fragment(struct verdict *v, const struct handshake *h, const struct claim *claim)
{
	const char *sent = h->party[claim->role].view[POINT_SENT].any ? "the part was sent" : "capture at the other end, to see whether the part was sent";
	const char *where = phrase_has_both_ends(h) && !hosts_are_apart(h) ? "between the two sockets, which are both on this host (firewall, "
			    "network namespaces, traffic control)," : "on the path";

	if (may_be_too_large(h, claim))
		HINT(v, "%s; look %s for what drops large datagrams, IP fragments or some kinds of DTLS records", sent, where);
	else
		HINT(v, "%s; look %s for what loses datagrams of any size, or drops some kinds of DTLS records: a path that loses "
		     "many datagrams does so for other handshakes, too", sent, where);
}

static void sentence_missing_fragment(struct verdict *v, const struct handshake *h, const struct claim *claim,
				      uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	const struct flight *flight = &h->flights[party->flight];
	const struct hole *hole = &claim->evidence.hole;
	char text[VERDICT_PARTY_LEN], what[PHRASE_LEN];

	phrase_hole(what, hole, party);
	if (hole->is_unsent) {
		phrase_say(v->summary, "%s does not send all of flight %u: it lacks %s",
			   verdict_party(text, h, role), party->flight, what);
		evidence_copies(v, h, role);
		evidence_hole(v, h, claim);
		evidence_copies(v, h, party_peer(role));
		HINT(v, "check what the application does between its DTLS library and the socket: "
		     "it may discard datagrams, for example large ones");
		return;
	}
	phrase_say(v->summary, "a part of what %s sends %s: %s", verdict_party(text, h, role),
		   h->captured ? "is in no copy that was captured" : "has not arrived in any copy", what);
	evidence_copies(v, h, role);
	EVIDENCE(v, "all copies lack %s; the first copy began %.1f s ago, the latest datagram came %.1f s ago",
		 what, phrase_seconds(now - flight->first_ns),
		 phrase_seconds(now - flight->last_ns));
	evidence_hole(v, h, claim);
	if (!party->local)
		EVIDENCE(v, "dtlsnoop cannot see from %s whether it was not sent or was lost on the path",
			 phrase_here(h));
	evidence_copies(v, h, party_peer(role));
	hint_missing_fragment(v, h, claim);
}

/* So many copies do not lose the same part by chance. */
#define CERTAIN_COPIES 5

/*
 * The missing part may have taken another path than the captured one. If its sender's socket is not seen, it may not
 * have been sent, or somebody else has sent what arrived (RFC 6347 s4.1.2.7). A path that loses 30 % of all
 * loses one of ten datagrams three times in a row in every fourth flight, and five times in one of forty.
 */
static const char *doubt_hole(const struct handshake *h, const struct claim *claim)
{
	if (h->captured)
		return "the missing part may have taken another path than the captured one";
	if (h->flights[h->party[claim->role].flight].copies < CERTAIN_COPIES)
		return "so few copies may all be lost by chance";
	return h->party[claim->role].view[POINT_SENT].any ? NULL : hosts_are_known(h) ? "no traced socket sent the flight" : "no socket of this host sent the flight";
}

const struct verdict_row row_missing_fragment = {
	.holds_from = condition_missing_fragment,
	.needs = FACT_REPEATS,
	.write = sentence_missing_fragment,
	.filter = "{flow} && {role} && {hole}",
	.doubt = doubt_hole,
};
