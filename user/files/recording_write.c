// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "recording.h"

#include <errno.h>
#include <string.h>

static void put(struct recording_writer *w, const void *data, size_t len)
{
	if (w->error || !len)
		return;
	errno = EIO;	/* if the library sets none */
	if (fwrite(data, 1, len, w->file) != len)
		w->error = errno;
	w->written += len;
}

static void begin_chunk(struct recording_writer *w, enum recording_type type, size_t len)
{
	struct recording_chunk chunk = { .type = type, .length = len };

	put(w, &chunk, sizeof(chunk));
}

static void end_chunk(struct recording_writer *w, size_t len)
{
	static const uint8_t zeros[8];

	put(w, zeros, -len & 7);
}

/* Write a chunk of two parts; either may be empty. */
static void put_chunk(struct recording_writer *w, enum recording_type type, const void *a, size_t a_len,
		      const void *b, size_t b_len)
{
	begin_chunk(w, type, a_len + b_len);
	put(w, a, a_len);
	put(w, b, b_len);
	end_chunk(w, a_len + b_len);
}

static void put_text(struct recording_writer *w, enum recording_type type, const char *text)
{
	size_t len = text ? strnlen(text, RECORDING_MAX_TEXT) : 0;

	if (text)
		put_chunk(w, type, text, len, NULL, 0);
}

static void put_filters(struct recording_writer *w)
{
	uint32_t ports[RECORDING_MAX_FILTER], num = 0;

	for (; num < w->info->num_ports && num < RECORDING_MAX_FILTER; num++)
		ports[num] = w->info->ports[num];
	if (num)
		put_chunk(w, RECORDING_PORTS, ports, num * sizeof(ports[0]), NULL, 0);
	if (w->info->num_pids)
		put_chunk(w, RECORDING_PIDS, w->info->pids, w->info->num_pids * sizeof(w->info->pids[0]), NULL, 0);
	if (w->info->follow_forks)
		put_chunk(w, RECORDING_FOLLOW_FORKS, NULL, 0, NULL, 0);
	put_text(w, RECORDING_FILTER_COMM, w->info->comm);
	put_text(w, RECORDING_FILTER_CGROUP, w->info->cgroup);
	if (w->info->netns)
		put_chunk(w, RECORDING_FILTER_NETNS, &w->info->netns, sizeof(w->info->netns), NULL, 0);
}

static void put_trace(struct recording_writer *w, uint64_t part, uint64_t start_ns)
{
	const struct trace_info *info = w->info;
	struct recording_trace trace = {
		.start_ns = start_ns,
		.start_wall_ns = info->start_wall_ns + (start_ns - info->start_ns),
		.sees = (info->sees_reads ? RECORDING_SEES_READS : 0) |
			(info->sees_drops ? RECORDING_SEES_DROPS : 0) |
			(info->sees_send_failures ? RECORDING_SEES_SEND_FAILURES : 0) |
			/* The sockets that were open when the trace began are in its first file. */
			(info->sees_sockets && !part ? RECORDING_SEES_SOCKETS : 0),
	};

	if (part)
		put_chunk(w, RECORDING_PART, &part, sizeof(part), NULL, 0);
	put_chunk(w, RECORDING_TRACE, &trace, sizeof(trace), NULL, 0);
}

static void begin(struct recording_writer *w, uint64_t part, uint64_t start_ns)
{
	const struct recording_head head = {
		.magic = RECORDING_MAGIC_BYTES, .byte_order = RECORDING_BYTE_ORDER, .format = RECORDING_FORMAT,
		.event_abi = EVENT_ABI,
	};
	const struct trace_info *info = w->info;

	put(w, &head, sizeof(head));
	put_text(w, RECORDING_SOURCE, info->recorded_source ? info->recorded_source : info->source);
	put_text(w, RECORDING_HOOKS, info->hooks);
	put_text(w, RECORDING_KERNEL, info->kernel);
	put_text(w, RECORDING_HOST, info->host);
	put_text(w, RECORDING_BOOT_ID, info->boot_id);
	put_text(w, RECORDING_MACHINE_ID, info->machine_id);
	put_text(w, RECORDING_TRACE_ID, info->trace_id);
	for (int i = 0; info->unseen[i] && i < RECORDING_MAX_UNSEEN; i++)
		put_text(w, RECORDING_UNSEEN, info->unseen[i]);
	put_filters(w);
	put_trace(w, part, start_ns);
}

void recording_begin(struct recording_writer *w, FILE *file, const struct trace_info *info)
{
	*w = (struct recording_writer){ .file = file, .info = info };
	begin(w, 0, info->start_ns);
}

