/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --write: records while tracing. A failure (a full disk) is reported once on standard error, and
 * the trace goes on without a recording.
 */
#ifndef DTLSNOOP_RECORDER_H
#define DTLSNOOP_RECORDER_H

#include "recording.h"

struct recorder;

/*
 * Create or replace `path` as private_file_create() does. `path` and `info` must outlive the recorder. NULL on
 * failure, with a message.
 */
struct recorder *recorder_new(const char *path, const char *read_path, bool may_replace, const struct trace_info *info);

/* Write to it what the source reports, in that order. */
struct recording_writer *recorder_writer(struct recorder *r);

/* Report a failure, if there was one since the last call. */
void recorder_check(struct recorder *r);

/* Write everything so far to the file, and report a failure. */
void recorder_flush(struct recorder *r);

/* End the recording. Returns false if it lacks something. */
bool recorder_end(struct recorder *r, const struct trace_stats *stats);
void recorder_free(struct recorder *r);

#endif
