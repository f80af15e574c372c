// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "report.h"

#include "alone.h"
#include "hosts.h"
#include "outcome.h"
#include "table.h"
#include "verdict.h"

#include "core.h"

static void tell(struct analysis *a, struct handshake *h)
{
	a->callbacks.handshake(a->callbacks.ctx, alone_view(a, h), a->now);
	h->told.code = h->verdict.code;
	h->told.side = h->verdict.side;
	h->told.severity = h->verdict.severity;
}

void report_note_missing(const struct analysis *a, struct handshake *h)
{
	if (a->lost_until >= h->started_ns)
		h->missing |= MISSING_LOST;
	if (a->limited_until >= h->started_ns)
		h->missing |= MISSING_LIMITED;
}

static void write_verdict(struct analysis *a, struct handshake *h, struct claim claim)
{
	a->stats.by_verdict[h->verdict.code]--;
	verdict_write(h, claim);
	a->stats.by_verdict[h->verdict.code]++;
}

void report_state(struct analysis *a, struct handshake *h, enum handshake_state state, struct claim claim)
{
	a->stats.by_state[h->state]--;
	a->stats.by_state[state]++;
	h->state = state;
	report_note_missing(a, h);
	write_verdict(a, h, claim);
	h->was_faulty |= h->verdict.severity == SEVERITY_FAULT;
	h->was_early |= h->verdict.is_early;
	relations_tally(&a->relations, h);
	table_touch(a->table, h);
	tell(a, h);
}

void report_end(struct analysis *a, struct handshake *h, enum handshake_state state, struct claim claim)
{
	h->ended_ns = a->now;
	report_state(a, h, state, claim);
}

void report_completed(struct analysis *a, struct handshake *h)
{
	alerts_refute(h);
	h->ending.how = ENDING_NONE;
	report_end(a, h, HANDSHAKE_COMPLETED, verdict_claim(VERDICT_COMPLETED, PARTY_CLIENT));
}

void report_replaced(struct analysis *a, struct handshake *h)
{
	h->ending.how = ENDING_REPLACED;
	report_end(a, h, HANDSHAKE_ABANDONED, (struct claim){ .code = VERDICT_NONE });
}

void report_unfinished(struct analysis *a, struct handshake *h, struct ending ending)
{
	bool refused = ending.how == ENDING_ALERT && !alert_is_farewell(&h->alert);
	struct claim claim;

	/*
	 * Its client has begun another since, on the same socket, or its server has ended it where it began: that nobody goes on
	 * with this one is no fault.
	 */
	if (!(refused && h->alert.level) && (outcome_is_superseded(h) || relations_is_over(a->table, h))) {
		report_replaced(a, h);
		return;
	}
	h->ending = ending;
	/* The socket may be that of a client which only got a ClientHello that somebody forged. */
	if (ending.how == ENDING_CLOSED && outcome_is_unproven(h)) {
		report_end(a, h, HANDSHAKE_ABANDONED, (struct claim){ .code = VERDICT_NONE });
		return;
	}
	claim = verdict_at_end(h, &a->opts.verdict, a->now);
	report_end(a, h, refused ? HANDSHAKE_FAILED : verdict_state(claim.code), claim);
}

void report_slow(struct analysis *a, struct handshake *h)
{
	enum verdict_code code = h->ending.how == ENDING_ALERT ? VERDICT_ALERT : VERDICT_CLOSED_BY_APPLICATION;

	report_state(a, h, verdict_state(code), verdict_claim(code, h->ending.by));
}

void report_reopened(struct analysis *a, struct handshake *h)
{
	h->ended_ns = 0;
	h->ending.how = ENDING_NONE;
	table_lost_since(a->table, h);
	report_state(a, h, HANDSHAKE_IN_PROGRESS, (struct claim){ .code = VERDICT_NONE });
}

/* A loss becomes known after the events that it hides, of an ended handshake, too. */
static void note_gap_since(const struct analysis *a, struct handshake *h)
{
	if (hosts_are_known(h) && table_has_lost_since(a->table, h))
		crossings_blur(h);
}

void report_final(struct analysis *a, struct handshake *h)
{
	h->is_final = true;
	note_gap_since(a, h);
	report_note_missing(a, h);
	verdict_write(h, h->verdict);
	tell(a, h);
}

void report_settled(struct analysis *a, struct handshake *h)
{
	bool was_settled = h->is_settled;

	note_gap_since(a, h);
	/* Copies that came since then may have made it doubtful. */
	if (!was_settled && h->verdict.code == VERDICT_COMPLETED)
		verdict_write(h, h->verdict);
	h->is_settled = true;
	if (!was_settled && a->callbacks.settled)
		a->callbacks.settled(a->callbacks.ctx, alone_view(a, h), a->now);
}

void report_forget(struct analysis *a, struct handshake *h)
{
	if (!handshake_is_open(h))
		report_settled(a, h);
	/* After the final report there are no others. */
	if (handshake_is_open(h) && !h->is_final) {
		a->stats.evicted++;
		h->ending.how = ENDING_EVICTED;
		h->ended_ns = a->now;
		/* That it is no longer followed is not why it is stuck. */
		write_verdict(a, h, handshake_is_faulty(h) ? h->verdict : verdict_claim(VERDICT_EVICTED, PARTY_CLIENT));
		tell(a, h);
	}
	table_remove(a->table, h);
}
