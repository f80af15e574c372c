// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "analysis.h"
#include "annotating.h"
#include "feed.h"
#include "keys.h"
#include "message.h"
#include "output.h"
#include "outputs.h"
#include "progress.h"
#include "recorder.h"
#include "service.h"

/* The longest wait. On a quiet host a line may be this late. */
#define TICK_MS 100

/* These handle more events than the ring buffer holds, unless it was made large. */
#define LAST_TURNS 16

struct trace {
	const struct options *opts;
	struct source *source;
	struct feed feed;
	struct outputs outputs;
	struct annotating annotating;
	struct progress progress;	/* of reading a file */
	struct service service;		/* of a live trace */
	struct analysis_host *hosts;	/* of merged traces */
	char (*host_labels)[TRACE_HOST_LABEL_LEN];
	bool fault_seen, stuck_seen;
};

/* How often: the first signal ends the trace, the next one what comes after it. */
static volatile sig_atomic_t interrupted;

static void interrupt(int sig)
{
	interrupted = interrupted ? 2 : 1;
	output_hurry();
}

/*
 * Without SA_RESTART, so that a signal ends a wait. SIGHUP comes when a terminal goes, or from who moved the file of
 * a recording that is rotated.
 */
static void catch_signals(const struct options *opts)
{
	struct sigaction action = { .sa_handler = interrupt }, hangup;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (opts->record.rotate_size)
		action.sa_handler = feed_begin_file;
	/* nohup(1) ignores it. */
	if (!sigaction(SIGHUP, NULL, &hangup) && (hangup.sa_handler != SIG_IGN || opts->record.rotate_size))
		sigaction(SIGHUP, &action, NULL);
}

/* --- results of the analysis --- */

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
	struct trace *t = ctx;

	outputs_datagram(&t->outputs, facts, t->opts->faults_only);
	annotating_datagram(&t->annotating, facts);
}

/* Once it was shown, it is followed to its end: what was said of it may be revoked. */
static bool is_shown(const struct trace *t, const struct handshake *h)
{
	return !t->opts->faults_only || h->was_faulty || h->was_early;
}

static void on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	struct trace *t = ctx;

	t->fault_seen |= h->was_faulty;
	t->stuck_seen |= h->state == HANDSHAKE_STUCK && !verdict_is_of_stranger(h, h->verdict.code);
	outputs_handshake(&t->outputs, h, now, is_shown(t, h));
	annotating_handshake(&t->annotating, h, now);
}

static void on_settled(void *ctx, const struct handshake *h, uint64_t now)
{
	struct trace *t = ctx;

	outputs_settled(&t->outputs, h, now, is_shown(t, h));
}

static void on_library_error(void *ctx, const struct library_error_facts *facts)
{
	struct trace *t = ctx;

	outputs_library_error(&t->outputs, facts, is_shown(t, facts->handshake));
}

static void on_library(void *ctx, const struct event *ev)
{
	struct trace *t = ctx;

	outputs_library(&t->outputs, ev, t->opts->faults_only);
}

static void on_unread(void *ctx, const struct unread *u, uint64_t now)
{
	struct trace *t = ctx;

	if (!t->opts->faults_only || u->is_past_floor)
		outputs_unread(&t->outputs, u, now);
}

/* --- the trace --- */

/* A secret from senders and from authors of files. The results do not depend on it. */
static uint64_t draw_seed(void)
{
	uint64_t seed;

	return getrandom(&seed, sizeof(seed), 0) == sizeof(seed) ? seed : (uintptr_t)&seed;
}

