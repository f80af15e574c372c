// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "both.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "watch.h"


#define DAY (86400 * SECOND)
#define WALL_NS 1790000000000000000ULL	/* the right time when the world begins */

/* --- what each host is like --- */

/* As the kernel makes it, or without dashes that of a trace. */
static void draw_id(char id[HOST_ID_LEN], bool is_boot, struct rng *r)
{
	const char *dash = is_boot ? "-" : "";
	uint64_t high = rng_u64(r), low = rng_u64(r);

	snprintf(id, HOST_ID_LEN, "%08x%s%04x%s%04x%s%04x%s%012" PRIx64, (uint32_t)(high >> 32), dash, (uint16_t)(high >> 16), dash,
		 (uint16_t)high, dash, (uint16_t)(low >> 48), dash, low & 0xffffffffffff);
}

/* Right to microseconds, or off by days. */
static uint64_t draw_wall(struct rng *r)
{
	uint64_t off = rng_chance(r, 20) ? 0 : rng_magnitude(r, 1000, 30 * DAY);

	return rng_chance(r, 50) ? WALL_NS + off : WALL_NS - off;
}

static void draw_loss(struct host_view *view, struct rng *r)
{
	view->loses = rng_chance(r, 50) ? 0 : rng_range(r, 1, 10);
	view->in_bursts = rng_chance(r, 30);
}

/* A trace that begins or ends in the midst of it. */
static void draw_span(struct host_view *view, struct rng *r)
{
	view->begin = rng_chance(r, 8) ? rng_magnitude(r, MS, 20 * SECOND) : 0;
	view->end = rng_chance(r, 8) ? view->begin + rng_magnitude(r, MS, 40 * SECOND) : SIM_NEVER;
}

/* One host may be traced twice, as two network namespaces. */
static void draw_views(struct host_view views[PARTY_MAX], struct rng *r)
{
	bool same_host = rng_chance(r, 15), swapped = rng_chance(r, 50);

	memset(views, 0, PARTY_MAX * sizeof(views[0]));
	for (int role = 0; role < PARTY_MAX; role++) {
		struct host_view *view = &views[role];

		snprintf(view->host, HOST_NAME_LEN, "%s", (role == PARTY_CLIENT) == swapped ? "alpha" : "beta");
		draw_id(view->boot_id, true, r);
		draw_id(view->trace_id, false, r);
		view->base_ns = rng_magnitude(r, 100 * SECOND, 100 * DAY);
		view->wall_ns = draw_wall(r);
		view->drift_ppb = rng_chance(r, 30) ? 0 : (int64_t)rng_below(r, 100001) - 50000;
		draw_loss(view, r);
		draw_span(view, r);
	}
	if (same_host) {
		views[1].base_ns = views[0].base_ns;
		views[1].wall_ns = views[0].wall_ns;
		views[1].drift_ppb = views[0].drift_ppb;
		memcpy(views[1].boot_id, views[0].boot_id, HOST_ID_LEN);
		memcpy(views[1].host, views[0].host, HOST_NAME_LEN);
	}
	views[PARTY_SERVER].translated = rng_chance(r, 30);
}

static void draw(struct scenario *sc, struct host_view views[PARTY_MAX], uint64_t seed, enum fault_kind only)
{
	static const enum fault_kind of_the_path[] = { FAULT_ONE_WAY, FAULT_PATH_DEAD, FAULT_SIZE };
	struct rng r = { ~seed * 13 };

	if (rng_chance(&r, 30) && only == FAULT_MAX)
		only = of_the_path[rng_below(&r, 3)];
	scenario_draw(sc, seed, only);
	sc->loses_events = false;
	draw_views(views, &r);
}

static void print_views(const struct host_view views[PARTY_MAX], FILE *out)
{
	for (int role = 0; role < PARTY_MAX; role++) {
		const struct host_view *view = &views[role];

		fprintf(out, "  %s's host: %s, clock %.6f at the beginning, wall clock off by %.6f s, gains %.3f ppm, loses %u %%%s%s\n",
			role == PARTY_CLIENT ? "client" : "server", view->host, view->base_ns / 1e9,
			(int64_t)(view->wall_ns - WALL_NS) / 1e9, view->drift_ppb / 1e3, view->loses,
			view->in_bursts ? " in bursts" : "", view->translated ? ", knows the client by another address" : "");
		if (view->begin || view->end != SIM_NEVER)
			fprintf(out, "    traced from %.6f to %.6f s\n", view->begin / 1e9, view->end == SIM_NEVER ? 1e9 : view->end / 1e9);
	}
}

