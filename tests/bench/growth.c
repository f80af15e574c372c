// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Does the analysis stay linear? Each row feeds it a stream of n events and one of 8n. It prints
 * the cost of an event in both (the median of some turns) and the ratio. A linear row has a ratio
 * of about 1, a quadratic one 8. Caches that are too small for 8n add some.
 *
 *	growth [check] [--num N] [--turns N] [NAME]
 *
 * check: fail if a ratio is above 3. --num: n, which for most rows is the number of handshakes.
 * NAME: only the rows with this in their name.
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "growth.h"

#define GROWTH 8
#define MAX_TURNS 99
#define MAX_RATIO 3.0

struct bench {
	uint32_t num, turns;
	const char *name;
	bool check;
	uint32_t too_steep;	/* number of rows */
};

struct measure {
	double ns;		/* per event */
	double total_ns;
};

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static struct measure run(const struct row *row, uint32_t n, uint32_t max_handshakes)
{
	static struct feed feed;
	struct measure m;
	double begin;

	if (!feed_init(&feed, max_handshakes, GROWTH_SEED)) {
		fprintf(stderr, "growth: out of memory\n");
		exit(2);
	}
	begin = cpu_ns();
	row->run(&feed, n);
	m.total_ns = cpu_ns() - begin;
	if (!feed.events || analysis_stats(feed.analysis)->invalid) {
		fprintf(stderr, "growth: %s: the analysis refused an event\n", row->name);
		exit(2);
	}
	m.ns = m.total_ns / feed.events;
	feed_fini(&feed);
	return m;
}

static int by_time(const void *a, const void *b)
{
	const struct measure *l = a, *r = b;

	return (l->ns > r->ns) - (l->ns < r->ns);
}

/* Run both sizes in turn, so that other load on the machine affects both. */
static void run_row(struct bench *b, const struct row *row)
{
	uint32_t n = (uint64_t)b->num * row->percent / 100;
	struct measure small[MAX_TURNS], large[MAX_TURNS];
	uint32_t max;
	double ratio;

	if (!n)
		n = 1;
	/* The same at both sizes, because its memory is cleared once. */
	max = row->max_handshakes ? row->max_handshakes : GROWTH * n + 1;
	for (uint32_t i = 0; i < b->turns; i++) {
		small[i] = run(row, n, max);
		large[i] = run(row, GROWTH * n, max);
	}
	qsort(small, b->turns, sizeof(small[0]), by_time);
	qsort(large, b->turns, sizeof(large[0]), by_time);
	ratio = large[b->turns / 2].ns / small[b->turns / 2].ns;
	printf("%-56s %8u %9.0f %9.0f %7.2f %9.1f\n", row->name, n, small[b->turns / 2].ns,
	       large[b->turns / 2].ns, ratio, large[b->turns / 2].total_ns / 1e6);
	fflush(stdout);
	b->too_steep += ratio > MAX_RATIO;
}

static uint32_t number(const char *text, uint32_t max, struct argp_state *state)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || !n || n > max)
		argp_error(state, "not a number from 1 to %u: %s", max, text);
	return n;
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
	struct bench *b = state->input;

	switch (key) {
	case 'n':
		b->num = number(arg, 10000000, state);
		return 0;
	case 't':
		b->turns = number(arg, MAX_TURNS, state);
		return 0;
	case ARGP_KEY_ARG:
		if (!strcmp(arg, "check"))
			b->check = true;
		else
			b->name = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "num", 'n', "N", 0, "the smaller of the two sizes (default 2500)", 0 },
		{ "turns", 't', "N", 0, "of each size (default 5)", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options, take_option, "[check] [NAME]", "What an event costs the analysis, at n and at 8n",
		NULL, NULL, NULL,
	};
	struct bench b = { .num = 2500, .turns = 5 };
	uint32_t rows = 0;

	if (argp_parse(&argp, argc, argv, 0, NULL, &b))
		return 2;
	printf("%-56s %8s %9s %9s %7s %9s\n", "CPU time of the analysis, ns per event", "n", "at n", "at 8n",
	       "ratio", "8n in ms");
	for (const struct row *row = growth_rows; row->name; row++)
		if (!b.name || strstr(row->name, b.name)) {
			run_row(&b, row);
			rows++;
		}
	if (!rows) {
		fprintf(stderr, "growth: no row has \"%s\" in its name\n", b.name);
		return 2;
	}
	if (b.check && b.too_steep)
		fprintf(stderr, "growth: %" PRIu32 " rows cost more than %.0f times as much per event at 8n\n",
			b.too_steep, MAX_RATIO);
	return b.check && b.too_steep;
}
