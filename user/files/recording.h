/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recordings: a file with everything that a source reported. The same file gives the same output on
 * every machine, of either byte order.
 *
 * A file is a struct recording_head, then chunks. A chunk is a struct recording_chunk, `length`
 * bytes of content, and zeros up to a multiple of 8. Numbers have the byte order of the machine
 * that wrote the file; `byte_order` tells which. The first chunks describe the trace, up to
 * RECORDING_TRACE. After it comes what happened, in the order in which it was reported.
 * RECORDING_END is the last chunk. A reader skips chunks of types that it does not know.
 *
 * An event is stored without its unused bytes: the header (with its original size and hello_off),
 * the items or the struct event_other, then the hello.
 *
 * Files of every event ABI since EVENT_ABI_OLDEST can be read, whatever is added later:
 * recording_event.c converts their events to EVENT_ABI.
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
/* For an array without room for a final 0. */
#define RECORDING_MAGIC_BYTES { 0x89, 'D', 'T', 'L', 'S', 'R', '\r', '\n' }
#define RECORDING_BYTE_ORDER 0x01020304u
#define RECORDING_FORMAT 1

struct recording_head {
	__u8 magic[RECORDING_MAGIC_LEN];
	__u32 byte_order;	/* RECORDING_BYTE_ORDER, or its bytes reversed */
	__u16 format;		/* RECORDING_FORMAT */
	__u16 event_abi;	/* EVENT_ABI of the program that wrote the file, and of every event in it */
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
	/* Identify the trace: texts; each may be missing. */
	RECORDING_HOST = 12,	/* name of the host, escaped */
	RECORDING_BOOT_ID = 13,	/* from /proc/sys/kernel/random/boot_id */
	RECORDING_TRACE_ID = 14,	/* 32 hexadecimal digits */
	RECORDING_PART = 15,	/* u64 number of this file among those of the trace, from 0; missing: 0 */
	RECORDING_TRACE = 7,	/* struct recording_trace; after it comes what happened */
	RECORDING_EVENT = 16,	/* from here on, types no longer describe the trace */
	RECORDING_LOST = 17,	/* u64 number of events, then u64 counters by enum event_counter */
	RECORDING_TIME = 18,	/* u64: nothing else happened until then */
	/* Names of numbers in later events: the number, then the name (untrusted bytes). */
	RECORDING_CGROUP = 19,	/* u64 id; without a name if it was not known */
	RECORDING_DROP_REASON = 20,	/* u32 reason */
	RECORDING_CAPTURE = 21,	/* u64 counters by enum capture_counter, before RECORDING_END */
	RECORDING_LIMITED = 23,	/* u64 number of datagrams that the rate limit skipped, then u64 counters */
	RECORDING_MISSING = 24,	/* u64 enum missing, u64 time up to which something may be missing */
	RECORDING_MACHINE_ID = 25,	/* text: a hash of the machine-id, 16 hexadecimal digits; before RECORDING_TRACE */
	/* After RECORDING_CGROUP: u64 id, then NAMESPACE/POD or NAMESPACE/POD/CONTAINER (pod_name.h), if that is known. */
	RECORDING_POD = 26,
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
	RECORDING_SEES_SOCKETS = 1 << 3,
};

struct recording_trace {
	__u64 start_ns;
	__u64 start_wall_ns;
	__u32 sees;		/* enum recording_sees */
	__u32 reserved;
};
_Static_assert(sizeof(struct recording_trace) == 24, "part of the format");

/* Longer content is not read. */
#define RECORDING_MAX_CONTENT 4096
/*
 * No more bytes than these are written between two looks at the size of a file and at its end: an event, which is as
 * long as content may be, its names, what was lost around it, and the last counters.
 */
#define RECORDING_MAX_STEP (2 * RECORDING_MAX_CONTENT)
#define RECORDING_MAX_TEXT TRACE_INFO_MAX_TEXT
#define RECORDING_MAX_UNSEEN 64
#define RECORDING_MAX_FILTER 64
#define RECORDING_MAX_TIME INT64_MAX	/* ns */

static inline bool recording_is_magic(const uint8_t magic[RECORDING_MAGIC_LEN])
{
	return !__builtin_memcmp(magic, RECORDING_MAGIC, RECORDING_MAGIC_LEN);
}

