// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "watch.h"

#include <inttypes.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Events of two CPUs closer than this may come in either order. */
#define DISORDER_NS (50000)

static const struct {
	const char *name;
	bool at[PARTY_MAX];	/* this side's socket */
	bool taps[PARTY_MAX];	/* what this side sends */
} observers[OBSERVER_MAX] = {
	[OBSERVER_CLIENT] = { "at the client", { true, false }, { false, false } },
	[OBSERVER_SERVER] = { "at the server", { false, true }, { false, false } },
	[OBSERVER_BOTH] = { "at both ends", { true, true }, { false, false } },
	[OBSERVER_TAP] = { "capture", { false, false }, { true, true } },
	[OBSERVER_TAP_CLIENT] = { "capture of the client", { false, false }, { true, false } },
	[OBSERVER_TAP_SERVER] = { "capture of the server", { false, false }, { false, true } },
};

bool observer_is_at(enum observer observer, enum party_role role)
{
	return observers[observer].at[role];
}

bool observer_is_tap(enum observer observer)
{
	return observers[observer].taps[PARTY_CLIENT] || observers[observer].taps[PARTY_SERVER];
}

const char *observer_name(enum observer observer)
{
	return observers[observer].name;
}

/* --- the order of events, and which there are --- */

/* When was the datagram queued that is read here? */
static uint64_t queued_at(const struct world *w, const struct log_entry *read)
{
	for (const struct log_entry *entry = read; entry-- > w->log;)
		if (entry->kind == LOG_QUEUED && entry->at == read->at && entry->number == read->number)
			return entry->time;
	return 0;
}

bool observer_sees(enum observer observer, const struct world *w, const struct log_entry *entry)
{
	if (entry->kind == LOG_TAPPED)
		return observers[observer].taps[entry->at];
	/* An ICMP error comes the way of what the peer sends. */
	if (entry->kind == LOG_ICMP && observer_is_tap(observer))
		return observers[observer].taps[party_peer(entry->at)];
	if (entry->kind > LOG_ICMP || !observer_is_at(observer, entry->at))
		return false;
	return entry->kind != LOG_READ || w->sc->sees_reads;
}

static bool is_seen(const struct watch *watch, const struct log_entry *entry)
{
	if (entry->time < watch->since ||
	    (entry->kind == LOG_READ && watch->since && queued_at(watch->w, entry) < watch->since))
		return false;
	return observer_sees(watch->out->observer, watch->w, entry);
}

/* What two CPUs of a host did at about the same time comes as it may, but cause before effect. */
uint32_t watch_arrange(struct watch *watch, struct log_entry *order)
{
	const struct world *w = watch->w;
	uint32_t num = 0, j;

	for (uint32_t i = 0; i < w->num_log; i++) {
		if (!is_seen(watch, &w->log[i]))
			continue;
		for (j = num++; j && order[j - 1].time > w->log[i].time; j--)
			order[j] = order[j - 1];
		order[j] = w->log[i];
	}
	for (uint32_t i = 1; i < num && !observer_is_tap(watch->out->observer); i++) {
		struct log_entry tmp = order[i];

		if (!rng_chance(&watch->rng, w->sc->disorder) || order[i].at == order[i - 1].at ||
		    order[i].datagram == order[i - 1].datagram ||
		    order[i].time - order[i - 1].time > DISORDER_NS)
			continue;
		order[i] = order[i - 1];
		order[i - 1] = tmp;
	}
	return num;
}

void watch_lose(struct watch *watch)
{
	static const struct trace_stats stats;

	if (watch->recording)
		recording_lost(watch->recording, 1, &stats);
	analysis_lost(watch->analysis, 0, 1);
}

/* As the source of this observer would describe itself. */
static void begin_recording(struct watch *watch, FILE *file, struct recording_writer *writer)
{
	static const char *const unseen[] = { NULL };
	static struct trace_info info;
	bool tap = observer_is_tap(watch->out->observer);

	info = (struct trace_info){
		.source = tap ? "capture" : "live", .hooks = tap ? NULL : "fentry", .unseen = unseen,
		.start_ns = START, .sees_reads = watch->w->sc->sees_reads && !tap,
		.sees_drops = watch->w->sc->sees_drops && !tap,
		.sees_send_failures = watch->w->sc->sees_drops && !tap,
	};
	recording_begin(writer, file, &info);
	watch->recording = writer;
}

