/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of a trace besides its events, at its start and at its end. Sources set it,
 * recordings keep it, sinks show it.
 */
#ifndef DTLSNOOP_TRACE_INFO_H
#define DTLSNOOP_TRACE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "event.h"

struct analysis_stats;
struct pod_name;

/* Maximum length of these texts in bytes, without the final 0. */
#define TRACE_INFO_MAX_TEXT 255

/* Traces of more hosts are not merged. */
#define TRACE_HOSTS_MAX 64

/*
 * One of the hosts whose traces are merged. Their events are on one clock, that of the first host: a later host's wall
 * clock showed `offset_ns` more at trace_info.start_wall_ns, and gains `drift_ppb` on the first one's.
 */
struct trace_host {
	const char *host, *boot_id, *machine_id, *trace_id, *hooks, *kernel;	/* as in struct trace_info */
	int64_t offset_ns;	/* of the first host: 0 */
	uint64_t offset_error_ns;	/* of the offset, at most; as below, and what the clocks may drift until the first such datagram */
	/*
	 * Of the times of datagrams that passed between hosts, at most; UINT64_MAX: no datagram was seen at both hosts, so the
	 * offset is 0. If datagrams came through one way only, the fastest of them counts as having taken no time, and the error
	 * is TRACE_ONE_WAY_NS.
	 */
	uint64_t error_ns;
	double drift_ppb;	/* nanoseconds a second */
	uint64_t longest_ns;	/* that a datagram took which came here from another of the hosts; 0: none did */
	uint64_t start_ns, end_ns;	/* of its trace, on the clock of the events */
	bool sees_reads, sees_drops, sees_send_failures;
};

/* No path is expected to be slower than this. */
#define TRACE_ONE_WAY_NS 5000000000ULL

/*
 * Numbers that are unique on one host become unique in merged traces: event.socket, cgroup_id, netns and drop_reason,
 * with event.host. Those of the first host stay. Each function is its own inverse.
 */
static inline uint64_t trace_host_number(uint32_t host, uint64_t number)
{
	return host && number ? number ^ (uint64_t)(host - 1) << 56 : number;
}

/* Inodes of namespaces begin at 0xf0000000 (PROC_DYNAMIC_FIRST in Linux). */
static inline uint32_t trace_host_netns(uint32_t host, uint32_t netns)
{
	return host && netns ? netns ^ (host - 1) << 20 : netns;
}

/* Reasons of subsystems have their number in bits 16 to 23 (SKB_DROP_REASON_SUBSYS_SHIFT in Linux). */
static inline uint32_t trace_host_reason(uint32_t host, uint32_t reason)
{
	return host && reason ? reason ^ (host - 1) << 24 : reason;
}

/* Which host's number is it, from 1, in merged traces? */
static inline uint32_t trace_host_of_number(uint64_t number)
{
	return (uint32_t)(number >> 56) + 1;
}

/* The source owns the strings and arrays. */
struct trace_info {
	const char *version;	/* of this program */
	const char *source;	/* "live", "recording", "capture" */
	const char *recorded_source;	/* source of a recording: "live" or "capture"; otherwise NULL */
	const char *hooks;	/* tier, such as "cgroup"; NULL for a capture */
	const char *kernel;	/* release; NULL for a capture */
	const char *host;	/* name of the traced host, escaped; NULL if unknown, as the next three */
	const char *boot_id;	/* identifies the boot of its kernel */
	const char *machine_id;	/* a hash of the host's machine-id, 16 hexadecimal digits */
	const char *trace_id;	/* identifies this trace and its recordings, 32 hexadecimal digits */
	const struct trace_host *hosts;	/* of merged traces; event.host is a place in it, plus 1 */
	uint32_t num_hosts;	/* 0: one trace, described here */
	uint64_t part;		/* number of a recording among those of its trace, from 0 */
	const char *const *unseen;	/* what the source cannot show, NULL at the end */
	const uint32_t *pids;	/* filters; none: everything */
	uint32_t num_pids;
	const uint16_t *ports;
	uint32_t num_ports;
	bool follow_forks;
	const char *comm;	/* escaped; NULL: any */
	const char *cgroup;	/* escaped, from the root of cgroup v2; NULL: any */
	uint32_t netns;		/* inode, 0: any */
	uint64_t start_ns;	/* on the clock of the events */
	uint64_t start_wall_ns;	/* since 1970, at the same time as start_ns */
	bool sees_reads, sees_drops, sees_send_failures;	/* what the source can show ... */
	bool sees_sockets;	/* ... also the sockets that were open when the trace began */
	/* Path of a cgroup from the root of cgroup v2, by its id; false if unknown. May be NULL. */
	bool (*cgroup_path)(void *ctx, uint64_t id, char *path, size_t size);
	/* How Kubernetes calls the pod and the container of a cgroup; NULL if unknown. Valid until the next event. May be NULL. */
	const struct pod_name *(*pod_name)(void *ctx, uint64_t id);
	void *cgroup_ctx;	/* of both */
	/*
	 * Name of a drop reason without its prefix ("SOCKET_RCVBUFF"): untrusted bytes, valid until
	 * the next call; NULL if it has none. The function may be NULL.
	 */
	const char *(*drop_reason_name)(void *ctx, uint32_t reason);
	void *drop_reason_ctx;
	/*
	 * Of merged traces: which addresses the server's host sees instead of these, which the client uses. False: the same
	 * ones. May be NULL.
	 */
	bool (*translated)(void *ctx, const struct event_endpoint *client, const struct event_endpoint *server,
			   struct event_endpoint *seen_client, struct event_endpoint *seen_server);
	void *translated_ctx;
};

