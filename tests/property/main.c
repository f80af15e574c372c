// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The property: of any handshake, through any network, seen from anywhere, no
 * fault that is none, no wrong side, and each that could be seen is reported.
 *
 *	property [--seed N] [--num N] [--failures N] [--fault NAME] [--peer NAME] [--late] [--both]
 *		 [--trace] [--record DIRECTORY]
 *
 * Case by case from seed N on (default: drawn, and printed). Speaks TAP. What
 * fails prints its own seed: --seed N --num 1 --trace shows it in full.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "adversary.h"
#include "both.h"
#include "late.h"
#include "truth.h"

#define MAX_FAILURES 10

struct run {
	uint64_t seed, num, max_failures;	/* max_failures 0: no end */
	enum fault_kind only;		/* FAULT_MAX: any */
	bool trace, has_seed, forges, is_late, is_both;
	const char *fault;
	const char *directory;	/* for recordings; NULL: none */
	struct adversary adversary;
	uint64_t failed, events;
	uint64_t by_truth[TRUTH_MAX], by_fault[FAULT_MAX];
	struct truth_counts counts;
	enum peer_kind peer;	/* each that can is one of these; PEER_MAX: none more than is drawn */
	struct { uint64_t num[TRUTH_MAX], said[VERDICT_MAX]; } by_peer[PEER_MAX];
};

static struct world world;

static void print_failure(struct run *run, const struct scenario *sc, const char *where, const char *why)
{
	printf("# FAILED, seed %" PRIu64 "%s%s, %s: %s; truth: %s\n", sc->seed, run->fault ? " --fault " : "",
	       run->fault ? run->fault : "", where, why, truth_name(truth_of(&world)));
	run->failed++;
}

/*
 * The same once more among datagrams that are not DTLS, and with each handshake packed after
 * each event: nothing else may be said.
 */
static void run_among_others(struct run *run, const struct scenario *sc, enum observer observer,
			     const struct observed *before)
{
	static struct observed among;

	if (run->trace)
		printf("seen %s, among others:\n", observer_name(observer));
	observe(&world, observer, true, &among, run->trace ? stdout : NULL, NULL);
	if (!observed_same(before, &among))
		print_failure(run, sc, observer_name(observer), "something else is said where handshakes are packed and datagrams pass that are no DTLS");
}

/* DIRECTORY/SEED-OBSERVER, or NULL. */
static void count_peers(struct run *run, const struct scenario *sc, const struct observed *seen)
{
	for (int kind = 0; kind < PEER_MAX; kind++) {
		if (!peer_is(sc, PARTY_CLIENT, kind) && !peer_is(sc, PARTY_SERVER, kind))
			continue;
		run->by_peer[kind].num[truth_of(&world)]++;
		for (int i = 0; i < OBSERVER_MAX; i++)
			run->by_peer[kind].said[seen[i].last.code] += seen[i].any;
	}
}

/* One scenario, seen by all. */
static void run_case(struct run *run, uint64_t seed)
{
	struct observed *seen = calloc(OBSERVER_MAX, sizeof(*seen));
	static struct script script;
	struct scenario sc;
	const char *why;
	FILE *recording;

	scenario_draw(&sc, seed, run->only);
	for (int role = 0; run->peer < PEER_MAX && role < PARTY_MAX; role++)
		peer_add(&sc, role, run->peer);
	script_build(&script, &sc);
	sim_run(&world, &sc, &script, NULL);
	if (run->trace) {
		scenario_print(&sc, stdout);
		trace_world(stdout, &world);
	}
	run->by_truth[truth_of(&world)]++;
	run->by_fault[sc.fault]++;
	for (int i = 0; i < OBSERVER_MAX && seen && truth_of(&world) != TRUTH_VOID; i++) {
		if (run->trace)
			printf("seen %s:\n", observer_name(i));
		recording = observer_recording(run->directory, seed, i);
		observe(&world, i, false, &seen[i], run->trace ? stdout : NULL, recording);
		if (recording)
			fclose(recording);
		run->events += seen[i].events;
		why = truth_judge(&world, &seen[i], &run->counts);
		if (why)
			print_failure(run, &sc, observer_name(i), why);
		run_among_others(run, &sc, i, &seen[i]);
	}
	if (seen && truth_of(&world) != TRUTH_VOID && (why = truth_compare(&world, seen)))
		print_failure(run, &sc, "all together", why);
	if (seen)
		count_peers(run, &sc, seen);
	free(seen);
}

