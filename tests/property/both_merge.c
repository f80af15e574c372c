// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads the recordings of one host or of both as dtlsnoop -r does. */
#include "both.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "source_files.h"
#include "watch.h"

/* What is wrong with the events that the source reports. */
static const char NOT_RECORDED[] = "the source does not report each recorded event, in its order",
		  OFF_BY_MORE[] = "a clock is off by more than the source says";

/* Of the drift, which is a fraction. */
#define ROUNDING_NS 2000
#define DRIFT_PPM 100

struct reading {
	struct watch watch;
	const struct source *source;
	struct host_trace *const *traces;
	uint32_t at[PARTY_MAX];	/* so many events of each host have come */
	struct analysis_host hosts[PARTY_MAX];
	struct host_view clock;	/* of the events: the first host's wall clock, and the zero that the source chose */
	bool sent[SIM_MAX_DATAGRAMS];	/* or its sender's trace lacks that */
	const char *fault;	/* the first; NULL: none */
};

/* As user/feed.c passes it. */
static void pass_time(struct reading *r, uint64_t now)
{
	uint64_t due;

	while ((due = analysis_deadline(r->watch.analysis)) <= now)
		analysis_advance(r->watch.analysis, due);
	if (now > r->watch.now)
		r->watch.now = now;
}

static enum party_role role_of(const struct reading *r, const struct event *ev)
{
	const struct trace_info *info = &r->source->info;
	const char *host = ev->host && ev->host <= info->num_hosts ? info->hosts[ev->host - 1].trace_id : info->trace_id;

	for (int role = 0; role < PARTY_MAX; role++)
		if (r->traces[role] && host && !strcmp(host, r->traces[role]->view->trace_id))
			return role;
	return PARTY_MAX;
}

static void find_fault(struct reading *r, bool is_wrong, const char *fault)
{
	if (is_wrong && !r->fault)
		r->fault = fault;
}

/* By how much may the time of this event be wrong, at most? */
static uint64_t error_of(const struct reading *r, const struct event *ev)
{
	const struct trace_info *info = &r->source->info;

	return ev->host && ev->host <= info->num_hosts ? info->hosts[ev->host - 1].offset_error_ns : 0;
}

/* If the clocks cannot be compared, the time of what is said is known by what came before it. */
static bool are_unknown(const struct reading *r)
{
	const struct trace_info *info = &r->source->info;

	return info->num_hosts > 1 && info->hosts[1].error_ns == UINT64_MAX;
}

/* Does the trace say nothing of a part of the handshake? */
static bool lacks_some(const struct host_trace *trace)
{
	return trace->num_lost || trace->view->begin || trace->view->end != SIM_NEVER;
}

static bool lacks_any(const struct reading *r)
{
	for (int role = 0; role < PARTY_MAX; role++)
		if (r->traces[role] && lacks_some(r->traces[role]))
			return true;
	return false;
}

/* Or another one with the same bytes, as a stateless HelloVerifyRequest is? */
static bool was_sent(const struct reading *r, uint32_t datagram)
{
	const struct sim_datagram *all = r->watch.w->datagrams, *dg = &all[datagram];

	for (uint32_t i = 0; i <= datagram; i++)
		if (r->sent[i] && all[i].from == dg->from && all[i].len == dg->len && !memcmp(all[i].bytes, dg->bytes, dg->len))
			return true;
	return false;
}

/* The first time that anything came: what is told of the clocks is told of later times. */
static uint64_t first_arrival(const struct world *w)
{
	for (uint32_t i = 0; i < w->num_log; i++)
		if (w->log[i].kind == LOG_QUEUED)
			return w->log[i].time;
	return 0;
}

static void check_time(struct reading *r, const struct event *ev, const struct log_entry *entry)
{
	int64_t off = ev->time_ns - host_monotonic(&r->clock, entry->time);
	uint64_t error = error_of(r, ev);

	if (are_unknown(r)) {
		r->clock.base_ns += off;
		return;
	}
	/* It is told of one moment, and clocks drift. */
	error += (entry->time + first_arrival(r->watch.w)) / 1000000 * DRIFT_PPM + ROUNDING_NS;
	/* Where events were lost, what seems to be one datagram may be two that are alike. */
	find_fault(r, !lacks_any(r) && (off > (int64_t)error || off < -(int64_t)error), OFF_BY_MORE);
	if (entry->kind == LOG_SENT)
		r->sent[entry->datagram] = true;
	else if (entry->kind == LOG_QUEUED && !lacks_any(r))
		r->watch.out->num_early += !was_sent(r, entry->datagram);
}

/* Which log entry is this the event of? Those of each host come in the order in which they were recorded. */
static void note(struct reading *r, const struct event *ev)
{
	enum party_role role = role_of(r, ev);
	const struct recorded *recorded;

	if (role == PARTY_MAX || r->at[role] == r->traces[role]->num) {
		find_fault(r, true, NOT_RECORDED);
		return;
	}
	recorded = &r->traces[role]->recorded[r->at[role]++];
	if (!recorded->is_entry)
		return;
	find_fault(r, ev->datagram != recorded->entry.number, NOT_RECORDED);
	check_time(r, ev, &recorded->entry);
	watch_note(&r->watch, &recorded->entry);
}

