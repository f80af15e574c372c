// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "journal.h"
#include "keys.h"
#include "message.h"
#include "output.h"
#include "private_file.h"
#include "sink_metrics.h"

static bool wants_color(enum color_when when)
{
	const char *no_color = getenv("NO_COLOR");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color);	/* no-color.org */
}

/* A narrower terminal, or one that does not know its width, is used as if it had so many columns. */
#define MIN_WIDTH 60
#define USUAL_WIDTH 80

static unsigned width_of_terminal(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return USUAL_WIDTH;
	return size.ws_col > MIN_WIDTH ? size.ws_col : MIN_WIDTH;
}

/* The colours of the timeline become the priorities of its lines. */
static bool is_for_journal(const struct output *out)
{
	return !out->path && out->sink.ops == &sink_timeline && message_goes_to_journal(STDOUT_FILENO);
}

static FILE *open_standard(const struct output *out)
{
	FILE *standard = output_open(), *journal;

	if (!standard || !is_for_journal(out))
		return standard;
	journal = journal_open(standard);
	if (!journal)
		fclose(standard);
	return journal;
}

static FILE *open_stream(struct output *out, const struct options *opts)
{
	if (out->export)
		return otlp_export_open(out->export);
	return out->path ? private_file_create(out->path, opts->read_files, opts->record.force) : open_standard(out);
}

static bool begin(struct output *out, const struct options *opts, const struct trace_info *info)
{
	struct sink *s = &out->sink;

	s->info = info;
	s->verbosity = opts->live.verbosity;
	s->stamp = opts->stamp;
	s->is_terminal = !out->path && isatty(STDOUT_FILENO);
	s->width = s->is_terminal ? width_of_terminal() : 0;
	s->color = !out->path && (wants_color(opts->color) || is_for_journal(out));
	s->out = open_stream(out, opts);
	if (s->out && sink_begin(s))
		return true;
	if (s->out || !out->path || out->export)
		message_error("out of memory");
	if (s->out)
		fclose(s->out);
	return false;
}

/* --- metrics --- */

/* The textfile collector of node_exporter reads it whenever Prometheus asks, often every 15 s. */
#define METRICS_EVERY_NS UINT64_C(10000000000)

static bool metrics_begin(struct metrics_output *m, const struct options *opts, const struct trace_info *info)
{
	*m = (struct metrics_output){ .file = NULL };
	if (!opts->metrics_file && !opts->metrics_address.len)
		return true;
	if (opts->metrics_file)
		m->file = replaced_file_new(opts->metrics_file, "# HELP dtlsnoop_", opts->read_files, opts->record.force);
	if (opts->metrics_address.len && (m->file || !opts->metrics_file))
		m->http = metrics_http_new(&opts->metrics_address);
	if (!m->file != !opts->metrics_file || !m->http != !opts->metrics_address.len)
		return false;
	m->sink = (struct sink){ .ops = &sink_metrics, .info = info };
	if (sink_begin(&m->sink))
		return true;
	message_error("out of memory");
	return false;
}

/* All metrics as one text, which the caller frees. NULL: out of memory. */
static char *metrics_text(struct metrics_output *m, const struct trace_stats *stats, size_t *len)
{
	char *text = NULL;

	m->sink.out = open_memstream(&text, len);
	if (!m->sink.out)
		return NULL;
	sink_metrics_print(&m->sink, stats);
	if (!fclose(m->sink.out))
		return text;
	free(text);
	return NULL;
}

static void metrics_write(struct metrics_output *m, const struct trace_stats *stats)
{
	size_t len;
	char *text = metrics_text(m, stats, &len);

	m->is_missing = !text || !replaced_file_write(m->file, text, len);
	m->written_ns = stats->end_ns;
	free(text);
}

static bool metrics_file_is_due(const struct metrics_output *m, uint64_t now)
{
	return m->file && (!m->written_ns || now >= m->written_ns + METRICS_EVERY_NS);
}

bool outputs_metrics_are_due(struct outputs *o, uint64_t now)
{
	o->metrics.has_clients = o->metrics.http && metrics_http_is_wanted(o->metrics.http, now);
	return o->metrics.has_clients || metrics_file_is_due(&o->metrics, now);
}

