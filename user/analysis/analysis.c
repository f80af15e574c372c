// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "analysis.h"

#include <string.h>

#include "attribute.h"
#include "fate.h"
#include "hello_assembly.h"
#include "intake.h"
#include "outcome.h"
#include "table.h"
#include "unheeded.h"

#include "core.h"

/* Deadlines are rounded up to this, so that many handshakes are checked together. */
#define DEADLINE_STEP_NS 50000000ULL
/* A verdict is told when no event of the handshake came for this time ... */
#define SETTLE_NS 100000000ULL
/* ... and none with precedence over it is due within this time; after this time in any case. */
#define MAX_SETTLE_NS 1500000000ULL

struct analysis *analysis_new(const struct analysis_options *opts,
			      const struct analysis_callbacks *callbacks)
{
	struct analysis *a = opts->allocate(sizeof(*a));

	if (!a)
		return NULL;
	memset(a, 0, sizeof(*a));
	a->opts = *opts;
	a->callbacks = *callbacks;
	a->now = 1;	/* 0 means unset in all times */
	a->table = table_new(opts);
	a->assemblies = opts->allocate(sizeof(*a->assemblies));
	if (a->table && a->assemblies) {
		memset(a->assemblies, 0, sizeof(*a->assemblies));
		return a;
	}
	analysis_free(a);
	return NULL;
}

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	table_free(a->table);
	if (a->assemblies)
		a->opts.release(a->assemblies);
	a->opts.release(a);
}

const struct analysis_stats *analysis_stats(const struct analysis *a)
{
	return &a->stats;
}

/* No pointer to a handshake is in use any more. */
static void settle(struct analysis *a)
{
	struct handshake *h;

	while ((h = table_settle(a->table)))
		analysis_forget(a, h);
}

/* May events of its time be missing? Which ones is not known. */
static void note_missing(const struct analysis *a, struct handshake *h)
{
	if (a->lost_until >= h->started_ns)
		h->missing |= MISSING_LOST;
	if (a->limited_until >= h->started_ns)
		h->missing |= MISSING_LIMITED;
}

static const struct claim nothing = { .code = VERDICT_NONE };

/* Change state and verdict, update the counters, tell the sinks. */
static void set_state(struct analysis *a, struct handshake *h, enum handshake_state state,
		      struct claim claim)
{
	a->stats.by_state[h->state]--;
	a->stats.by_state[state]++;
	h->state = state;
	note_missing(a, h);
	verdict_write(h, claim);
	h->was_faulty |= h->verdict.severity == SEVERITY_FAULT;
	relations_tally(&a->relations, h);
	table_touch(a->table, h);
	analysis_report(a, h);
}

/* The same for a final state. */
static void end(struct analysis *a, struct handshake *h, enum handshake_state state,
		struct claim claim)
{
	h->ended_ns = a->now;
	set_state(a, h, state, claim);
}

static void end_completed(struct analysis *a, struct handshake *h)
{
	alerts_refute(h);
	h->ending.how = ENDING_NONE;
	end(a, h, HANDSHAKE_COMPLETED, verdict_claim(h, VERDICT_COMPLETED, PARTY_CLIENT));
}

static void end_replaced(struct analysis *a, struct handshake *h)
{
	h->ending.how = ENDING_REPLACED;
	end(a, h, HANDSHAKE_ABANDONED, nothing);
}

/* One side ends the handshake before it is complete. With an alert that gives a reason, it has failed. */
static void end_unfinished(struct analysis *a, struct handshake *h, struct ending ending)
{
	bool refused = ending.how == ENDING_ALERT && !alert_is_farewell(&h->alert);
	struct claim claim;

	/* Its client has begun another since, on the same socket: that nobody goes on with this one is no fault. */
	if (!(refused && h->alert.level) && outcome_is_superseded(h)) {
		end_replaced(a, h);
		return;
	}
	h->ending = ending;
	claim = verdict_at_end(h, &a->opts.verdict, a->now);
	end(a, h, refused ? HANDSHAKE_FAILED : verdict_state(claim.code), claim);
}

static void end_by_alert(struct analysis *a, struct handshake *h)
{
	end_unfinished(a, h, (struct ending){ ENDING_ALERT, h->alert.from });
}

