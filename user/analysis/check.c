// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "check.h"

#include "alone.h"
#include "check_alone.h"
#include "fate.h"
#include "hosts.h"
#include "outcome.h"
#include "progress.h"
#include "report.h"
#include "sighting.h"
#include "storm.h"
#include "table.h"
#include "unheeded.h"

#include "core.h"

/* Deadlines are rounded up to this, so that many handshakes are checked together. */
#define DEADLINE_STEP_NS 50000000ULL
/* A verdict is told when no event of the handshake came for this time ... */
#define SETTLE_NS 100000000ULL
/* ... and none with precedence over it is due within this time; after this time in any case. */
#define MAX_SETTLE_NS 1500000000ULL

static const struct claim nothing = { .code = VERDICT_NONE };

static void end_by_alert(struct analysis *a, struct handshake *h)
{
	report_unfinished(a, h, (struct ending){ ENDING_ALERT, h->alert.from });
}

/* A queue is read in order. If a later datagram was read, an earlier one has left the queue, too. */
static void forget_passed(struct analysis *a, struct handshake *h)
{
	for (int role = 0; role < PARTY_MAX; role++) {
		const struct reader *reader = intake_reader(a, h->party[role].socket);
		uint64_t read = table_last_read(h, role);

		if (h->party[role].socket && reader->socket == h->party[role].socket &&
		    reader->last_read > read)
			read = reader->last_read;
		if (read)
			fate_passed(&h->party[role], read);
	}
}

uint64_t check_deadline(const struct analysis *a, uint64_t due)
{
	if (due <= a->now)
		due = a->now + 1;
	return due > UINT64_MAX - DEADLINE_STEP_NS ? UINT64_MAX : due + DEADLINE_STEP_NS;
}

/*
 * When does an alert end it? UINT64_MAX: none does. One datagram from anybody can be a ClientHello and
 * an alert. If that only says goodbye, it blames nobody.
 */
static uint64_t ends_from(const struct analysis *a, const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	bool alone = !server->flight && !client->retransmissions;

	if (h->alert.ns && h->alert.from == PARTY_CLIENT && !h->alert.is_local &&
	    ((alone && !alert_is_farewell(&h->alert)) || outcome_is_unproven(h)))
		return UINT64_MAX;
	return alert_ends_from(h, a->opts.verdict.floor_ns);
}

static bool is_news(const struct handshake *h, const struct claim *claim)
{
	return claim->code != VERDICT_NONE && (h->verdict.code != claim->code || h->verdict.side != claim->side ||
					       verdict_severity(h, claim) > h->verdict.severity);
}

/*
 * Wait a moment with a new verdict: the rest of the flight that is coming may show more, and at `due`
 * an alert may end it, or a verdict with precedence may hold. Returns until when; 0: tell it now.
 */
static uint64_t wait_for_more(const struct analysis *a, struct handshake *h, uint64_t due)
{
	if (!h->news_ns)
		h->news_ns = a->now;
	/* That it is not complete after all is told at once: it counts as over until then. */
	if (a->is_finished || h->state == HANDSHAKE_COMPLETED || a->now >= h->news_ns + MAX_SETTLE_NS)
		return 0;
	if (a->now < h->last_ns + SETTLE_NS)
		return h->last_ns + SETTLE_NS;
	return due <= h->news_ns + MAX_SETTLE_NS ? due : 0;
}

/*
 * Thousands of forged addresses may send one ClientHello each: one line stands for all of them. If the rate
 * limit left out datagrams, the answers may be among these.
 */
static bool is_stranger_untold(struct analysis *a, struct handshake *h, enum verdict_code code)
{
	return verdict_is_of_stranger(h, code) &&
	       (a->limited_until >= h->started_ns || !relations_tell_stranger(&a->relations, h, code));
}

/* Does the server not follow its client to this port? */
static bool is_not_followed(const struct claim *claim)
{
	return claim->code == VERDICT_WRONG_ADDRESS && claim->role == PARTY_CLIENT;
}

