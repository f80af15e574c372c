// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink_json.h"

#include <nettle/base64.h>
#include <string.h>

#include "cgroup_names.h"

static void put_names(const struct sink *s, const struct event *ev)
{
	const struct trace_info *info = s->info;
	const struct pod_name *pod = info->pod_name ? info->pod_name(info->cgroup_ctx, ev->cgroup_id) : NULL;
	char path[CGROUP_PATH_LEN], name[POD_NAME_TEXT_LEN];

	if (info->cgroup_path && info->cgroup_path(info->cgroup_ctx, ev->cgroup_id, path, sizeof(path)))
		put_text(writer_of(s), "cgroup", path, strlen(path));
	if (pod)
		put_text(writer_of(s), "pod", name, pod_name_write(name, pod));
}

void put_raw(const struct sink *s, const struct event *ev)
{
	char text[BASE64_ENCODE_RAW_LENGTH(EVENT_SIZE_LARGE)];
	uint8_t bytes[EVENT_SIZE_LARGE];
	uint32_t len = event_used(ev);

	if (ev->cgroup_id)
		put_names(s, ev);
	if (len + ev->hello_len > sizeof(bytes))
		return;
	memcpy(bytes, ev, len);
	memcpy(bytes + len, (const uint8_t *)ev + ev->hello_off, ev->hello_len);
	len += ev->hello_len;
	base64_encode_raw(text, len, bytes);
	json_put_string(writer_of(s), "raw", text, BASE64_ENCODE_RAW_LENGTH(len));
}

void sink_json_gap(struct sink *s, const struct gap *gap, uint64_t now)
{
	struct json_writer *w;

	if (!s->verbosity || s->info->num_hosts)
		return;
	w = line_begin_at(s, "gap", now);
	put_known(w, "lost", gap->lost);
	put_known(w, "rate_limited", gap->limited);
	if (gap->missing) {
		json_open_array(w, "missing");
		if (gap->missing & MISSING_LOST)
			put_string(w, NULL, "lost");
		if (gap->missing & MISSING_LIMITED)
			put_string(w, NULL, "rate_limited");
		if (gap->missing & MISSING_PART)
			put_string(w, NULL, "part");
		json_close_array(w);
		json_put_number(w, "until_ns", since_start(s, gap->until_ns));
	}
	line_end(w);
}
