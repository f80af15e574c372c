/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --output: formats and files. Only option*.c include this. */
#ifndef DTLSNOOP_OPTION_OUTPUT_H
#define DTLSNOOP_OPTION_OUTPUT_H

#include "option_values.h"

/* For row.parse. */
void parse_output(const struct call *call, char *value);
void parse_json(const struct call *call, char *value);

/* The names of all formats, `between` between them, and `last` before the last one. Returns `out`. */
#define OPTION_FORMATS_LEN 128
const char *option_formats(char out[OPTION_FORMATS_LEN], const char *between, const char *last);

/* For argp.help_filter: appends the formats, from the table of sinks, to the help of --output. */
char *option_output_help(int key, const char *text, void *input);

/* If nothing was asked for on standard output, the default goes there. */
void option_output_default(struct options *opts);

#endif
