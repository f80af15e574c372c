// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines of schema 2 with "raw" in them (--output json -v), as a source: what a recording has, as text. All is untrusted. */
#include "source_file.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "json_order.h"
#include "json_trace.h"
#include "message.h"
#include "recording.h"

/* A line of dtlsnoop is shorter. */
#define LINE_MAX_BYTES 65536

/* Lines that are this late were not written in this order. */
#define DISORDER_NS 10000000000ULL

/*
 * The line of a datagram may come after lines of a later time: a part of a hello waits for the others. So the time
 * goes on with what was counted, less this.
 */
#define WAIT_NS 1000000000ULL

/* What one line tells besides an event: poll() reports one thing at a time. 0: nothing. */
struct waiting {
	uint64_t lost, limited;	/* how many */
	uint32_t missing;
	uint64_t until_ns, time_ns;
};

struct source_json {
	struct source source;	/* first: a source_json is a source */
	const char *name;
	struct input *input;
	FILE *file;
	struct json_tokener *tokener;
	struct recording_reader reader;	/* of what the lines hold: one event at a time */
	uint64_t line_number;	/* of the current one, from 1 */
	uint64_t num_read;	/* lines */
	int end;		/* what poll() returns at the end */
	bool at_end;		/* nothing more can be read, but lines wait in `order` */
	struct json_order *order;	/* NULL: of a stream */
	uint64_t latest_ns, event_ns;	/* of any line, and of any event */
	uint64_t num_lost, num_limited;	/* as far as they were reported */
	struct waiting waiting;
	bool has_handshakes, has_datagrams, disorder_said, gap_said;
	char line[LINE_MAX_BYTES];
};

static struct source_json *json_of(struct source *src)
{
	return (struct source_json *)src;
}

__attribute__((format(printf, 2, 3)))
static int broken(struct source_json *s, const char *format, ...)
{
	char why[512];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	message_error("%s: line %" PRIu64 ": %s; the rest is not read", s->name, s->line_number, why);
	s->reader.stats.truncated = true;
	return -EIO;
}

/* --- lines --- */

/* Reads one into s->line. False at the end, with s->end set to what poll() returns then. */
static bool read_text(struct source_json *s)
{
	size_t len;

	s->end = SOURCE_END;
	s->line_number = s->num_read + 1;
	if (!fgets(s->line, sizeof(s->line), s->file)) {
		if (ferror(s->file) && input_error(s->input) != EINTR)
			s->end = broken(s, "the file cannot be read");
		return false;
	}
	s->num_read++;
	len = strlen(s->line);
	if (len && s->line[len - 1] == '\n')
		return true;
	/* A signal ended the wait for the rest, or the writer was stopped. */
	if (input_error(s->input) == EINTR)
		return false;
	if (len < sizeof(s->line) - 1 && feof(s->file)) {
		message_error("%s: line %" PRIu64 " is truncated: its writer was stopped; everything before that is read", s->name, s->line_number);
		s->reader.stats.truncated = true;
	} else {
		s->end = broken(s, "the line is too long, or has bytes that are not text");
	}
	return false;
}

/* NULL: it is no object, and s->end is set. The caller puts it. */
static struct json_object *parse(struct source_json *s, const char *text)
{
	struct json_object *object;

	json_tokener_reset(s->tokener);
	object = json_tokener_parse_ex(s->tokener, text, strlen(text));
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	s->end = broken(s, "this is not a JSON object");
	return NULL;
}

/* Of a file: as many lines as are put in order. False if out of memory. */
static bool fill(struct source_json *s)
{
	struct json_object *object, *ns;
	bool done = true;

	while (done && !s->at_end && !json_order_is_full(s->order)) {
		object = read_text(s) ? parse(s, s->line) : NULL;
		s->at_end = !object;
		if (!object)
			break;
		done = json_order_add(s->order, json_object_object_get_ex(object, "ns", &ns) ? json_trace_number(object, "ns") :
				      s->order->latest_ns, s->line_number, s->line);
		json_object_put(object);
	}
	return done;
}

/* The caller puts it. NULL at the end, with s->end set to what poll() returns then. */
static struct json_object *next_line(struct source_json *s)
{
	struct json_order_line first;
	struct json_object *object;

	/* What comes through a pipe is told at once. */
	if (!s->order)
		return read_text(s) ? parse(s, s->line) : NULL;
	if (!fill(s)) {
		message_error("out of memory");
		s->end = -ENOMEM;
		return NULL;
	}
	if (!json_order_take(s->order, &first))
		return NULL;
	s->line_number = first.number;
	object = parse(s, first.text);
	free(first.text);
	return object;
}

