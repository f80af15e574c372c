// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts about a flight that arrives but is ignored. */
#include "conditions.h"

#include <string.h>

#include "answers.h"
#include "application_evidence.h"
#include "doubts.h"
#include "dtls13.h"
#include "hosts.h"
#include "odd_flight.h"
#include "flights.h"
#include "phrases.h"
#include "progress.h"

#include "core.h"

/* For a receiver on another host: so many copies were not just lost. */
#define MANY_UNSEEN_COPIES 5
/* So many answers were not just lost. */
#define MANY_ANSWERS 3

/* --- cannot-decrypt --- */

/* When did the second copy of this flight after `since` begin, or a later one? */
static uint64_t second_repeat_after(const struct flight *flight, uint64_t since)
{
	uint32_t num = 0;

	for (uint32_t i = 1; i < flight->copies && i < FLIGHT_MAX_COPY_TIMES; i++)
		if (flight->copy_ns[i] > since && ++num == 2)
			return flight->copy_ns[i];
	return flight->copies > 2 && flight->copy_before_ns > since ? flight->latest_copy_ns : NEVER;
}

/*
 * From when on does this side no longer repeat its flight? Nothing answers the last flight: it has taken
 * that, or given up, if it has sent no copy when its timer, which doubles, is overdue. If its peer
 * still repeats another answer, it is silent.
 */
static uint64_t repeats_until(const struct standing *s)
{
	const struct flight *flight = s->own;
	struct claim silence;

	/* Its timer doubles, while that of its peer may not: it is not silent before it has missed a copy. */
	if (!s->asked_rule->closes)
		return max_u64(condition_silence(s, &silence), s->self->last_sent_ns + 2 * handshake_timer_ns(s->h, s->role));
	return flight->answers.ns + 3 * flight->answers.ignored_after_ns;
}

/* The peer repeats its flight with the Finished, and `role` only repeats its own previous flight. */
static uint64_t condition_cannot_decrypt(const struct standing *s, struct claim *claim)
{
	const struct handshake *h = s->h;
	enum party_role peer = party_peer(s->role);
	uint8_t number = s->peer->flight;
	const struct flight *flight = s->asked;
	bool encrypted = s->asked_rule->encrypted;	/* DTLS 1.3 */
	bool local = s->self->local;
	uint64_t since;

	/* It takes the last flight, and sends data. */
	if (number < FLIGHT_SERVER_HELLO || s->has_answered ||
	    (s->asked_rule->closes && (progress_sends_data(h, s->role) || progress_has_taken_last(h, s->role, s->own->last_ns))))
		return NEVER;
	/*
	 * The end of the server's flight is not known, so the client may not have all of it.
	 * FLIGHT_CONFIRM may be seen here each time, but lost later on the path.
	 */
	if (encrypted && (number != FLIGHT_CLIENT_FINISHED || dtls13_may_be_lost(h, peer)))
		return NEVER;
	if (!encrypted && (!flight->complete ||
			   !s->peer->view[handshake_counting_point(h, peer)].finished_ns))
		return NEVER;
	if (!encrypted && local && s->receipt != RECEIPT_USABLE)
		return NEVER;
	if (flight->copies < (local ? PARTY_MANY_COPIES : MANY_UNSEEN_COPIES))
		return NEVER;
	since = max_u64(flight->first_ns, flight->lengths_arrived_ns);
	if (!encrypted && local)
		since = flight->usable_ns;
	/* A copy from `role` may have crossed the peer's flight on the path. */
	since += flight_round_trip_ns(h, peer);
	claim->until_ns = repeats_until(s);
	if (odd_flight_breaks_rule(h, peer))
		claim->side = side_of_role(peer);
	/*
	 * The peer must have repeated its flight, too: a reader such as a proxy may have
	 * lost it after the read.
	 */
	return max_u64(second_repeat_after(s->own, since),
		       max_u64(many_copies_from(flight, s->floor_ns), since + s->floor_ns));
}

/* Did the socket of this side send its latest flight, as this host shows? */
static bool is_sent_here(const struct party *party)
{
	return party->flight_at[POINT_SENT] >= party->flight;
}

/* What is encrypted shows nothing of its sender, and nothing of what comes before it can only be the peer's (RFC 6347 s4.1.2.7). */
static const char *doubt_sender(const struct handshake *h, const struct claim *claim)
{
	const char *unread = doubt_read(h, claim);

	if (unread)
		return unread;
	return is_sent_here(&h->party[party_peer(claim->role)]) ? NULL : "anybody may have sent the flight";
}

