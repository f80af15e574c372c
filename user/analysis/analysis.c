// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "analysis.h"

#include <string.h>

#include "alone.h"
#include "applications.h"
#include "attribute.h"
#include "check.h"
#include "hello_assembly.h"
#include "outcome.h"
#include "relations_pairs.h"
#include "report.h"
#include "storm.h"
#include "table.h"

#include "core.h"

/* No pointer to a handshake is in use any more. */
static void settle(struct analysis *a)
{
	struct handshake *h;

	while ((h = table_settle(a->table)))
		report_forget(a, h);
}

/* No event will follow. */
static void check_all(struct analysis *a)
{
	struct handshake *h;

	a->is_finished = true;
	table_rewind(a->table);
	while ((h = table_next(a->table))) {
		check_last(a, h);
		settle(a);
	}
}

/* --- an analysis for each host alone, see alone.h --- */

#define FOR_EACH_ALONE(each, a) \
	for (struct analysis **at = (a)->alone, *each; at && at < (a)->alone + (a)->opts.num_hosts && (each = *at); at++)

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
}

/* What it says has changed: look at the handshake of all again. */
static void on_handshake(void *ctx, const struct handshake *own, uint64_t now)
{
	struct analysis *a = ctx;
	struct handshake *h = alone_whole(a, own);

	if (h && handshake_is_open(h))
		table_watch(a->table, h, now);
	else if (h && handshake_is_faulty(own))
		table_watch_ended(a->table, h, now);
}

static bool alone_new(struct analysis *a)
{
	const struct analysis_callbacks callbacks = { .ctx = a, .datagram = on_datagram, .handshake = on_handshake };
	struct analysis_options opts = a->opts;

	if (opts.num_hosts < 2 || opts.is_alone)
		return true;
	opts.is_alone = true;
	a->alone = a->opts.allocate(opts.num_hosts * sizeof(*a->alone));
	a->view = a->opts.allocate(sizeof(*a->view));
	if (!a->alone || !a->view)
		return false;
	memset(a->alone, 0, opts.num_hosts * sizeof(*a->alone));
	for (uint32_t i = 0; i < opts.num_hosts; i++) {
		opts.began_ns = opts.hosts[i].start_ns;
		a->alone[i] = analysis_new(&opts, &callbacks);
		if (!a->alone[i])
			return false;
	}
	return true;
}

static void alone_free(struct analysis *a)
{
	FOR_EACH_ALONE(each, a)
		analysis_free(each);
	if (a->alone)
		a->opts.release(a->alone);
	if (a->view)
		a->opts.release(a->view);
}

static void alone_event(struct analysis *a, const struct event *ev, size_t len)
{
	if (a->alone && ev->host && ev->host <= a->opts.num_hosts)
		analysis_event(a->alone[ev->host - 1], ev, len);
}

/* Does a gap in the trace of this host concern it? */
static bool is_of_host(const struct analysis *a, const struct analysis *each, uint32_t host)
{
	return !host || (host <= a->opts.num_hosts && a->alone[host - 1] == each);
}

static void alone_lost(struct analysis *a, uint32_t host, uint64_t num)
{
	FOR_EACH_ALONE(each, a)
		if (is_of_host(a, each, host))
			analysis_lost(each, 0, num);
}

static void alone_missing(struct analysis *a, uint32_t host, uint32_t what, uint64_t until)
{
	FOR_EACH_ALONE(each, a)
		if (is_of_host(a, each, host))
			analysis_missing(each, 0, what, until);
}

static void alone_advance(struct analysis *a, uint64_t now)
{
	FOR_EACH_ALONE(each, a)
		analysis_advance(each, now);
}

/* Their handshakes are still asked for. */
static void alone_finish(struct analysis *a, uint64_t now)
{
	FOR_EACH_ALONE(each, a) {
		analysis_advance(each, now);
		check_all(each);
	}
}

static uint64_t alone_deadline(const struct analysis *a)
{
	uint64_t first = UINT64_MAX;

	FOR_EACH_ALONE(each, a)
		first = min_u64(first, analysis_deadline(each));
	return first;
}

/* --- the whole --- */

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
	a->applications = applications_new(opts);
	if (a->table && a->assemblies && a->applications && alone_new(a)) {
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
	alone_free(a);
	applications_free(a->applications, a->opts.release);
	table_free(a->table);
	if (a->assemblies)
		a->opts.release(a->assemblies);
	a->opts.release(a);
}

const struct analysis_stats *analysis_stats(const struct analysis *a)
{
	return &a->stats;
}

/* --- events --- */

/* A socket has many peers, and is closed once. */
static void take_closed(struct analysis *a, const struct event *ev)
{
	enum party_role role;
	struct handshake *h;

	while (ev->socket && (h = table_first_on_socket(a->table, ev->socket, &role))) {
		h->party[role].unread = ev->unread;
		check_closed(a, h, role);
		settle(a);
	}
}

/* An open handshake that is not known to be why datagrams are left out. */
static struct handshake *first_unexplained(const struct flow *flow)
{
	struct handshake *h;

