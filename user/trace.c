// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "analysis.h"
#include "host.h"
#include "message.h"
#include "sink.h"
#include "source.h"

/* The longest wait: how late a line may be on a quiet host. */
#define TICK_MS 100

struct trace {
	const struct options *opts;
	struct analysis *analysis;
	struct source *source;
	struct sink sink;
	struct trace_info info;
	struct utsname kernel;
	int cgroup_fd;
	uint64_t lost;		/* already told to the analysis */
	bool fault_seen, stuck_seen;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* Without SA_RESTART: a wait in progress ends. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = interrupt };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void on_event(void *ctx, const struct event *ev, size_t len)
{
	struct trace *t = ctx;

	analysis_event(t->analysis, ev, len);
}

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
	struct trace *t = ctx;

	if (!t->opts->faults_only)
		t->sink.ops->datagram(&t->sink, facts);
}

static void on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	struct trace *t = ctx;
	bool fault = h->verdict.severity == SEVERITY_FAULT;

	t->fault_seen |= fault;
	t->stuck_seen |= h->state == HANDSHAKE_STUCK;
	/* A stuck handshake that moves again has no verdict: that takes the fault back. */
	if (!t->opts->faults_only || fault || h->was_stuck)
		t->sink.ops->handshake(&t->sink, h, now);
}

static bool cgroup_path(void *ctx, uint64_t id, char *path, size_t size)
{
	const struct trace *t = ctx;

	return host_cgroup_path(t->cgroup_fd, id, path, size);
}

static const char *drop_reason(void *ctx, uint32_t reason)
{
	return loader_drop_reason(ctx, reason);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static bool wants_color(enum color_when when)
{
	const char *no_color = getenv("NO_COLOR");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color);	/* no-color.org */
}

static void init_info(struct trace *t, const struct loader *loader)
{
	uname(&t->kernel);
	t->info = (struct trace_info){
		.version = DTLSNOOP_VERSION,
		.source = "live",
		.hooks = loader_hooks(loader),
		.kernel = t->kernel.release,
		.unseen = loader_unseen(loader),
		.pids = t->opts->pids,
		.num_pids = t->opts->num_pids,
		.ports = t->opts->ports,
		.num_ports = t->opts->num_ports,
		.start_ns = clock_ns(CLOCK_MONOTONIC),
		.start_wall_ns = clock_ns(CLOCK_REALTIME),
		.drop_reason_name = drop_reason,
		.drop_reason_ctx = (void *)loader,
		.cgroup_path = cgroup_path,
		.cgroup_ctx = t,
	};
	t->cgroup_fd = loader_cgroup_fd(loader);
	t->sink = (struct sink){
		.ops = t->opts->sink,
		.info = &t->info,
		.out = stdout,
		.color = wants_color(t->opts->color),
		.verbosity = t->opts->verbosity,
	};
}

static struct analysis *make_analysis(struct trace *t, const struct loader *loader)
{
	struct analysis_options opts = {
		.verdict = { .floor_ns = t->opts->floor_ns },
		.max_handshakes = t->opts->max_handshakes,
		.sees_reads = loader_sees(loader, EVENT_READ),
		.sees_drops = loader_sees(loader, EVENT_DROPPED),
		.sees_send_failures = loader_sees(loader, EVENT_SEND_FAILED),
		.drop_reason_name = drop_reason,
		.drop_reason_ctx = (void *)loader,
		.allocate = malloc,
		.release = free,
	};
	struct analysis_callbacks callbacks = {
		.ctx = t, .datagram = on_datagram, .handshake = on_handshake,
	};
	struct analysis *analysis;

	if (getrandom(&opts.hash_seed, sizeof(opts.hash_seed), 0) < 0)
		opts.hash_seed = clock_ns(CLOCK_MONOTONIC);
	analysis = analysis_new(&opts, &callbacks);
	if (!analysis)
		message_error("not enough memory to follow %u handshakes: lower --max-handshakes",
			      t->opts->max_handshakes);
	return analysis;
}

/* Tell the analysis of losses, so that it claims no more than it can know. */
static void account_losses(struct trace *t)
{
	uint64_t counters[COUNTER_MAX], lost;

	t->source->ops->counters(t->source, counters);
	lost = counters_lost(counters);
	if (lost > t->lost)
		analysis_lost(t->analysis, lost - t->lost);
	t->lost = lost;
}

static uint64_t num_ended(const struct trace *t)
{
	const uint64_t *num = analysis_stats(t->analysis)->by_state;

	return num[HANDSHAKE_COMPLETED] + num[HANDSHAKE_FAILED] + num[HANDSHAKE_ABANDONED];
}

static bool is_over(const struct trace *t, uint64_t now)
{
	const struct options *opts = t->opts;

	return interrupted || (opts->duration_ns && now >= t->info.start_ns + opts->duration_ns) ||
	       (opts->max_ended && num_ended(t) >= opts->max_ended);
}

/* 0 at the end of the trace, -errno if it broke. */
static int loop(struct trace *t)
{
	const struct source_ops *source = t->source->ops;
	uint64_t now = t->info.start_ns;
	int err;

	while (!is_over(t, now)) {
		err = source->poll(t->source, TICK_MS);
		if (err && err != -EINTR)
			return err;
		now = source->now(t->source);
		account_losses(t);
		analysis_advance(t->analysis, now);
		if (fflush(stdout) || ferror(stdout))
			return -EPIPE;
	}
	return 0;
}

static void finish(struct trace *t)
{
	struct trace_stats stats = { .analysis = analysis_stats(t->analysis) };

	stats.end_ns = t->source->ops->now(t->source);
	analysis_finish(t->analysis, stats.end_ns);
	t->source->ops->counters(t->source, stats.counters);
	t->sink.ops->end(&t->sink, &stats);
	fflush(stdout);
}

static enum exit_status status_of(const struct trace *t)
{
	switch (t->opts->fail_on) {
	case FAIL_ON_FAULT: return t->fault_seen ? EXIT_FAIL_ON : EXIT_OK;
	case FAIL_ON_STUCK: return t->stuck_seen ? EXIT_FAIL_ON : EXIT_OK;
	case FAIL_ON_NONE: break;
	}
	return EXIT_OK;
}

enum exit_status trace_run(const struct options *opts, const struct loader *loader)
{
	struct trace t = { .opts = opts };
	enum exit_status status = EXIT_CANNOT_RUN;
	int err;

	t.analysis = make_analysis(&t, loader);
	if (!t.analysis)
		return EXIT_CANNOT_RUN;
	t.source = source_live_new(loader, on_event, &t);
	if (!t.source)
		goto out;
	catch_signals();
	init_info(&t, loader);
	t.sink.ops->begin(&t.sink);
	fflush(stdout);
	if (!opts->quiet)
		fprintf(stderr, "dtlsnoop: tracing, hooks %s; Ctrl-C ends\n", t.info.hooks);
	err = loop(&t);
	if (err == -EPIPE) {
		message_error("standard output is closed or full: %s", strerror(errno));
	} else if (err) {
		message_error("reading events failed: %s", strerror(-err));
	} else {
		finish(&t);
		status = status_of(&t);
	}
	t.source->ops->free(t.source);
out:
	analysis_free(t.analysis);
	return status;
}
