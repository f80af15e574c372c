// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"
#include "output.h"
#include "source_file.h"

#define NS_PER_SECOND 1000000000ULL
/* A silence that is shorter is none. */
#define MIN_STUCK_NS (NS_PER_SECOND / 1000)
#define MAX_SECONDS (100.0 * 365 * 86400)
#define DEFAULT_BUFFER (4U << 20)
#define MAX_BUFFER (1U << 30)
#define DEFAULT_HANDSHAKES 4096
#define MAX_HANDSHAKES 1000000
#define DEFAULT_RATE_LIMIT 2000
#define MAX_RATE_LIMIT 1000000
/* From Linux's include/linux/threads.h, PID_MAX_LIMIT on 64 bits. */
#define MAX_PID (4UL << 20)

enum long_only {
	KEY_FAULTS = 256, KEY_PROFILE, KEY_STUCK_AFTER, KEY_DURATION, KEY_COUNT, KEY_FAIL_ON,
	KEY_COLOR, KEY_HOOKS, KEY_CGROUP, KEY_NETNS, KEY_CHECK, KEY_BUFFER, KEY_MAX_HANDSHAKES,
	KEY_RATE_LIMIT,
};

static const struct sink_ops *const sinks[] = { &sink_timeline, &sink_json };

/* How long a side may be silent before it is called stuck. */
static const struct {
	const char *name;
	double seconds;
} profiles[] = { { "webrtc", 2.5 }, { "general", 5 }, { "iot", 20 } };

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static const char doc[] =
	"Trace DTLS handshakes on this host and say which peer is stuck, and why.\v"
	"Without options every handshake of this host is traced until Ctrl-C. Only record and "
	"handshake headers and the bodies of hello messages are read, nothing of what is encrypted.\n\n"
	"Exit status: 0 done, 1 could not run, 2 wrong usage, 3 --fail-on found something.\n\n"
	"Examples:\n"
	"  dtlsnoop                        every handshake of this host\n"
	"  dtlsnoop -p 812                 of the sockets of process 812\n"
	"  dtlsnoop -- COMMAND ARG...      run a command and trace it from its first packet\n"
	"  dtlsnoop -P 4433,5684 --faults  only what goes wrong, on these ports\n"
	"  dtlsnoop -j --duration 60       JSON lines for a minute\n"
	"  dtlsnoop -r capture.pcap        what a capture holds, as any user";

static const struct argp_option table[] = {
	{ "pid", 'p', "PID[,PID...]", 0, "only these processes (repeatable)", 1 },
	{ "follow-forks", 'f', NULL, 0, "with -p or a command: children that they start from now on, too", 1 },
	{ "user", 'u', "USER", 0, "with a command: run it as this user", 1 },
	{ "comm", 'n', "NAME", 0, "only processes of this name (comm, at most 15 bytes)", 1 },
	{ "cgroup", KEY_CGROUP, "PATH", 0, "only processes in this cgroup v2 or below: one container", 1 },
	{ "netns", KEY_NETNS, "PID|PATH", 0, "only this network namespace: a process's, or a path", 1 },
	{ "port", 'P', "PORT[,PORT...]", 0, "only this local or remote port (repeatable)", 1 },
	{ "read", 'r', "FILE", 0,
	  "analyse a recording, a pcap or a pcapng instead of this host; '-' is standard input", 1 },
	{ "write", 'w', "FILE", 0, "write a recording for --read as well: headers only", 1 },
	{ "output", 'o', "FORMAT", 0, "what standard output gets: timeline (default) or json", 2 },
	{ "json", 'j', NULL, 0, "same as -o json", 2 },
	{ "faults", KEY_FAULTS, NULL, 0, "only handshakes that end in a fault", 2 },
	{ "color", KEY_COLOR, "WHEN", 0, "auto (default), always or never; NO_COLOR is honoured", 2 },
	{ "profile", KEY_PROFILE, "NAME", 0,
	  "how long a silence must last to be a fault: webrtc 2.5 s, general 5 s (default), iot 20 s", 3 },
	{ "stuck-after", KEY_STUCK_AFTER, "SECONDS", 0, "the same, in seconds", 3 },
	{ "fail-on", KEY_FAIL_ON, "WHAT", 0,
	  "exit with status 3 if a handshake ended in a fault, was stuck, or none (default)", 3 },
	{ "duration", KEY_DURATION, "SECONDS", 0, "stop after this time", 4 },
	{ "count", KEY_COUNT, "N", 0, "stop after N handshakes ended", 4 },
	{ "hooks", KEY_HOOKS, "TIER", 0,
	  "auto (default: the first that this kernel bears), fentry, kprobe or cgroup", 5 },
	{ "check", KEY_CHECK, NULL, 0,
	  "say what this host supports, which hooks would be used and what is not seen; trace nothing", 5 },
	{ "buffer", KEY_BUFFER, "SIZE", 0,
	  "ring buffer in bytes, a power of two, K or M may follow (default 4M)", 5 },
	{ "max-handshakes", KEY_MAX_HANDSHAKES, "N", 0, "follow at most N handshakes (default 4096)", 5 },
	{ "rate-limit", KEY_RATE_LIMIT, "N", 0,
	  "under a flood, look at N datagrams a second from addresses not seen before (default 2000; 0: all)", 5 },
	{ "verbose", 'v', NULL, 0, "show each datagram at both of its ends, and with each verdict a display filter for Wireshark; -vv: libbpf's messages", 6 },
	{ "quiet", 'q', NULL, 0, "no messages but errors", 6 },
	{ "version", 'V', NULL, 0, "print version and features", 7 },
	{ "help", 'h', NULL, 0, "print this help", 7 },
	{ 0 },
};

