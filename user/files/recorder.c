// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "private_file.h"
#include "rotation.h"

/* After a failure, room is looked for so often. */
#define RETRY_NS 5000000000ULL

struct recorder {
	const struct recorder_options *opts;
	FILE *file;		/* NULL: the next one could not be created */
	uint64_t part;		/* number of the file among those of the trace */
	bool told;		/* the failure was reported */
	bool has_begun;		/* the file has more than its head */
	bool lacks;		/* something was not recorded */
	uint64_t failed_ns;	/* when the failure was noted, or when room was last looked for; 0: none failed */
	uint64_t first_failed_ns;
	struct recording_writer writer;
};

static bool make_room(const struct recorder_options *opts, const struct trace_info *info)
{
	if (info->num_hosts) {
		message_error("--write: a recording is of one host: keep the files that are merged");
		return false;
	}
	if (opts->rotate_size && !info->trace_id) {
		message_error("--rotate: a capture has no identity by which its files would be one: rotate a live trace, or a "
			      "recording of one");
		return false;
	}
	return !opts->rotate_size || (rotation_is_possible(opts->path, opts->rotate_keep, opts->read_paths) &&
				      rotation_shift(opts->path, opts->rotate_keep));
}

/*
 * Reserve the room of a whole file, where the file system can: whatever else fills the disk then cannot end the file
 * early. Returns an errno if there is no room, else 0.
 */
static int reserve(const struct recorder *r)
{
	int error;

	if (!r->opts->rotate_size)
		return 0;
	do
		error = fallocate(fileno(r->file), FALLOC_FL_KEEP_SIZE, 0, r->opts->rotate_size) ? errno : 0;
	while (error == EINTR);
	return error == ENOSPC || error == EDQUOT ? error : 0;
}

/* Close the file, if there is one, and give back what it did not use. */
static void close_file(struct recorder *r)
{
	struct stat st;

	if (!r->file)
		return;
	/* What failed has been told. */
	(void)fflush(r->file);
	if (r->opts->rotate_size && !fstat(fileno(r->file), &st) && S_ISREG(st.st_mode))
		(void)!ftruncate(fileno(r->file), st.st_size);
	fclose(r->file);
	r->file = NULL;
}

/* `r->file` was created, and holds what the writer has begun with. */
static void put_head(struct recorder *r)
{
	int error = reserve(r);

	if (!error && fflush(r->file))
		error = errno;
	if (error)
		r->writer.error = error;
}

struct recorder *recorder_new(const struct recorder_options *opts, const struct trace_info *info)
{
	FILE *file = make_room(opts, info) ? private_file_create(opts->path, opts->read_paths, opts->force) : NULL;
	struct recorder *r = file ? calloc(1, sizeof(*r)) : NULL;

	if (!r) {
		if (file) {
			message_error("out of memory");
			fclose(file);
		}
		return NULL;
	}
	r->opts = opts;
	r->file = file;
	recording_begin(&r->writer, r->file, info);
	put_head(r);
	recorder_check(r);
	r->has_begun = !r->writer.error;
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
	r->told = r->lacks = true;
	message_error("writing %s failed: %s: %s", r->opts->path, strerror(r->writer.error),
		      !r->opts->rotate_size ? "the recording ends here, the trace goes on" :
		      "the trace goes on, and so does the recording as soon as there is room for the next file");
}

void recorder_flush(struct recorder *r)
{
	if (!r->writer.error && fflush(r->file))
		r->writer.error = errno;
	recorder_check(r);
}

bool recorder_is_full(struct recorder *r, uint64_t now)
{
	if (!r->opts->rotate_size)
		return false;
	if (!r->writer.error)
		return r->writer.written + RECORDING_MAX_STEP > r->opts->rotate_size;
	if (!r->failed_ns)
		r->failed_ns = r->first_failed_ns = now;
	if (now < r->failed_ns + RETRY_NS)
		return false;
	r->failed_ns = now;
	return rotation_has_room(r->opts->path, r->opts->rotate_size);
}

/* A file that a failure left without events is of no use, and the files before it must not make room for it. */
static bool free_the_name(const struct recorder *r)
{
	return !r->has_begun || rotation_shift(r->opts->path, r->opts->rotate_keep);
}

static void note_success(struct recorder *r, uint64_t now)
{
	r->has_begun = true;
	if (r->failed_ns)
		message_info("recording again: %s; what happened in the %.0f s before is not in it", r->opts->path,
			     (now - r->first_failed_ns) / 1e9);
	r->failed_ns = 0;
	r->told = false;
}

void recorder_next(struct recorder *r, uint64_t now, struct trace_stats *stats)
{
	/* A number that is left out tells the reader that something is missing. */
	r->part += r->writer.error ? 2 : 1;
	stats->end_ns = now;
	recorder_end(r, stats);
	close_file(r);
	r->file = free_the_name(r) ? private_file_create(r->opts->path, r->opts->read_paths, !r->has_begun) : NULL;
	if (!r->file) {
		r->writer.error = EIO;	/* what it was has been said */
		r->told = r->lacks = true;
		return;
	}
	r->has_begun = false;
	recording_begin_part(&r->writer, r->file, r->part, now, stats);
	put_head(r);
	if (!r->writer.error)
		note_success(r, now);
}

bool recorder_end(struct recorder *r, const struct trace_stats *stats)
{
	if (!r->writer.error)
		recording_end(&r->writer, stats);
	recorder_check(r);
	return !r->writer.error && !r->lacks;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	close_file(r);
	free(r);
}