void recording_begin_part(struct recording_writer *w, FILE *file, uint64_t part, uint64_t now,
			  const struct trace_stats *stats)
{
	*w = (struct recording_writer){ .file = file, .info = w->info, .before = *stats };
	begin(w, part, now);
}

/* A number, then the counters since the file began. */
static void put_counters(struct recording_writer *w, enum recording_type type, uint64_t number,
			 const struct trace_stats *stats)
{
	uint64_t counters[COUNTER_MAX];

	for (int i = 0; i < COUNTER_MAX; i++)
		counters[i] = stats->counters[i] - w->before.counters[i];
	put_chunk(w, type, &number, sizeof(number), counters, sizeof(counters));
}

/* The names of a cgroup when it is first seen, and again whenever more of them is known. */
static void put_cgroup(struct recording_writer *w, uint64_t id)
{
	struct recording_names *known = &w->cgroup_known[id % CGROUP_NAMES];
	const struct trace_info *info = w->info;
	const struct pod_name *pod = info->pod_name ? info->pod_name(info->cgroup_ctx, id) : NULL;
	char path[CGROUP_PATH_LEN], name[POD_NAME_TEXT_LEN];
	struct recording_names now = {
		.id = id,
		.has_path = info->cgroup_path && info->cgroup_path(info->cgroup_ctx, id, path, sizeof(path)),
		.has_pod = pod,
		.has_container = pod && *pod->container,
	};

	if (known->id == id && known->has_path == now.has_path && known->has_pod == now.has_pod &&
	    known->has_container == now.has_container)
		return;
	*known = now;
	put_chunk(w, RECORDING_CGROUP, &id, sizeof(id), path, now.has_path ? strlen(path) : 0);
	if (pod)
		put_chunk(w, RECORDING_POD, &id, sizeof(id), name, pod_name_write(name, pod));
}

/* Write the names of the numbers in an event before the event. */
static void put_names(struct recording_writer *w, const struct event *ev)
{
	const struct trace_info *info = w->info;
	uint64_t id = ev->cgroup_id;
	const char *name;

	if (id)
		put_cgroup(w, id);
	if (!ev->drop_reason || ev->drop_reason >= DROP_REASONS_MAX || w->reason_known[ev->drop_reason])
		return;
	w->reason_known[ev->drop_reason] = true;
	name = info->drop_reason_name ? info->drop_reason_name(info->drop_reason_ctx, ev->drop_reason) : NULL;
	if (name)
		put_chunk(w, RECORDING_DROP_REASON, &ev->drop_reason, sizeof(ev->drop_reason), name,
			  strnlen(name, DROP_REASON_LEN - 1));
}

/* Write only the used bytes of the event. The rest is old content of the ring buffer. */
void recording_event(struct recording_writer *w, const struct event *ev, size_t len)
{
	if (!recording_event_is_valid(ev, len))
		return;
	put_names(w, ev);
	put_chunk(w, RECORDING_EVENT, ev, event_used(ev),
		  (const uint8_t *)ev + ev->hello_off, ev->hello_len);
}

void recording_lost(struct recording_writer *w, uint64_t num, const struct trace_stats *stats)
{
	put_counters(w, RECORDING_LOST, num, stats);
}

void recording_limited(struct recording_writer *w, uint64_t num, const struct trace_stats *stats)
{
	put_counters(w, RECORDING_LIMITED, num, stats);
}

void recording_missing(struct recording_writer *w, uint32_t what, uint64_t until)
{
	uint64_t numbers[] = { what, until };

	put_chunk(w, RECORDING_MISSING, numbers, sizeof(numbers), NULL, 0);
}

void recording_time(struct recording_writer *w, uint64_t now)
{
	put_chunk(w, RECORDING_TIME, &now, sizeof(now), NULL, 0);
}

/* Those of a capture, since the file began. */
static void put_capture(struct recording_writer *w, const struct trace_stats *stats)
{
	uint64_t counters[CAPTURE_MAX];

	for (int i = 0; i < CAPTURE_MAX; i++)
		counters[i] = stats->capture[i] - w->before.capture[i];
	put_chunk(w, RECORDING_CAPTURE, counters, sizeof(counters), NULL, 0);
}

void recording_end(struct recording_writer *w, const struct trace_stats *stats)
{
	if (stats->has_capture)
		put_capture(w, stats);
	put_counters(w, RECORDING_END, stats->end_ns, stats);
	errno = EIO;
	if (fflush(w->file) && !w->error)
		w->error = errno;
}