/* A whole number from `min` to `max` that `text` is, up to one of `ends`. */
static unsigned long parse_number(struct argp_state *state, const char *what, const char *text,
				  char **end, unsigned long min, unsigned long max)
{
	unsigned long number;

	errno = 0;
	number = strtoul(text, end, 10);
	if (*end == text || *text == '-' || *text == '+' || errno || number < min || number > max)
		argp_error(state, "%s '%s': a whole number from %lu to %lu is wanted", what, text,
			   min, max);
	return number;
}

static unsigned long parse_whole(struct argp_state *state, const char *what, const char *text,
				 unsigned long min, unsigned long max)
{
	char *end;
	unsigned long number = parse_number(state, what, text, &end, min, max);

	if (*end)
		argp_error(state, "%s '%s': a whole number is wanted", what, text);
	return number;
}

/* The next of a comma-separated list; *text moves past it. False at the end. */
static bool parse_list(struct argp_state *state, const char *what, char **text, unsigned long max,
		       uint32_t num, unsigned long *number)
{
	if (!*text)
		return false;
	if (!**text || **text == ',')
		argp_error(state, "%s: a number is missing where a comma begins or ends the list, or follows another",
			   what);
	if (num == LIVE_MAX_FILTER)
		argp_error(state, "more than %u of %s", LIVE_MAX_FILTER, what);
	*number = parse_number(state, what, *text, text, 1, max);
	if (**text && **text != ',')
		argp_error(state, "%s: '%s' is no comma-separated list of numbers", what, *text);
	*text = **text ? *text + 1 : NULL;
	return true;
}

/* In nanoseconds; at least one, for 0 stands for no time. */
static uint64_t parse_seconds(struct argp_state *state, const char *what, const char *text)
{
	uint64_t ns;
	double seconds;
	char *end;

	errno = 0;
	seconds = strtod(text, &end);
	/* Too small for a double, but not 0. */
	if (!seconds && errno == ERANGE && !signbit(seconds))
		seconds = DBL_MIN;
	if (end == text || *end || !isfinite(seconds) || seconds <= 0 || seconds > MAX_SECONDS)
		argp_error(state, "%s '%s': a number of seconds above 0 is wanted, %.0f at most", what, text,
			   MAX_SECONDS);
	ns = seconds * NS_PER_SECOND;
	return ns ? ns : 1;
}

static uint64_t parse_stuck_after(struct argp_state *state, const char *text)
{
	uint64_t ns = parse_seconds(state, "--stuck-after", text);

	if (ns < MIN_STUCK_NS)
		argp_error(state, "--stuck-after '%s': 0.001 seconds or more are wanted", text);
	return ns;
}

