// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The first line of JSON: which trace this is, and what it can show. */
#include "sink_json.h"

#define SCHEMA_VERSION 2

static void put_filter(struct json_writer *w, const struct trace_info *info)
{
	json_open_object(w, "filter");
	if (info->num_pids) {
		json_open_array(w, "pid");
		for (uint32_t i = 0; i < info->num_pids; i++)
			json_put_number(w, NULL, info->pids[i]);
		json_close_array(w);
	}
	if (info->num_ports) {
		json_open_array(w, "port");
		for (uint32_t i = 0; i < info->num_ports; i++)
			json_put_number(w, NULL, info->ports[i]);
		json_close_array(w);
	}
	put_true(w, "follow_forks", info->follow_forks);
	put_string(w, "comm", info->comm);
	put_string(w, "cgroup", info->cgroup);
	put_known(w, "netns", info->netns);
	json_close_object(w);
}

/* Which host was traced; for a recording, that of the recorded trace. */
static void put_host(struct json_writer *w, const struct trace_info *info)
{
	if (!info->host && !info->boot_id && !info->machine_id)
		return;
	json_open_object(w, "host");
	put_string(w, "name", info->host);
	put_string(w, "boot_id", info->boot_id);
	put_string(w, "machine_id", info->machine_id);
	json_close_object(w);
}

/* Of merged traces: each host, and its clock compared with the first one's. */
static void put_hosts(const struct sink *s, const struct trace_info *info)
{
	struct json_writer *w = writer_of(s);

	json_open_array(w, "hosts");
	for (uint32_t i = 0; i < info->num_hosts; i++) {
		const struct trace_host *host = &info->hosts[i];

		json_open_object(w, NULL);
		put_string(w, "name", host->host);
		put_string(w, "boot_id", host->boot_id);
		put_string(w, "machine_id", host->machine_id);
		put_string(w, "trace_id", host->trace_id);
		put_string(w, "hooks", host->hooks);
		put_string(w, "kernel", host->kernel);
		json_put_signed(w, "offset_ns", host->offset_ns);
		if (host->offset_error_ns != UINT64_MAX)
			json_put_number(w, "offset_error_ns", host->offset_error_ns);
		json_put_signed(w, "drift_ppb", (int64_t)host->drift_ppb);
		put_time(s, "started", host->start_ns);
		put_time(s, "ended", host->end_ns);
		json_close_object(w);
	}
	json_close_array(w);
}

/* With verbosity: what `raw` in the lines of datagrams is, and what these lines can show at all. */
static void put_abi(struct json_writer *w, const struct trace_info *info)
{
	json_put_number(w, "event_abi", EVENT_ABI);
	put_string(w, "byte_order", __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big");
	json_put_number(w, "start_ns", info->start_ns);
	json_open_array(w, "sees");
	if (info->sees_reads)
		put_string(w, NULL, "reads");
	if (info->sees_drops)
		put_string(w, NULL, "drops");
	if (info->sees_send_failures)
		put_string(w, NULL, "send_failures");
	json_close_array(w);
}

void sink_json_trace(struct sink *s)
{
	const struct trace_info *info = s->info;
	struct json_writer *w = line_begin(s, "trace");

	json_put_number(w, "schema", SCHEMA_VERSION);
	put_string(w, "version", info->version);
	put_string(w, "source", info->source);
	put_string(w, "hooks", info->hooks);
	put_string(w, "kernel", info->kernel);
	put_host(w, info);
	put_string(w, "boot_id", info->boot_id);
	put_string(w, "trace_id", info->trace_id);
	put_time(s, "started", info->start_ns);
	put_unix(s, info->start_ns);
	/* The events of a capture are on its own clock. */
	if (info->kernel || info->num_hosts)
		json_put_number(w, "clock_offset_ns", info->start_wall_ns - info->start_ns);
	if (info->num_hosts)
		put_hosts(s, info);
	else if (s->verbosity)
		put_abi(w, info);
	put_filter(w, info);
	if (info->unseen[0]) {
		json_open_array(w, "not_seen");
		for (uint32_t i = 0; info->unseen[i]; i++)
			put_string(w, NULL, info->unseen[i]);
		json_close_array(w);
	}
	line_end(w);
}
