// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A recording by the tracer of one host: on its clocks, with its numbers, and without what it lost. */
#include "both.h"

#include <string.h>

#include "watch.h"

/* A tracer looks for what came, and for losses, this often (TICK_MS of user/trace.c). */
#define POLL_NS (100 * MS)
/* The trace begins so long before the world. */
#define BEFORE_NS (60 * SECOND)
#define NETNS 4026531840u	/* the first one of any host */
#define LONGEST_BURST 6

uint64_t host_monotonic(const struct host_view *view, uint64_t world_ns)
{
	return view->base_ns + world_ns + (int64_t)world_ns / 1000 * view->drift_ppb / 1000000;
}

uint64_t host_world_time(const struct host_view *view, uint64_t monotonic_ns)
{
	int64_t since = monotonic_ns - view->base_ns;

	return since - since / 1000 * view->drift_ppb / 1000000;
}

static void translate(const struct host_view *view, struct event *ev)
{
	if (!view->translated || !ev->remote.port)
		return;
	ev->remote.ip[13] = 99;
	ev->remote.port = HOST_PORT(ev->remote.port);
}

void host_event(struct host_trace *trace, const struct event *ev, const struct log_entry *entry)
{
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LARGE];
	} copy;

	memcpy(&copy, ev, ev->size);
	copy.ev.time_ns = host_monotonic(trace->view, ev->time_ns - START);
	/* Numbers that are the same on every host. */
	copy.ev.socket = 1;
	copy.ev.netns = NETNS;
	translate(trace->view, &copy.ev);
	trace->recorded[trace->num++] = (struct recorded){ entry != NULL, entry ? *entry : (struct log_entry){ .time = 0 } };
	recording_event(&trace->writer, &copy.ev, ev->size);
}

/* --- what it loses --- */

/* A full ring buffer loses what comes until there is room again; elsewhere one is lost here and there. */
static void choose_losses(const struct host_view *view, struct rng *rng, uint32_t num, bool lost[])
{
	uint32_t burst = view->in_bursts ? LONGEST_BURST / 2 : 1;

	memset(lost, 0, num * sizeof(lost[0]));
	for (uint32_t i = 0; i < num; i++) {
		if (rng_below(rng, 100 * burst) >= view->loses)
			continue;
		for (uint32_t left = view->in_bursts ? rng_range(rng, 1, LONGEST_BURST) : 1; left && i < num; left--)
			lost[i++] = true;
	}
}

static void lose(struct host_trace *trace)
{
	static const struct trace_stats stats;

	trace->num_lost++;
	recording_lost(&trace->writer, 1, &stats);
}

/* When it handles what happened at this time. */
static uint64_t poll_after(uint64_t time)
{
	return (time / POLL_NS + 1) * POLL_NS;
}

/* Before it reports what it finds at one look, it asks whether anything was lost until then, as live/source_live.c does. */
static void look_for_missing(struct host_trace *trace, const struct log_entry *order, const bool *lost, uint32_t i, uint32_t num)
{
	uint64_t poll = poll_after(order[i].time);

	if (i && poll_after(order[i - 1].time) == poll)
		return;
	for (; i < num && poll_after(order[i].time) == poll; i++)
		if (lost[i]) {
			recording_missing(&trace->writer, MISSING_LOST, host_monotonic(trace->view, poll));
			return;
		}
}

/* Nothing else came until some time before this. */
static void pass_time(struct host_trace *trace, struct rng *rng, uint64_t before, uint64_t time)
{
	if (time > before + 3 * POLL_NS && rng_chance(rng, 50))
		recording_time(&trace->writer, host_monotonic(trace->view, rng_range(rng, poll_after(before), time - POLL_NS)));
}

/* --- the recording --- */

static void begin(struct host_trace *trace, const struct scenario *sc, FILE *file)
{
	static const char *const unseen[] = { NULL };
	const struct host_view *view = trace->view;
	uint64_t start = view->begin ? host_monotonic(view, view->begin) : view->base_ns - BEFORE_NS;

	trace->num = trace->num_lost = 0;
	trace->info = (struct trace_info){
		.source = "live", .hooks = "fentry", .kernel = "6.1.0", .unseen = unseen, .host = view->host,
		.boot_id = view->boot_id, .trace_id = view->trace_id, .start_ns = start,
		.start_wall_ns = view->wall_ns + (start - view->base_ns), .sees_reads = sc->sees_reads,
		.sees_drops = sc->sees_drops, .sees_send_failures = sc->sees_drops, .sees_sockets = true,
	};
	recording_begin(&trace->writer, file, &trace->info);
}

static void end(struct host_trace *trace, const struct world *w)
{
	uint64_t latest = w->num_log ? w->log[w->num_log - 1].time + HOUR : HOUR;

	if (trace->view->end < latest)
		latest = trace->view->end;
	recording_end(&trace->writer, &(struct trace_stats){ .end_ns = host_monotonic(trace->view, latest),
							     .counters[COUNTER_LOST_RING_FULL] = trace->num_lost });
}

bool host_record(struct host_trace *trace, struct world *w, enum party_role role, const struct host_view *view, FILE *file)
{
	static struct log_entry order[SIM_MAX_LOG];
	static bool lost[SIM_MAX_LOG];
	static struct observed unused;
	struct watch watch = { .w = w, .out = &unused, .since = view->begin, .host = trace,
			       .rng = { w->sc->seed ^ role }, .others_rng = { w->sc->seed * 11 ^ role } };
	bool has_neighbour = w->moved_ns && role == PARTY_SERVER;
	uint64_t before = view->begin;
	uint32_t num;

	said_begin(&watch, role == PARTY_CLIENT ? OBSERVER_CLIENT : OBSERVER_SERVER);
	trace->view = view;
	begin(trace, w->sc, file);
	num = watch_arrange(&watch, order);
	choose_losses(view, &watch.others_rng, num, lost);
	for (uint32_t i = 0; i < num && order[i].time < view->end; i++) {
		pass_time(trace, &watch.others_rng, before, order[i].time);
		before = order[i].time;
		look_for_missing(trace, order, lost, i, num);
		watch.now = START + order[i].time;
		if (has_neighbour && order[i].time >= w->moved_ns) {
			has_neighbour = false;
			watch_neighbour(&watch);
		}
		if (!watch_shows(&watch, &order[i]))
			continue;
		if (lost[i])
			lose(trace);
		else
			watch_entry(&watch, &order[i]);
	}
	end(trace, w);
	return !trace->writer.error && !fflush(file);
}
