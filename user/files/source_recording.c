// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "source_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "recording.h"

struct source_recording {
	struct source source;	/* first: a source_recording is a source */
	const char *name;
	struct input *input;
	FILE *file;
	struct recording_reader reader;
};

static struct source_recording *recording_of(struct source *src)
{
	return (struct source_recording *)src;
}

static void say_broken(const struct source_recording *s)
{
	message_error("%s: at byte %" PRIu64 ": %s: the recording is damaged, or another version wrote it; "
		      "the rest is not read", s->name, s->reader.offset, s->reader.why);
}

static void say_truncated(const struct source_recording *s)
{
	message_error("%s: the recording is truncated at byte %" PRIu64 ": its writer was stopped; "
		      "everything before that is read", s->name, s->reader.offset);
}

static void tell(const struct recording_entry *entry, const struct source_handler *handler)
{
	switch (entry->type) {
	case RECORDING_EVENT:
		handler->event(handler->ctx, entry->ev, entry->ev->size);
		break;
	case RECORDING_LOST:
		handler->lost(handler->ctx, entry->number);
		break;
	case RECORDING_LIMITED:
		handler->limited(handler->ctx, entry->number);
		break;
	case RECORDING_MISSING:
		handler->missing(handler->ctx, entry->missing, entry->number);
		break;
	default:
		handler->time(handler->ctx, entry->number);
	}
}

static int recording_poll(struct source *src, const struct source_handler *handler, int timeout_ms)
{
	struct source_recording *s = recording_of(src);
	enum recording_result result;
	struct recording_entry entry;

	if (!source_file_wait(s->input, timeout_ms))
		return 0;
	result = recording_next(&s->reader, &entry);
	/* A signal ended the wait for the rest. */
	if (result == RECORDING_BROKEN && input_error(s->input) == EINTR)
		return SOURCE_END;
	switch (result) {
	case RECORDING_ENTRY:
		tell(&entry, handler);
		return source_file_more(s->input);
	case RECORDING_FINISHED:
		return SOURCE_END;
	case RECORDING_TRUNCATED:
		s->reader.stats.truncated = true;
		say_truncated(s);
		return SOURCE_END;
	case RECORDING_BROKEN: case RECORDING_FOREIGN:
		break;
	}
	s->reader.stats.truncated = true;
	say_broken(s);
	return -EIO;
}

static void recording_stats(struct source *src, struct trace_stats *stats)
{
	trace_stats_copy(stats, &recording_of(src)->reader.stats);
}

static double recording_share_read(struct source *src)
{
	return input_share_read(recording_of(src)->input);
}

static void recording_free(struct source *src)
{
	struct source_recording *s = recording_of(src);

	if (s->file)
		fclose(s->file);
	input_free(s->input);
	free(s);
}

static const struct source_ops recording_ops = {
	.poll = recording_poll,
	.share_read = recording_share_read,
	.stats = recording_stats,
	.free = recording_free,
};

struct source *source_recording_new(struct input *in)
{
	struct source_recording *s = calloc(1, sizeof(*s));

	if (!s) {
		message_error("out of memory");
		input_free(in);
		return NULL;
	}
	s->input = in;
	s->name = input_name(in);
	s->file = input_file(in);
	switch (s->file ? recording_open(&s->reader, s->file) : RECORDING_FINISHED) {
	case RECORDING_BROKEN:
		say_broken(s);
		break;
	case RECORDING_FOREIGN:
		message_error("%s: %s", s->name, s->reader.why);
		break;
	case RECORDING_TRUNCATED:
		message_error("%s: the recording is truncated at byte %" PRIu64 ", before its first event: nothing can be read",
			      s->name, s->reader.offset);
		break;
	case RECORDING_FINISHED:
		message_error("out of memory");
		break;
	case RECORDING_ENTRY:
		s->source.ops = &recording_ops;
		s->source.info = s->reader.info;
		s->source.is_stream = input_is_stream(in);
		return &s->source;
	}
	recording_free(&s->source);
	return NULL;
}