/* --- one case --- */

static struct {
	struct host_view views[PARTY_MAX];
	struct host_trace traces[PARTY_MAX];
	struct observed alone[PARTY_MAX], merged, again;
} seen;

static void fail(struct both *both, const struct world *w, const char *where, const char *why)
{
	fprintf(both->failures, "# FAILED, seed %" PRIu64 " --both, %s: %s; truth: %s\n", w->sc->seed, where, why,
		truth_name(truth_of(w)));
	both->failed++;
}

/* The recording of one host: in memory, or where it is to be kept. */
static FILE *file_new(const struct both *both, const struct world *w, enum party_role role)
{
	char path[4096];

	if (!both->directory)
		return fdopen(memfd_create("recording", 0), "w");
	snprintf(path, sizeof(path), "%s/%" PRIu64 "-%s.rec", both->directory, w->sc->seed, role == PARTY_CLIENT ? "client" : "server");
	return fopen(path, "w");
}

static void look(struct both *both, struct world *w, enum observer observer, const char *const *paths, struct observed *out,
		 FILE *trace)
{
	struct host_trace *traces[PARTY_MAX];

	for (int role = 0; role < PARTY_MAX; role++)
		traces[role] = observer_is_at(observer, role) ? &seen.traces[role] : NULL;
	if (trace)
		fprintf(trace, "seen %s:\n", observer_name(observer));
	if (!merge_observe(w, observer, traces, paths, out, trace))
		fail(both, w, observer_name(observer), "the recordings are refused");
}

static void judge(struct both *both, const struct world *w)
{
	struct truth_both_case c = { .w = w, .views = seen.views, .merged = &seen.merged, .alone = seen.alone };
	const char *why = truth_both(&c, &both->counts);

	if (why)
		fail(both, w, "merged", why);
	if (!observed_same(&seen.merged, &seen.again))
		fail(both, w, "merged", "something else is said if the files are given in another order");
}

/* The trace of a host that dies ends with it. */
static void lose_host(const struct world *w, struct host_view views[PARTY_MAX])
{
	struct host_view *view = &views[w->sc->fault_side];

	if (w->sc->fault == FAULT_DIES && w->fault_begun && view->end > w->fault_ns)
		view->end = w->fault_ns > view->begin ? w->fault_ns : view->begin;
}

/* What both recordings show, each alone, and merged, whatever their order. */
static void observe_all(struct both *both, struct world *w, const char *client, const char *server)
{
	look(both, w, OBSERVER_CLIENT, (const char *[]){ client, NULL }, &seen.alone[PARTY_CLIENT], both->trace);
	look(both, w, OBSERVER_SERVER, (const char *[]){ server, NULL }, &seen.alone[PARTY_SERVER], both->trace);
	look(both, w, OBSERVER_BOTH, (const char *[]){ client, server, NULL }, &seen.merged, both->trace);
	look(both, w, OBSERVER_BOTH, (const char *[]){ server, client, NULL }, &seen.again, NULL);
}

void both_case(struct both *both, struct world *w, uint64_t seed)
{
	static struct script script;
	struct scenario sc;
	char paths[PARTY_MAX][64];
	FILE *files[PARTY_MAX];
	bool written = true;

	draw(&sc, seen.views, seed, both->only);
	script_build(&script, &sc);
	sim_run(w, &sc, &script, NULL);
	if (truth_of(w) == TRUTH_VOID)
		return;
	lose_host(w, seen.views);
	if (both->trace) {
		scenario_print(&sc, both->trace);
		print_views(seen.views, both->trace);
		trace_world(both->trace, w);
	}
	watch_begin(w);
	for (int role = 0; role < PARTY_MAX; role++) {
		files[role] = file_new(both, w, role);
		written &= files[role] && host_record(&seen.traces[role], w, role, &seen.views[role], files[role]);
		snprintf(paths[role], sizeof(paths[role]), "/proc/self/fd/%d", files[role] ? fileno(files[role]) : -1);
	}
	if (written) {
		observe_all(both, w, paths[PARTY_CLIENT], paths[PARTY_SERVER]);
		judge(both, w);
	} else {
		fail(both, w, "both hosts", "the recordings cannot be written");
	}
	for (int role = 0; role < PARTY_MAX; role++)
		if (files[role])
			fclose(files[role]);
}

void both_print(const struct both *both, FILE *out)
{
	truth_both_print(&both->counts, out);
}
