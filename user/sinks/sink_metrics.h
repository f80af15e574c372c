/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Prometheus metrics. A sink without a stream of its own: it counts, and prints everything whenever it is asked to.
 * It is no format of --output; see --metrics and --metrics-listen.
 *
 * A handshake is counted once, when it is final. An open one whose peer fell silent may never be: it is counted after
 * METRICS_SILENCE_NS with the verdict that it has then, and is no longer in the gauges, unless it goes on.
 */
#ifndef DTLSNOOP_SINK_METRICS_H
#define DTLSNOOP_SINK_METRICS_H

#include "sink.h"

/* Twice the longest retransmission timer: so long nothing comes if one copy is lost. */
#define METRICS_SILENCE_NS (2 * HANDSHAKE_SETTLES_NS)

extern const struct sink_ops sink_metrics;

/* Print all metrics to s->out, with what `stats` has counted so far: at stats->end_ns. */
void sink_metrics_print(struct sink *s, const struct trace_stats *stats);

#endif