/* The side may not receive the peer's flight with the Finished, or not decrypt it. */
static void hint_loss_or_keys(struct verdict *v, enum party_role role)
{
	HINT(v, "first see whether this path loses datagrams, for other handshakes, too, or trace at the %s: it may not receive all of "
	     "the flight. If it does, check that both ends derive the same keys (PSK, extended master secret, cipher suite), "
	     "and that it accepts the peer's certificate", party_role_name(role));
}

/* It was read, but nothing shows that the peer sent it. */
static void hint_sender(struct verdict *v, enum party_role from)
{
	size_t len = strlen(v->hint);

	snprintf(v->hint + len, sizeof(v->hint) - len, ". If the %s did not send this flight (trace there), somebody else did, and it "
		 "is rightly discarded", party_role_name(from));
}

static void sentence_cannot_decrypt(struct verdict *v, const struct handshake *h, const struct claim *claim,
				    uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role];
	uint8_t number = h->party[party_peer(role)].flight;
	const struct flight *flight = &h->flights[number];
	char text[VERDICT_PARTY_LEN];

	verdict_party(text, h, role);
	if (flight->read || (party->local && flight->arrived))
		phrase_say(v->summary, "%s does not accept the encrypted flight %u and repeats flight %u",
			   text, number, party->flight);
	else
		phrase_say(v->summary, "%s repeats flight %u: it cannot decrypt flight %u, or does not receive all of it",
			   text, party->flight, number);
	evidence_copies(v, h, party_peer(role));
	evidence_copies(v, h, role);
	if (party->local && flight->read)
		EVIDENCE(v, "all of flight %u, including its Finished, was read %.1f s ago", number,
			 phrase_seconds(now - flight->read_ns));
	application_tell_calls(v, h, role, now);
	if (!flight->read)
		hint_loss_or_keys(v, role);
	else if (!is_sent_here(&h->party[party_peer(role)]))
		hint_sender(v, party_peer(role));
}

const struct verdict_row row_cannot_decrypt = {
	.holds_from = condition_cannot_decrypt,
	.needs = FACT_REPEATS,
	.write = sentence_cannot_decrypt,
	.hint =
		"check that both ends derive the same keys (PSK, extended master secret, cipher suite), and that this "
		"side accepts the peer's certificate; its debug log shows why it discards records",
	.doubt = doubt_sender,
	.doubts_flight = true,
};

/* --- answer-ignored, answer-unacknowledged --- */

/* Can the reason be that this side does not decrypt its peer's flight? Whether it read that cannot be seen. */
static bool may_be_keys(const struct handshake *h, const struct claim *claim)
{
	enum party_role peer = party_peer(claim->role);

	return claim->side == side_of_role(claim->role) && is_unread(h, claim) &&
	       h->party[peer].view[handshake_counting_point(h, peer)].finished_ns;
}

/* "its HelloVerifyRequest", "its flight 4" */
static const char *phrase_answer(const struct handshake *h, uint8_t flight)
{
	switch (flight) {
	case FLIGHT_RETRY_REQUEST: return h->retry_seqs ? "the HelloRetryRequest" : "the HelloVerifyRequest";
	case FLIGHT_SECOND_HELLO: return "the ClientHello that has the cookie (flight 3)";
	case FLIGHT_SERVER_HELLO: return "the ServerHello and what follows it (flight 4)";
	case FLIGHT_CLIENT_FINISHED: return "flight 5";
	default: return "flight 6";
	}
}

/*
 * This side repeats its flight after several answers; each of them was sent whole. One repeat
 * may have crossed its answer, and one answer may get lost. Another answer is no progress: only
 * what this side does next is.
 */
static uint64_t repeats_after_answers_from(const struct standing *s, uint32_t answers)
{
	const struct flight *flight = s->own;
	uint64_t from;

	if (!s->floor_ns)
		answers = MANY_ANSWERS - 1;	/* its peer gave up already */
	/* One of the repeats may be a replay, which receivers discard (RFC 9147 s4.5.1). */
	if (!s->is_answered || flight->answers.ignored < answers + s->h->repeats.may_be_replays)
		return NEVER;
	/* It received a part of the answer: see mtu-blackhole. */
	if (s->self->acks.last_ns > s->asked->first_ns)
		return NEVER;
	/* It took the last flight after all, and sends data, or negotiates again. Data before its latest repeat may be a stranger's. */
	if (s->asked_rule->closes && (progress_has_taken_last(s->h, s->role, flight->answers.ignored_ns) || s->h->renegotiates))
		return NEVER;
	from = max_u64(flight->answers.ignored_ns, s->asked->first_ns + s->floor_ns +
					   flight_round_trip_ns(s->h, party_peer(s->role)));
	/* The latest answer may have arrived, and then nothing follows. */
	if (s->asked_rule->closes && flight->answers.copy == flight->copies && flight->answers.ns < from)
		return NEVER;
	return from;
}

