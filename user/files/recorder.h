/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --write: a recording beside the trace. A failure (a full disk) is said once on
 * standard error; the trace goes on without it.
 */
#ifndef DTLSNOOP_RECORDER_H
#define DTLSNOOP_RECORDER_H

#include "recording.h"

struct recorder;

/*
 * Creates or replaces `path`. A symbolic link is not followed, and in a folder that
 * others may write to another user's file is not used; nor is `read_path`, which is
 * read meanwhile (NULL: no file is). `path` and `info` must outlive it. NULL: said why.
 */
struct recorder *recorder_new(const char *path, const char *read_path, const struct trace_info *info);

/* What the source told, in the same order. */
void recorder_event(struct recorder *r, const struct event *ev, size_t len);
void recorder_lost(struct recorder *r, uint64_t num, const struct trace_stats *stats);
void recorder_limited(struct recorder *r, uint64_t num, const struct trace_stats *stats);
void recorder_missing(struct recorder *r, uint32_t what, uint64_t until);
void recorder_time(struct recorder *r, uint64_t now);

/* What was told is in the file. */
void recorder_flush(struct recorder *r);

/* The trace is over. False if the recording lacks something. */
bool recorder_end(struct recorder *r, const struct trace_stats *stats);
void recorder_free(struct recorder *r);

#endif