static struct analysis *make_analysis(struct watch *watch)
{
	const struct scenario *sc = watch->w->sc;
	bool tap = observer_is_tap(watch->out->observer);
	struct analysis_options opts = {
		.verdict = { .floor_ns = sc->floor_ns }, .max_handshakes = 8, .hash_seed = sc->seed,
		.max_ready = watch->packed ? 0 : 8, .sees_reads = sc->sees_reads && !tap, .sees_drops = sc->sees_drops && !tap,
		.sees_send_failures = sc->sees_drops && !tap,
		.allocate = malloc, .release = free,
	};
	struct analysis_callbacks callbacks = said_callbacks(watch);

	return analysis_new(&opts, &callbacks);
}

/* Events [*begin, *end) of `num` are lost, if the scenario says so. */
static void choose_loss(struct watch *watch, uint32_t num, uint32_t *begin, uint32_t *end)
{
	*begin = *end = num;
	if (!watch->w->sc->loses_events || num < 3 || observer_is_tap(watch->out->observer))
		return;
	*begin = rng_range(&watch->rng, 1, num - 1);
	*end = *begin + rng_range(&watch->rng, 1, 1 + num / 4);
	if (*end > num)
		*end = num;
	watch->out->lost = true;
}

static void look(struct world *w, enum observer observer, uint64_t since, bool others, struct observed *out,
		 FILE *trace, FILE *recording)
{
	static struct log_entry order[SIM_MAX_LOG];
	static struct recording_writer writer;
	struct watch watch = {
		.w = w, .out = out, .trace = trace, .packed = others, .since = since, .now = START, .rng = { w->sc->seed ^ observer },
		.others_rng = { ~w->sc->seed ^ observer },
	};
	/* Where the client's handshake is seen before it moves. */
	bool has_neighbour = w->moved_ns && !observer_is_at(observer, PARTY_CLIENT);
	uint32_t num, lost_begin, lost_end;

	said_begin(&watch, observer);
	libraries_begin(&watch, w->sc->seed);
	if (observer == 0 && !others)
		watch_begin(w);
	/* No socket of this host has two addresses. */
	if (w->moved_ns && observer == OBSERVER_BOTH)
		return;
	num = watch_arrange(&watch, order);
	choose_loss(&watch, num, &lost_begin, &lost_end);
	watch.analysis = make_analysis(&watch);
	assert(watch.analysis);
	if (recording)
		begin_recording(&watch, recording, &writer);
	for (uint32_t i = 0; i < num; i++) {
		watch_advance(&watch, START + order[i].time);
		if (has_neighbour && order[i].time >= w->moved_ns) {
			has_neighbour = false;
			watch_neighbour(&watch);
		}
		/* The source counts what was lost each time it has read all there is. */
		if (watch_shows(&watch, &order[i])) {
			bool is_lost = i >= lost_begin && i < lost_end;

			libraries_before(&watch, &order[i], is_lost);
			if (is_lost)
				watch_lose(&watch);
			else
				watch_entry(&watch, &order[i]);
			libraries_after(&watch, &order[i], is_lost);
		}
		if (others)
			watch_others(&watch, START + order[i].time, START + order[i + 1 < num ? i + 1 : i].time);
	}
	watch_advance(&watch, watch.now + HOUR);
	analysis_finish(watch.analysis, watch.now);
	if (recording)
		recording_end(&writer, &(struct trace_stats){ .end_ns = watch.now });
	out->any = out->handshakes;
	analysis_free(watch.analysis);
}

FILE *observer_recording(const char *directory, uint64_t seed, enum observer observer)
{
	char path[4096];
	FILE *file;

	if (!directory)
		return NULL;
	snprintf(path, sizeof(path), "%s/%" PRIu64 "-%d", directory, seed, observer);
	file = fopen(path, "w");
	if (!file)
		perror(path);
	return file;
}

void observe(struct world *w, enum observer observer, bool others, struct observed *out, FILE *trace,
	     FILE *recording)
{
	look(w, observer, 0, others, out, trace, recording);
}

void observe_from(struct world *w, enum observer observer, uint64_t time, struct observed *out, FILE *trace,
		  FILE *recording)
{
	look(w, observer, time, false, out, trace, recording);
}