/* The server asks each new ClientHello for a cookie, and none has one: nothing was lost. */
static bool is_cookie_ignored(const struct standing *s)
{
	const struct cookies *cookies = &s->h->cookies;

	return s->role == PARTY_CLIENT && s->self->flight == FLIGHT_SECOND_HELLO &&
	       s->peer->flight == FLIGHT_RETRY_REQUEST && odd_flight_lacks_cookie(s->h) &&
	       cookies->without >= MANY_ANSWERS && cookies->asked >= MANY_ANSWERS;
}

/* Something encrypted arrived: whether that was all of it cannot be seen. */
static bool is_answer_hidden(const struct standing *s)
{
	return s->receipt == RECEIPT_UNKNOWN && !dtls13_may_be_lost(s->h, party_peer(s->role));
}

/*
 * All of the answer was read here, or as far as can be seen: the side that repeats its flight
 * does not take it.
 */
static uint64_t condition_answer_ignored(const struct standing *s, struct claim *claim)
{
	bool hidden = is_answer_hidden(s);
	uint64_t read_ns = hidden ? max_u64(s->asked->heard_ns, s->asked->lengths_arrived_ns) : s->asked->usable_ns;
	uint32_t enough = s->h->captured ? MANY_ANSWERS : hidden ? MANY_UNSEEN_COPIES : MANY_ANSWERS - 1;
	uint64_t from = repeats_after_answers_from(s, enough);

	if (is_cookie_ignored(s))
		return s->asked->first_ns + s->floor_ns;
	if (from == NEVER || (!s->h->captured && (!read_ns || s->h->events_lost)))
		return NEVER;
	if (odd_flight_breaks_rule(s->h, party_peer(s->role)))
		claim->side = side_of_role(party_peer(s->role));
	claim->until_ns = repeats_until(s);
	if (s->h->captured)
		return from;
	return max_u64(max_u64(from, second_repeat_after(s->own, read_ns)), read_ns + s->floor_ns);
}

/*
 * The answer may have been lost after it was captured, or a part of what is encrypted before it came here; or
 * somebody else sent it, and this side is right to ignore it (RFC 6347 s4.1.2.7).
 */
static const char *doubt_answer(const struct handshake *h, const struct claim *claim)
{
	const struct party *peer = &h->party[party_peer(claim->role)];

	if (!peer->view[POINT_SENT].any)
		return h->captured ? "the answer may have been lost after it was captured" : hosts_are_known(h) ? "no traced socket sent the answer" : "no socket of this host sent the answer";
	if (!h->sees_reads)
		return "reads cannot be seen";
	return flight_rule(h, peer->flight)->encrypted ? "a part of the encrypted answer may be lost" : NULL;
}

static void sentence_answer_ignored(struct verdict *v, const struct handshake *h, const struct claim *claim,
				    uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role], *peer = &h->party[party_peer(role)];
	const struct flight *flight = &h->flights[party->flight];
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN];

	verdict_party(text, h, role);
	/* Its ClientHellos are no copies of each other. */
	if (!flight->answers.copies) {
		phrase_say(v->summary, "%s sends its ClientHello without the cookie that the server asks for", text);
		EVIDENCE(v, "the server asked for a cookie %s", phrase_times(times, h->cookies.asked));
		return;
	}
	phrase_say(v->summary, "%s repeats flight %u, although the %s answered it: it does not accept %s%s", text, party->flight,
		   party_role_name(party_peer(role)), phrase_answer(h, peer->flight), h->captured ? ", or does not get it" : "");
	evidence_copies(v, h, role);
	EVIDENCE(v, "flight %u followed %s, each time whole%s; the latest repeat came %.1f s after an answer, %.1f s ago",
		 peer->flight, phrase_times(times, flight->answers.copies),
		 h->captured ? "" : " and read here", phrase_seconds(flight->answers.ignored_after_ns),
		 phrase_seconds(now - flight->answers.ignored_ns));
	application_tell_calls(v, h, role, now);
	evidence_no_errors(v, h, role);
	if (may_be_keys(h, claim))
		hint_loss_or_keys(v, role);
}