void outputs_metrics(struct outputs *o, const struct trace_stats *stats)
{
	struct metrics_output *m = &o->metrics;
	char *text;
	size_t len;

	if (metrics_file_is_due(m, stats->end_ns))
		metrics_write(m, stats);
	if (!m->has_clients)
		return;
	if (metrics_http_is_old(m->http, stats->end_ns)) {
		text = metrics_text(m, stats, &len);
		metrics_http_update(m->http, text, len, stats->end_ns);
	}
	metrics_http_serve(m->http);
}

static bool metrics_close(struct metrics_output *m)
{
	bool written = !m->is_missing;

	if (m->sink.ops)
		sink_free(&m->sink);
	replaced_file_free(m->file);
	metrics_http_free(m->http);
	*m = (struct metrics_output){ .file = NULL };
	return written;
}

/* --- all outputs --- */

static bool add(struct outputs *o, const struct output *out, const struct options *opts, const struct trace_info *info)
{
	o->list[o->num] = *out;
	if (!begin(&o->list[o->num], opts, info))
		return false;
	o->num++;
	return true;
}

/* Events of this host and of a pipe do not wait for a receiver. */
static bool add_endpoint(struct outputs *o, const struct options *opts, const struct source *source)
{
	struct output out = { .sink.ops = &sink_otlp, .export = otlp_export_new(opts->otlp_endpoint, !source->is_live && !source->is_stream) };

	if (!out.export)
		return false;
	out.path = otlp_export_url(out.export);
	if (add(o, &out, opts, &source->info))
		return true;
	otlp_export_free(out.export);
	return false;
}

bool outputs_begin(struct outputs *o, const struct options *opts, const struct source *source)
{
	bool begun = metrics_begin(&o->metrics, opts, &source->info);

	o->num = 0;
	o->is_live = source->is_live;
	for (uint32_t i = 0; i < opts->num_outputs && begun; i++)
		begun = add(o, &(struct output){ .sink.ops = opts->outputs[i].ops, .path = opts->outputs[i].path }, opts, &source->info);
	begun = begun && (!opts->otlp_endpoint || add_endpoint(o, opts, source));
	if (!begun)
		outputs_close(o);
	return begun;
}

bool outputs_want_settled(const struct options *opts)
{
	bool wanted = opts->metrics_file || opts->metrics_address.len || opts->otlp_endpoint;

	for (uint32_t i = 0; i < opts->num_outputs; i++)
		wanted |= opts->outputs[i].ops->settled != NULL;
	return wanted;
}

void outputs_take_keys(struct outputs *o)
{
	for (struct output *out = o->list; out < o->list + o->num; out++)
		if (out->sink.is_terminal && out->sink.ops == &sink_summary)
			out->sink.q_quits = keys_begin();
}

/* What has failed ended there: nothing follows the line that was written in part. */
#define FOR_EACH_WRITTEN(out, o) \
	for (struct output *out = (o)->list; out < (o)->list + (o)->num; out++) \
		if (!out->has_failed)

void outputs_datagram(struct outputs *o, const struct datagram_facts *facts, bool faults_only)
{
	FOR_EACH_WRITTEN(out, o)
		if (!faults_only || out->sink.ops->wants_all)
			out->sink.ops->datagram(&out->sink, facts);
	if (o->metrics.sink.ops)
		sink_metrics.datagram(&o->metrics.sink, facts);
}

void outputs_handshake(struct outputs *o, const struct handshake *h, uint64_t now, bool is_shown)
{
	if (o->metrics.sink.ops)
		sink_metrics.handshake(&o->metrics.sink, h, now);
	FOR_EACH_WRITTEN(out, o)
		if (is_shown)
			out->sink.ops->handshake(&out->sink, h, now);
}

void outputs_settled(struct outputs *o, const struct handshake *h, uint64_t now, bool is_shown)
{
	if (o->metrics.sink.ops)
		sink_metrics.settled(&o->metrics.sink, h, now);
	FOR_EACH_WRITTEN(out, o)
		if (is_shown && out->sink.ops->settled)
			out->sink.ops->settled(&out->sink, h, now);
}

void outputs_library_error(struct outputs *o, const struct library_error_facts *facts, bool is_shown)
{
	FOR_EACH_WRITTEN(out, o)
		if ((is_shown || out->sink.ops->wants_all) && out->sink.ops->library_error)
			out->sink.ops->library_error(&out->sink, facts);
}