	for (uint32_t i = 0; flow && (h = flow_handshake(flow, i)); i++)
		if (handshake_is_open(h) && !h->storm_flight)
			return h;
	return NULL;
}

/* The rate limit hides the datagrams between these addresses. What can be concluded rests on what was seen before. */
static void take_limited(struct analysis *a, const struct event *ev)
{
	struct handshake *h;

	while ((h = first_unexplained(table_flow(a->table, ev))) ||
	       (h = first_unexplained(table_flow_by_addresses(a->table, ev)))) {
		h->missing |= MISSING_LIMITED;
		if (storm_begins(h, a->now)) {
			table_watch(a->table, h, check_deadline(a, a->now));
			continue;
		}
		h->flooded = true;
		report_forget(a, h);
	}
}

static void take_library(struct analysis *a, const struct event *ev)
{
	applications_library(a, ev);
	if (a->callbacks.library)
		a->callbacks.library(a->callbacks.ctx, ev);
	settle(a);
}

void analysis_event(struct analysis *a, const struct event *ev, size_t len)
{
	struct datagram_facts facts = {};
	uint64_t known = a->stats.handshakes;
	struct handshake *h;

	if (!event_is_valid(ev, len)) {
		a->stats.invalid++;
		return;
	}
	alone_event(a, ev, len);
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
	if (ev->kind == EVENT_LIBRARY)
		take_library(a, ev);
	if (ev->kind == EVENT_UNREAD || ev->kind == EVENT_LIBRARY)
		return;
	facts.ev = ev = translated_back(&a->translated, ev);
	h = intake_event(a, &facts);
	if (ev->kind == EVENT_LIMITED)
		take_limited(a, ev);
	if (!h && ev->kind != EVENT_CLOSED && ev->kind != EVENT_LIMITED && ev->kind != EVENT_OTHER)
		a->stats.no_handshake++;
	/* The kernel dropped the datagram that seemed to complete it. */
	if (h && ev->kind == EVENT_DROPPED && h->state == HANDSHAKE_COMPLETED && !h->is_settled && !outcome_is_completed(h))
		report_reopened(a, h);
	facts.handshake = h;
	facts.from = h ? attribute_sender(h, ev) : PARTY_CLIENT;
	a->callbacks.datagram(a->callbacks.ctx, &facts);
	if (ev->kind == EVENT_CLOSED)
		take_closed(a, ev);
	if (ev->kind == EVENT_SENT || ev->kind == EVENT_READ)
		applications_datagram(a, ev, h);
	/* The handshake may have begun with fragments that came before this event. */
	if (h && a->stats.handshakes > known)
		check_end_midway(a, h, ev);
	/* A datagram that is not DTLS neither advances a handshake nor keeps it in the table. */
	if (h && ev->kind != EVENT_OTHER) {
		table_touch(a->table, h);
		check_event(a, h, ev);
	}
	settle(a);
}

/* --- time --- */

void analysis_lost(struct analysis *a, uint32_t host, uint64_t num)
{
	alone_lost(a, host, num);
	applications_lost(a->applications);
	table_lost(a->table, num, a->now);
}

/* What was silent in the gap, and what it changed, is not known: begin again after it. */
static void skip_gap(struct analysis *a, uint64_t until)
{
	struct handshake *h;

	while ((h = table_victim(a->table))) {
		h->missing |= MISSING_PART;
		report_forget(a, h);
	}
	memset(&a->early, 0, sizeof(a->early));
	memset(&a->relations, 0, sizeof(a->relations));
	memset(&a->unread, 0, sizeof(a->unread));
	memset(a->readers, 0, sizeof(a->readers));
	a->began_ns = a->opts.began_ns = until;
}

void analysis_missing(struct analysis *a, uint32_t host, uint32_t what, uint64_t until)
{
	alone_missing(a, host, what, until);
	if (what & (MISSING_LOST | MISSING_PART))
		applications_lost(a->applications);
	if (what & MISSING_PART)
		skip_gap(a, until);
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

	alone_advance(a, now);
	if (now > a->now)
		a->now = now;
	tell_unread(a);
	if (a->now < table_deadline(a->table))
		return analysis_deadline(a);
	/* Check all that is due by now; each check sets a later deadline. */
	while ((h = table_due(a->table, check_deadline(a, a->now) - 1))) {
		check_due(a, h);
		settle(a);
	}
	return analysis_deadline(a);
}

uint64_t analysis_deadline(const struct analysis *a)
{
	return min_u64(min_u64(table_deadline(a->table), unread_deadline(&a->unread)), alone_deadline(a));
}

void analysis_finish(struct analysis *a, uint64_t now)
{
	struct handshake *h;

	alone_finish(a, now);
	analysis_advance(a, now);
	a->is_finished = true;
	tell_unread(a);
	check_all(a);
	/* After its last report, none is used again: it need not be packed. */
	table_rewind(a->table);
	while ((h = table_next(a->table))) {
		report_final(a, h);
		table_remove(a->table, h);
	}
	table_rewind_ended(a->table);
	while (a->callbacks.settled && (h = table_next(a->table))) {
		report_settled(a, h);
		table_remove(a->table, h);
	}
}