const struct verdict_row row_answer_ignored = {
	.holds_from = condition_answer_ignored,
	.needs = FACT_REPEATS,
	.write = sentence_answer_ignored,
	.hint =
		"look at the log of the side that repeats itself, at debug level: it says why it discards the answer "
		"(version, cipher suite, cookie, message order, record numbers, fragments)",
	.doubt = doubt_answer,
	.doubts_flight = true,
};

/* Both ends are on this host, and no copy of the answer arrived. */
static bool is_answer_lost(const struct standing *s)
{
	return !s->asked->arrived && (s->receipt == RECEIPT_LOST || !s->asked->queued_ns);
}

/* Its peer is on this host and answered each time. If this side is not, whether the answers arrive cannot be seen. */
static uint64_t condition_answer_unacknowledged(const struct standing *s, struct claim *claim)
{
	uint64_t from = repeats_after_answers_from(s, MANY_ANSWERS);

	if (from == NEVER || s->h->captured || !s->peer->view[POINT_SENT].any || s->h->events_lost)
		return NEVER;
	if (s->self->local && !is_answer_lost(s))
		return NEVER;
	if (s->self->local) {
		claim->side = VERDICT_SIDE_NETWORK;
		from = max_u64(from, path_tells_from(s->h, &s->h->flights[s->peer->flight]));
	} else if (odd_flight_breaks_rule(s->h, party_peer(s->role))) {
		claim->side = side_of_role(party_peer(s->role));
	}
	claim->until_ns = repeats_until(s);
	return from;
}

/*
 * Before the cookie came back, the address may be forged (RFC 6347 s4.2.1), and scanners look the same: but not
 * those of a client on this host.
 */
static enum verdict_severity severity_before_cookie(const struct handshake *h)
{
	bool before = h->verdict.role == PARTY_CLIENT && h->party[PARTY_SERVER].flight == FLIGHT_RETRY_REQUEST;

	return before && !h->party[PARTY_CLIENT].local ? SEVERITY_WARNING : SEVERITY_FAULT;
}

/* Is what arrived of it before smaller than what does not? */
static bool may_be_size(const struct party *sender)
{
	return sender->sizes.largest_arrived && sender->sizes.largest_arrived < sender->sizes.largest_in_copy;
}

static void sentence_answer_unacknowledged(struct verdict *v, const struct handshake *h, const struct claim *claim,
					   uint64_t now)
{
	enum party_role role = claim->role;
	const struct party *party = &h->party[role], *peer = &h->party[party_peer(role)];
	const struct flight *flight = &h->flights[party->flight];
	char text[VERDICT_PARTY_LEN], times[PHRASE_LEN], ends[PHRASE_ENDS_LEN];

	phrase_say(v->summary, "%s repeats flight %u, although %s answered each time: %s",
		   verdict_party(text, h, role), party->flight, hosts_name(h, party_peer(role)), claim->side != VERDICT_SIDE_NETWORK ?
		   "the answers do not reach it whole, or it does not accept them" :
		   peer->flight_at[POINT_ARRIVED] < peer->flight ? "nothing of the answers reaches it" :
		   "the answers do not reach it whole");
	if (claim->side == VERDICT_SIDE_NETWORK)
		HINT(v, "%s: look for what lies between them and drops the answers (firewall, routes, "
		     "network namespaces, traffic control%s)", phrase_both_ends(ends, h), may_be_size(peer) ? ", or an MTU that is too small for them" : "");
	evidence_copies(v, h, role);
	EVIDENCE(v, "%s followed %s, each time whole; the latest repeat came %.1f s after an answer, %.1f s ago",
		 phrase_answer(h, peer->flight), phrase_times(times, flight->answers.copies),
		 phrase_seconds(flight->answers.ignored_after_ns), phrase_seconds(now - flight->answers.ignored_ns));
	if (claim->side == VERDICT_SIDE_NETWORK && may_be_size(peer))
		EVIDENCE(v, "the largest datagram of the %s that arrived had %u bytes, its latest answer had up to %u",
			 party_role_name(party_peer(role)), peer->sizes.largest_arrived, peer->sizes.largest_in_copy);
	evidence_no_errors(v, h, role);
	if (may_be_keys(h, claim))
		hint_loss_or_keys(v, role);
}

const struct verdict_row row_answer_unacknowledged = {
	.holds_from = condition_answer_unacknowledged,
	.needs = FACT_REPEATS,
	.write = sentence_answer_unacknowledged,
	.hint =
		"check whether UDP passes from this host to the peer: firewall, NAT and route on the way back, and "
		"the size of the datagrams. If it does, trace at the peer",
	.severity_of = severity_before_cookie,
	.doubts_flight = true,
};
