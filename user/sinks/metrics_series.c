// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of metrics, their series, and the text format of Prometheus (version 0.0.4). */
#include "metrics_series.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define NS_PER_SECOND UINT64_C(1000000000)

const struct metric_row metric_rows[METRIC_MAX] = {
	[METRIC_HANDSHAKES] = { "dtlsnoop_handshakes_total", "counter",
		"Handshakes, each counted once: when nothing of it changes any more, or after two minutes of silence.",
		{ LABEL_STATE, LABEL_VERDICT, LABEL_SIDE, LABEL_VERSION, LABEL_ROLE, LABEL_COMM, LABEL_UNIT } },
	[METRIC_DURATION] = { "dtlsnoop_handshake_duration_seconds", "histogram",
		"How long completed handshakes took that were seen from their beginning.", { LABEL_ROLE, LABEL_RESUMED } },
	[METRIC_TIMER_WAIT] = { "dtlsnoop_handshake_timer_wait_seconds_total", "counter",
		"Time that the counted handshakes spent waiting for the retransmission timer of a side.", { LABEL_ROLE, LABEL_SIDE },
		.is_seconds = true },
	[METRIC_RETRANSMITTED] = { "dtlsnoop_retransmitted_flights_total", "counter",
		"Copies after the first of the flights of a side, in the counted handshakes.", { LABEL_ROLE, LABEL_SIDE } },
	[METRIC_OPEN] = { "dtlsnoop_handshakes_open", "gauge",
		"Handshakes under way now: neither completed nor given up, and not silent for two minutes.", { LABEL_ROLE, LABEL_COMM } },
	[METRIC_STUCK] = { "dtlsnoop_handshakes_stuck", "gauge",
		"Of dtlsnoop_handshakes_open, those that are stuck.", { LABEL_VERDICT, LABEL_SIDE, LABEL_ROLE, LABEL_COMM } },
	[METRIC_DROPPED] = { "dtlsnoop_datagrams_dropped_total", "counter",
		"Datagrams of handshakes that the kernel of this host dropped, by its reason.", { LABEL_REASON } },
	[METRIC_EVENTS] = { "dtlsnoop_events_total", "counter", "Events that were analysed.", { LABEL_NONE } },
	[METRIC_LOST] = { "dtlsnoop_events_lost_total", "counter",
		"Events that the tracer lost, and whether they are of what was asked for: if so, verdicts may be in doubt.",
		{ LABEL_CAUSE, LABEL_WANTED } },
	[METRIC_RATE_LIMITED] = { "dtlsnoop_rate_limited_total", "counter",
		"Datagrams that were not inspected because of --rate-limit.", { LABEL_NONE } },
	[METRIC_OTHER] = { "dtlsnoop_label_values_limited_total", "counter",
		"How often a label got the value \"other\" because it has 64 others.", { LABEL_LABEL } },
	[METRIC_UNCOUNTED] = { "dtlsnoop_metrics_uncounted_total", "counter",
		"What is missing in the other metrics because memory was short.", { LABEL_NONE } },
	[METRIC_BUILD] = { "dtlsnoop_build_info", "gauge", "The version of dtlsnoop.", { LABEL_BUILD } },
	[METRIC_HOOKS] = { "dtlsnoop_hooks_info", "gauge", "The kind of hooks in use.", { LABEL_TIER } },
};

/* Upper bounds of the durations. */
static const struct {
	const char *le;
	uint64_t ns;
} buckets[] = {
	{ "0.005", 5000000 }, { "0.01", 10000000 }, { "0.025", 25000000 }, { "0.05", 50000000 }, { "0.1", 100000000 },
	{ "0.25", 250000000 }, { "0.5", 500000000 }, { "1", NS_PER_SECOND }, { "2.5", 5 * NS_PER_SECOND / 2 },
	{ "5", 5 * NS_PER_SECOND }, { "10", 10 * NS_PER_SECOND }, { "30", 30 * NS_PER_SECOND },
};
#define NUM_BUCKETS (sizeof(buckets) / sizeof(buckets[0]))

struct metric_series {
	struct metric_key key;
	uint64_t value;		/* of a histogram: the sum, in nanoseconds */
	uint64_t *in_bucket;	/* of a histogram: durations up to this bound and above the one before; the last: above all */
	UT_hash_handle hh;
};

/* Replace the names of processes and units by "other". Returns whether there were any. */
static bool make_other(enum metric metric, struct metric_key *key)
{
	const enum metric_label *labels = metric_rows[metric].labels;
	bool any = false;

	for (int i = 0; labels[i] != LABEL_NONE; i++) {
		if ((labels[i] != LABEL_COMM && labels[i] != LABEL_UNIT) || key->value[i] == METRIC_VALUE_NONE ||
		    key->value[i] == METRIC_VALUE_OTHER)
			continue;
		key->value[i] = METRIC_VALUE_OTHER;
		any = true;
	}
	return any;
}

