// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What stands before the handshakes: of which trace it is, counts, verdicts, who has trouble, and how long it took. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "sink_html.h"

#define NS_PER_SECOND 1000000000ULL
/* Handshakes that a verdict names, and rows of a table of processes or networks. */
#define NAMED_MAX 8
#define ROWS_MAX 10
/* A row of the histogram, in pixels. */
#define BAR 20

static const char *plural(uint64_t num)
{
	return num == 1 ? "" : "s";
}

static void write_trace(struct html_writer *w, const struct sink *s, const struct trace_stats *stats)
{
	const struct trace_info *info = s->info;
	time_t seconds = info->start_wall_ns / NS_PER_SECOND;
	char date[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm);
	html_open(w, "p");
	html_text(w, "%s%s%s, from %s, for %.1f s", info->source, info->host ? " of host " : "", info->host ? info->host : "", date,
		  seconds_since(info->start_ns, stats->end_ns));
	html_text(w, "; %" PRIu64 " events; dtlsnoop %s", stats->analysis->events, info->version);
	html_close(w);
}

/* What makes the report less than whole. */
static void write_warnings(struct html_writer *w, const struct sink *s, const struct trace_stats *stats)
{
	uint64_t num = counters_lost(stats->counters), limited = stats->counters[COUNTER_RATE_LIMITED];

	if (num)
		html_put(w, "p", "warning", "%" PRIu64 " %s%s: no verdict on a handshake of that time is certain.", num,
			 stats->has_capture ? "datagrams are truncated in the capture" : "events were lost", "");
	if (limited)
		html_put(w, "p", "warning", "%" PRIu64 " datagrams were left out (rate limit).", limited);
	if (stats->truncated)
		html_put(w, "p", "warning", "The file is truncated: its end is missing.");
	if (html_state(s)->num_left_out)
		html_put(w, "p", "warning", "%" PRIu64 " handshakes are only in the counts: there were too many.",
			 html_state(s)->num_left_out);
}

static void write_states(struct html_writer *w, const struct trace_stats *stats)
{
	const struct analysis_stats *a = stats->analysis;

	html_open(w, "ul");
	html_attribute(w, "class", "counts");
	html_open(w, "li");
	html_put(w, "b", NULL, "%" PRIu64, a->handshakes);
	html_text(w, " handshake%s", plural(a->handshakes));
	html_close(w);
	for (int state = 0; state <= HANDSHAKE_ABANDONED; state++) {
		if (!a->by_state[state])
			continue;
		html_open(w, "li");
		html_attribute(w, "class", "%s", state == HANDSHAKE_STUCK || state == HANDSHAKE_FAILED ? "bad" :
			       state == HANDSHAKE_COMPLETED ? "good" : "open");
		html_put(w, "b", NULL, "%" PRIu64, a->by_state[state]);
		html_text(w, " %s", handshake_state_name(state));
		html_close(w);
	}
	html_close(w);
}

/* --- verdicts --- */

static uint64_t count_of(const struct sink *s, enum verdict_code code, enum verdict_side side)
{
	uint64_t num = 0;

	for (const struct entry *e = html_state(s)->entries; e; e = e->hh.next)
		num += e->is_reported && e->code == code && e->side == side;
	return num;
}

/* Links to the cards of the first handshakes with it. */
static void write_named(struct html_writer *w, const struct sink *s, enum verdict_code code, enum verdict_side side)
{
	uint32_t num = 0;

	html_open(w, "td");
	for (const struct entry *e = html_state(s)->entries; e && num < NAMED_MAX; e = e->hh.next) {
		if (!entry_has_card(e) || e->code != code || e->side != side)
			continue;
		html_text(w, "%s", num++ ? " " : "");
		html_open(w, "a");
		html_attribute(w, "href", "#h%" PRIu64, e->id);
		html_text(w, "#%" PRIu64, e->id);
		html_close(w);
	}
	html_close(w);
}

static void write_verdict_row(struct html_writer *w, const struct sink *s, enum verdict_code code, enum verdict_side side)
{
	uint64_t num = count_of(s, code, side);
	char text[REPORT_TEXT_LEN];

	if (!num)
		return;
	html_open(w, "tr");
	html_put(w, "td", "number", "%" PRIu64, num);
	html_put(w, "td", NULL, "%s", html_verdict(text, code, side));
	write_named(w, s, code, side);
	html_close(w);
}

static void put_headings(struct html_writer *w, const char *const *titles)
{
	html_open(w, "table");
	html_open(w, "tr");
	for (; *titles; titles++)
		html_put(w, "th", NULL, "%s", *titles);
	html_close(w);
}

