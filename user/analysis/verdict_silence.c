// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts about a silent side: it sends nothing, or the path loses its datagrams. */
#include "conditions.h"

#include "acks.h"
#include "dtls13.h"
#include "echoed.h"
#include "flights.h"
#include "hello_again.h"
#include "hosts.h"
#include "late.h"
#include "phrases.h"
#include "progress.h"

#include "core.h"

/* If so many copies of an encrypted flight are sent, one surely arrives complete. */
#define ENCRYPTED_COPIES 5

/*
 * Does the peer still wait for the answer of this side? An answer in a capture may have
 * been lost after the point of capture: then the peer goes on with its retransmissions.
 */
static bool is_awaited(const struct standing *s)
{
	enum party_role peer = party_peer(s->role);

	if (progress_is_waiting(s->h, peer))
		return true;
	/* The client repeats its ClientHello, so it asks for another cookie request. */
	if (s->role == PARTY_SERVER && s->self->flight == FLIGHT_RETRY_REQUEST && s->peer->flight < FLIGHT_RETRY_REQUEST &&
	    !s->self->local && s->peer->unheard.copies)
		return true;
	if (s->role == PARTY_SERVER && s->self->flight == FLIGHT_RETRY_REQUEST && hello_again_ns(s->h))
		return true;
	/* For the last flight, see last-flight-not-resent. */
	return s->h->captured && progress_expects_answer(s->h, s->peer->flight) && !acks_are_latest(s->h, peer) &&
	       !(s->has_answered && s->own_rule->closes);
}

/*
 * From when on does the server owe another cookie request? It has to answer each whole ClientHello that
 * comes again (RFC 6347 s4.2.1). A server that sends HelloRetryRequests may keep state (RFC 9147 s5.1),
 * and wait for its own timer. NEVER: no whole ClientHello came again.
 */
static uint64_t cookie_owed_since(const struct standing *s)
{
	uint64_t again = hello_again_ns(s->h);
	uint64_t timer = s->h->retry_seqs ? 2 * handshake_timer_ns(s->h, PARTY_SERVER) : 0;

	return again ? max_u64(again + s->floor_ns, s->self->last_sent_ns + timer) : NEVER;
}

/*
 * From when on does this side owe a flight? NEVER: it owes none. 0: that cannot be known, because it is on
 * another host, or events were lost. It owes nothing while its peer's flight is incomplete. While it waits
 * for an answer itself, it may ignore its peer's retransmissions and follow its own timer, as OpenSSL and
 * BoringSSL do.
 */
static uint64_t owed_since(const struct standing *s)
{
	uint64_t timer_due = s->self->last_sent_ns + max_u64(2 * handshake_timer_ns(s->h, s->role), s->floor_ns);

	if (!s->is_local)
		return 0;
	if (s->is_waiting)
		return timer_due;
	/* What it sent last wants no answer. For the last flight, see last-flight-not-resent. */
	if (s->has_answered)
		return s->self->flight == FLIGHT_RETRY_REQUEST ? cookie_owed_since(s) : NEVER;
	/* Nothing shows that the whole flight arrived, so more copies and its own timer are needed. */
	if (s->asked_rule->encrypted)
		return s->peer->unheard.copies < ENCRYPTED_COPIES ? NEVER : max_u64(timer_due, late_silent_from(s));
	if (s->receipt != RECEIPT_USABLE)
		return NEVER;
	/* If it does not accept that flight, it repeats its own when its timer is due. */
	return max_u64(max_u64(s->asked->usable_ns + s->floor_ns, s->self->last_sent_ns ? timer_due : 0),
		       late_silent_from(s));
}

/* Nothing of it reached the server's socket, which is on this host: only other handshakes show where that is. */
static bool has_reached_nobody(const struct handshake *h)
{
	return h->relations.is_server_here && !h->party[PARTY_SERVER].local && !h->events_lost &&
	       (h->sees_drops || h->relations.server_host);
}

uint64_t path_tells_from(const struct handshake *h, const struct flight *flight)
{
	uint32_t copies = flight->copies < PARTY_MANY_COPIES ? flight->copies : PARTY_MANY_COPIES;

	return hosts_are_apart(h) && copies ? flight->copy_ns[copies - 1] + crossings_wait_ns(h) : 0;
}