static void print_summary(const struct run *run, uint64_t done)
{
	printf("# %" PRIu64 " handshakes", done);
	for (int i = 0; i < TRUTH_MAX; i++)
		printf(", %" PRIu64 " %s", run->by_truth[i], truth_name(i));
	printf("; seen by %d observers, %" PRIu64 " events\n", OBSERVER_MAX, run->events);
	printf("# faults put in:");
	for (int i = 1; i < FAULT_MAX; i++)
		printf(" %s %" PRIu64 "%s", fault_name(i), run->by_fault[i], i + 1 < FAULT_MAX ? "," : "\n");
	printf("# reported %" PRIu64 " of the %" PRIu64 " times that one could be seen\n", run->counts.reported,
	       run->counts.must);
	printf("# said while three copies and more were lost, and taken back: %" PRIu64 " times\n",
	       run->counts.taken_back);
	printf("# replaced by another fault, with nothing seen in between: %" PRIu64 " times\n", run->counts.replaced);
	printf("# said as likely only, when the tracer had lost events: %" PRIu64 " times\n",
	       run->counts.blurred);
	for (int i = 0; i < VERDICT_MAX; i++)
		if (run->counts.by_code[i])
			printf("#   %s %" PRIu64 "\n", verdict_code_name(i), run->counts.by_code[i]);
}

static void print_peers(const struct run *run)
{
	for (int kind = 0; kind < PEER_MAX; kind++) {
		printf("# peer %s:", peer_name(kind));
		for (int i = 0; i < TRUTH_MAX; i++)
			printf(" %" PRIu64 " %s%s", run->by_peer[kind].num[i], truth_name(i), i + 1 < TRUTH_MAX ? "," : ";");
		printf(" last words of all observers:");
		for (int i = 0; i < VERDICT_MAX; i++)
			if (run->by_peer[kind].said[i])
				printf(" %s %" PRIu64, verdict_code_name(i), run->by_peer[kind].said[i]);
		printf("\n");
	}
}

static int run_adversary(struct run *run)
{
	struct adversary *adv = &run->adversary;

	adv->trace = run->trace ? stdout : NULL;
	for (uint64_t i = 0; i < run->num; i++)
		adversary_case(adv, &world, run->seed + i);
	adversary_print(adv, stdout);
	return adversary_holds(adv, stdout) ? 0 : 1;
}

static int run_late(struct run *run)
{
	struct late late = { .trace = run->trace ? stdout : NULL, .failures = stdout, .directory = run->directory };
	uint64_t done = 0;

	while (done < run->num && (!run->max_failures || late.failed < run->max_failures))
		late_case(&late, &world, run->seed + done++);
	late_print(&late, stdout);
	printf("%sok 1 - %" PRIu64 " traces that begin late, from seed %" PRIu64 "\n1..1\n", late.failed ? "not " : "",
	       done, run->seed);
	return late.failed != 0;
}

static int run_both(struct run *run)
{
	static struct both both;
	uint64_t done = 0;

	both.trace = run->trace ? stdout : NULL;
	both.failures = stdout;
	both.directory = run->directory;
	both.only = run->only;
	while (done < run->num && (!run->max_failures || both.failed < run->max_failures))
		both_case(&both, &world, run->seed + done++);
	both_print(&both, stdout);
	printf("%sok 1 - %" PRIu64 " handshakes seen at both ends, from seed %" PRIu64 "\n1..1\n", both.failed ? "not " : "",
	       done, run->seed);
	return both.failed != 0;
}