/* Does the event of `len` bytes follow the rules of event.h, and does a file have room for it? */
bool recording_event_is_valid(const struct event *ev, size_t len);

/* --- writing: prints no messages --- */

/* What was known of a cgroup when its names were written. */
struct recording_names {
	uint64_t id;	/* 0: none was written */
	bool has_path, has_pod, has_container;
};

struct recording_writer {
	FILE *file;
	int error;		/* errno of the first failure, 0: none; nothing is written after a failure */
	bool reason_known[DROP_REASONS_MAX];
	struct recording_names cgroup_known[CGROUP_NAMES];
	const struct trace_info *info;
	uint64_t written;	/* bytes, to this file */
	struct trace_stats before;	/* counters when this file began: a file has those of its own time */
};

/* Begin a recording in `file`, which the caller still owns. `info` must outlive the writer. */
void recording_begin(struct recording_writer *w, FILE *file, const struct trace_info *info);
/*
 * End the recording in w->file, which the caller closes, and begin file number `part` of the same trace in `file`.
 * `now` and `stats` are the time and the counters at its beginning.
 */
void recording_begin_part(struct recording_writer *w, FILE *file, uint64_t part, uint64_t now,
			  const struct trace_stats *stats);
void recording_event(struct recording_writer *w, const struct event *ev, size_t len);
void recording_lost(struct recording_writer *w, uint64_t num, const struct trace_stats *stats);
void recording_limited(struct recording_writer *w, uint64_t num, const struct trace_stats *stats);
void recording_missing(struct recording_writer *w, uint32_t what, uint64_t until);
void recording_time(struct recording_writer *w, uint64_t now);
/* The last chunk. w->error then tells whether everything was written. */
void recording_end(struct recording_writer *w, const struct trace_stats *stats);

/* --- reading: untrusted bytes --- */

enum recording_result {
	RECORDING_ENTRY,	/* entry is filled in */
	RECORDING_FINISHED,	/* after RECORDING_END */
	RECORDING_TRUNCATED,	/* the file is truncated; everything before is valid */
	RECORDING_BROKEN,	/* reader.why has the reason */
	RECORDING_FOREIGN,	/* a version that is not supported here: reader.why has it */
};

struct recording_entry {
	enum recording_type type;	/* EVENT, LOST, LIMITED, MISSING, TIME or END */
	const struct event *ev;	/* EVENT: valid until the next call */
	uint64_t number;	/* LOST, LIMITED: how many; MISSING, TIME, END: time in ns */
	uint32_t missing;	/* MISSING: enum missing */
};

struct recording_reader {
	FILE *file;
	bool swap;		/* the file has the other byte order */
	uint16_t event_abi;	/* of the events in the file */
	uint64_t offset;	/* of the current chunk, bytes from the beginning of the file */
	uint64_t next_offset;	/* of the next chunk */
	char why[256];		/* what is wrong, if broken; safe to print */
	struct trace_info info;	/* describes the trace; the reader owns its strings */
	struct trace_stats stats;	/* counters as of the last chunk that has them */
	bool started;		/* RECORDING_TRACE was read */
	bool ended;
	char source[RECORDING_MAX_TEXT + 1], hooks[RECORDING_MAX_TEXT + 1], kernel[RECORDING_MAX_TEXT + 1];
	char unseen_text[RECORDING_MAX_UNSEEN][RECORDING_MAX_TEXT + 1];
	const char *unseen[RECORDING_MAX_UNSEEN + 1];
	uint32_t num_unseen;
	uint32_t pids[RECORDING_MAX_FILTER];
	char comm[RECORDING_MAX_TEXT + 1], cgroup[RECORDING_MAX_TEXT + 1];
	char machine_id[RECORDING_MAX_TEXT + 1];
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
	} event;		/* the event as it was before it was written */
};

/*
 * Read everything that comes before what happened. RECORDING_ENTRY: reader.info is complete. The
 * caller still owns `file`.
 */
enum recording_result recording_open(struct recording_reader *r, FILE *file);

/*
 * For events that come by another way than the file: make one from the `len` bytes at reader.content.bytes, which are of
 * this byte order and event ABI. RECORDING_ENTRY: entry->ev is valid until the next call.
 */
enum recording_result recording_decode_event(struct recording_reader *r, size_t len, struct recording_entry *entry);

/* Read what happened next. */
enum recording_result recording_next(struct recording_reader *r, struct recording_entry *entry);

#endif
