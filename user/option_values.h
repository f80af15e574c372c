/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The values of options. Each function ends the process if the value is invalid. Only option*.c include this. */
#ifndef DTLSNOOP_OPTION_VALUES_H
#define DTLSNOOP_OPTION_VALUES_H

#include <argp.h>

#include "options.h"

#define NS_PER_SECOND 1000000000ULL

struct call;

/* A word that an option accepts. */
struct word {
	const char *word;	/* NULL: there are no more */
	uint64_t value;
};

/* An option. The parser, --help and the man page's headings are made from these rows. */
struct row {
	const char *name;
	char letter;		/* 0: it has none */
	const char *arg;	/* NULL: it takes none */
	int group;		/* in --help */
	const char *help;
	void (*parse)(const struct call *call, char *value);
	size_t member, size;	/* where parse() stores the value: in struct options */
	bool optional;		/* the argument may be left out */
	bool once;		/* it names one thing: a second value would silently replace the first */
	const struct word *words;	/* of parse_word() */
	unsigned long min, max;	/* of parse_number() */
};

/* A row, and the call that it was given in. */
struct call {
	const struct row *row;
	struct argp_state *state;
	struct options *opts;
};

/* A whole number from `min` to `max` at the start of `text`. *end points after it. */
unsigned long option_number(const struct call *call, const char *text, char **end, unsigned long min, unsigned long max);

/* A number of bytes, or with K, M or G behind it of KiB, MiB or GiB. *end points after it. 0: it is none, or above `max`. */
unsigned long option_size(const char *value, char **end, unsigned long max);

/*
 * The next number of a comma-separated list. `num` numbers were parsed before. *text moves past the
 * number. Returns false at the end.
 */
bool option_list(const struct call *call, char **text, unsigned long max, uint32_t num, unsigned long *number);

/* The same for ports: numbers from 1, or names of UDP services (/etc/services). */
bool option_ports(const struct call *call, char **text, uint32_t num, unsigned long *port);

/* --- for row.parse --- */

void parse_flag(const struct call *call, char *value);		/* bool */
void parse_string(const struct call *call, char *value);	/* const char * */
void parse_buffer(const struct call *call, char *value);	/* the size of the ring buffer */
void parse_word(const struct call *call, char *value);		/* any number: that of the word in row.words */
void parse_number(const struct call *call, char *value);	/* any number, from row.min to row.max */
void parse_seconds(const struct call *call, char *value);	/* uint64_t, nanoseconds: at least 1, because 0 means no time */
void parse_output(const struct call *call, char *value);	/* FORMAT or FORMAT=FILE */
void parse_json(const struct call *call, char *value);
void parse_metrics_listen(const struct call *call, char *value);
void parse_otlp_endpoint(const struct call *call, char *value);

/* --- outputs --- */

/* The names of all formats, `between` between them, and `last` before the last one. Returns `out`. */
#define OPTION_FORMATS_LEN 128
const char *option_formats(char out[OPTION_FORMATS_LEN], const char *between, const char *last);

/* For argp.help_filter: appends the formats, from the table of sinks, to the help of --output. */
char *option_output_help(int key, const char *text, void *input);

/* --metrics needs a file of its own, and --metrics-listen a live trace. */
void option_check_metrics(const struct options *opts, struct argp_state *state);

/* If nothing was asked for on standard output, the default goes there. */
void option_output_default(struct options *opts);

#endif
