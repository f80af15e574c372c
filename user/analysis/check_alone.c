// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "check_alone.h"

#include "alone.h"
#include "hosts.h"
#include "report.h"
#include "table.h"

#include "core.h"

/* What was known before the gap is kept, unless it moves again; what the path lost, unless nobody says any more that it is stuck. */
static bool is_kept(const struct analysis *a, const struct handshake *h, const struct handshake *best)
{
	uint64_t due;

	if (!handshake_is_faulty(h) || h->told_by || (best && best->state == HANDSHAKE_COMPLETED))
		return false;
	if (hosts_are_over(h, a->now) || (h->verdict.side == VERDICT_SIDE_NETWORK && best))
		return true;
	return verdict_stuck(h, &a->opts.verdict, a->now, &due).code == h->verdict.code;
}

static bool is_news(const struct handshake *h, const struct handshake *best)
{
	return h->state != best->state || h->verdict.code != best->verdict.code || h->verdict.side != best->verdict.side ||
	       h->verdict.severity != best->verdict.severity;
}

/* The other host may say more, as soon as it has been silent for long enough. */
#define OTHER_NS SECOND

/* With a new fault, wait a moment for what the other one says. */
static bool waits_for_other(struct analysis *a, struct handshake *h, const struct handshake *best)
{
	if (!best || best->ended_ns || handshake_is_faulty(h) || !is_news(h, best) || a->is_finished) {
		h->news_ns = 0;
		return false;
	}
	if (!h->news_ns)
		h->news_ns = a->now;
	if (a->now >= h->news_ns + OTHER_NS) {
		h->news_ns = 0;
		return false;
	}
	/* Handshakes are checked together, some a little early. */
	table_watch(a->table, h, h->news_ns + OTHER_NS + OTHER_NS / 10);
	return true;
}

void check_alone(struct analysis *a, struct handshake *h)
{
	uint16_t host = 0;
	const struct handshake *best = alone_better(a, h, &host);

	if (is_kept(a, h, best) || waits_for_other(a, h, best))
		return;
	h->told_by = host;
	if (!best && handshake_is_faulty(h)) {
		report_state(a, h, HANDSHAKE_IN_PROGRESS, (struct claim){ .code = VERDICT_NONE });
	} else if (best && best->state == HANDSHAKE_COMPLETED && h->state == HANDSHAKE_COMPLETED) {
		h->ended_ns = a->now;
	} else if (best && best->state == HANDSHAKE_COMPLETED) {
		report_completed(a, h);
	} else if (best && best->ended_ns) {
		h->ending = best->ending;
		h->alert = best->alert;
		report_end(a, h, best->state, best->verdict);
	} else if (best && is_news(h, best)) {
		h->was_stuck = true;
		report_state(a, h, best->state, best->verdict);
	}
}

bool check_alone_end(struct analysis *a, struct handshake *h)
{
	uint16_t host = 0;
	const struct handshake *best = alone_better(a, h, &host);

	if (!best || handshake_is_faulty(h) || best->state == HANDSHAKE_COMPLETED)
		return false;
	h->told_by = host;
	report_end(a, h, best->state, best->verdict);
	return true;
}

/* It ended, and neither how nor that it was complete tells why. The other side may go on to wait. */
static bool is_unexplained(const struct handshake *h)
{
	return h->state == HANDSHAKE_ABANDONED && h->verdict.code == VERDICT_NONE && h->ending.how == ENDING_CLOSED;
}

void check_alone_ended(struct analysis *a, struct handshake *h)
{
	const struct handshake *best;
	struct claim claim;
	uint16_t host = 0;
	uint64_t due;

	if (!hosts_are_apart(h) || (h->state != HANDSHAKE_COMPLETED && h->state != HANDSHAKE_ABANDONED))
		return;
	table_lost_since(a->table, h);
	best = alone_judges(a, h) || is_unexplained(h) ? alone_better(a, h, &host) : NULL;
	if (!best || !handshake_is_faulty(best) || best->verdict.severity != SEVERITY_FAULT)
		return;
	claim = is_unexplained(h) && !alone_judges(a, h) ? verdict_stuck(h, &a->opts.verdict, a->now, &due) : best->verdict;
	if (claim.code != best->verdict.code && claim.code != VERDICT_NONE) {
		h->ended_ns = 0;
		h->was_stuck = true;
		report_state(a, h, verdict_state(claim.code), claim);
		return;
	}
	h->told_by = host;
	h->ended_ns = best->ended_ns;
	h->ending = best->ending;
	h->was_stuck = true;
	report_state(a, h, best->state, best->verdict);
}