/* Of a client that moved, the new port shows that the server does not follow it; it is told of the port before. */
static struct claim stuck_of_port(struct analysis *a, const struct handshake *h, uint64_t *due)
{
	struct claim claim = verdict_stuck(h, &a->opts.verdict, a->now, due);
	struct handshake *other = relations_other(a->table, h);
	uint64_t due_there;

	if (claim.side == VERDICT_SIDE_SERVER && relations_is_over(a->table, h))
		return nothing;
	if (other && other->id < h->id && is_not_followed(&claim) && handshake_is_open(other)) {
		table_watch(a->table, other, a->now);
		return nothing;
	}
	if (!outcome_is_superseded(h))
		return claim;
	if (other && other->id > h->id)
		claim = verdict_stuck(other, &a->opts.verdict, a->now, &due_there);
	return is_not_followed(&claim) ? claim : nothing;
}

/* So long after the latest datagram that was left out, the storm may be over. */
#define CALM_NS (3 * UINT64_C(1000000000))

/* What is left out shows nothing but that the two sides go on. */
static void check_storm(struct analysis *a, struct handshake *h)
{
	struct claim claim = storm_claim(h, a->opts.verdict.floor_ns);

	if (claim.code == VERDICT_NONE && a->now < storm_until_ns(h) + a->opts.verdict.floor_ns + CALM_NS)
		table_watch(a->table, h, check_deadline(a, a->now + CALM_NS / 6));
	if (!is_news(h, &claim))
		return;
	h->was_stuck = true;
	report_state(a, h, verdict_state(claim.code), claim);
}

/* Nothing speaks against it: it is complete, unless a repeat is still awaited. A verdict may be due before that. */
static void complete(struct analysis *a, struct handshake *h, uint64_t due)
{
	uint64_t from = progress_proven_from(h);

	if (from <= a->now)
		report_completed(a, h);
	else
		table_watch(a->table, h, check_deadline(a, min_u64(from, due)));
}

/* Is it over or stuck now, or no longer? When has it to be checked again? */
static void check_open(struct analysis *a, struct handshake *h)
{
	struct claim claim;
	uint64_t due, more;

	if (!handshake_is_open(h))
		return;
	if (hosts_are_known(h))
		report_note_missing(a, h);
	if (alone_judges(a, h)) {
		check_alone(a, h);
		return;
	}
	if (hosts_are_over(h, a->now))
		return;
	if (a->now >= ends_from(a, h)) {
		end_by_alert(a, h);
		return;
	}
	if (storm_goes_on(h, a->limited_until)) {
		check_storm(a, h);
		return;
	}
	forget_passed(a, h);
	/* What it leaves unanswered is not missed. */
	if (outcome_is_turned(h) && (a->is_finished || handshake_is_faulty(h) ||
				     verdict_stuck(h, &a->opts.verdict, a->now, &due).code != VERDICT_NONE)) {
		report_replaced(a, h);
		return;
	}
	claim = stuck_of_port(a, h, &due);
	if (claim.code != VERDICT_NONE && (outcome_is_unproven(h) || is_stranger_untold(a, h, claim.code)))
		claim = nothing;
	/* It may be due to what may be an alert. */
	if (h->alert.is_hidden && ends_from(a, h) != UINT64_MAX && !handshake_is_faulty(h))
		claim = nothing;
	more = is_news(h, &claim) ? wait_for_more(a, h, min_u64(due, ends_from(a, h))) : 0;
	if (more) {
		table_watch(a->table, h, check_deadline(a, min_u64(more, ends_from(a, h))));
		return;
	}
	h->news_ns = 0;
	table_watch(a->table, h, check_deadline(a, min_u64(due, ends_from(a, h))));
	if (claim.code == VERDICT_NONE && (handshake_is_faulty(h) || progress_proven_from(h)) && outcome_is_completed(h)) {
		complete(a, h, due);
	} else if (claim.code == VERDICT_NONE && handshake_is_faulty(h)) {
		report_state(a, h, HANDSHAKE_IN_PROGRESS, nothing);
	} else if (is_news(h, &claim)) {
		h->was_stuck = true;
		report_state(a, h, verdict_state(claim.code), claim);
	} else if (claim.code != VERDICT_NONE) {
		h->verdict.evidence = claim.evidence;
	}
	if (h->verdict.code == VERDICT_NOT_READING)
		table_await_read(h, h->verdict.role);
	else
		table_await_no_read(h);
}