static uint32_t parse_size(struct argp_state *state, const char *text)
{
	char *end;
	unsigned long size = parse_number(state, "--buffer", text, &end, 1, MAX_BUFFER);

	if (*end == 'K' || *end == 'k') {
		size <<= 10;
		end++;
	} else if (*end == 'M' || *end == 'm') {
		size <<= 20;
		end++;
	}
	if (*end || size & (size - 1) || size < 65536 || size > MAX_BUFFER)
		argp_error(state, "--buffer '%s': a power of two from 64K to 1024M is wanted", text);
	return size;
}

static const struct sink_ops *parse_sink(struct argp_state *state, const char *name)
{
	for (size_t i = 0; i < NUM(sinks); i++)
		if (!strcmp(sinks[i]->name, name))
			return sinks[i];
	argp_error(state, "--output '%s': timeline or json is wanted", name);
	return NULL;
}

static uint64_t parse_profile(struct argp_state *state, const char *name)
{
	for (size_t i = 0; i < NUM(profiles); i++)
		if (!strcmp(profiles[i].name, name))
			return profiles[i].seconds * NS_PER_SECOND;
	argp_error(state, "--profile '%s': webrtc, general or iot is wanted", name);
	return 0;
}

/* The index of `word` in `words`, NULL at the end. */
static int parse_word(struct argp_state *state, const char *what, const char *word,
		      const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	argp_error(state, "%s '%s' is none of its values: see --help", what, word);
	return 0;
}

static void print_version(void)
{
	printf("dtlsnoop %s\n", DTLSNOOP_VERSION);
	printf("hooks: fentry kprobe cgroup; files: recording pcap pcapng; outputs: timeline json; "
	       "event ABI %d\n", EVENT_ABI);
	printf("%s, %s, %s\n", loader_library(), sink_json_library(), source_pcap_library());
}

/* What was asked for is printed. */
static void end(void)
{
	exit(output_standard_is_written() ? EXIT_OK : EXIT_CANNOT_RUN);
}

static void add_pid(struct options *opts, uint32_t pid)
{
	for (uint32_t i = 0; i < opts->live.num_pids; i++)
		if (opts->live.pids[i] == pid)
			return;
	opts->live.pids[opts->live.num_pids++] = pid;
}

/* What is in a file is in it: these choose what the kernel tells. */
static void check_files(struct argp_state *state, const struct options *opts)
{
	if (opts->write_file && !strcmp(opts->write_file, "-"))
		argp_error(state, "--write '-': a file is wanted, standard output is for the lines");
	if (!opts->read_file)
		return;
	if (opts->check || opts->live.tier != TIER_AUTO || opts->live.num_pids || opts->live.num_ports || opts->live.comm[0] ||
	    opts->live.cgroup || opts->live.netns || opts->command)
		argp_error(state, "--read goes without --check, --hooks, --pid, --comm, --cgroup, --netns, "
			   "--port and a command: these are of live traces");
}

static void check_command(struct argp_state *state, const struct options *opts)
{
	if (state->quoted && (!opts->command || !opts->command[0][0]))
		argp_error(state, "--: a COMMAND is wanted behind it");
	if (opts->command && (opts->live.num_pids || opts->check))
		argp_error(state, "a command goes without --pid and --check");
	if (opts->live.follow_forks && !opts->live.num_pids && !opts->command)
		argp_error(state, "--follow-forks: of which processes? It goes with --pid or a command");
	if (opts->user && !opts->command)
		argp_error(state, "--user '%s': of which command? It goes with -- COMMAND", opts->user);
}