/* It has not ended after all. */
static void reopen(struct analysis *a, struct handshake *h)
{
	h->ended_ns = 0;
	h->ending.how = ENDING_NONE;
	table_lost_since(a->table, h);
	set_state(a, h, HANDSHAKE_IN_PROGRESS, nothing);
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

/* When to check for what is due at `due`: always later than now. */
static uint64_t deadline_for(const struct analysis *a, uint64_t due)
{
	if (due <= a->now)
		due = a->now + 1;
	return due > UINT64_MAX - DEADLINE_STEP_NS ? UINT64_MAX : due + DEADLINE_STEP_NS;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * When does an alert end it? UINT64_MAX: none does. One datagram from anybody can be a ClientHello and
 * an alert. If that only says goodbye, it blames nobody.
 */
static uint64_t ends_from(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	bool alone = !server->flight && !client->retransmissions;

	if (h->alert.ns && h->alert.from == PARTY_CLIENT && !h->alert.is_local &&
	    ((alone && !alert_is_farewell(&h->alert)) || outcome_is_unproven(h)))
		return UINT64_MAX;
	return alert_ends_from(h);
}

static bool is_news(const struct handshake *h, const struct claim *claim)
{
	return claim->code != VERDICT_NONE && (h->verdict.code != claim->code || h->verdict.side != claim->side);
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

/* Is it over or stuck now, or no longer? When has it to be checked again? */
static void check(struct analysis *a, struct handshake *h)
{
	struct claim claim;
	uint64_t due, more;

	if (!handshake_is_open(h))
		return;
	if (a->now >= ends_from(h)) {
		end_by_alert(a, h);
		return;
	}
	forget_passed(a, h);
	claim = verdict_stuck(h, &a->opts.verdict, a->now, &due);
	if (claim.code != VERDICT_NONE && (outcome_is_superseded(h) || outcome_is_unproven(h) ||
					   is_stranger_untold(a, h, claim.code)))
		claim = nothing;
	more = is_news(h, &claim) ? wait_for_more(a, h, min_u64(due, ends_from(h))) : 0;
	if (more) {
		table_watch(a->table, h, deadline_for(a, min_u64(more, ends_from(h))));
		return;
	}
	h->news_ns = 0;
	table_watch(a->table, h, deadline_for(a, min_u64(due, ends_from(h))));
	if (claim.code == VERDICT_NONE && handshake_is_faulty(h) && outcome_is_completed(h)) {
		end_completed(a, h);
	} else if (claim.code == VERDICT_NONE && handshake_is_faulty(h)) {
		set_state(a, h, HANDSHAKE_IN_PROGRESS, nothing);
	} else if (is_news(h, &claim)) {
		h->was_stuck = true;
		set_state(a, h, verdict_state(claim.code), claim);
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
			end_replaced(a, other);
}

/* One side's socket is closed. */
static void close_side(struct analysis *a, struct handshake *h, enum party_role role)
{
	h->party[role].closed_ns = a->now;
	/*
	 * DTLS 1.3: the client is done after its Finished, which may have arrived. What
	 * happened in a handshake before the trace began is not known either.
	 */
	if (h->midway || (h->is_dtls13 && h->party[PARTY_CLIENT].flight >= FLIGHT_CLIENT_FINISHED)) {
		h->ending = (struct ending){ ENDING_CLOSED, role };
		end(a, h, h->state, h->verdict);
	} else if (ends_from(h) != UINT64_MAX || alerts_take_unsent(h, role, a->now)) {
		end_by_alert(a, h);
	} else {
		end_unfinished(a, h, (struct ending){ ENDING_CLOSED, role });
	}
}

/*
 * Does this datagram disprove the verdict about the kernel? Wait a moment: it may
 * still be dropped or refused, like the datagrams before it.
 */
static bool is_held_back(const struct handshake *h, const struct event *ev)
{
	return handshake_is_faulty(h) && (ev->kind == EVENT_SENT || ev->kind == EVENT_QUEUED) &&
	       (h->verdict.code == VERDICT_KERNEL_DROP || h->verdict.code == VERDICT_SEND_FAILED);
}

/*
 * A completed handshake may not be complete for the other side, now or later if nothing more comes. If it
 * looks so, lost events may be the reason, so they are taken into account first.
 */
static void check_completed(struct analysis *a, struct handshake *h)
{
	uint64_t from = verdict_undone_from(h, &a->opts.verdict, a->now);

	if (from != UINT64_MAX) {
		table_lost_since(a->table, h);
		from = verdict_undone_from(h, &a->opts.verdict, a->now);
	}
	if (from == UINT64_MAX || outcome_is_superseded(h))
		return;
	if (from > a->now) {
		table_watch_ended(a->table, h, deadline_for(a, from));
		return;
	}
	h->ended_ns = 0;
	table_touch(a->table, h);
	check(a, h);
}

static void update_state(struct analysis *a, struct handshake *h, const struct event *ev)
{
	/* What completed it may be what its receiver did not take for an answer. */
	if (unheeded_take_back(h) && h->state == HANDSHAKE_COMPLETED && !outcome_is_completed(h))
		reopen(a, h);
	if (h->state == HANDSHAKE_COMPLETED) {
		check_completed(a, h);
		return;
	}
	/* Nobody acted on the alert that ended it. */
	if (h->ending.how == ENDING_ALERT && !h->alert.ns)
		reopen(a, h);
	/* One that was given up may complete after all. */
	if (!handshake_is_open(h) && h->state != HANDSHAKE_ABANDONED && h->ending.how != ENDING_ALERT)
		return;
	if (outcome_is_completed(h) && !alerts_deny_completion(h) &&
	    verdict_undone_from(h, &a->opts.verdict, a->now) > a->now) {
		end_completed(a, h);
		abandon_older(a, h, table_flow(a->table, ev));
	} else if (is_held_back(h, ev)) {
		table_watch(a->table, h, deadline_for(a, a->now));
	} else {
		check(a, h);
	}
}

/* A new handshake ends those on this flow whose ClientHello was not seen. */
static void end_midway(struct analysis *a, struct handshake *begun, const struct event *ev)
{
	const struct flow *flow = table_flow(a->table, ev);
	struct handshake *other;

	for (uint32_t i = 0; flow && (other = flow_handshake(flow, i)); i++)
		if (other != begun && other->midway && handshake_is_open(other))
			end_replaced(a, other);
}

/* --- events --- */

/* A socket has many peers, and is closed once. */
static void take_closed(struct analysis *a, const struct event *ev)
{
	enum party_role role;
	struct handshake *h;

	while (ev->socket && (h = table_first_on_socket(a->table, ev->socket, &role))) {
		h->party[role].unread = ev->unread;
		close_side(a, h, role);
		settle(a);
	}
}

void analysis_event(struct analysis *a, const struct event *ev, size_t len)
{
	struct datagram_facts facts = { .ev = ev };
	uint64_t known = a->stats.handshakes;
	struct handshake *h;

	if (!event_is_valid(ev, len)) {
		a->stats.invalid++;
		return;
	}
	a->stats.events++;
	a->stats.event_bytes += ev->size;
	/* Events that two CPUs wrote at once may come a little out of order. */
	if (ev->time_ns > a->now)
		a->now = ev->time_ns;
	if (a->stats.events == 1)
		a->began_ns = a->opts.began_ns && a->opts.began_ns < a->now ? a->opts.began_ns : a->now;
	/* If reads cannot be seen, it is not known whether a queue was left alone. */
	if (a->opts.sees_reads)
		unread_take(&a->unread, ev, a->now);
	if (ev->kind == EVENT_UNREAD)
		return;
	h = intake_event(a, &facts);
	if (!h && ev->kind != EVENT_CLOSED && ev->kind != EVENT_LIMITED && ev->kind != EVENT_OTHER)
		a->stats.no_handshake++;
	/* The kernel dropped the datagram that seemed to complete it. */
	if (h && ev->kind == EVENT_DROPPED && h->state == HANDSHAKE_COMPLETED && !outcome_is_completed(h))
		reopen(a, h);
	facts.handshake = h;
	facts.from = h ? attribute_sender(h, ev) : PARTY_CLIENT;
	a->callbacks.datagram(a->callbacks.ctx, &facts);
	if (ev->kind == EVENT_CLOSED)
		take_closed(a, ev);
	/* The handshake may have begun with fragments that came before this event. */
	if (h && a->stats.handshakes > known)
		end_midway(a, h, ev);
	/* A datagram that is not DTLS neither advances a handshake nor keeps it in the table. */
	if (h && ev->kind != EVENT_OTHER) {
		table_touch(a->table, h);
		update_state(a, h, ev);
	}
	settle(a);
}

/* --- time --- */

void analysis_lost(struct analysis *a, uint64_t num)
{
	table_lost(a->table, num, a->now);
}

void analysis_missing(struct analysis *a, uint32_t what, uint64_t until)
{
	if (what & MISSING_LOST && until > a->lost_until)
		a->lost_until = until;
	if (what & MISSING_LIMITED && until > a->limited_until)
		a->limited_until = until;
}

static void tell_unread(struct analysis *a)
{
	if (unread_is_due(&a->unread, a->now, a->opts.verdict.floor_ns, a->is_finished) && a->callbacks.unread)
		a->callbacks.unread(a->callbacks.ctx, &a->unread, a->now);
}

uint64_t analysis_advance(struct analysis *a, uint64_t now)
{
	struct handshake *h;

	if (now > a->now)
		a->now = now;
	tell_unread(a);
	if (a->now < table_deadline(a->table))
		return analysis_deadline(a);
	/* Check all that is due by now; each check sets a later deadline. */
	while ((h = table_due(a->table, deadline_for(a, a->now) - 1))) {
		if (handshake_is_open(h))
			check(a, h);
		else
			check_completed(a, h);
		settle(a);
	}
	return analysis_deadline(a);
}

uint64_t analysis_deadline(const struct analysis *a)
{
	return min_u64(table_deadline(a->table), unread_deadline(&a->unread));
}

void analysis_finish(struct analysis *a, uint64_t now)
{
	struct handshake *h;

	analysis_advance(a, now);
	a->is_finished = true;
	tell_unread(a);
	table_rewind(a->table);
	while ((h = table_next_open(a->table))) {
		if (ends_from(h) != UINT64_MAX)
			end_by_alert(a, h);
		check(a, h);
		settle(a);
	}
	table_rewind(a->table);
	while ((h = table_next_open(a->table))) {
		h->is_final = true;
		note_missing(a, h);
		verdict_write(h, h->verdict);
		analysis_report(a, h);
		settle(a);
	}
}
