// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One side of a handshake: who it is, where it runs, and, of merged traces, what of its datagrams reached the other host. */
#include "sink_json.h"

#include <string.h>

#include "crossings.h"
#include "hosts.h"
#include "workload.h"

static void put_workload(struct json_writer *w, const struct workload *work)
{
	put_text(w, "cgroup", work->path, strlen(work->path));
	if (work->unit)
		put_text(w, "unit", work->unit, work->unit_len);
	if (!*work->container && !*work->pod_uid)
		return;
	json_open_object(w, "container");
	if (*work->container)
		put_string(w, "id", work->container);
	if (*work->pod_uid)
		put_string(w, "pod_uid", work->pod_uid);
	if (work->pod) {
		put_string(w, "namespace", work->pod->namespace);
		put_string(w, "pod", work->pod->pod);
		if (*work->container && *work->pod->container)
			put_string(w, "name", work->pod->container);
	}
	json_close_object(w);
}

/* What of the datagrams that it sent reached the other host. */
static void put_path(struct json_writer *w, const struct handshake *h, enum party_role role, uint64_t now)
{
	const struct crossings *c = &h->party[role].crossings;
	struct lost_datagrams lost;
	uint32_t length = UINT32_MAX;

	if (!crossings_are_seen(h, role))
		return;
	json_open_object(w, "path");
	if (crossings_lost(h, role, 0, now, &lost)) {
		json_put_number(w, "lost", lost.lost);
		json_open_array(w, "lost_bytes");
		while ((length = crossings_lost_length(h, role, 0, now, length)))
			json_put_number(w, NULL, length);
		json_close_array(w);
	}
	json_put_number(w, "sent", lost.sent);
	json_put_number(w, "arrived", c->all_arrived);
	if (c->all_arrived && hosts_error_ns(h) != UINT64_MAX) {
		json_put_number(w, "delay_min_ns", c->delay_min_ns);
		json_put_number(w, "delay_max_ns", c->delay_max_ns);
		json_put_number(w, "clock_error_ns", hosts_error_ns(h));
	}
	json_close_object(w);
}

void sink_json_party(const struct sink *s, const struct handshake *h, enum party_role role, uint64_t now)
{
	struct json_writer *w = writer_of(s);
	const struct party *party = &h->party[role];
	const struct others_seen *others = others_of(h, role);
	struct workload work;

	json_open_object(w, party_role_name(role));
	put_endpoint(w, "address", &party->address, party->ipv4);
	put_host_label(s, party->host);
	/* With a filter, an unseen end may still be on this host. A capture cannot tell. */
	if (party->local || !(h->captured || trace_info_is_filtered(s->info)))
		json_put_bool(w, "local", party->local);
	if (party->has_owner)
		put_process(w, party->pid, party->ns_pid, party->tid, party->uid, party->comm);
	if (party->cgroup_id)
		json_put_number(w, "cgroup_id", trace_host_number(party->host, party->cgroup_id));
	if (workload_of(s, party, &work))
		put_workload(w, &work);
	put_known(w, "netns", trace_host_netns(party->host, party->netns));
	if (others)
		put_others(w, "other", others->total);
	put_path(w, h, role, now);
	sink_json_application(s, h, role, now);
	json_close_object(w);
}
