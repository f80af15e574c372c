/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recordings: what a source told, in a file. The same file gives the same
 * output on every machine, of either byte order.
 *
 * A file is a struct recording_head, then chunks: a struct recording_chunk,
 * `length` bytes of content, and zeros up to a multiple of 8. Numbers are in the
 * byte order of the machine that wrote it; `byte_order` tells which. First come
 * the chunks that describe the trace, up to RECORDING_TRACE; then, in the order
 * in which they were told, what happened; RECORDING_END is the last. A reader
 * skips chunks of types that it does not know.
 *
 * Of an event only what is used of it lies in the file: the header (which keeps
 * the size and the place of the hello body that it had), the items or the struct
 * event_other, the body.
 *
 * Files of every event ABI from EVENT_ABI_OLDEST on are read, whatever is added
 * later: recording_event.c makes their events those of EVENT_ABI.
 */
#ifndef DTLSNOOP_RECORDING_H
#define DTLSNOOP_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cgroup_names.h"
#include "drop_reasons.h"
#include "event.h"
#include "trace_info.h"

#define RECORDING_MAGIC "\x89" "DTLSR\r\n"	/* not text, and damaged if treated as text */
#define RECORDING_MAGIC_LEN 8
/* For an array that has no room for a final 0. */
#define RECORDING_MAGIC_BYTES { 0x89, 'D', 'T', 'L', 'S', 'R', '\r', '\n' }
#define RECORDING_BYTE_ORDER 0x01020304u
#define RECORDING_FORMAT 1

struct recording_head {
	__u8 magic[RECORDING_MAGIC_LEN];
	__u32 byte_order;	/* RECORDING_BYTE_ORDER, or its bytes reversed */
	__u16 format;		/* RECORDING_FORMAT */
	__u16 event_abi;	/* EVENT_ABI of who wrote it; that of each event, too */
};
_Static_assert(sizeof(struct recording_head) == 16, "part of the format");

enum recording_type {
	/* Texts: printable ASCII, no final 0. */
	RECORDING_SOURCE = 1,	/* trace_info.source: "live" or "capture" */
	RECORDING_HOOKS = 2,
	RECORDING_KERNEL = 3,
	RECORDING_UNSEEN = 4,	/* any number of them */
	/* Filters: u32 each. */
	RECORDING_PIDS = 5,
	RECORDING_PORTS = 6,
	RECORDING_FILTER_COMM = 8,	/* text */
	RECORDING_FILTER_CGROUP = 9,	/* text */
	RECORDING_FILTER_NETNS = 10,	/* u32 */
	RECORDING_FOLLOW_FORKS = 11,	/* empty */
	/* Of which trace it is: texts; each may be missing. */
	RECORDING_HOST = 12,	/* name of the host, escaped */
	RECORDING_BOOT_ID = 13,	/* as /proc/sys/kernel/random/boot_id has it */
	RECORDING_TRACE_ID = 14,	/* 32 hexadecimal digits */
	RECORDING_TRACE = 7,	/* struct recording_trace: what follows happened */
	RECORDING_EVENT = 16,	/* the first that does not describe the trace */
	RECORDING_LOST = 17,	/* u64 how many events, then u64 counters by enum event_counter */
	RECORDING_TIME = 18,	/* u64: nothing else happened until then */
	/* Names of numbers in events that follow: the number, then its name, hostile bytes. */
	RECORDING_CGROUP = 19,	/* u64 id; no name: it was not known */
	RECORDING_DROP_REASON = 20,	/* u32 reason */
	RECORDING_CAPTURE = 21,	/* u64 counters by enum capture_counter, before RECORDING_END */
	RECORDING_LIMITED = 23,	/* u64 how many datagrams the rate limit left out, then u64 counters */
	RECORDING_MISSING = 24,	/* u64 enum missing, u64 time up to which something may be missing */
	RECORDING_END = 22,	/* u64 time, then u64 counters by enum event_counter */
};

struct recording_chunk {
	__u16 type;		/* enum recording_type */
	__u16 reserved;		/* 0 */
	__u32 length;		/* of the content, bytes */
};
_Static_assert(sizeof(struct recording_chunk) == 8, "part of the format");

enum recording_sees {
	RECORDING_SEES_READS = 1 << 0,
	RECORDING_SEES_DROPS = 1 << 1,
	RECORDING_SEES_SEND_FAILURES = 1 << 2,
};

struct recording_trace {
	__u64 start_ns;
	__u64 start_wall_ns;
	__u32 sees;		/* enum recording_sees */
	__u32 reserved;
};
_Static_assert(sizeof(struct recording_trace) == 24, "part of the format");