/* What the analysis has to know of the hosts of merged traces. */
static bool take_hosts(struct trace *t)
{
	const struct trace_info *info = &t->source->info;

	t->hosts = calloc(info->num_hosts + 1, sizeof(*t->hosts));
	t->host_labels = calloc(info->num_hosts + 1, sizeof(*t->host_labels));
	for (uint32_t i = 0; t->hosts && t->host_labels && i < info->num_hosts; i++) {
		const struct trace_host *host = &info->hosts[i];

		t->hosts[i] = (struct analysis_host){
			.name = trace_host_label(t->host_labels[i], info, i + 1),
			.start_ns = host->start_ns, .end_ns = host->end_ns, .error_ns = host->error_ns,
			.longest_ns = host->longest_ns,
		};
	}
	return t->hosts && t->host_labels;
}

static struct analysis *make_analysis(struct trace *t)
{
	const struct trace_info *info = &t->source->info;
	bool has_hosts = take_hosts(t);
	struct analysis_options opts = {
		.verdict = { .floor_ns = t->opts->floor_ns },
		.max_handshakes = t->opts->max_handshakes,
		.began_ns = info->start_ns,
		.sees_reads = info->sees_reads,
		.sees_drops = info->sees_drops,
		.sees_send_failures = info->sees_send_failures,
		.hosts = t->hosts,
		.num_hosts = info->num_hosts,
		.filters_sockets = info->num_pids || info->comm || info->cgroup,
		.drop_reason_name = info->drop_reason_name,
		.drop_reason_ctx = info->drop_reason_ctx,
		.hash_seed = draw_seed(),
		.max_ready = ANALYSIS_MAX_READY,
		.allocate = malloc,
		.release = free,
	};
	struct analysis_callbacks callbacks = {
		.ctx = t, .datagram = on_datagram, .handshake = on_handshake, .unread = on_unread,
		.library_error = on_library_error, .library = on_library,
		.settled = outputs_want_settled(t->opts) ? on_settled : NULL,
	};
	struct analysis *analysis = has_hosts ? analysis_new(&opts, &callbacks) : NULL;

	if (!analysis)
		message_error("not enough memory to follow %u handshakes: lower --max-handshakes",
			      t->opts->max_handshakes);
	return analysis;
}

static uint64_t num_ended(const struct trace *t)
{
	const uint64_t *num = analysis_stats(t->feed.analysis)->by_state;

	return num[HANDSHAKE_COMPLETED] + num[HANDSHAKE_FAILED] + num[HANDSHAKE_ABANDONED];
}

static bool is_over(const struct trace *t)
{
	return interrupted || feed_is_over(&t->feed) || (t->opts->max_ended && num_ended(t) >= t->opts->max_ended);
}

/* Must output be visible before the next turn? */
static bool is_waited_for(const struct trace *t, int result)
{
	return t->source->is_live || (t->source->is_stream && result != SOURCE_MORE);
}

/* What was printed before stands above it, on the same terminal. */
static void show_progress(struct trace *t)
{
	if (progress_is_due(&t->progress) && outputs_flush(&t->outputs))
		progress_show(&t->progress, analysis_stats(t->feed.analysis)->events);
}

static void tell_metrics(struct trace *t)
{
	struct trace_stats stats;

	if (!t->source->is_live || !outputs_metrics_are_due(&t->outputs, t->feed.now))
		return;
	feed_take_stats(&t->feed, &stats);
	outputs_metrics(&t->outputs, &stats);
}

static void tell_manager(struct trace *t)
{
	struct trace_stats stats;

	if (!t->source->is_live || !service_is_due(&t->service, t->feed.now))
		return;
	feed_take_stats(&t->feed, &stats);
	service_alive(&t->service, &stats, t->feed.now);
}

/* Returns what the source's poll() does. */
static int turn(struct trace *t)
{
	int err = feed_poll(&t->feed, TICK_MS);

	if (t->feed.recorder && t->source->is_live)
		recorder_flush(t->feed.recorder);
	else if (t->feed.recorder)
		recorder_check(t->feed.recorder);
	show_progress(t);
	tell_metrics(t);
	tell_manager(t);
	if (err >= 0 && (is_waited_for(t, err) || outputs_standard_has_failed(&t->outputs)) && !outputs_flush(&t->outputs))
		err = -EPIPE;
	return err;
}

