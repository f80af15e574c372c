/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --write: records while tracing. A failure (a full disk) is reported once on standard error, and the trace goes on
 * without a recording; with --rotate, a new file begins as soon as there is room.
 */
#ifndef DTLSNOOP_RECORDER_H
#define DTLSNOOP_RECORDER_H

#include "recording.h"

struct recorder;

struct recorder_options {
	const char *path;	/* NULL: no recording */
	const char *const *read_paths;	/* files that are read, which it must not touch; NULL at the end; NULL: none */
	bool force;		/* an existing file may be replaced */
	uint64_t rotate_size;	/* no file is larger, in bytes, at least 64 KiB; 0: one file */
	unsigned long rotate_keep;	/* files to keep, with the one that is written */
};

/*
 * Create `path` as private_file_create() does. With rotate_size, older recordings of that name keep their content,
 * as rotation.h says. `opts` and `info` must outlive the recorder. NULL on failure, with a message.
 */
struct recorder *recorder_new(const struct recorder_options *opts, const struct trace_info *info);

/* Write to it what the source reports, in that order. */
struct recording_writer *recorder_writer(struct recorder *r);

/* To be asked before each event. Should the next file begin: would this one be too large with it, or is there room again after a failure? */
bool recorder_is_full(struct recorder *r, uint64_t now);

/* End the file, and begin the next one at `now` with these counters. Only with rotate_size. */
void recorder_next(struct recorder *r, uint64_t now, struct trace_stats *stats);

/* Report a failure, if there was one since the last call. */
void recorder_check(struct recorder *r);

/* Write everything so far to the file, and report a failure. */
void recorder_flush(struct recorder *r);

/* End the recording. Returns false if it lacks something. */
bool recorder_end(struct recorder *r, const struct trace_stats *stats);
void recorder_free(struct recorder *r);

#endif
