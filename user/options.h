/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command line. Nothing here touches the host; see loader.h for that. The options of the rooms
 * are parts of struct options.
 */
#ifdef DTLSNOOP_ROOM
#error "options.h is for what ties the rooms together, none of them may include it"
#endif
#ifndef DTLSNOOP_OPTIONS_H
#define DTLSNOOP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "live_options.h"
#include "metrics_http.h"
#include "recorder.h"
#include "sink.h"

/* The exit statuses are part of the interface. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_CANNOT_RUN = 1,
	EXIT_USAGE = 2,
	EXIT_FAIL_ON = 3,
};

enum fail_on { FAIL_ON_NONE, FAIL_ON_STUCK, FAIL_ON_FAULT };
enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* A format, and where it goes. */
struct output_option {
	const struct sink_ops *ops;
	const char *path;	/* NULL: standard output */
};

#define OPTIONS_MAX_OUTPUTS 16
#define OPTIONS_MAX_READ 1000

struct options {
	struct live_options live;
	uint64_t began_ns;		/* when the process began, on the clock of the events */
	bool check;			/* print what this host supports, trace nothing */
	const char *read_files[OPTIONS_MAX_READ + 1];	/* NULL at the end; none: trace this host */
	uint32_t num_read;
	struct recorder_options record;	/* --write */
	const char *annotate_file;	/* NULL: no copy with comments */
	char *const *command;		/* command to run and trace, ends with NULL; NULL: none */
	const char *user;		/* user to run it as; NULL: the caller */
	const char *otlp_endpoint;	/* a valid URL, perhaps with a password: never printed; NULL: none */
	struct output_option outputs[OPTIONS_MAX_OUTPUTS];
	uint32_t num_outputs;		/* at least 1 */
	bool faults_only;
	uint64_t floor_ns;		/* how long a silence must last; the two below set it, 0: not given */
	uint64_t profile_ns, stuck_after_ns;
	uint64_t duration_ns;		/* 0: until stopped */
	uint64_t stats_ns;		/* 0: statistics only at the end */
	const char *metrics_file;	/* NULL: none */
	struct metrics_address metrics_address;	/* `len` 0: metrics are not served */
	uint64_t max_ended;		/* 0: any number of handshakes */
	enum fail_on fail_on;
	enum color_when color;
	enum stamp stamp;	/* of the timeline */
	uint32_t max_handshakes;
};

/*
 * Parse the command line. --help and --version end the process with EXIT_OK. Wrong usage ends it
 * with EXIT_USAGE and one line that tells what is wrong.
 */
void options_parse(struct options *opts, int argc, char **argv);

#endif
