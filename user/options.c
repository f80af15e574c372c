// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "library.h"
#include "loader.h"
#include "option_values.h"
#include "otlp_post.h"
#include "output.h"
#include "source_file.h"
#include "version.h"

/* A shorter silence means nothing. */
#define MIN_STUCK_NS (NS_PER_SECOND / 1000)
/* A side that is silent for longer is called stuck. */
#define DEFAULT_FLOOR_NS (5 * NS_PER_SECOND)
#define DEFAULT_BUFFER (4U << 20)
#define MIN_ROTATE (64UL << 10)
#define MAX_ROTATE (1UL << 40)
#define DEFAULT_ROTATE_KEEP 10
#define DEFAULT_HANDSHAKES 4096
#define MAX_HANDSHAKES 1000000
#define DEFAULT_RATE_LIMIT 2000
#define MAX_RATE_LIMIT 1000000
/* PID_MAX_LIMIT on 64 bits, from include/linux/threads.h of Linux. */
#define MAX_PID (4UL << 20)

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* --- values of one option, in the order of the table --- */

static void parse_pids(const struct call *call, char *value)
{
	struct live_options *live = &call->opts->live;
	unsigned long number;
	uint32_t i;

	while (option_list(call, &value, MAX_PID, live->num_pids, &number)) {
		for (i = 0; i < live->num_pids && live->pids[i] != number; i++)
			;
		live->pids[i] = number;
		live->num_pids += i == live->num_pids;
	}
}

static void parse_comm(const struct call *call, char *value)
{
	/* The kernel keeps so much of a name (TASK_COMM_LEN). */
	snprintf(call->opts->live.comm, sizeof(call->opts->live.comm), "%s", value);
}

static void parse_ports(const struct call *call, char *value)
{
	struct live_options *live = &call->opts->live;
	unsigned long number;

	while (option_ports(call, &value, live->num_ports, &number))
		live->ports[live->num_ports++] = number;
}

static void parse_stuck_after(const struct call *call, char *value)
{
	parse_seconds(call, value);
	if (call->opts->stuck_after_ns < MIN_STUCK_NS)
		argp_error(call->state, "--stuck-after '%s': invalid value: expected 0.001 seconds or more", value);
}

static void parse_read(const struct call *call, char *value)
{
	struct options *opts = call->opts;

	for (uint32_t i = 0; i < opts->num_read; i++)
		if (!strcmp(opts->read_files[i], value))
			return;
	if (opts->num_read == OPTIONS_MAX_READ)
		argp_error(call->state, "--read: at most %d files are allowed", OPTIONS_MAX_READ);
	opts->read_files[opts->num_read++] = value;
	opts->record.read_paths = opts->read_files;
}

static void parse_rotate(const struct call *call, char *value)
{
	struct recorder_options *record = &call->opts->record;
	char *end;

	record->rotate_size = option_size(value, &end, MAX_ROTATE);
	record->rotate_keep = *end == ',' ? strtoul(end + 1, &end, 10) : DEFAULT_ROTATE_KEEP;
	if (*end || record->rotate_size < MIN_ROTATE || !record->rotate_keep || record->rotate_keep > OPTIONS_MAX_READ)
		argp_error(call->state, "--rotate '%s': invalid value: expected a size from 64K to 1024G, and after a comma how many "
			   "files to keep, 1 to %d", value, OPTIONS_MAX_READ);
}

static void parse_verbose(const struct call *call, char *value)
{
	call->opts->live.verbosity++;
}

/* The requested output is complete. */
static void end(void)
{
	exit(output_standard_is_written() ? EXIT_OK : EXIT_CANNOT_RUN);
}

static void parse_version(const struct call *call, char *value)
{
	char list[OPTION_FORMATS_LEN];

	printf("dtlsnoop %s\n", dtlsnoop_version);
	printf("hooks: fentry kprobe cgroup; files: recording pcap pcapng; outputs: %s; event ABI %d\n",
	       option_formats(list, " ", " "), EVENT_ABI);
	printf("%s, %s, %s, %s\n%s", loader_library(), source_pcap_library(), metrics_http_library(), otlp_post_library(),
	       library_limits());
	end();
}