static struct metric_series *find(struct metric_store *store, enum metric metric, const struct metric_key *key)
{
	struct metric_series *s;

	HASH_FIND(hh, store->by_key[metric], key, sizeof(*key), s);
	return s;
}

static struct metric_series *add(struct metric_store *store, enum metric metric, const struct metric_key *key)
{
	size_t room = metric == METRIC_DURATION ? (NUM_BUCKETS + 1) * sizeof(uint64_t) : 0;
	struct metric_series *s = calloc(1, sizeof(*s) + room);

	if (s) {
		s->key = *key;
		s->in_bucket = room ? (uint64_t *)(s + 1) : NULL;
		HASH_ADD(hh, store->by_key[metric], key, sizeof(s->key), s);
		if (s->hh.tbl)
			return s;
	}
	free(s);
	store->uncounted++;
	return NULL;
}

struct metric_series *metric_series_of(struct metric_store *store, enum metric metric, struct metric_key key)
{
	struct metric_series *s = find(store, metric, &key);
	struct metric_key other = key;

	if (s || !make_other(metric, &other))
		return s ? s : add(store, metric, &key);
	if (store->num_named < METRIC_SERIES) {
		s = add(store, metric, &key);
		store->num_named += s != NULL;
		return s;
	}
	s = find(store, metric, &other);
	return s ? s : add(store, metric, &other);
}

void metric_add(struct metric_series *s, int64_t num)
{
	if (s)
		s->value += num;
}

void metric_set(struct metric_series *s, uint64_t value)
{
	if (s)
		s->value = value;
}

void metric_observe(struct metric_series *s, uint64_t ns)
{
	size_t i = 0;

	if (!s)
		return;
	while (i < NUM_BUCKETS && ns > buckets[i].ns)
		i++;
	s->in_bucket[i]++;
	s->value += ns;
}

void metric_store_free(struct metric_store *store)
{
	struct metric_series *s, *next;

	for (int metric = 0; metric < METRIC_MAX; metric++) {
		HASH_ITER(hh, store->by_key[metric], s, next) {
			HASH_DEL(store->by_key[metric], s);
			free(s);
		}
	}
}

/* --- the text format --- */

/* The text was cleaned before: see metrics_labels.c. */
static void print_escaped(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text, out);
	}
}

/* `le`: of a bucket; NULL: it is none. */
static void print_labels(const struct metric_values *values, enum metric metric, const struct metric_key *key, const char *le,
			 FILE *out)
{
	const enum metric_label *labels = metric_rows[metric].labels;

	if (labels[0] == LABEL_NONE)
		return;
	for (int i = 0; labels[i] != LABEL_NONE; i++) {
		fprintf(out, "%s%s=\"", i ? "," : "{", metric_label_name(labels[i]));
		print_escaped(metric_label_text(values, labels[i], key->value[i]), out);
		fputc('"', out);
	}
	if (le)
		fprintf(out, ",le=\"%s\"", le);
	fputc('}', out);
}

static void print_value(uint64_t value, bool is_seconds, FILE *out)
{
	if (is_seconds)
		fprintf(out, " %" PRIu64 ".%09" PRIu64 "\n", value / NS_PER_SECOND, value % NS_PER_SECOND);
	else
		fprintf(out, " %" PRIu64 "\n", value);
}

static void print_histogram(const struct metric_values *values, enum metric metric, const struct metric_series *s, FILE *out)
{
	const char *name = metric_rows[metric].name;
	uint64_t sum = 0;

	for (size_t i = 0; i <= NUM_BUCKETS; i++) {
		sum += s->in_bucket[i];
		fprintf(out, "%s_bucket", name);
		print_labels(values, metric, &s->key, i < NUM_BUCKETS ? buckets[i].le : "+Inf", out);
		print_value(sum, false, out);
	}
	fprintf(out, "%s_sum", name);
	print_labels(values, metric, &s->key, NULL, out);
	print_value(s->value, true, out);
	fprintf(out, "%s_count", name);
	print_labels(values, metric, &s->key, NULL, out);
	print_value(sum, false, out);
}

void metric_store_print(const struct metric_store *store, const struct metric_values *values, FILE *out)
{
	for (int metric = 0; metric < METRIC_MAX; metric++) {
		const struct metric_row *row = &metric_rows[metric];

		fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name, row->type);
		for (const struct metric_series *s = store->by_key[metric]; s; s = s->hh.next) {
			if (s->in_bucket) {
				print_histogram(values, metric, s, out);
				continue;
			}
			fputs(row->name, out);
			print_labels(values, metric, &s->key, NULL, out);
			print_value(s->value, row->is_seconds, out);
		}
	}
}
