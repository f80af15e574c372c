// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "annotating.h"

#include <errno.h>
#include <string.h>

#include "annotate.h"
#include "message.h"
#include "private_file.h"

static void release(struct annotating *a)
{
	comments_free(a->comments);
	a->comments = NULL;
	if (a->out)
		fclose(a->out);
	a->out = NULL;
}

bool annotating_begin(struct annotating *a, const struct options *opts, struct source *source)
{
	*a = (struct annotating){ .opts = opts, .source = source };
	if (!opts->annotate_file)
		return true;
	if (strcmp(source->info.source, "capture") || source->is_stream) {
		message_error("--annotate: %s is %s: expected a capture in a file", opts->read_files[0],
			      source->is_stream ? "a pipe" : "a recording");
		return false;
	}
	a->comments = comments_new();
	a->out = private_file_create(opts->annotate_file, opts->read_files, opts->record.force);
	if (a->comments && a->out)
		return true;
	if (!a->comments)
		message_error("out of memory");
	release(a);
	return false;
}

/* The number of the packet that the source reports now, from 1. */
static uint64_t packet_of(struct annotating *a)
{
	struct trace_stats stats;

	a->source->ops->stats(a->source, &stats);
	return stats.capture[CAPTURE_PACKETS];
}

void annotating_datagram(struct annotating *a, const struct datagram_facts *facts)
{
	if (a->out && facts->handshake)
		comments_datagram(a->comments, facts, packet_of(a));
}

void annotating_handshake(struct annotating *a, const struct handshake *h, uint64_t now)
{
	if (a->out)
		comments_handshake(a->comments, h, now);
}

bool annotating_end(struct annotating *a)
{
	const struct annotation *list;
	uint64_t more;
	size_t num;
	bool done;

	if (!a->out)
		return true;
	list = comments_sorted(a->comments, &num, &more);
	if (more)
		message_warning("--annotate: %llu comments are left out: there are too many", (unsigned long long)more);
	done = annotate_copy(a->opts->read_files[0], a->out, list, num);
	errno = 0;
	if (fflush(a->out) || ferror(a->out)) {
		message_error("writing %s failed: %s", a->opts->annotate_file, errno ? strerror(errno) : "an earlier part could not be written");
		done = false;
	}
	release(a);
	return done;
}