bool path_loses(const struct standing *s)
{
	if (s->role == PARTY_SERVER && has_reached_nobody(s->h))
		return true;
	if (s->h->relations.is_elsewhere)
		return false;
	/* Where the flight begins is not known if the ClientHello was not seen. */
	if (!s->self->local || (s->h->midway && !s->asked->complete))
		return false;
	/* Copies with the record numbers of the first one may arrive, and are discarded as replays. */
	return (!s->asked->arrived && !s->asked_rule->encrypted) || dtls13_is_lost(s->h, party_peer(s->role)) ||
	       (s->asked->queued_ns <= s->self->last_sent_ns && !s->peer->odd.renumbered);
}

/* No answer takes longer on most paths. */
#define SHORT_NS 200000000ULL

uint64_t condition_silence(const struct standing *s, struct claim *claim)
{
	const struct handshake *h = s->h;
	const struct party *peer = s->peer;
	const struct flight *flight = s->asked;
	/* The peer gave up already: then a repeat in vain is enough to name whom it waited for. */
	bool is_over = !s->floor_ns;
	uint32_t enough = is_over ? 2 : PARTY_MANY_COPIES;
	uint64_t from;

	if (peer->unheard.copies < enough || flight->copies < enough || s->self->uncaptured ||
	    (h->captured && !peer->unheard.many_ns) || !is_awaited(s))
		return NEVER;
	/* An answer may come up to a second after the last copy, or up to the floor after the flight arrived. */
	from = max_u64(max_u64(peer->unheard.ns[0], flight->first_ns) + s->floor_ns,
		       max_u64(peer->unheard.ns[enough - 1], flight->copy_ns[enough - 1]) +
		       (is_over ? SHORT_NS : SECOND));
	/* The capture may have only parts of some copies. */
	if (h->captured)
		from = max_u64(from, peer->unheard.many_ns + SECOND);
	/* If the path loses the flight, the side has nothing to answer, and the verdict is about the path. */
	if (path_loses(s)) {
		claim->side = VERDICT_SIDE_NETWORK;
		from = max_u64(from, path_tells_from(h, flight));
	} else if (is_over && h->sees_reads && s->receipt >= RECEIPT_QUEUED) {
		return NEVER;	/* what it does with the flight can be seen: see silent-after-read and not-reading */
	} else {
		from = max_u64(from, owed_since(s));
	}
	if (from == NEVER)
		return NEVER;
	if (h->sees_reads && flight->read)
		return max_u64(from, flight->read_ns + s->floor_ns);
	return flight->arrived ? max_u64(from, flight->arrived_ns + s->floor_ns) : from;
}

/* Nobody has to trace at an end that is on this host, and a path that loses datagrams is known to do so. */
static void hint_where_to_look(struct verdict *v, const struct handshake *h, const struct claim *claim)
{
	char ends[PHRASE_ENDS_LEN];

	if (phrase_has_both_ends(h) && claim->side == VERDICT_SIDE_NETWORK)
		HINT(v, "%s: look for what lies between them and drops datagrams (firewall, routes, network "
		     "namespaces, traffic control)", phrase_both_ends(ends, h));
	else if (phrase_has_both_ends(h))
		HINT(v, "check the log of the %s, whose socket is on %s", party_role_name(claim->role), hosts_name(h, claim->role));
	else if (claim->side == VERDICT_SIDE_NETWORK)
		HINT(v, "look for what drops datagrams on the way here (firewall, NAT, routes); trace at the %s, too, to see whether it sends "
		     "the whole flight", party_role_name(party_peer(claim->role)));
}

/* --- peer-silent --- */

static uint64_t condition_peer_silent(const struct standing *s, struct claim *claim)
{
	return s->self->last_sent_ns || s->h->midway ? condition_silence(s, claim) : NEVER;
}