/* --- what happened --- */

/* Names of the numbers in the event are in its line. */
static void learn_names(struct source_json *s, struct json_object *line, const struct event *ev)
{
	const char *cgroup = json_trace_text(line, "cgroup"), *pod = json_trace_text(line, "pod");
	const char *reason = json_trace_text(line, "drop_reason");
	struct pod_name name;

	if (ev->cgroup_id && cgroup) {
		cgroup_names_set(&s->reader.cgroups, ev->cgroup_id, cgroup, strlen(cgroup));
		if (pod && pod_name_read(&name, pod, strlen(pod)))
			cgroup_names_set_pod(&s->reader.cgroups, ev->cgroup_id, &name);
	}
	if (reason && ev->drop_reason < DROP_REASONS_MAX && strlen(reason) < DROP_REASON_LEN)
		strncpy(s->reader.reasons[ev->drop_reason], reason, DROP_REASON_LEN);
}

static int take_datagram(struct source_json *s, struct json_object *line, const struct source_handler *handler)
{
	const char *raw = json_trace_text(line, "raw");
	struct recording_entry entry;
	size_t len;

	if (!raw)
		return broken(s, "this line has no \"raw\": only the lines of --output json -v can be read");
	if (!json_trace_decode(raw, s->reader.content.bytes, sizeof(s->reader.content.bytes), &len))
		return broken(s, "\"raw\" is not base64, or too long");
	if (recording_decode_event(&s->reader, len, &entry) != RECORDING_ENTRY)
		return broken(s, "%s", s->reader.why);
	s->has_datagrams = true;
	if (entry.ev->time_ns + DISORDER_NS < s->event_ns && !s->disorder_said) {
		s->disorder_said = true;
		message_warning("%s: line %" PRIu64 " is of an earlier time than the lines before: verdicts need them in order (of \"ns\")", s->name,
				s->line_number);
	}
	s->event_ns = entry.ev->time_ns > s->event_ns ? entry.ev->time_ns : s->event_ns;
	learn_names(s, line, entry.ev);
	handler->event(handler->ctx, entry.ev, entry.ev->size);
	return 0;
}

/* What the source of these lines said of missing events, when it said it. */
static int take_gap(struct source_json *s, struct json_object *line)
{
	uint64_t until_ns = json_trace_number(line, "until_ns");

	if (until_ns > RECORDING_MAX_TIME - s->reader.info.start_ns)
		return broken(s, "the time is impossible");
	s->waiting = (struct waiting){
		.lost = json_trace_number(line, "lost"), .limited = json_trace_number(line, "rate_limited"),
		.missing = json_trace_missing(line), .until_ns = s->reader.info.start_ns + until_ns,
	};
	s->num_lost += s->waiting.lost;
	s->num_limited += s->waiting.limited;
	return 0;
}

/* The counters; and what was lost, if no line of it said so when it was. */
static void take_counters(struct source_json *s, struct json_object *line, uint64_t now)
{
	uint64_t *counters = s->reader.stats.counters, lost, limited;

	json_trace_counters(line, counters);
	lost = counters_lost(counters);
	limited = counters[COUNTER_RATE_LIMITED];
	if (lost <= s->num_lost && limited <= s->num_limited)
		return;
	if (!s->gap_said)
		message_warning("%s: line %" PRIu64 " counts missing events, but the lines of type \"gap\" that say when are missing: "
				"verdicts before this line may be more certain than what was seen", s->name, s->line_number);
	s->gap_said = true;
	s->waiting.until_ns = now;
	if (lost > s->num_lost) {
		s->waiting.lost = lost - s->num_lost;
		s->waiting.missing |= MISSING_LOST;
		s->num_lost = lost;
	}
	if (limited > s->num_limited) {
		s->waiting.limited = limited - s->num_limited;
		s->waiting.missing |= MISSING_LIMITED;
		s->num_limited = limited;
	}
}

/* Returns whether there was something to tell. */
static bool tell_waiting(struct source_json *s, const struct source_handler *handler)
{
	struct waiting *w = &s->waiting;

	if (w->lost) {
		handler->lost(handler->ctx, w->lost);
		w->lost = 0;
	} else if (w->limited) {
		handler->limited(handler->ctx, w->limited);
		w->limited = 0;
	} else if (w->missing) {
		handler->missing(handler->ctx, w->missing, w->until_ns);
		w->missing = 0;
	} else if (w->time_ns) {
		handler->time(handler->ctx, w->time_ns);
		w->time_ns = 0;
	} else {
		return false;
	}
	return true;
}

