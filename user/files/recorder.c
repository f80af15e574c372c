// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "private_file.h"

struct recorder {
	const char *path;
	FILE *file;
	bool told;		/* the failure was reported */
	struct recording_writer writer;
};

struct recorder *recorder_new(const char *path, const char *read_path, bool may_replace, const struct trace_info *info)
{
	FILE *file = private_file_create(path, read_path, may_replace);
	struct recorder *r = file ? calloc(1, sizeof(*r)) : NULL;

	if (!r) {
		if (file) {
			message_error("out of memory");
			fclose(file);
		}
		return NULL;
	}
	r->file = file;
	r->path = path;
	recording_begin(&r->writer, r->file, info);
	recorder_flush(r);
	return r;
}

struct recording_writer *recorder_writer(struct recorder *r)
{
	return &r->writer;
}

void recorder_check(struct recorder *r)
{
	if (!r->writer.error || r->told)
		return;
	r->told = true;
	message_error("writing %s failed: %s: the recording ends here, the trace goes on", r->path,
		      strerror(r->writer.error));
}

void recorder_flush(struct recorder *r)
{
	if (!r->writer.error && fflush(r->file))
		r->writer.error = errno;
	recorder_check(r);
}

bool recorder_end(struct recorder *r, const struct trace_stats *stats)
{
	if (!r->writer.error)
		recording_end(&r->writer, stats);
	recorder_check(r);
	return !r->writer.error;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	fclose(r->file);
	free(r);
}