static void sentence_peer_silent(struct verdict *v, const struct handshake *h, const struct claim *claim,
				 uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN];

	if (claim->side == VERDICT_SIDE_NETWORK)
		phrase_say(v->summary, "the path loses flight %u, or a part of it, on the way to %s",
			   h->party[party_peer(role)].flight, verdict_party(text, h, role));
	else
		phrase_say(v->summary, "%s answered before and is silent now: %s", verdict_party(text, h, role),
			   party->view[POINT_SENT].any || (!party->flight && party->local) ? "it sends nothing" :
							 "it sends nothing, or the path loses its datagrams");
	evidence_copies(v, h, party_peer(role));
	hint_where_to_look(v, h, claim);
	if (!party->flight)
		EVIDENCE(v, "nothing from the %s was seen in %.1f s", party_role_name(role),
			 phrase_seconds(now - h->started_ns));
	else
		EVIDENCE(v, "the %s last sent flight %u, %.1f s ago", party_role_name(role),
			 party->flight, phrase_seconds(now - party->last_sent_ns));
	evidence_large_answer(v, h, role);
	if (party->flight == FLIGHT_RETRY_REQUEST && party->flight > h->party[party_peer(role)].flight) {
		EVIDENCE(v, "the client repeats its ClientHello, and each one needs a %s of its own (%s): a server without "
			 "state has no timer", h->retry_seqs ? "HelloRetryRequest" : "HelloVerifyRequest",
			 h->retry_seqs ? "RFC 9147 s5.1" : "RFC 6347 s4.2.4");
		return;
	}
	if (!h->captured)
		return;
	if (party->flight > h->party[party_peer(role)].flight)
		EVIDENCE(v, "that flight was captured, but the %s retransmits as if it was lost: the %s must "
			 "retransmit it when its timer expires", party_role_name(party_peer(role)),
			 party_role_name(role));
	evidence_no_errors(v, h, party_peer(role));
}

const struct verdict_row row_peer_silent = {
	.holds_from = condition_peer_silent,
	.needs = FACT_REPEATS,
	.write = sentence_peer_silent,
	.hint =
		"trace at the other end too: from one host, a peer that sends nothing looks the same as "
		"a path that loses its datagrams",
	.claims_silence = true, .needs_no_hello = true,
	.doubts_flight = true,
};

/* --- no-response --- */

static uint64_t condition_no_response(const struct standing *s, struct claim *claim)
{
	if (s->self->last_sent_ns || s->h->midway)
		return NEVER;
	if (s->role == PARTY_SERVER && echoed_is_all(s->h))
		return s->h->started_ns + max_u64(s->floor_ns, SECOND);
	return condition_silence(s, claim);
}

/* Each datagram comes back: an echo service, or a loop. */
static void sentence_echoed(struct verdict *v, const struct handshake *h, const struct claim *claim)
{
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	phrase_say(v->summary, "%s sends back what it gets: it is no DTLS server", verdict_party(text, h, claim->role));
	evidence_copies(v, h, PARTY_CLIENT);
	EVIDENCE(v, "what came from the server is what the client sent: its own ClientHello was sent back %s", phrase_times(times, h->relations.echo.num));
	HINT(v, "check the address and the port: an echo service has them, or the network sends the client's datagrams back to it");
}

static const char *doubt_socket(const struct handshake *h, const struct claim *claim)
{
	return claim->side == VERDICT_SIDE_NETWORK && !h->party[claim->role].local ?
	       "the server's socket may be closed, or connected to another peer" : NULL;
}

static void sentence_no_response(struct verdict *v, const struct handshake *h, const struct claim *claim,
				 uint64_t now)
{
	enum party_role role = claim->role;
	char text[VERDICT_PARTY_LEN];
	uint32_t others[EVENT_OTHER_KINDS];

	if (h->relations.echo.num && claim->side == VERDICT_SIDE_SERVER) {
		sentence_echoed(v, h, claim);
		return;
	}
	if (claim->side == VERDICT_SIDE_NETWORK)
		phrase_say(v->summary, "the path loses the ClientHello, or a part of it, on the way to %s",
			   verdict_party(text, h, role));
	else
		phrase_say(v->summary, "no response from %s", verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	hint_where_to_look(v, h, claim);
	if (doubt_socket(h, claim))
		EVIDENCE(v, "another handshake from this client's network namespace reached the server's socket on %s; "
			 "nothing of this one did", hosts_name(h, PARTY_SERVER));
	if (!h->relations.kept_ns)
		EVIDENCE(v, "%s from the %s was seen in %.1f s", others_since(h, role, others) ? "no DTLS" : "nothing",
			 party_role_name(role), phrase_seconds(now - h->started_ns));
}

const struct verdict_row row_no_response = {
	.holds_from = condition_no_response,
	.needs = FACT_REPEATS | FACT_RELATIONS,
	.write = sentence_no_response,
	.hint =
		"check that the peer runs on this address and port, and that UDP passes in both directions; "
		"trace at the other end too: from one host, a silent peer looks the same as a path that loses datagrams",
	.filter = "{flow} && (dtls.handshake.type == 1 || {server} || icmp || icmpv6)",
	.doubt = doubt_socket,
	.claims_silence = true,
	.doubts_flight = true,
};
