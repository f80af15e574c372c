// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "merge_info.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

#define UNSEEN_MAX 256

struct merge_info {
	uint32_t num;
	struct trace_host *hosts;
	const struct trace_info **infos;	/* of each host */
	const char *unseen[UNSEEN_MAX + 1];
};

struct merge_info *merge_info_new(uint32_t num)
{
	struct merge_info *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->hosts = calloc(num, sizeof(m->hosts[0]));
	m->infos = calloc(num, sizeof(m->infos[0]));
	if (m->hosts && m->infos)
		return m;
	merge_info_free(m);
	return NULL;
}

void merge_info_free(struct merge_info *m)
{
	if (m) {
		free(m->hosts);
		free(m->infos);
	}
	free(m);
}

void merge_info_add(struct merge_info *m, const struct trace_info *info, uint64_t end_ns)
{
	m->infos[m->num] = info;
	m->hosts[m->num++] = (struct trace_host){
		.host = info->host, .boot_id = info->boot_id, .machine_id = info->machine_id, .trace_id = info->trace_id,
		.hooks = info->hooks, .kernel = info->kernel, .start_ns = info->start_ns, .end_ns = end_ns,
		.sees_reads = info->sees_reads, .sees_drops = info->sees_drops, .sees_send_failures = info->sees_send_failures,
	};
}

struct trace_host *merge_info_host(struct merge_info *m, uint32_t host)
{
	return &m->hosts[host];
}

/* --- names of numbers, each by its host --- */

/* NULL: no host has such numbers. */
static const struct trace_info *info_of(const struct merge_info *m, uint32_t host)
{
	return host && host <= m->num ? m->infos[host - 1] : NULL;
}

static bool cgroup_path(void *ctx, uint64_t id, char *path, size_t size)
{
	uint32_t host = trace_host_of_number(id);
	const struct trace_info *info = info_of(ctx, host);

	return info && info->cgroup_path && info->cgroup_path(info->cgroup_ctx, trace_host_number(host, id), path, size);
}

static const struct pod_name *pod_name(void *ctx, uint64_t id)
{
	uint32_t host = trace_host_of_number(id);
	const struct trace_info *info = info_of(ctx, host);

	return info && info->pod_name ? info->pod_name(info->cgroup_ctx, trace_host_number(host, id)) : NULL;
}

static const char *drop_reason_name(void *ctx, uint32_t reason)
{
	uint32_t host = (reason >> 24) + 1;
	const struct trace_info *info = info_of(ctx, host);

	return info && info->drop_reason_name ?
	       info->drop_reason_name(info->drop_reason_ctx, trace_host_reason(host, reason)) : NULL;
}

/* --- all of them --- */

/* What each host cannot show, once. */
static const char *const *all_unseen(struct merge_info *m)
{
	uint32_t num = 0, known;

	for (uint32_t i = 0; i < m->num; i++)
		for (const char *const *unseen = m->infos[i]->unseen; *unseen && num < UNSEEN_MAX; unseen++) {
			for (known = 0; known < num && strcmp(m->unseen[known], *unseen); known++)
				;
			m->unseen[known] = *unseen;
			num += known == num;
		}
	return m->unseen;
}

static void narrow(struct trace_info *out, const struct trace_info *info)
{
	if (!out->num_pids) {
		out->pids = info->pids;
		out->num_pids = info->num_pids;
	}
	if (!out->num_ports) {
		out->ports = info->ports;
		out->num_ports = info->num_ports;
	}
	out->follow_forks |= info->follow_forks;
	out->comm = out->comm ? out->comm : info->comm;
	out->cgroup = out->cgroup ? out->cgroup : info->cgroup;
	out->netns = out->netns ? out->netns : info->netns;
	out->sees_reads &= info->sees_reads;
	out->sees_drops &= info->sees_drops;
	out->sees_send_failures &= info->sees_send_failures;
	out->sees_sockets &= info->sees_sockets;
}

/* NULL unless it is the same. */
static const char *same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b) ? a : NULL;
}

void merge_info_finish(struct merge_info *m, struct trace_info *out, int64_t zero_wall_ns)
{
	*out = *m->infos[0];
	out->start_ns = m->hosts[0].start_ns;
	for (uint32_t i = 1; i < m->num; i++) {
		const struct trace_info *info = m->infos[i];

		narrow(out, info);
		out->hooks = same(out->hooks, info->hooks);
		out->kernel = same(out->kernel, info->kernel);
		out->start_ns = m->hosts[i].start_ns < out->start_ns ? m->hosts[i].start_ns : out->start_ns;
	}
	out->start_wall_ns = (uint64_t)zero_wall_ns + out->start_ns;
	out->unseen = all_unseen(m);
	out->host = out->boot_id = out->machine_id = out->trace_id = NULL;
	out->part = 0;
	out->hosts = m->hosts;
	out->num_hosts = m->num;
	out->cgroup_path = cgroup_path;
	out->pod_name = pod_name;
	out->drop_reason_name = drop_reason_name;
	out->cgroup_ctx = out->drop_reason_ctx = m;
}

/* ", and gains 12.3 ppm on it" if that is worth telling. */
static const char *drift_phrase(char text[64], double drift_ppb)
{
	*text = '\0';
	if (drift_ppb >= 100 || drift_ppb <= -100)
		snprintf(text, 64, ", and %s %.1f ppm", drift_ppb > 0 ? "gains" : "loses", fabs(drift_ppb) / 1e3);
	return text;
}

static void tell_clock(const struct trace_host *host, const char *first)
{
	const char *name = host->host ? host->host : "a host without a name";
	char drift[64];

	if (host->error_ns == UINT64_MAX) {
		message_info("the clock of %s is taken as it is: no datagram was seen both there and at another host", name);
		return;
	}
	message_info("the clock of %s is %.6f s %s that of %s%s; this may be wrong by %.6f s%s", name, fabs((double)host->offset_ns) / 1e9,
		     host->offset_ns < 0 ? "behind" : "ahead of", first, drift_phrase(drift, host->drift_ppb), host->offset_error_ns / 1e9,
		     host->error_ns >= TRACE_ONE_WAY_NS ? ", as datagrams came through one way only, or contradict each other" : "");
}

void merge_info_tell(const struct trace_info *info)
{
	for (uint32_t i = 1; i < info->num_hosts; i++)
		tell_clock(&info->hosts[i], info->hosts[0].host ? info->hosts[0].host : "the first host");
}