static void write_verdicts(struct html_writer *w, const struct sink *s)
{
	static const char *const titles[] = { "Number", "Verdict", "Handshakes", NULL };

	html_put(w, "h2", NULL, "Verdicts");
	put_headings(w, titles);
	/* "completed" is the last that anybody looks for. */
	for (int code = VERDICT_NONE + 1; code < VERDICT_MAX; code++)
		for (int side = 0; side < CENSUS_SIDES && code != VERDICT_COMPLETED; side++)
			write_verdict_row(w, s, code, side);
	write_verdict_row(w, s, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	html_close(w);
}

/* --- who has trouble --- */

static void put_seconds(struct html_writer *w, const struct durations *d, uint32_t percent)
{
	if (d->total)
		html_put(w, "td", "number", "%.3f", durations_percentile(d, percent) / 1e9);
	else
		html_put(w, "td", "number", "-");
}

static void write_census(struct html_writer *w, const struct sink *s, enum census_kind kind, const char *heading)
{
	const char *const titles[] = { heading, "All", "Done", "Faults", "p50", "p99", "Waited", NULL };
	const struct census_row *row;
	uint32_t n = 0;

	put_headings(w, titles);
	for (; n < ROWS_MAX && (row = census_row(html_state(s)->census, kind, n)); n++) {
		html_open(w, "tr");
		html_put(w, "td", NULL, "%s", row->name);
		html_put(w, "td", "number", "%" PRIu64, row->handshakes);
		html_put(w, "td", "number", "%" PRIu64, row->by_state[HANDSHAKE_COMPLETED]);
		html_put(w, "td", "number", "%" PRIu64, census_faults(row));
		put_seconds(w, &row->completed, 50);
		put_seconds(w, &row->completed, 99);
		html_put(w, "td", "number", "%.1f", row->waited_ns / 1e9);
		html_close(w);
	}
	html_close(w);
	if (n == ROWS_MAX && census_row(html_state(s)->census, kind, n))
		html_put(w, "p", "more", "and more: -o summary has them all");
}

/* --- durations --- */

static const uint32_t bounds_ms[] = { 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000 };
#define NUM_BOUNDS (sizeof(bounds_ms) / sizeof(bounds_ms[0]))

static void put_label(struct html_writer *w, const char *class, const char *x, uint32_t y, const char *text)
{
	html_open(w, "text");
	html_attribute(w, "class", "%s", class);
	html_attribute(w, "x", "%s", x);
	html_attribute(w, "y", "%" PRIu32, y);
	html_text(w, "%s", text);
	html_close(w);
}

static void write_bar(struct html_writer *w, uint32_t y, uint32_t i, uint64_t num, uint64_t most)
{
	char text[32], x[16];
	double percent = 60.0 * num / most;

	if (i < NUM_BOUNDS)
		snprintf(text, sizeof(text), "up to %g s", bounds_ms[i] / 1000.0);
	else
		snprintf(text, sizeof(text), "longer");
	put_label(w, "bound", "24%", y + 14, text);
	html_open(w, "rect");
	html_attribute(w, "x", "26%%");
	html_attribute(w, "y", "%" PRIu32, y + 3);
	html_attribute(w, "width", "%.2f%%", percent);
	html_attribute(w, "height", "%d", BAR - 6);
	html_close(w);
	snprintf(x, sizeof(x), "%.2f%%", 27 + percent);
	snprintf(text, sizeof(text), "%" PRIu64, num);
	put_label(w, "count", x, y + 14, text);
}

/* From the first bar that is not empty to the last. */
static void write_bars(struct html_writer *w, const uint64_t num[NUM_BOUNDS + 1], uint64_t most)
{
	uint32_t first = 0, last = NUM_BOUNDS;

	while (!num[first])
		first++;
	while (!num[last])
		last--;
	html_open(w, "svg");
	html_attribute(w, "class", "bars");
	html_attribute(w, "width", "100%%");
	html_attribute(w, "height", "%" PRIu32, (last - first + 1) * BAR);
	html_attribute(w, "role", "group");
	html_attribute(w, "aria-label", "How long the completed handshakes took");
	for (uint32_t i = first; i <= last; i++)
		write_bar(w, (i - first) * BAR, i, num[i], most);
	html_close(w);
}

static void write_histogram(struct html_writer *w, const struct sink *s)
{
	uint64_t num[NUM_BOUNDS + 1] = {}, most = 0;

	for (const struct entry *e = html_state(s)->entries; e; e = e->hh.next) {
		uint32_t i = 0;

		if (!e->is_reported || !e->took_ns)
			continue;
		while (i < NUM_BOUNDS && e->took_ns > bounds_ms[i] * 1000000ULL)
			i++;
		if (++num[i] > most)
			most = num[i];
	}
	if (!most)
		return;
	html_put(w, "h2", NULL, "How long the completed handshakes took");
	write_bars(w, num, most);
}

static void write_unread(struct html_writer *w, const struct html_state *state)
{
	if (!state->num_unread)
		return;
	html_put(w, "h2", NULL, "Sockets that nobody reads");
	html_open(w, "ul");
	for (uint32_t i = 0; i < state->num_unread; i++)
		html_put(w, "li", NULL, "%s", state->unread[i]);
	html_close(w);
	if (state->is_past_floor)
		html_put(w, "p", "hint", "Hint: %s", unread_hint);
}

void html_write_overview(struct html_writer *w, const struct sink *s, const struct trace_stats *stats)
{
	html_put(w, "h1", NULL, "DTLS handshakes");
	write_trace(w, s, stats);
	write_states(w, stats);
	write_warnings(w, s, stats);
	if (html_state(s)->entries) {
		write_verdicts(w, s);
		write_histogram(w, s);
		html_put(w, "h2", NULL, "Who has trouble");
		write_census(w, s, CENSUS_PROCESS, "Process");
		write_census(w, s, CENSUS_NETWORK, "Network of the peer");
		html_put(w, "p", "more", "p50, p99: half of those that are done took no longer, 99 %%. Waited: for retransmission timers, "
			 "in all. In seconds.");
	}
	write_unread(w, html_state(s));
}
