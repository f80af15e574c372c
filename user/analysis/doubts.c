// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "doubts.h"

#include "errors.h"
#include "hosts.h"
#include "late.h"
#include "outcome.h"

#include "core.h"

const char *doubt_side(const struct handshake *h, enum party_role role)
{
	static const char *const doubts[][PARTY_MAX] = {
		{ "the client's socket is not on this host", "the server's socket is not on this host" },
		{ "a capture does not show the client's socket", "a capture does not show the server's socket" },
		{ "no complete trace has the client's socket", "no complete trace has the server's socket" },
	};

	return h->party[role].local ? NULL : doubts[hosts_are_known(h) ? 2 : h->captured][role];
}

/*
 * Is the side elsewhere that the claim is about? What it did not send may have been lost, and what
 * it seems to have sent, anybody may have sent (RFC 6347 s4.1.2.7).
 */
static const char *doubt_of_place(const struct verdict_row *row, const struct handshake *h, const struct claim *claim)
{
	enum party_role role = claim->side == VERDICT_SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT;
	const char *doubt = NULL;

	if (claim->side != side_of_role(role) || (claim->code == VERDICT_PORT_UNREACHABLE && icmp_is_closed_here(h, claim->role)))
		return NULL;
	/* That its peer breaks a rule is why: only the side that does not accept the flight can show it. */
	if (row->doubts_flight && claim->side == side_of_role(party_peer(claim->role)))
		doubt = doubt_side(h, claim->role);
	return doubt ? doubt : doubt_side(h, role);
}

const char *doubt_read(const struct handshake *h, const struct claim *claim)
{
	const char *elsewhere = doubt_side(h, claim->role);

	if (!is_unread(h, claim))
		return NULL;
	return elsewhere ? elsewhere : "no read of the flight was seen";
}

const char *doubts_of(const struct verdict_row *row, const struct handshake *h, const struct claim *claim)
{
	const char *doubt = row->doubt ? row->doubt(h, claim) : NULL;

	if (h->missing & MISSING_HOST || (h->server_began_late && claim->side == VERDICT_SIDE_SERVER))
		return "the trace of one host began later than the handshake";
	if (h->events_lost && h->captured)
		return "datagrams are truncated in the capture";
	if (h->events_lost || h->missing & MISSING_LOST)
		return "events were lost";
	if (h->missing & MISSING_LIMITED)
		return "the rate limit left out datagrams";
	if (h->relations.is_elsewhere || (h->relations.moved_id && crossings_are_seen(h, PARTY_CLIENT)))
		return "what the client sends comes from another port";
	if (h->ambiguous)
		return "datagrams may belong to another handshake of these addresses";
	if (other_server_is_known(&h->other_server))
		return "another server answers from the same address";
	/* Nothing shows that who sent those is who waits for an answer. */
	if (row->doubts_flight && claim->role == PARTY_SERVER && !outcome_is_reachable(h))
		return "anybody can send ClientHellos, and none has a cookie that the server gave";
	if (!doubt)
		doubt = doubt_of_place(row, h, claim);
	/* Its peer ended the handshake before the floor. */
	if (!doubt && claim->is_early && (row->claims_silence || row->doubts_flight) && claim->side != side_of_role(h->ending.by))
		doubt = "it may only have been slow";
	return doubt || !row->holds_from || !(h->midway || late_is_unmoved(h)) ? doubt : "the trace began later than the handshake";
}

enum verdict_witness doubts_witness(const struct verdict_row *row, const struct handshake *h, const struct claim *claim)
{
	bool is_seen_here = h->party[PARTY_CLIENT].local || h->party[PARTY_SERVER].local;

	if (claim->code == VERDICT_COMPLETED)
		is_seen_here = outcome_is_witnessed(h);
	if (is_seen_here && !doubt_of_place(row, h, claim) && !(row->doubt && row->doubt(h, claim)))
		return WITNESS_LOCAL;
	return h->verdict.doubt || is_seen_here ? WITNESS_NETWORK : WITNESS_BOTH;
}
