/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of a trace beside its events: at its start, and at its end.
 * Sources fill it in, recordings keep it, sinks show it.
 */
#ifndef DTLSNOOP_TRACE_INFO_H
#define DTLSNOOP_TRACE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct analysis_stats;

/* Bytes of a text among these at most, without the final 0. */
#define TRACE_INFO_MAX_TEXT 255

/* The strings and arrays belong to the source, and live as long as it does. */
struct trace_info {
	const char *version;	/* of this program */
	const char *source;	/* "live", "recording", "capture" */
	const char *recorded_source;	/* of a recording: what was recorded, "live" or "capture"; else NULL */
	const char *hooks;	/* "cgroup"; NULL: of a capture */
	const char *kernel;	/* release; NULL: of a capture */
	const char *host;	/* name of the host that was traced, escaped; these three: NULL if not known */
	const char *boot_id;	/* of its kernel: which boot */
	const char *trace_id;	/* of this trace alone, 32 hexadecimal digits: its recordings have it too */
	const char *const *unseen;	/* what the source cannot show, NULL at the end */
	const uint32_t *pids;	/* the filters; none: everything */
	uint32_t num_pids;
	const uint16_t *ports;
	uint32_t num_ports;
	bool follow_forks;
	const char *comm;	/* escaped; NULL: any */
	const char *cgroup;	/* likewise, from the root of cgroup v2 */
	uint32_t netns;		/* inode, 0: any */
	uint64_t start_ns;	/* on the clock of the events */
	uint64_t start_wall_ns;	/* since 1970, at the same moment */
	bool sees_reads, sees_drops, sees_send_failures;	/* what it shows at all */
	/*
	 * Path of a cgroup below the root of cgroup v2, by its id; false: not known.
	 * May be NULL itself.
	 */
	bool (*cgroup_path)(void *ctx, uint64_t id, char *path, size_t size);
	void *cgroup_ctx;
	/*
	 * Name of a drop reason without its prefix ("SOCKET_RCVBUFF"), hostile bytes,
	 * valid until the next call; NULL if it has none. May be NULL itself.
	 */
	const char *(*drop_reason_name)(void *ctx, uint32_t reason);
	void *drop_reason_ctx;
};

/* Was anything left out on purpose? */
static inline bool trace_info_is_filtered(const struct trace_info *info)
{
	return info->num_pids || info->num_ports || info->comm || info->cgroup || info->netns;
}

/* What was counted of a capture's packets. Each packet is one of those up to CAPTURE_UNKNOWN. */
enum capture_counter {
	CAPTURE_PACKETS,	/* all of them */
	CAPTURE_UDP,		/* a whole UDP datagram */
	CAPTURE_OTHER,		/* not UDP, or in something that is not looked into */
	CAPTURE_FRAGMENTS,	/* parts of UDP datagrams */
	CAPTURE_MALFORMED,	/* lengths that contradict each other */
	CAPTURE_UNKNOWN,	/* cut before it shows what it is */
	CAPTURE_CUT,		/* UDP datagrams, put together ones too, that lack bytes in the capture */
	CAPTURE_REASSEMBLED,	/* UDP datagrams that were put together */
	CAPTURE_INCOMPLETE,	/* of these there are some fragments only */
	CAPTURE_BACKWARDS,	/* earlier than the packet before */
	CAPTURE_MAX,
};

struct trace_stats {
	const struct analysis_stats *analysis;
	uint64_t counters[COUNTER_MAX];	/* enum event_counter */
	bool has_capture;	/* the following are valid */
	uint64_t capture[CAPTURE_MAX];	/* enum capture_counter */
	bool truncated;		/* the file ended before its end: there may have been more */
	uint64_t end_ns;
};

/* Events that there should have been, whatever the cause of their loss. */
static inline uint64_t counters_lost(const uint64_t counters[COUNTER_MAX])
{
	return counters[COUNTER_LOST_RING_FULL] + counters[COUNTER_LOST_UNREADABLE] +
	       counters[COUNTER_LOST_NO_STATE] + counters[COUNTER_LOST_MISSED];
}

#endif