/* Returns 0 at the end of the trace, or -errno after a failure that was reported. */
static int loop(struct trace *t)
{
	int err = 0;

	while ((!err || err == SOURCE_MORE) && !is_over(t)) {
		err = turn(t);
		if (keys_quit())
			interrupt(SIGINT);
	}
	/* Take in what had arrived before the signal, but not without end. */
	for (int i = 0; err == SOURCE_MORE && interrupted && i < LAST_TURNS; i++)
		err = turn(t);
	return err < 0 ? err : 0;
}

static int was_interrupted;

static bool is_interrupted_again(void)
{
	return interrupted > was_interrupted || interrupted > 1;
}

static int finish(struct trace *t)
{
	struct trace_stats stats;
	int err = 0;

	feed_end(&t->feed);
	feed_take_stats(&t->feed, &stats);
	outputs_end(&t->outputs, &stats);
	/* Complete the recording even if the output failed. */
	if (t->feed.recorder && !recorder_end(t->feed.recorder, &stats))
		err = -EIO;
	if (!annotating_end(&t->annotating))
		err = -EIO;
	was_interrupted = interrupted;
	outputs_deliver(&t->outputs, is_interrupted_again);
	return outputs_close(&t->outputs) ? err : -EPIPE;
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

/* Who waited for longer is told how long it was: attaching takes longest on a busy host. */
#define ATTACHES_NS 300000000ULL

static void say_begin(const struct trace *t)
{
	uint64_t took = t->source->info.start_ns - t->opts->began_ns;
	char after[32] = "";

	if (took >= ATTACHES_NS)
		snprintf(after, sizeof(after), " after %.1f s", took / 1e9);
	message_info("tracing with %s hooks%s%s", t->source->info.hooks, after,
		     message_goes_to_journal(STDERR_FILENO) ? "" : "; press Ctrl-C to stop");
}

static enum exit_status run(struct trace *t)
{
	int err;

	if (!annotating_begin(&t->annotating, t->opts, t->source) ||
	    !outputs_begin(&t->outputs, t->opts, t->source))
		return EXIT_CANNOT_RUN;
	if (t->source->is_live) {
		outputs_flush(&t->outputs);
		if (!t->opts->live.quiet)
			say_begin(t);
		service_begin(&t->service, t->source->info.hooks, t->feed.now);
		/* A command has the keyboard itself. */
		if (!t->opts->command)
			outputs_take_keys(&t->outputs);
	}
	if (t->opts->num_read)
		progress_begin(&t->progress, t->source, t->opts->read_files[0]);
	err = loop(t);
	message_status(NULL);
	keys_end();
	if (t->source->is_live)
		service_end(&t->service);
	/* If the source failed, report what is known until then. */
	if (finish(t) || err)
		return EXIT_CANNOT_RUN;
	return status_of(t);
}

enum exit_status trace_run(const struct options *opts, struct source *source, bool *any)
{
	struct trace t = {
		.opts = opts,
		.source = source,
		.feed = { .opts = opts, .source = source, .outputs = &t.outputs, .now = source->info.start_ns },
	};
	enum exit_status status = EXIT_CANNOT_RUN;

	*any = false;
	if (opts->record.path)
		t.feed.recorder = recorder_new(&opts->record, &source->info);
	if (!opts->record.path || t.feed.recorder)
		t.feed.analysis = make_analysis(&t);
	if (t.feed.analysis) {
		/* A command gets these signals itself, and its end ends the trace. */
		if (!opts->command)
			catch_signals(opts);
		signal(SIGPIPE, SIG_IGN);
		/* A recording at its file size limit then fails as on a full disk. */
		signal(SIGXFSZ, SIG_IGN);
		status = run(&t);
		*any = analysis_stats(t.feed.analysis)->handshakes;
		analysis_free(t.feed.analysis);
	}
	free(t.hosts);
	free(t.host_labels);
	recorder_free(t.feed.recorder);
	return status;
}