/* When the latest handshake of a flow completes, the older ones are over. */
static void abandon_older(struct analysis *a, struct handshake *completed, const struct flow *flow)
{
	struct handshake *other;

	for (uint32_t i = 0; flow && (other = flow_handshake(flow, i)); i++)
		if (other != completed && handshake_is_open(other) &&
		    (other->party[PARTY_CLIENT].last_sent_ns < completed->started_ns ||
		     outcome_goes_on_in(other, completed)))
			report_replaced(a, other);
	other = relations_other(a->table, completed);
	if (other && handshake_is_open(other) && outcome_is_superseded(other))
		report_replaced(a, other);
}

/*
 * A server keeps nothing of a client until that returns its cookie (RFC 6347 s4.2.1, RFC 9147 s5.1): it may close the socket
 * by which it asked for it, as servers on Mbed TLS do, and go on by another one. After an alert it may have given up.
 */
static bool keeps_nothing(const struct handshake *h, enum party_role role)
{
	const struct party *server = &h->party[PARTY_SERVER];
	const struct flight *asked = &h->flights[h->party[PARTY_CLIENT].flight];

	return role == PARTY_SERVER && server->flight == FLIGHT_RETRY_REQUEST && !h->alert.ns && !h->unsent_alert.ns &&
	       (server->last_sent_ns >= asked->last_ns || (h->sees_reads && server->last_sent_ns > server->last_read_ns));
}

void check_closed(struct analysis *a, struct handshake *h, enum party_role role)
{
	if (keeps_nothing(h, role)) {
		fate_forget(&h->party[role]);
		h->party[role].socket = 0;
		crossings_closed(h, party_peer(role), a->now);
		table_note_sockets(a->table, h);
		return;
	}
	h->party[role].closed_ns = a->now;
	storm_goes_on(h, a->limited_until);
	h->ending = (struct ending){ ENDING_CLOSED, role };
	if (alone_judges(a, h) && check_alone_end(a, h))
		return;
	h->ending.how = ENDING_NONE;
	/*
	 * DTLS 1.3: the client is done after its Finished, which may have arrived, unless it goes on to
	 * repeat that. What happened in a handshake before the trace began is not known either, nor after that of one host ended.
	 */
	if (h->midway || hosts_are_over(h, a->now) || (h->is_dtls13 && !h->alert.ns && h->party[PARTY_CLIENT].flight >= FLIGHT_CLIENT_FINISHED &&
			  !progress_goes_on_after_last(h))) {
		h->ending = (struct ending){ ENDING_CLOSED, role };
		report_end(a, h, handshake_is_faulty(h) ? h->state : HANDSHAKE_ABANDONED, h->verdict);
	} else if (ends_from(a, h) != UINT64_MAX) {
		end_by_alert(a, h);
	} else {
		report_unfinished(a, h, (struct ending){ ENDING_CLOSED, role });
	}
}

/*
 * Does this datagram disprove the verdict about the kernel? Wait a moment: it may
 * still be dropped or refused, like the datagrams before it.
 */
static bool is_held_back(const struct handshake *h, const struct event *ev)
{
	return handshake_is_faulty(h) && (ev->kind == EVENT_SENT || ev->kind == EVENT_QUEUED) &&
	       (h->verdict.code == VERDICT_KERNEL_DROP || h->verdict.code == VERDICT_SEND_FAILED ||
		h->verdict.code == VERDICT_PORT_UNREACHABLE);
}

/*
 * A completed handshake may not be complete for the other side, now or later if nothing more comes. If it
 * looks so, lost events may be the reason, so they are taken into account first. Returns whether it is checked again.
 */
