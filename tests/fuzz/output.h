/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sinks' output in memory, and what must hold of it whatever strangers put into their names. */
#ifndef DTLSNOOP_FUZZ_OUTPUT_H
#define DTLSNOOP_FUZZ_OUTPUT_H

#include "fuzz.h"
#include "sink.h"

struct output {
	struct sink sink;
	char *text;
	size_t len;
};

/* Begins the trace; the caller calls the other functions of sink.ops. */
void output_begin(struct output *o, const struct sink_ops *ops, const struct trace_info *info);
/* After sink_end(): the text is complete and was checked. */
void output_end(struct output *o);
void output_free(struct output *o);

/* Printable ASCII and ends of lines. */
void output_check_text(const char *text, size_t len);

#endif