static enum fault_kind fault_of_name(const char *name, struct argp_state *state)
{
	for (int i = 0; i < FAULT_MAX; i++)
		if (!strcmp(name, fault_name(i)))
			return i;
	argp_error(state, "no such fault: %s", name);
	return FAULT_MAX;
}

static enum peer_kind peer_of_name(const char *name, struct argp_state *state)
{
	for (int i = 0; i < PEER_MAX; i++)
		if (!strcmp(name, peer_name(i)))
			return i;
	argp_error(state, "no such peer: %s", name);
	return PEER_MAX;
}

static uint64_t number(const char *text, struct argp_state *state)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end)
		argp_error(state, "not a number: %s", text);
	return n;
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case 's':
		run->seed = number(arg, state);
		run->has_seed = true;
		return 0;
	case 'n':
		run->num = number(arg, state);
		return 0;
	case 'm':
		run->max_failures = number(arg, state);
		return 0;
	case 'f':
		run->only = fault_of_name(arg, state);
		run->fault = arg;
		return 0;
	case 'p':
		run->peer = peer_of_name(arg, state);
		return 0;
	case 't':
		run->trace = true;
		return 0;
	case 'r':
		run->directory = arg;
		return 0;
	case 'l':
		run->is_late = true;
		return 0;
	case 'b':
		run->is_both = true;
		return 0;
	case 'a':
		run->forges = true;
		run->adversary.only = arg ? adversary_kind(arg) : FORGERY_MAX;
		if (arg && run->adversary.only == FORGERY_MAX)
			argp_error(state, "no such forgery: %s", arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "seed", 's', "N", 0, "begin with this seed", 0 },
		{ "num", 'n', "N", 0, "so many cases (default 1000)", 0 },
		{ "failures", 'm', "N", 0, "stop after so many (default 10, 0: do not)", 0 },
		{ "fault", 'f', "NAME", 0, "put in this fault; none: in no case", 0 },
		{ "peer", 'p', "NAME", 0, "make each side one of these, if it can be", 0 },
		{ "trace", 't', NULL, 0, "write down all that happens", 0 },
		{ "record", 'r', "DIRECTORY", 0, "record there what each observer sees, for dtlsnoop -r", 0 },
		{ "late", 'l', NULL, 0, "begin each trace at a random moment of the handshake", 0 },
		{ "both", 'b', NULL, 0, "merge the recordings of two hosts, whose clocks are off, and which lose events", 0 },
		{ "adversary", 'a', "KIND", OPTION_ARG_OPTIONAL, "a stranger forges one datagram in each", 0 },
		{ 0 },
	};
	static const struct argp argp = { options, take_option, NULL, "Handshakes through a simulated network", NULL, NULL, NULL };
	static struct run run = { .num = 1000, .max_failures = MAX_FAILURES, .only = FAULT_MAX, .peer = PEER_MAX };
	uint64_t done = 0;

	if (argp_parse(&argp, argc, argv, 0, NULL, &run))
		return 2;
	if (!run.has_seed && getrandom(&run.seed, sizeof(run.seed), 0) < 0)
		return 1;
	if (!run.has_seed)
		run.seed >>= 16;	/* short enough to type */
	printf("# seeds from %" PRIu64 " on\n", run.seed);
	if (run.forges)
		return run_adversary(&run);
	if (run.is_late)
		return run_late(&run);
	if (run.is_both)
		return run_both(&run);
	while (done < run.num && (!run.max_failures || run.failed < run.max_failures))
		run_case(&run, run.seed + done++);
	print_summary(&run, done);
	print_peers(&run);
	printf("%sok 1 - %" PRIu64 " handshakes from seed %" PRIu64 "\n1..1\n", run.failed ? "not " : "", done,
	       run.seed);
	return run.failed != 0;
}
