// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who has trouble, not each trouble: a table of the processes and one of the networks of their peers, with the
 * verdicts below. On a terminal it is printed again every two seconds, in place; else once, at the end.
 */
#include <inttypes.h>
#include <string.h>

#include "census.h"
#include "lines.h"
#include "names.h"
#include "sink.h"
#include "verdict_words.h"

#define NS_PER_SECOND 1000000000ULL
#define REFRESH_NS (2 * NS_PER_SECOND)
/* On a terminal, so many rows of each table; at the end, all of them. */
#define ROWS_IN_PLACE 10
#define NAME_WIDTH 25
/* ECMA-48 s8.3.57 (to the first line), s8.3.39 (what follows the cursor is erased). */
#define CURSOR_HOME "\033[H\033[J"

struct summary_state {
	struct census *census;
	uint64_t shown_ns;	/* when it was last printed in place */
	uint64_t uncounted;	/* for want of memory */
};

static struct summary_state *state_of(const struct sink *s)
{
	return s->state;
}

static bool begin(struct sink *s)
{
	state_of(s)->census = census_new();
	state_of(s)->shown_ns = s->info->start_ns;
	return state_of(s)->census;
}

static void datagram(struct sink *s, const struct datagram_facts *facts)
{
}

static void handshake(struct sink *s, const struct handshake *h, uint64_t now)
{
	state_of(s)->uncounted += !census_note(state_of(s)->census, h);
}

static void unread(struct sink *s, const struct unread *u, uint64_t now)
{
}

static void lost(struct sink *s, uint64_t num, uint64_t limited, const struct trace_stats *stats, uint64_t now)
{
}

/* "0.003", "-" if there is none */
static void print_percentile(struct sink *s, const struct durations *d, uint32_t percent)
{
	if (d->total)
		fprintf(s->out, " %7.3f", durations_percentile(d, percent) / 1e9);
	else
		fprintf(s->out, " %7s", "-");
}

static const char *side_text(enum verdict_side side)
{
	return side == VERDICT_SIDE_UNKNOWN ? "" : verdict_side_name(side);
}

/* "    34 no-response, side server, likely: the server's socket is not on this host" */
static void print_verdict(struct sink *s, const struct census_row *row, enum verdict_code code, enum verdict_side side)
{
	uint64_t num = row->by_verdict[code][side], likely = row->likely[code][side];
	char text[VERDICT_WORDS_LEN], of_them[32] = "";

	if (likely && likely < num)
		snprintf(of_them, sizeof(of_them), "%" PRIu64 " of them ", likely);
	snprintf(text, sizeof(text), "%s%s%s, %s%s%s%s", verdict_code_name(code), side ? ", side " : "", side_text(side), of_them,
		 verdict_confidence_name(likely ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN), likely ? ": " : "",
		 likely ? row->doubts[code][side] : "");
	fprintf(s->out, "  %6" PRIu64 " ", num);
	wrap(s->out, text, strlen(text), 9, 11);
}

/* A line for each verdict but "completed". */
static void print_verdicts(struct sink *s, const struct census_row *row)
{
	for (int code = VERDICT_NONE + 1; code < VERDICT_MAX; code++)
		for (int side = 0; side < CENSUS_SIDES && code != VERDICT_COMPLETED; side++)
			if (row->by_verdict[code][side])
				print_verdict(s, row, code, side);
}

static void print_row(struct sink *s, const struct census_row *row)
{
	const uint64_t *num = row->by_state;

	fprintf(s->out, "%-*.*s %10" PRIu64 " %6" PRIu64 " %6" PRIu64 " %6" PRIu64, NAME_WIDTH, NAME_WIDTH, row->name, row->handshakes,
		num[HANDSHAKE_COMPLETED], census_faults(row), num[HANDSHAKE_ABANDONED] + num[HANDSHAKE_IN_PROGRESS]);
	print_percentile(s, &row->completed, 50);
	print_percentile(s, &row->completed, 99);
	fprintf(s->out, " %6.1f\n", row->waited_ns / 1e9);
	print_verdicts(s, row);
}

static void print_table(struct sink *s, enum census_kind kind, const char *heading, uint32_t max)
{
	const struct census_row *row;
	uint32_t n = 0;

	fprintf(s->out, "%-*s %10s %6s %6s %6s %7s %7s %6s\n", NAME_WIDTH, heading, "HANDSHAKES", "DONE", "FAULTS", "OTHER", "P50", "P99",
		"WAITED");
	for (; n < max && (row = census_row(state_of(s)->census, kind, n)); n++)
		print_row(s, row);
	for (max = n; census_row(state_of(s)->census, kind, n); n++)
		;
	if (n > max)
		fprintf(s->out, "and %u more\n", n - max);
}

static void print_tables(struct sink *s, uint32_t max)
{
	print_table(s, CENSUS_PROCESS, "PROCESS", max);
	fputc('\n', s->out);
	print_table(s, CENSUS_NETWORK, "NETWORK OF THE PEER", max);
	if (state_of(s)->uncounted)
		fprintf(s->out, "%" PRIu64 " reports were not counted: out of memory\n", state_of(s)->uncounted);
}

static void tick(struct sink *s, uint64_t now)
{
	struct summary_state *state = state_of(s);

	if (!s->is_terminal || now < state->shown_ns + REFRESH_NS)
		return;
	state->shown_ns = now;
	fputs(CURSOR_HOME, s->out);
	print_tables(s, ROWS_IN_PLACE);
	if (s->q_quits)
		fputs("\nq quits\n", s->out);
}

static void end(struct sink *s, const struct trace_stats *stats)
{
	uint64_t missing = counters_lost(stats->counters), limited = stats->counters[COUNTER_RATE_LIMITED];

	if (s->is_terminal)
		fputs(CURSOR_HOME, s->out);
	print_tables(s, UINT32_MAX);
	fprintf(s->out, "\n%.0f s, %" PRIu64 " handshake%s; %" PRIu64 " events, %" PRIu64 " lost",
		seconds_since(s->info->start_ns, stats->end_ns), stats->analysis->handshakes, stats->analysis->handshakes == 1 ? "" : "s",
		stats->analysis->events, missing);
	if (limited)
		fprintf(s->out, ", %" PRIu64 " datagrams left out (rate limit)", limited);
	fputs("\nP50, P99: half of those that are done took no longer, 99 %. WAITED: for\n"
	      "retransmission timers, in all. In seconds.\n", s->out);
}

static void release(struct sink *s)
{
	census_free(state_of(s)->census);
}

const struct sink_ops sink_summary = {
	.name = "summary",
	.help = "who has trouble: counts by process and network, every 2 s on a terminal",
	.state_size = sizeof(struct summary_state),
	.begin = begin,
	.datagram = datagram,
	.handshake = handshake,
	.unread = unread,
	.lost = lost,
	.tick = tick,
	.end = end,
	.release = release,
};
