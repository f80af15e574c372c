// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of verdicts, and the functions that search it. */
#include "verdict.h"

#include <string.h>

#include "beside.h"
#include "conditions.h"
#include "display_filter.h"
#include "doubts.h"
#include "echoed.h"
#include "errors.h"
#include "gave_up.h"
#include "late.h"
#include "odd_flight.h"
#include "outcome.h"
#include "progress.h"
#include "storm.h"

#include "core.h"

static const struct verdict_row *const rows[VERDICT_MAX] = {
#define PLACE(code, row, ...) [VERDICT_##code] = &row_##row,
	VERDICTS(PLACE)
#undef PLACE
};

static const struct {
	const char *name;
	enum handshake_state state;
	enum verdict_severity severity;
} table[VERDICT_MAX] = {
	[VERDICT_NONE] = { .name = "none" },
#define PLACE(code, row, name, state, severity) [VERDICT_##code] = { name, HANDSHAKE_##state, SEVERITY_##severity },
	VERDICTS(PLACE)
#undef PLACE
};

const char *verdict_code_name(enum verdict_code code)
{
	return table[code].name;
}

const char *verdict_filter_pattern(enum verdict_code code)
{
	return rows[code]->filter ? rows[code]->filter : "{flow} && dtls";
}

enum handshake_state verdict_state(enum verdict_code code)
{
	return table[code].state;
}

bool verdict_side_is_local(const struct handshake *h)
{
	/* There is no socket of its own, but this is the host that should have it. */
	if (h->verdict.code == VERDICT_PORT_UNREACHABLE && h->verdict.side == side_of_role(h->verdict.role) &&
	    icmp_is_closed_here(h, h->verdict.role))
		return true;
	switch (h->verdict.side) {
	case VERDICT_SIDE_CLIENT: return h->party[PARTY_CLIENT].local;
	case VERDICT_SIDE_SERVER: return h->party[PARTY_SERVER].local;
	case VERDICT_SIDE_KERNEL: return true;
	case VERDICT_SIDE_NETWORK: case VERDICT_SIDE_UNKNOWN: break;
	}
	return false;
}

static enum verdict_side side_of(const struct verdict_row *row, enum party_role role)
{
	if (row->blames_nobody)
		return VERDICT_SIDE_UNKNOWN;
	return row->side ? row->side : side_of_role(role);
}

struct claim verdict_claim(enum verdict_code code, enum party_role role)
{
	return (struct claim){ .code = code, .role = role, .side = side_of(rows[code], role) };
}

/* The claim that this verdict holds for the side, written in place; since_ns NEVER: it does not, and will not if nothing happens. */
static void claim_of(enum verdict_code code, const struct standing *s, struct claim *claim)
{
	memset(claim, 0, sizeof(*claim));
	claim->code = code;
	claim->role = s->role;
	claim->side = side_of(rows[code], s->role);
	claim->until_ns = NEVER;
	claim->since_ns = rows[code]->claims_silence && party_may_be_unshown(s->self) ? NEVER : rows[code]->holds_from(s, claim);
}

static bool holds(const struct claim *claim, uint64_t now)
{
	return claim->since_ns <= now && now < claim->until_ns;
}

/* May it hold for this handshake with these facts before that has ended? */
static bool may_hold(const struct handshake *h, uint32_t facts, enum verdict_code code)
{
	return rows[code] && rows[code]->needs & facts && (!h->midway || rows[code]->needs_no_hello);
}

/* Whoever was asked three times has been silent for a while after this time, however patient the profile is. */
#define SILENT_NS (2 * SECOND + SECOND / 2)

/* How long must the side that ends the handshake have been silent, or else it just ended it? */
static uint64_t floor_of_ender(const struct standing *s, const struct verdict_options *opts)
{
	uint64_t half = opts->floor_ns / 2;

	return s->asked->copies >= PARTY_MANY_COPIES && half > SILENT_NS ? SILENT_NS : half;
}

/* The patience of GnuTLS is 5 s, as the floor is by default: they end together, within so much. */
#define TOGETHER_NS (SECOND / 10)

/*
 * Does this verdict hold for `role`, now that the handshake ends before the floor has passed? The
 * side that ends it is only to blame itself if it was silent for a while before it did so.
 */
static bool holds_at_end(const struct handshake *h, const struct verdict_options *opts, uint64_t now,
			 enum verdict_code code, enum party_role role, enum party_role ender, struct claim *claim)
{
	struct standing s = standing_of(h, role, 0);
	struct claim after_floor;