void outputs_library(struct outputs *o, const struct event *ev, bool faults_only)
{
	FOR_EACH_WRITTEN(out, o)
		if ((!faults_only || out->sink.ops->wants_all) && out->sink.ops->library)
			out->sink.ops->library(&out->sink, ev);
}

void outputs_unread(struct outputs *o, const struct unread *u, uint64_t now)
{
	FOR_EACH_WRITTEN(out, o)
		out->sink.ops->unread(&out->sink, u, now);
}

void outputs_lost(struct outputs *o, uint64_t num, uint64_t limited, const struct trace_stats *stats, uint64_t now)
{
	FOR_EACH_WRITTEN(out, o)
		out->sink.ops->lost(&out->sink, num, limited, stats, now);
}

void outputs_gap(struct outputs *o, const struct gap *gap, uint64_t now)
{
	FOR_EACH_WRITTEN(out, o)
		if (out->sink.ops->gap)
			out->sink.ops->gap(&out->sink, gap, now);
}

/* With what became of the items for an endpoint. Of a file, that is not said: the same file gives the same output. */
static struct trace_stats with_endpoint(const struct outputs *o, const struct trace_stats *stats)
{
	struct trace_stats all = *stats;

	for (const struct output *out = o->list; out < o->list + o->num; out++) {
		struct otlp_counts counts;

		if (!out->export || !o->is_live)
			continue;
		fflush(out->sink.out);
		counts = otlp_export_counts(out->export);
		all.otlp.is_wanted = true;
		all.otlp.delivered = counts.delivered;
		all.otlp.lost = counts.lost;
		all.otlp.waiting = counts.waiting;
	}
	return all;
}

void outputs_stats(struct outputs *o, const struct trace_stats *stats)
{
	struct trace_stats all = with_endpoint(o, stats);

	FOR_EACH_WRITTEN(out, o)
		if (out->sink.ops->stats)
			out->sink.ops->stats(&out->sink, &all);
}

void outputs_tick(struct outputs *o, uint64_t now)
{
	FOR_EACH_WRITTEN(out, o) {
		/* It may have another size by now. */
		if (out->sink.is_terminal)
			out->sink.width = width_of_terminal();
		if (out->sink.ops->tick)
			out->sink.ops->tick(&out->sink, now);
		if (out->export)
			otlp_export_say(out->export);
	}
}

void outputs_end(struct outputs *o, const struct trace_stats *stats)
{
	struct trace_stats all = with_endpoint(o, stats);

	FOR_EACH_WRITTEN(out, o)
		sink_end(&out->sink, &all);
	if (o->metrics.file)
		metrics_write(&o->metrics, stats);
}

/* Whether it is written, and whether anybody reads it. */
static bool flush(struct output *out)
{
	errno = 0;
	if (!fflush(out->sink.out) && !ferror_unlocked(out->sink.out) && (out->path || !output_has_no_reader()))
		return true;
	out->has_failed = true;
	if (out->path)
		message_error("writing %s failed: %s: the %s output ends here, the trace goes on", out->path,
			      errno ? strerror(errno) : "an earlier part could not be written", out->sink.ops->name);
	else
		message_error("standard output is closed or full: %s", output_failure());
	return false;
}

bool outputs_flush(struct outputs *o)
{
	bool useful = true;

	for (struct output *out = o->list; out < o->list + o->num; out++)
		useful &= (!out->has_failed && flush(out)) || out->path;
	return useful;
}

bool outputs_standard_has_failed(const struct outputs *o)
{
	for (const struct output *out = o->list; out < o->list + o->num; out++)
		if (!out->path && ferror(out->sink.out))
			return true;
	return false;
}

void outputs_deliver(struct outputs *o, bool (*is_hurried)(void))
{
	outputs_flush(o);
	for (struct output *out = o->list; out < o->list + o->num; out++)
		if (out->export && !otlp_export_finish(out->export, is_hurried))
			out->has_failed = true;
}

bool outputs_close(struct outputs *o)
{
	bool written = outputs_flush(o);

	written &= metrics_close(&o->metrics);
	for (struct output *out = o->list; out < o->list + o->num; out++) {
		written &= !out->has_failed;
		sink_free(&out->sink);
		fclose(out->sink.out);
		otlp_export_free(out->export);
	}
	o->num = 0;
	return written;
}