/* Longer ones are not read. */
#define RECORDING_MAX_CONTENT 4096
#define RECORDING_MAX_TEXT TRACE_INFO_MAX_TEXT
#define RECORDING_MAX_UNSEEN 64
#define RECORDING_MAX_FILTER 64
#define RECORDING_MAX_TIME INT64_MAX	/* ns */

static inline bool recording_is_magic(const uint8_t magic[RECORDING_MAGIC_LEN])
{
	return !__builtin_memcmp(magic, RECORDING_MAGIC, RECORDING_MAGIC_LEN);
}

/* Does the event keep what event.h promises, as far as its place in a file depends on it? */
bool recording_event_is_valid(const struct event *ev, size_t len);

/* Bytes of a valid event that are used, up to its hello body. */
uint32_t recording_event_used(const struct event *ev);

/* --- writing: nothing is said on standard error here --- */

struct recording_writer {
	FILE *file;
	int error;		/* errno of the first failure, 0: none; then nothing more is written */
	bool reason_known[DROP_REASONS_MAX];
	uint64_t cgroup_known[CGROUP_NAMES];	/* ids whose names were written */
	const struct trace_info *info;
};

/* Begin a recording in `file`, which stays the caller's. `info` must outlive the writer. */
void recording_begin(struct recording_writer *w, FILE *file, const struct trace_info *info);
void recording_event(struct recording_writer *w, const struct event *ev, size_t len);
void recording_lost(struct recording_writer *w, uint64_t num, const struct trace_stats *stats);
void recording_limited(struct recording_writer *w, uint64_t num, const struct trace_stats *stats);
void recording_missing(struct recording_writer *w, uint32_t what, uint64_t until);
void recording_time(struct recording_writer *w, uint64_t now);
/* The last; w->error says whether all of it was written. */
void recording_end(struct recording_writer *w, const struct trace_stats *stats);

/* --- reading: hostile bytes --- */

enum recording_result {
	RECORDING_ENTRY,	/* entry is filled in */
	RECORDING_FINISHED,	/* after RECORDING_END */
	RECORDING_TRUNCATED,	/* the file ends before its end; what came before is good */
	RECORDING_BROKEN,	/* reader.why says why */
	RECORDING_FOREIGN,	/* of a version that is not read here: reader.why says which */
};

struct recording_entry {
	enum recording_type type;	/* EVENT, LOST, LIMITED, MISSING, TIME or END */
	const struct event *ev;	/* EVENT: valid until the next call */
	uint64_t number;	/* LOST, LIMITED: how many; MISSING, TIME, END: ns */
	uint32_t missing;	/* MISSING: what */
};

struct recording_reader {
	FILE *file;
	bool swap;		/* it is of the other byte order */
	uint16_t event_abi;	/* of its events, as they lie in it */
	uint64_t offset;	/* of the chunk that is read, bytes from the begin of the file */
	uint64_t next_offset;	/* of the one behind it */
	char why[256];		/* what is wrong with it, if broken; safe to print */
	struct trace_info info;	/* what it tells of the trace; strings are of the reader */
	struct trace_stats stats;	/* counters as far as they are told */
	bool started;		/* RECORDING_TRACE was read */
	bool ended;
	char source[RECORDING_MAX_TEXT + 1], hooks[RECORDING_MAX_TEXT + 1], kernel[RECORDING_MAX_TEXT + 1];
	char unseen_text[RECORDING_MAX_UNSEEN][RECORDING_MAX_TEXT + 1];
	const char *unseen[RECORDING_MAX_UNSEEN + 1];
	uint32_t num_unseen;
	uint32_t pids[RECORDING_MAX_FILTER];
	char comm[RECORDING_MAX_TEXT + 1], cgroup[RECORDING_MAX_TEXT + 1];
	char host[RECORDING_MAX_TEXT + 1], boot_id[RECORDING_MAX_TEXT + 1], trace_id[RECORDING_MAX_TEXT + 1];
	uint16_t ports[RECORDING_MAX_FILTER];
	char reasons[DROP_REASONS_MAX][DROP_REASON_LEN];
	struct cgroup_names cgroups;
	union {
		struct event ev;
		struct recording_trace trace;
		uint64_t numbers[RECORDING_MAX_CONTENT / 8];
		uint8_t bytes[RECORDING_MAX_CONTENT];
	} content;
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LARGE];
	} event;		/* as it was before it was written */
};

/*
 * Read all that comes before what happened. RECORDING_ENTRY: it is there, and
 * reader.info is complete. `file` stays the caller's.
 */
enum recording_result recording_open(struct recording_reader *r, FILE *file);

/* What happened next. */
enum recording_result recording_next(struct recording_reader *r, struct recording_entry *entry);

#endif