	claim_of(code, &s, claim);
	if (!rows[code]->needs_no_floor && claim->side == side_of_role(ender)) {
		s.floor_ns = floor_of_ender(&s, opts);
		claim_of(code, &s, claim);
	}
	if (!holds(claim, now))
		return false;
	s.floor_ns = opts->floor_ns;
	claim_of(code, &s, &after_floor);
	claim->is_early = !rows[code]->needs_no_floor && after_floor.since_ns > now + TOGETHER_NS;
	return true;
}

/* Does its kernel report that it cannot send or that ICMP errors came back, and nothing since then that disproves it? */
static bool has_errors(const struct party *party)
{
	return errors_has_pending(&party->failures) || party->icmp.port.pending || party->icmp.path.pending;
}

/* What holds now that `ender` ends the handshake. */
static bool find_cause(const struct handshake *h, const struct verdict_options *opts, uint64_t now,
		       enum party_role ender, bool is_error, struct claim *claim)
{
	const uint32_t facts = facts_of(h);

	for (enum verdict_code code = VERDICT_NONE; code < VERDICT_MAX; code++) {
		if (!may_hold(h, facts, code) || (is_error && !rows[code]->needs_no_floor))
			continue;
		for (int role = 0; role < PARTY_MAX; role++)
			if (holds_at_end(h, opts, now, code, role, ender, claim))
				return true;
	}
	return false;
}

/*
 * The port of a side that took part is unreachable: it closed its socket. That is how the handshake ended;
 * the cause is what was known, or would have been found, before that.
 */
static struct claim cause_of_close(const struct handshake *h, const struct verdict_options *opts,
				   const struct claim *closed)
{
	const struct icmp_errors *icmp = &h->party[party_peer(closed->role)].icmp;
	uint64_t closed_ns = icmp->port.first_ns;
	struct claim cause;

	/* A firewall of this host rejects the datagrams, or the other side gave up: nobody closed a socket. */
	if (!h->party[closed->role].last_sent_ns || !closed_ns ||
	    (closed->side != side_of_role(closed->role) && closed->code == VERDICT_PORT_UNREACHABLE))
		return *closed;
	if (handshake_had_cause(h, closed_ns))
		return h->verdict;
	if (gave_up_silently_at_alert(h, closed->role))
		return verdict_claim(VERDICT_ALERT, closed->role);
	/* When it closed its socket is not known: it may have done so at an ICMP error. */
	cause = gave_up_silently_at_icmp(h, closed->role);
	if (cause.code != VERDICT_NONE)
		return cause;
	return find_cause(h, opts, closed_ns - 1, closed->role, false, &cause) ? cause : *closed;
}

/*
 * A side that is silent because of an alert has ended the handshake: the alert is the cause. So is an ICMP error for
 * a side elsewhere, whose socket may be closed. That of a local one is open, so it may have no timer instead.
 */
static struct claim cause_of_silence(const struct handshake *h, struct claim claim)
{
	enum party_role role = claim.side == VERDICT_SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT;
	struct claim cause;

	if (claim.side != side_of_role(role) || !rows[claim.code]->claims_silence)
		return claim;
	if (gave_up_silently_at_alert(h, role))
		return verdict_claim(VERDICT_ALERT, role);
	cause = gave_up_silently_at_icmp(h, role);
	return cause.code != VERDICT_NONE && !h->party[role].local ? cause : claim;
}

/*
 * The server awaits flight 5 at the port where its client was before: it is silent here, or its socket is connected to that
 * port, so that the kernel has none for what comes from here.
 */
static bool awaits_other_port(const struct handshake *h, const struct claim *claim)
{
	return (claim->code == VERDICT_PORT_UNREACHABLE || rows[claim->code]->claims_silence) && h->midway &&
	       !h->party[PARTY_SERVER].flight;
}

/* A server gives each address a cookie of its own, and this client has returned none of those that it was given here. */
static bool brings_other_cookie(const struct handshake *h, const struct claim *claim)
{
	return claim->code == VERDICT_COOKIE_LOOP && !h->cookies.returned && h->relations.moved_id < h->id;
}