/* No option has a use for nothing, nor for the -- before a command: then its own value was forgotten. */
static void check_value(struct argp_state *state, int key, const char *value)
{
	for (size_t i = 0; table[i].name; i++)
		if (table[i].key == key && table[i].arg && (!*value || !strcmp(value, "--")))
			argp_error(state, "--%s '%s': %s is wanted", table[i].name, value, table[i].arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static const char *const fail_on[] = { "none", "stuck", "fault", NULL };
	static const char *const color[] = { "auto", "always", "never", NULL };
	static const char *const hooks[] = { "auto", "fentry", "kprobe", "cgroup", NULL };
	static const enum tier tiers[] = { TIER_AUTO, TIER_FENTRY, TIER_KPROBE, TIER_CGROUP };
	struct options *opts = state->input;
	unsigned long number;

	if (arg)
		check_value(state, key, arg);
	switch (key) {
	case 'p':
		while (parse_list(state, "--pid", &arg, MAX_PID, opts->live.num_pids, &number))
			add_pid(opts, number);
		break;
	case 'P':
		while (parse_list(state, "--port", &arg, UINT16_MAX, opts->live.num_ports, &number))
			opts->live.ports[opts->live.num_ports++] = number;
		break;
	case 'r': opts->read_file = arg; break;
	case 'w': opts->write_file = arg; break;
	case 'o': opts->sink = parse_sink(state, arg); break;
	case 'j': opts->sink = &sink_json; break;
	case 'u': opts->user = arg; break;
	case 'f': opts->live.follow_forks = true; break;
	case 'n':
		/* The kernel cuts names to this (TASK_COMM_LEN): so does who reads them in ps. */
		if (!*arg || strlen(arg) >= sizeof(opts->live.comm))
			argp_error(state, "--comm '%s': a name of 1 to %zu bytes is wanted", arg,
				   sizeof(opts->live.comm) - 1);
		strcpy(opts->live.comm, arg);
		break;
	case KEY_CGROUP: opts->live.cgroup = arg; break;
	case KEY_NETNS: opts->live.netns = arg; break;
	case KEY_FAULTS: opts->faults_only = true; break;
	case KEY_COLOR: opts->color = parse_word(state, "--color", arg, color); break;
	case KEY_HOOKS: opts->live.tier = tiers[parse_word(state, "--hooks", arg, hooks)]; break;
	case KEY_CHECK: opts->check = true; break;
	case KEY_PROFILE: opts->floor_ns = parse_profile(state, arg); break;
	case KEY_STUCK_AFTER: opts->floor_ns = parse_stuck_after(state, arg); break;
	case KEY_FAIL_ON: opts->fail_on = parse_word(state, "--fail-on", arg, fail_on); break;
	case KEY_DURATION: opts->duration_ns = parse_seconds(state, "--duration", arg); break;
	case KEY_COUNT: opts->max_ended = parse_whole(state, "--count", arg, 1, UINT32_MAX); break;
	case KEY_BUFFER: opts->live.buffer_size = parse_size(state, arg); break;
	case KEY_MAX_HANDSHAKES:
		opts->max_handshakes = parse_whole(state, "--max-handshakes", arg, 1, MAX_HANDSHAKES);
		break;
	case KEY_RATE_LIMIT:
		opts->live.rate_limit = parse_whole(state, "--rate-limit", arg, 0, MAX_RATE_LIMIT);
		break;
	case 'v': opts->live.verbosity++; break;
	case 'q': opts->live.quiet = true; break;
	case 'V':
		print_version();
		end();
		break;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		end();
		break;
	case ARGP_KEY_END:
		check_command(state, opts);
		check_files(state, opts);
		break;
	case ARGP_KEY_ARG:
		/* Only after --, so that no mistyped option runs something. */
		if (state->next < 2 || strcmp(state->argv[state->next - 2], "--"))
			argp_error(state, "'%s': no argument is wanted here; a command follows --", arg);
		opts->command = state->argv + state->next - 1;
		state->next = state->argc;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

void options_parse(struct options *opts, int argc, char **argv)
{
	static const struct argp argp = { .options = table, .parser = parse_option, .args_doc = "[-- COMMAND [ARG...]]",
		.doc = doc,
	};

	memset(opts, 0, sizeof(*opts));
	opts->live.tier = TIER_AUTO;
	opts->sink = &sink_timeline;
	opts->floor_ns = parse_profile(NULL, "general");
	opts->live.buffer_size = DEFAULT_BUFFER;
	opts->max_handshakes = DEFAULT_HANDSHAKES;
	opts->live.rate_limit = DEFAULT_RATE_LIMIT;
	argp_err_exit_status = EXIT_USAGE;
	/* In order, or a stray word would be moved behind the -- and run. */
	argp_parse(&argp, argc, argv, ARGP_NO_HELP | ARGP_IN_ORDER, NULL, opts);
}