static bool check_completed(struct analysis *a, struct handshake *h)
{
	uint64_t from = verdict_undone_from(h, &a->opts.verdict, a->now);

	if (from != UINT64_MAX) {
		table_lost_since(a->table, h);
		from = verdict_undone_from(h, &a->opts.verdict, a->now);
	}
	if (from == UINT64_MAX || outcome_is_superseded(h) || hosts_are_over(h, a->now))
		return false;
	if (from > a->now) {
		table_watch_ended(a->table, h, check_deadline(a, from));
		return true;
	}
	h->ended_ns = 0;
	table_touch(a->table, h);
	check_open(a, h);
	return true;
}

void check_due(struct analysis *a, struct handshake *h)
{
	if (a->alone && !handshake_is_open(h))
		check_alone_ended(a, h);
	if (handshake_is_open(h))
		check_open(a, h);
	else if (h->state == HANDSHAKE_COMPLETED && check_completed(a, h))
		return;
	else if (handshake_settles_ns(h) < check_deadline(a, a->now))
		report_settled(a, h);
	else
		table_watch_ended(a->table, h, handshake_settles_ns(h));
}

void check_last(struct analysis *a, struct handshake *h)
{
	if (ends_from(a, h) != UINT64_MAX && !h->alert.is_hidden)
		end_by_alert(a, h);
	check_open(a, h);
}

/* Has the side that the other one did not wait for sent something since? */
static bool was_slow(const struct handshake *h)
{
	enum party_role late = party_peer(h->ending.by);

	return h->verdict.side == side_of_role(late) && h->party[late].last_sent_ns > h->ended_ns;
}

/* What goes on at another port is another client of its host: this one still comes from here, and not by a delay. */
static bool has_not_moved(const struct handshake *h)
{
	return h->ending.how == ENDING_REPLACED && h->relations.left_ns &&
	       h->party[PARTY_CLIENT].last_sent_ns > h->relations.left_ns + DELAYED_NS;
}

void check_event(struct analysis *a, struct handshake *h, const struct event *ev)
{
	if (h->is_settled)
		return;
	/* What completed it may be what its receiver did not take for an answer. */
	if ((unheeded_take_back(h) || progress_goes_on_after_last(h)) && h->state == HANDSHAKE_COMPLETED &&
	    !outcome_is_completed(h))
		report_reopened(a, h);
	if (h->state == HANDSHAKE_COMPLETED) {
		check_completed(a, h);
		return;
	}
	/* Nobody acted on the alert that ended it. */
	if (h->ending.how == ENDING_ALERT && !h->alert.ns)
		report_reopened(a, h);
	if (has_not_moved(h))
		report_reopened(a, h);
	/* The side whose socket was closed goes on by another one. */
	if (h->ending.how == ENDING_CLOSED && !h->party[h->ending.by].closed_ns)
		report_reopened(a, h);
	if (h->verdict.is_early && was_slow(h))
		report_slow(a, h);
	/* One that was given up may complete after all. */
	if (!handshake_is_open(h) && h->state != HANDSHAKE_ABANDONED && h->ending.how != ENDING_ALERT)
		return;
	if (!alone_denies_completion(a, h) && outcome_is_completed(h) && !alerts_deny_completion(h) &&
	    verdict_undone_from(h, &a->opts.verdict, a->now) > a->now && progress_proven_from(h) <= a->now) {
		report_completed(a, h);
		abandon_older(a, h, table_flow(a->table, ev));
	} else if (is_held_back(h, ev)) {
		table_watch(a->table, h, check_deadline(a, a->now));
	} else {
		check_open(a, h);
	}
}

void check_end_midway(struct analysis *a, struct handshake *begun, const struct event *ev)
{
	const struct flow *flow = table_flow(a->table, ev);
	struct handshake *other;

	for (uint32_t i = 0; flow && (other = flow_handshake(flow, i)); i++)
		if (other != begun && other->midway && handshake_is_open(other))
			report_replaced(a, other);
}