static struct claim cause_of(const struct handshake *h, const struct verdict_options *opts, struct claim claim)
{
	if (claim.side == VERDICT_SIDE_SERVER && h->relations.moved_id &&
	    (awaits_other_port(h, &claim) || brings_other_cookie(h, &claim))) {
		claim.code = VERDICT_WRONG_ADDRESS;
		claim.role = PARTY_CLIENT;
		claim.side = VERDICT_SIDE_NETWORK;
		return claim;
	}
	/* Whatever it lacks, its peer is no DTLS server. */
	if (echoed_is_all(h)) {
		claim.code = VERDICT_NO_RESPONSE;
		claim.role = PARTY_SERVER;
		claim.side = VERDICT_SIDE_SERVER;
		return claim;
	}
	return claim.code == VERDICT_PORT_UNREACHABLE ? cause_of_close(h, opts, &claim) : cause_of_silence(h, claim);
}

/* What is known already when a fault is reported has to be in that report: a verdict with precedence that is due so soon is awaited. */
#define SOON_NS SECOND

struct claim verdict_stuck(const struct handshake *h, const struct verdict_options *opts, uint64_t now,
			   uint64_t *due_ns)
{
	const uint32_t facts = facts_of(h);
	struct standing client_stands, server_stands;

	*due_ns = UINT64_MAX;
	if (!facts)
		return (struct claim){ .code = VERDICT_NONE };
	client_stands = standing_of(h, PARTY_CLIENT, opts->floor_ns);
	server_stands = standing_of(h, PARTY_SERVER, opts->floor_ns);
	for (enum verdict_code code = VERDICT_NONE; code < VERDICT_MAX; code++) {
		struct claim client, server;
		const struct claim *first;
		uint64_t due;

		if (!may_hold(h, facts, code))
			continue;
		claim_of(code, &client_stands, &client);
		claim_of(code, &server_stands, &server);
		first = client.since_ns <= server.since_ns ? &client : &server;
		due = holds(first, now) ? first->until_ns : first->since_ns;
		if (due > now && due < *due_ns)
			*due_ns = due;
		if (holds(first, now) && *due_ns - now < SOON_NS && !handshake_is_faulty(h))
			break;
		if (holds(first, now))
			return cause_of(h, opts, *first);
	}
	return (struct claim){ .code = VERDICT_NONE };
}

uint64_t verdict_undone_from(const struct handshake *h, const struct verdict_options *opts, uint64_t now)
{
	/* The last flight is owed as soon as it is due. Other answers may be late, and the peer is done with them. */
	static const struct { enum verdict_code code; bool is_owed; } undone[] = {
		{ VERDICT_SPLIT_ACROSS_SOCKETS, true }, { VERDICT_NOT_READING, true }, { VERDICT_LAST_FLIGHT_NOT_RESENT, true },
		{ VERDICT_CANNOT_DECRYPT, false }, { VERDICT_ANSWER_IGNORED, false }, { VERDICT_ANSWER_UNACKNOWLEDGED, false },
	};
	const uint32_t facts = facts_of(h);
	uint64_t from = NEVER;
	struct claim claim;

	for (int role = 0; facts && !h->midway && role < PARTY_MAX; role++) {
		const struct standing s = standing_of(h, role, opts->floor_ns);

		for (size_t i = 0; i < sizeof(undone) / sizeof(undone[0]); i++) {
			/* What stays in a queue is no fault, unless the peer waits for an answer to it. */
			if (!(rows[undone[i].code]->needs & facts) ||
			    (undone[i].code == VERDICT_NOT_READING && !progress_lacks_last(h)))
				continue;
			claim_of(undone[i].code, &s, &claim);
			if (claim.since_ns < from && (undone[i].is_owed || holds(&claim, now)))
				from = claim.since_ns;
		}
	}
	return from;
}

struct claim verdict_at_end(const struct handshake *h, const struct verdict_options *opts, uint64_t now)
{
	enum party_role by = h->ending.by;
	bool by_alert = h->ending.how == ENDING_ALERT;
	bool has_reason = by_alert && !alert_is_farewell(&h->alert);
	struct claim cause, before;
	uint64_t due;

