// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workload_path.h"

#include <ctype.h>
#include <string.h>

#include "core.h"

struct component {
	const char *begin;
	size_t len;
};

static bool ends_with(struct component c, const char *end)
{
	size_t len = strlen(end);

	return c.len > len && !memcmp(c.begin + c.len - len, end, len);
}

static struct component without_end(struct component c, const char *end)
{
	if (ends_with(c, end))
		c.len -= strlen(end);
	return c;
}

static bool is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)text[i]) && !(text[i] >= 'a' && text[i] <= 'f'))
			return false;
	return true;
}

/* Of systemd: what is before the id names the runtime, such as "docker-", "cri-containerd-", "crio-", "libpod-". */
static void take_container(struct component c, struct workload *out)
{
	const char *id;

	c = without_end(c, ".scope");
	if (c.len < CONTAINER_ID_LEN)
		return;
	id = c.begin + c.len - CONTAINER_ID_LEN;
	if (!is_hex(id, CONTAINER_ID_LEN) || (id > c.begin && id[-1] != '-' && id[-1] != ':'))
		return;
	memcpy(out->container, id, CONTAINER_ID_LEN);
}

/* RFC 9562, section 4. systemd has no hyphens within a slice's name, so kubelet writes underscores. */
static bool is_uuid(const char *text)
{
	for (size_t i = 0; i < POD_UID_LEN; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' && text[i] != '_' : !is_hex(text + i, 1))
			return false;
	return true;
}

/* Pods that kubelet has from files have a hash of 32 digits instead. */
#define STATIC_UID_LEN 32

/* Length of the UID at the begin of `text`, of which `len` bytes are left in the component; 0: it is none. */
static size_t uid_len(const char *text, size_t len)
{
	size_t uid = len >= POD_UID_LEN && is_uuid(text) ? POD_UID_LEN :
		     len >= STATIC_UID_LEN && is_hex(text, STATIC_UID_LEN) ? STATIC_UID_LEN : 0;

	return uid == len || (uid && strchr(".:", text[uid])) ? uid : 0;
}

/* "pod" and the UID; containerd may have written the slice and the container as one component, with colons. */
static void take_pod(struct component c, struct workload *out)
{
	static const char prefix[] = { 'p', 'o', 'd' };

	for (const char *end = c.begin + c.len, *pod = c.begin; (pod = memmem(pod, end - pod, prefix, sizeof(prefix))); ) {
		size_t len;

		pod += sizeof(prefix);
		len = uid_len(pod, end - pod);
		if (!len)
			continue;
		for (size_t i = 0; i < len; i++)
			out->pod_uid[i] = pod[i] == '_' ? '-' : pod[i];
		return;
	}
}

void workload_of_path(struct workload *out)
{
	const char *end = out->path + strlen(out->path);
	struct component c;

	out->unit = NULL;
	out->pod = NULL;
	memset(out->container, 0, sizeof(out->container));
	memset(out->pod_uid, 0, sizeof(out->pod_uid));
	for (; end > out->path; end = c.begin > out->path ? c.begin - 1 : out->path) {
		for (c.begin = end; c.begin > out->path && c.begin[-1] != '/'; c.begin--)
			;
		c.len = end - c.begin;
		if (!out->unit && (ends_with(c, ".service") || ends_with(c, ".scope"))) {
			out->unit = c.begin;
			out->unit_len = c.len;
		}
		if (!*out->container)
			take_container(c, out);
		if (!*out->pod_uid)
			take_pod(c, out);
	}
}