static int take_line(struct source_json *s, struct json_object *line, const struct source_handler *handler)
{
	const char *type = json_trace_text(line, "type");
	uint64_t ns = json_trace_number(line, "ns"), now;

	if (!type)
		return broken(s, "the line has no \"type\"");
	if (!strcmp(type, "trace"))
		return broken(s, "a second trace begins: give each a file of its own");
	if (ns > RECORDING_MAX_TIME - s->reader.info.start_ns)
		return broken(s, "the time is impossible");
	now = s->reader.info.start_ns + ns;
	if (now > s->latest_ns)
		s->latest_ns = now;
	if (!strcmp(type, "datagram") || !strcmp(type, "library"))
		return take_datagram(s, line, handler);
	if (!strcmp(type, "gap"))
		return take_gap(s, line);
	s->has_handshakes |= !strcmp(type, "handshake");
	if (!strcmp(type, "loss") || !strcmp(type, "stats"))
		take_counters(s, line, now);
	if (!strcmp(type, "stats") && now > s->event_ns + WAIT_NS)
		s->waiting.time_ns = now - WAIT_NS;
	return 0;
}

static int json_poll(struct source *src, const struct source_handler *handler, int timeout_ms)
{
	struct source_json *s = json_of(src);
	struct json_object *line;
	int result;

	if (tell_waiting(s, handler))
		return s->source.is_stream ? SOURCE_MORE : 0;
	if (!source_file_wait(s->input, timeout_ms))
		return 0;
	line = next_line(s);
	if (line) {
		result = take_line(s, line, handler);
		json_object_put(line);
		if (!result && tell_waiting(s, handler) && s->source.is_stream)
			result = SOURCE_MORE;
		return result ? result : source_file_more(s->input);
	}
	if (s->end == SOURCE_END) {
		handler->time(handler->ctx, s->latest_ns);
		if (s->has_handshakes && !s->has_datagrams)
			message_warning("%s: it has handshakes, but no datagrams, which tell what happened: --faults leaves them out", s->name);
	}
	return s->end;
}

static void json_stats(struct source *src, struct trace_stats *stats)
{
	trace_stats_copy(stats, &json_of(src)->reader.stats);
}

static double json_share_read(struct source *src) { return input_share_read(json_of(src)->input); }

static void json_free(struct source *src)
{
	struct source_json *s = json_of(src);

	if (s->tokener)
		json_tokener_free(s->tokener);
	if (s->order)
		json_order_fini(s->order);
	free(s->order);
	if (s->file)
		fclose(s->file);
	input_free(s->input);
	free(s);
}

static const struct source_ops json_ops = {
	.poll = json_poll,
	.share_read = json_share_read,
	.stats = json_stats,
	.free = json_free,
};

/* The first line tells of the trace. */
static bool open_trace(struct source_json *s)
{
	struct json_object *line = read_text(s) ? parse(s, s->line) : NULL;
	const char *type;
	bool fits = false;

	if (!line) {
		if (s->end == SOURCE_END)
			message_error("%s: there is no whole line in it", s->name);
		return false;
	}
	type = json_trace_text(line, "type");
	if (!type || strcmp(type, "trace"))
		broken(s, "expected the line \"type\":\"trace\", with which JSON lines of dtlsnoop begin");
	else if (!json_trace_open(line, &s->reader))
		broken(s, "%s", s->reader.why);
	else
		fits = true;
	json_object_put(line);
	return fits;
}

struct source *source_json_new(struct input *in)
{
	struct source_json *s = calloc(1, sizeof(*s));

	if (!s) {
		message_error("out of memory");
		input_free(in);
		return NULL;
	}
	s->input = in;
	s->name = input_name(in);
	s->file = input_file(in);
	s->tokener = json_tokener_new_ex(16);
	s->order = input_is_stream(in) ? NULL : calloc(1, sizeof(*s->order));
	if (!s->file || !s->tokener || (!s->order && !input_is_stream(in))) {
		message_error("out of memory");
	} else if (open_trace(s)) {
		s->source.ops = &json_ops;
		s->source.info = s->reader.info;
		s->source.is_stream = input_is_stream(in);
		s->latest_ns = s->event_ns = s->source.info.start_ns;
		return &s->source;
	}
	json_free(&s->source);
	return NULL;
}
