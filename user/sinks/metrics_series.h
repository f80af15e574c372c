/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The numbers behind the metrics: time series, each with the values of its labels, and the values themselves.
 * Bounded: a label whose values come from outside has at most METRIC_VALUES of them, and a metric at most METRIC_SERIES
 * series with a name of a process or unit; what is above that is counted as "other". Only metrics_*.c include this.
 */
#ifndef DTLSNOOP_METRICS_SERIES_H
#define DTLSNOOP_METRICS_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Values of one label, without "" and "other". */
#define METRIC_VALUES 64
#define METRIC_VALUE_LEN 256
#define METRIC_LABELS 7
#define METRIC_SERIES 4096

enum metric {
	METRIC_HANDSHAKES, METRIC_DURATION, METRIC_TIMER_WAIT, METRIC_RETRANSMITTED, METRIC_OPEN, METRIC_STUCK, METRIC_DROPPED,
	METRIC_EVENTS, METRIC_LOST, METRIC_RATE_LIMITED, METRIC_OTHER, METRIC_UNCOUNTED, METRIC_BUILD, METRIC_HOOKS, METRIC_MAX,
};

/* Where the texts of a label come from; see metrics_labels.c. */
enum metric_label {
	LABEL_NONE,
	/* From these on, values come from outside. */
	LABEL_VERSION, LABEL_COMM, LABEL_UNIT, LABEL_REASON, LABEL_BUILD, LABEL_TIER, LABEL_OUTSIDE,
	LABEL_STATE = LABEL_OUTSIDE, LABEL_VERDICT, LABEL_SIDE, LABEL_ROLE, LABEL_RESUMED, LABEL_CAUSE, LABEL_WANTED, LABEL_LABEL,
};

struct metric_row {
	const char *name, *type, *help;
	enum metric_label labels[METRIC_LABELS + 1];	/* LABEL_NONE at the end */
	bool is_seconds;	/* its values are kept in nanoseconds */
};

/* By enum metric: names and labels are part of the interface. */
extern const struct metric_row metric_rows[METRIC_MAX];

/* --- values of labels --- */

struct metric_values;

/* A value of each label of a metric, in the order of its row. */
struct metric_key {
	uint8_t value[METRIC_LABELS + 1];
};
_Static_assert(sizeof(struct metric_key) == 8, "it is hashed");

/* The values that are no text of their own: none (printed as ""), and those of which there are too many. */
#define METRIC_VALUE_NONE 0
#define METRIC_VALUE_OTHER (METRIC_VALUES + 1)

/* The value of a label for these hostile bytes. Counts it if that is "other" because there are too many. */
uint8_t metric_value(struct metric_values *values, enum metric_label label, const char *bytes, size_t len);

/* How often there were too many for this label. */
uint64_t metric_values_limited(const struct metric_values *values, enum metric_label label);

/* The name of a label, and what is printed for a value. */
const char *metric_label_name(enum metric_label label);
const char *metric_label_text(const struct metric_values *values, enum metric_label label, uint8_t value);

/* NULL: out of memory. */
struct metric_values *metric_values_new(void);
void metric_values_free(struct metric_values *values);

/* --- series --- */

struct metric_series;

struct metric_store {
	struct metric_series *by_key[METRIC_MAX];
	uint32_t num_named;	/* series that have the name of a process or a unit */
	uint64_t uncounted;	/* out of memory */
};

/* The series of a metric with these labels, which begins with 0. NULL: out of memory, which is counted. */
struct metric_series *metric_series_of(struct metric_store *store, enum metric metric, struct metric_key key);

/* `s` may be NULL. */
void metric_add(struct metric_series *s, int64_t num);
void metric_set(struct metric_series *s, uint64_t value);

/* One handshake took `ns`: METRIC_DURATION. */
void metric_observe(struct metric_series *s, uint64_t ns);

/* Print all metrics in the text format of Prometheus. The same series give the same bytes. */
void metric_store_print(const struct metric_store *store, const struct metric_values *values, FILE *out);
void metric_store_free(struct metric_store *store);

#endif