static void parse_help(const struct call *call, char *value)
{
	argp_state_help(call->state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
	end();
}

/* The name may also be the next argument, as with other options. */
static void parse_explain(const struct call *call, char *value)
{
	struct argp_state *state = call->state;

	if (!value && state->next < state->argc && state->argv[state->next][0] != '-')
		value = state->argv[state->next++];
	if (!value)
		explain_list(stdout);
	else if (!explain(stdout, value))
		argp_error(state, "--explain '%s': there is no such verdict, note or word: --explain without a name prints the list",
			   value);
	end();
}

static void parse_usage(const struct call *call, char *value)
{
	argp_state_help(call->state, stdout, ARGP_HELP_USAGE);
	end();
}

static const struct word colors[] = {
	{ "auto", COLOR_AUTO }, { "always", COLOR_ALWAYS }, { "never", COLOR_NEVER }, { NULL, 0 },
};
static const struct word times[] = {
	{ "relative", STAMP_RELATIVE }, { "clock", STAMP_CLOCK }, { "utc", STAMP_UTC }, { "delta", STAMP_DELTA }, { NULL, 0 },
};
static const struct word profiles[] = {
	{ "webrtc", 5 * NS_PER_SECOND / 2 }, { "general", DEFAULT_FLOOR_NS }, { "iot", 20 * NS_PER_SECOND }, { NULL, 0 },
};
static const struct word matches[] = {
	{ "none", FAIL_ON_NONE }, { "stuck", FAIL_ON_STUCK }, { "fault", FAIL_ON_FAULT }, { NULL, 0 },
};
static const struct word tiers[] = {
	{ "auto", TIER_AUTO }, { "fentry", TIER_FENTRY }, { "kprobe", TIER_KPROBE }, { "cgroup", TIER_CGROUP }, { NULL, 0 },
};
static const struct word apps[] = {
	{ "auto", APP_AUTO }, { "on", APP_ON }, { "off", APP_OFF }, { NULL, 0 },
};

#define IN(to) .member = offsetof(struct options, to), .size = sizeof(((struct options *)NULL)->to)
#define FLAG(to) .parse = parse_flag, IN(to)
#define STRING(to) .parse = parse_string, IN(to), .once = true
#define WORD(to, list) .parse = parse_word, IN(to), .words = list
#define NUMBER(to, least, most) .parse = parse_number, IN(to), .min = least, .max = most
#define SECONDS(to, function) .parse = function, IN(to)
#define CALLS(function) .parse = function

static const struct row rows[] = {
	{ "pid", 'p', "PID[,PID...]", 1,
	  "trace only these processes (repeatable)", CALLS(parse_pids) },
	{ "follow-forks", 'f', NULL, 1,
	  "with -p or a command: also trace the child processes, those that run and those that start later", FLAG(live.follow_forks) },
	{ "user", 'u', "USER", 1,
	  "with a command: run the command as this user", STRING(user) },
	{ "comm", 'n', "NAME", 1,
	  "trace only processes with this name (comm: the first 15 bytes count)", CALLS(parse_comm), .once = true },
	{ "cgroup", 0, "PATH", 1,
	  "trace only processes in this cgroup v2 or below it: one container", STRING(live.cgroup) },
	{ "netns", 0, "PID|NAME|PATH", 1,
	  "trace only this network namespace: that of a process, a name (ip netns), or a path", STRING(live.netns) },
	{ "port", 'P', "PORT[,PORT...]", 1,
	  "trace only these local or remote ports (repeatable): numbers, or names such as coaps", CALLS(parse_ports) },
	{ "read", 'r', "FILE", 1,
	  "analyse a recording, JSON lines (-o json -v), a pcap or a pcapng instead of this host; '-' means standard input (repeatable: the files of --rotate, and recordings of several hosts)", CALLS(parse_read) },
	{ "write", 'w', "FILE", 1,
	  "also write a recording for --read: headers only", STRING(record.path) },
	{ "annotate", 0, "FILE", 1,
	  "with -r CAPTURE: also write a copy of it, a pcapng with packet comments for Wireshark", STRING(annotate_file) },
	{ "force", 0, NULL, 1,
	  "with -w, --annotate, --metrics or -o FORMAT=FILE: replace a file that exists", FLAG(record.force) },
	{ "rotate", 0, "SIZE[,N]", 1,
	  "with -w: begin a new file at this size and keep N (default 10): FILE, FILE.1, ...; K, M or G may follow SIZE", CALLS(parse_rotate) },
	{ "output", 'o', "FORMAT[=FILE]", 2,
	  "print this format: on standard output, or to a file as well (repeatable). Formats: ", CALLS(parse_output) },
	{ "otlp-endpoint", 0, "URL", 2,
	  "also send what -o otlp writes to an OpenTelemetry receiver: http://HOST:4318, or https", CALLS(parse_otlp_endpoint) },
	{ "json", 'j', NULL, 2,
	  "same as -o json", CALLS(parse_json) },
	{ "faults", 0, NULL, 2,
	  "print only handshakes with a fault, or that a side gave up early for a known cause", FLAG(faults_only) },
	{ "color", 0, "WHEN", 2,
	  "when to use colours: auto (default), always or never; auto respects NO_COLOR", WORD(color, colors) },
	{ "time", 0, "FORM", 2,
	  "times of the timeline: relative (default: seconds since the start), clock, utc, or delta (since the line before)", WORD(stamp, times) },
	{ "stats", 0, "TIME", 2,
	  "also print a stats line of JSON every so many seconds, or every 90s, 5m, 2h", SECONDS(stats_ns, parse_seconds) },
	{ "metrics", 0, "FILE", 2,
	  "keep metrics for Prometheus in this file, for the textfile collector of node_exporter: written anew every 10 s", STRING(metrics_file) },
	{ "metrics-listen", 0, "[ADDRESS:]PORT", 2,
	  "serve the same metrics at http://ADDRESS:PORT/metrics (default address: 127.0.0.1)", CALLS(parse_metrics_listen), .once = true },
	{ "host-id", 0, NULL, 2,
	  "tell in JSON and recordings which machine it is: a hash of /etc/machine-id", FLAG(live.host_id) },
	{ "pod-logs", 0, "FOLDER", 2,
	  "where kubelet keeps logs of pods, whose folders name them (default: /var/log/pods)", STRING(live.pod_logs) },
	{ "profile", 0, "NAME", 3,
	  "how long a silence must last to be a fault: webrtc 2.5 s, general 5 s (default) or iot 20 s", WORD(profile_ns, profiles) },
	{ "stuck-after", 0, "TIME", 3,
	  "the same, as a number of seconds, or with a unit (250ms, 90s, 5m)", SECONDS(stuck_after_ns, parse_stuck_after) },
	{ "fail-on", 0, "WHAT", 3,
	  "when to exit with status 3: fault (after any fault), stuck (after a stuck handshake) or none (default)", WORD(fail_on, matches) },
	{ "duration", 0, "TIME", 4,
	  "stop after this number of seconds, or after 90s, 5m, 2h", SECONDS(duration_ns, parse_seconds) },
	{ "count", 0, "N", 4,
	  "stop after N handshakes have ended", NUMBER(max_ended, 1, UINT32_MAX) },
	{ "hooks", 0, "TIER", 5,
	  "kind of hooks: fentry, kprobe, cgroup, or auto (default: the first that this kernel supports)", WORD(live.tier, tiers) },
	{ "app", 0, "WHEN", 5,
	  "hook the calls and errors of TLS libraries: on, off, or auto (default: of the processes of -p, or of a command)", WORD(live.app, apps) },
	{ "check", 0, NULL, 5,
	  "report what this host supports, which hooks would be used and what cannot be seen (-j: as JSON); trace nothing", FLAG(check) },
	{ "buffer", 0, "SIZE", 5,
	  "size of the ring buffer in bytes, a power of two; K or M may follow (default 4M)", CALLS(parse_buffer) },
	{ "max-handshakes", 0, "N", 5,
	  "follow at most N handshakes at a time (default 4096)", NUMBER(max_handshakes, 1, MAX_HANDSHAKES) },
	{ "rate-limit", 0, "N", 5,
	  "under a flood, inspect at most N datagrams per second from new addresses (default 2000; 0: all)", NUMBER(live.rate_limit, 0, MAX_RATE_LIMIT) },
	{ "verbose", 'v', NULL, 6,
	  "show each datagram at both ends, and a Wireshark display filter with each verdict; in JSON all that --read needs; -vv: also the messages of libbpf", CALLS(parse_verbose) },
	{ "quiet", 'q', NULL, 6,
	  "print no messages except errors", FLAG(live.quiet) },
	{ "version", 'V', NULL, 7,
	  "print the version and the features", CALLS(parse_version) },
	{ "help", 'h', NULL, 7,
	  "print this help", CALLS(parse_help) },
	{ "explain", 0, "NAME", 7,
	  "print what a verdict, a note or another word of the output means, and what to do; without NAME: the list", CALLS(parse_explain), .optional = true },
	{ "usage", 0, NULL, 7,
	  "print the names of all options", CALLS(parse_usage) },
};

static const char doc[] =
	"Trace the DTLS handshakes of this host and report which peer is stuck, and why.\v"
	"Without options, dtlsnoop traces every handshake of this host until Ctrl-C. It reads only record "
	"headers, handshake headers, plaintext alerts and the bodies of hello messages. It reads nothing "
	"that is encrypted.\n\n"
	"Exit status: 0 success, 1 could not run, 2 wrong usage, 3 --fail-on found a match.\n\n"
	"Examples:\n"
	"  dtlsnoop                        every handshake of this host\n"
	"  dtlsnoop -p 812                 only the sockets of process 812\n"
	"  dtlsnoop -- COMMAND ARG...      run a command and trace it from the start\n"
	"  dtlsnoop -P 4433,5684 --faults  only handshakes with a fault, on these ports\n"
	"  dtlsnoop -j --duration 60       JSON lines for one minute\n"
	"  dtlsnoop -r capture.pcap        handshakes in a capture file, as any user";

/* A file has what it has: only some of the filters can be applied to it. */
static void check_files(struct argp_state *state, const struct options *opts)
{
	if (opts->record.path && !strcmp(opts->record.path, "-"))
		argp_error(state, "--write '-': expected a file name: standard output is for the timeline or JSON");
	if (opts->record.rotate_size && !opts->record.path)
		argp_error(state, "--rotate needs --write FILE");
	if (opts->annotate_file && (opts->num_read != 1 || !strcmp(opts->read_files[0], "-")))
		argp_error(state, "--annotate needs one --read FILE, a capture that can be read twice");
	if (!opts->num_read)
		return;
	if (opts->check || opts->live.tier != TIER_AUTO || opts->live.cgroup || opts->live.host_id ||
	    opts->live.pod_logs || opts->live.app != APP_AUTO || opts->command)
		argp_error(state, "--read cannot be used with --check, --hooks, --app, --cgroup, --host-id, --pod-logs or a command: these are for live traces");
	if (opts->live.netns && opts->live.netns[strspn(opts->live.netns, "0123456789")])
		argp_error(state, "--netns '%s': expected the number of a network namespace: the file does not tell its name "
			   "(netns in the output of -j)", opts->live.netns);
}

/* How long a silence must last. */
static void check_floor(struct argp_state *state, struct options *opts)
{
	if (opts->stuck_after_ns && opts->profile_ns)
		argp_error(state, "--stuck-after and --profile both say how long a silence must last: give one of them");
	opts->floor_ns = opts->stuck_after_ns ? opts->stuck_after_ns : opts->profile_ns ? opts->profile_ns : DEFAULT_FLOOR_NS;
}

static void check_command(struct argp_state *state, const struct options *opts)
{
	if (state->quoted && (!opts->command || !opts->command[0][0]))
		argp_error(state, "--: expected a COMMAND after it");
	if (opts->command && (opts->live.num_pids || opts->check))
		argp_error(state, "a command cannot be used with --pid or --check");
	if (opts->live.follow_forks && !opts->live.num_pids && !opts->command)
		argp_error(state, "--follow-forks needs --pid or a command");
	if (opts->user && !opts->command)
		argp_error(state, "--user '%s' needs a command: -- COMMAND", opts->user);
}

/* Key of the first option without a letter. Others have their letter as key. */
#define KEY_FIRST 256

static int key_of(size_t i)
{
	return rows[i].letter ? rows[i].letter : KEY_FIRST + (int)i;
}

static const struct row *row_of(int key)
{
	for (size_t i = 0; i < NUM(rows); i++)
		if (key_of(i) == key)
			return &rows[i];
	return NULL;
}

/* What a command line has been parsed to so far. */
struct parsing {
	struct options *opts;
	const char *given[NUM(rows)];	/* the value of each option that is `once` */
};

static void refuse_second_value(const struct call *call, const char **given, const char *value)
{
	if (*given && strcmp(*given, value))
		argp_error(call->state, "--%s is given twice, with '%s' and '%s': it takes one value",
			   call->row->name, *given, value);
	*given = value;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parsing *parsing = state->input;
	struct options *opts = parsing->opts;
	struct call call = { row_of(key), state, opts };

	if (call.row) {
		/* No option accepts "", or the "--" before a command: then the option's value was forgotten. */
		if (arg && (!*arg || !strcmp(arg, "--")))
			argp_error(state, "--%s '%s': expected %s", call.row->name, arg, call.row->arg);
		call.row->parse(&call, arg);
		if (call.row->once)
			refuse_second_value(&call, &parsing->given[call.row - rows], arg);
		return 0;
	}
	switch (key) {
	case ARGP_KEY_END:
		check_command(state, opts);
		check_files(state, opts);
		check_floor(state, opts);
		option_check_metrics(opts, state);
		return 0;
	case ARGP_KEY_ARG:
		/* Accept arguments only after --, so that a mistyped option never runs something. */
		if (state->next < 2 || strcmp(state->argv[state->next - 2], "--"))
			argp_error(state, "unexpected argument '%s': a command must follow --", arg);
		opts->command = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

void options_parse(struct options *opts, int argc, char **argv)
{
	struct argp_option table[NUM(rows) + 1] = {};
	struct argp argp = { .options = table, .parser = parse_option, .args_doc = "[-- COMMAND [ARG...]]",
		.doc = doc, .help_filter = option_output_help,
	};
	struct parsing parsing = { .opts = opts };

	for (size_t i = 0; i < NUM(rows); i++)
		table[i] = (struct argp_option){ .name = rows[i].name, .key = key_of(i), .arg = rows[i].arg,
			.doc = rows[i].help, .group = rows[i].group, .flags = rows[i].optional ? OPTION_ARG_OPTIONAL : 0,
		};
	memset(opts, 0, sizeof(*opts));
	opts->live = (struct live_options){ .tier = TIER_AUTO, .buffer_size = DEFAULT_BUFFER, .rate_limit = DEFAULT_RATE_LIMIT };
	opts->max_handshakes = DEFAULT_HANDSHAKES;
	argp_err_exit_status = EXIT_USAGE;
	/* Keep the order. Otherwise, argp would move a stray word after the -- and it would be run. */
	argp_parse(&argp, argc, argv, ARGP_NO_HELP | ARGP_IN_ORDER, NULL, &parsing);
	option_output_default(opts);
}