/* Of what was sent by somebody else, or where nobody wrote it down, nothing can come too early. */
static void begin_sent(struct reading *r)
{
	memset(r->sent, true, sizeof(r->sent));
	for (int role = 0; role < PARTY_MAX; role++)
		for (uint32_t i = 0; r->traces[role] && i < r->traces[role]->num; i++) {
			const struct recorded *recorded = &r->traces[role]->recorded[i];

			if (recorded->is_entry && recorded->entry.kind == LOG_SENT)
				r->sent[recorded->entry.datagram] = false;
		}
}

static void on_event(void *ctx, const struct event *ev, size_t len)
{
	struct reading *r = ctx;

	pass_time(r, ev->time_ns);
	note(r, ev);
	analysis_event(r->watch.analysis, ev, len);
}

static void on_lost(void *ctx, uint64_t num)
{
	struct reading *r = ctx;

	analysis_lost(r->watch.analysis, r->source->host, num);
}

static void on_limited(void *ctx, uint64_t num)
{
}

static void on_missing(void *ctx, uint32_t what, uint64_t until)
{
	struct reading *r = ctx;

	analysis_missing(r->watch.analysis, r->source->host, what, until);
}

static void on_time(void *ctx, uint64_t now)
{
	pass_time(ctx, now);
}

static void take_hosts(struct reading *r)
{
	const struct trace_info *info = &r->source->info;

	for (uint32_t i = 0; i < info->num_hosts && i < PARTY_MAX; i++) {
		const struct trace_host *host = &info->hosts[i];

		r->hosts[i] = (struct analysis_host){ .name = host->host, .start_ns = host->start_ns, .end_ns = host->end_ns,
						      .error_ns = host->error_ns, .longest_ns = host->longest_ns };
	}
}

/* As user/trace.c makes it. */
static struct analysis *make_analysis(struct reading *r, const struct scenario *sc)
{
	const struct trace_info *info = &r->source->info;
	struct analysis_options opts = {
		.verdict = { .floor_ns = sc->floor_ns }, .max_handshakes = 8, .hash_seed = sc->seed, .max_ready = 8,
		.began_ns = info->start_ns, .sees_reads = info->sees_reads, .sees_drops = info->sees_drops,
		.sees_send_failures = info->sees_send_failures, .hosts = r->hosts, .num_hosts = info->num_hosts,
		.allocate = malloc, .release = free,
	};
	struct analysis_callbacks callbacks = said_callbacks(&r->watch);

	return analysis_new(&opts, &callbacks);
}

/* Times are those of the first host. */
static bool find_clock(struct reading *r)
{
	const struct trace_info *info = &r->source->info;
	const char *first = info->num_hosts ? info->hosts[0].trace_id : info->trace_id;

	for (int role = 0; role < PARTY_MAX; role++) {
		if (!r->traces[role] || strcmp(first, r->traces[role]->view->trace_id))
			continue;
		r->clock = *r->traces[role]->view;
		r->clock.base_ns = info->start_ns + (r->clock.wall_ns - info->start_wall_ns);
		r->watch.clock = &r->clock;
	}
	return r->watch.clock;
}

static bool are_all_read(const struct reading *r)
{
	for (int role = 0; role < PARTY_MAX; role++)
		if (r->traces[role] && r->at[role] != r->traces[role]->num)
			return false;
	return true;
}

bool merge_observe(struct world *w, enum observer observer, struct host_trace *const traces[PARTY_MAX], const char *const *paths,
		   struct observed *out, FILE *trace)
{
	struct source *source = source_files_new(paths, false);
	struct reading r = { .watch = { .w = w, .out = out, .trace = trace }, .source = source, .traces = traces };
	const struct source_handler handler = { &r, on_event, on_lost, on_limited, on_missing, on_time };
	int result;

	if (!source)
		return false;
	said_begin(&r.watch, observer);
	r.watch.now = source->info.start_ns;
	take_hosts(&r);
	r.watch.analysis = make_analysis(&r, w->sc);
	assert(r.watch.analysis);
	if (!find_clock(&r))
		find_fault(&r, true, NOT_RECORDED);
	begin_sent(&r);
	while (!(result = source->ops->poll(source, &handler, 0)) || result == SOURCE_MORE)
		;
	pass_time(&r, r.watch.now);
	analysis_finish(r.watch.analysis, r.watch.now);
	out->any = out->handshakes;
	out->lost = lacks_any(&r);
	analysis_free(r.watch.analysis);
	find_fault(&r, !are_all_read(&r) || result != SOURCE_END, NOT_RECORDED);
	if (r.fault)
		snprintf(out->text_fault, sizeof(out->text_fault), "%s", r.fault);
	source->ops->free(source);
	return true;
}