/*
 * What a host of merged traces is called: its name, with its number if another one has the same or it has none. Escaped. Returns `out`.
 */
#define TRACE_HOST_LABEL_LEN (TRACE_INFO_MAX_TEXT + 16)
static inline const char *trace_host_label(char out[TRACE_HOST_LABEL_LEN], const struct trace_info *info, uint32_t host)
{
	const char *name = host && host <= info->num_hosts ? info->hosts[host - 1].host : NULL;
	bool is_alone = name;

	for (uint32_t i = 0; is_alone && i < info->num_hosts; i++)
		is_alone = i == host - 1 || !info->hosts[i].host || strcmp(info->hosts[i].host, name);
	if (is_alone)
		snprintf(out, TRACE_HOST_LABEL_LEN, "%s", name);
	else
		snprintf(out, TRACE_HOST_LABEL_LEN, "%s#%u", name ? name : "host", host);
	return out;
}

/* Do filters leave anything out? */
static inline bool trace_info_is_filtered(const struct trace_info *info)
{
	return info->num_pids || info->num_ports || info->comm || info->cgroup || info->netns;
}

/* Counters of the packets of a capture. Each packet is one of those up to CAPTURE_UNKNOWN. */
enum capture_counter {
	CAPTURE_PACKETS,	/* all of them */
	CAPTURE_UDP,		/* a whole UDP datagram */
	CAPTURE_OTHER,		/* not UDP, or inside something that is not parsed */
	CAPTURE_FRAGMENTS,	/* parts of UDP datagrams */
	CAPTURE_MALFORMED,	/* lengths that contradict each other */
	CAPTURE_UNKNOWN,	/* truncated before its type can be seen */
	CAPTURE_CUT,		/* UDP datagrams, also reassembled ones, of which the capture lacks bytes */
	CAPTURE_REASSEMBLED,	/* reassembled UDP datagrams */
	CAPTURE_INCOMPLETE,	/* datagrams of which some fragments are missing */
	CAPTURE_BACKWARDS,	/* earlier than the previous packet */
	CAPTURE_MAX,
};

struct trace_stats {
	const struct analysis_stats *analysis;
	uint64_t counters[COUNTER_MAX];	/* enum event_counter */
	bool has_capture;	/* capture[] is valid */
	uint64_t capture[CAPTURE_MAX];	/* enum capture_counter */
	/* Spans and log records for --otlp-endpoint, of a live trace. What is waiting is neither delivered nor lost so far. */
	struct { bool is_wanted; uint64_t delivered, lost, waiting; } otlp;
	bool truncated;		/* the file was truncated: there may have been more */
	uint64_t end_ns;
};

/* What a source has counted, as source_ops.stats() tells it: all but `analysis`, `otlp` and `end_ns`. */
static inline void trace_stats_copy(struct trace_stats *stats, const struct trace_stats *read)
{
	__builtin_memcpy(stats->counters, read->counters, sizeof(stats->counters));
	__builtin_memcpy(stats->capture, read->capture, sizeof(stats->capture));
	stats->has_capture = read->has_capture;
	stats->truncated = read->truncated;
}

/* Adds what another trace, or another file of it, counted. */
static inline void trace_stats_add(struct trace_stats *sum, const struct trace_stats *stats)
{
	for (int i = 0; i < COUNTER_MAX; i++)
		sum->counters[i] += stats->counters[i];
	for (int i = 0; i < CAPTURE_MAX; i++)
		sum->capture[i] += stats->capture[i];
	sum->has_capture |= stats->has_capture;
	sum->truncated |= stats->truncated;
}

/* Events that were lost, whatever the cause. */
static inline uint64_t counters_lost(const uint64_t counters[COUNTER_MAX])
{
	return counters[COUNTER_LOST_RING_FULL] + counters[COUNTER_LOST_UNREADABLE] +
	       counters[COUNTER_LOST_NO_STATE] + counters[COUNTER_LOST_MISSED];
}

/* Of what was not asked for, and of what cannot be told apart from that: any protocol. No verdict lacks it. */
static inline uint64_t counters_lost_rest(const uint64_t counters[COUNTER_MAX])
{
	return counters[COUNTER_FOREIGN_UNREADABLE] + counters[COUNTER_DROPS_UNREADABLE] + counters[COUNTER_DROPS_MISSED];
}

#endif