	/* That both sides were silent after the alert is no cause. */
	if (by_alert && h->alert.is_hidden)
		now = h->alert.ns;
	/* A client that receives a ClientHello sends the alert unexpected_message. */
	if (has_reason && h->relations.both_ways_ns && !h->party[PARTY_SERVER].flight)
		return verdict_claim(VERDICT_ROLE_CONFLICT, PARTY_CLIENT);
	/* So does one that gets its own back. */
	if (echoed_is_all(h)) {
		cause = verdict_claim(VERDICT_NO_RESPONSE, PARTY_SERVER);
		cause.is_early = !has_reason && now < h->started_ns + opts->floor_ns;
		return cause;
	}
	/* Anybody can have sent an alert that comes from elsewhere: it is no reason for what was known before. */
	if (handshake_is_faulty(h) && !(has_reason && h->alert.is_local && h->verdict.side == side_of_role(by))) {
		/* Another verdict may hold by now that was not told yet, because more was awaited. */
		cause = verdict_stuck(h, opts, now, &due);
		return h->news_ns && cause.code != VERDICT_NONE ? cause : h->verdict;
	}
	cause = storm_claim(h, opts->floor_ns < SECOND ? opts->floor_ns : SECOND);
	if (cause.code != VERDICT_NONE && !has_reason) {
		cause.is_early = storm_claim(h, opts->floor_ns).code == VERDICT_NONE;
		return cause;
	}
	cause = gave_up_why(h, now);
	/* Where the path had lost its flights already, the alert of somebody else is only how it ended. */
	if (cause.code == VERDICT_ALERT && find_cause(h, opts, now, by, false, &before) && before.side == VERDICT_SIDE_NETWORK)
		return before;
	if (cause.code != VERDICT_NONE)
		return cause.code == VERDICT_PORT_UNREACHABLE ? cause_of_close(h, opts, &cause) : cause;
	/* Its errors came before, and it has not overcome them. */
	if ((!has_reason || has_errors(&h->party[by])) && find_cause(h, opts, now, by, has_reason, &cause))
		return cause.code == VERDICT_PORT_UNREACHABLE ? cause_of_close(h, opts, &cause) : cause;
	if (!has_reason && gave_up_before_late_read(h, by, opts->floor_ns, now))
		return verdict_claim(VERDICT_NOT_READING, party_peer(by));
	return verdict_claim(by_alert ? VERDICT_ALERT : VERDICT_CLOSED_BY_APPLICATION, by);
}

bool verdict_is_of_stranger(const struct handshake *h, enum verdict_code code)
{
	return rows[code]->holds_from && code != VERDICT_NOT_READING && (outcome_is_stranger(h) || beside_is_unproven(h));
}

/* It is no fault if the handshake ended before the floor passed, nor if a stranger may have sent the ClientHellos. */
enum verdict_severity verdict_severity(const struct handshake *h, const struct claim *claim)
{
	const struct verdict_row *row = rows[claim->code];

	if (claim->is_early || verdict_is_of_stranger(h, claim->code))
		return SEVERITY_WARNING;
	return row->severity_of ? row->severity_of(h) : table[claim->code].severity;
}

void verdict_write(struct handshake *h, struct claim claim)
{
	h->verdict = claim;
	if (claim.code == VERDICT_NONE)
		return;
	h->verdict.severity = verdict_severity(h, &claim);
	h->verdict.doubt = doubts_of(rows[claim.code], h, &claim);
	h->verdict.confidence = h->verdict.doubt ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN;
	h->verdict.witness = doubts_witness(rows[claim.code], h, &claim);
}

void verdict_describe(const struct handshake *h, uint64_t now, struct verdict *out)
{
	const struct claim *found = &h->verdict;
	enum party_role role = found->role;

	memset(out, 0, sizeof(*out));
	out->code = found->code;
	out->side = found->side;
	out->severity = found->severity;
	out->confidence = found->confidence;
	out->doubt = found->doubt;
	if (out->code == VERDICT_NONE)
		return;
	if (rows[out->code]->hint)
		HINT(out, "%s", rows[out->code]->hint);
	rows[out->code]->write(out, h, found, now);
	/* What does not arrive is not the reason, however odd. */
	if (rows[out->code]->doubts_flight && out->side != VERDICT_SIDE_NETWORK)
		odd_flight_tell(out, h, party_peer(role));
	if (rows[out->code]->claims_silence)
		sentence_kept(out, h, now);
	if (rows[out->code]->claims_silence)
		sentence_others(out, h, role);
	sentence_circumstances(out, h);
	/* Wireshark 4.0 does not parse DTLS 1.3 records. */
	display_filter_write(out->filter, sizeof(out->filter), h->is_dtls13 ? "{flow}" : verdict_filter_pattern(out->code),
		     h, found);
}
