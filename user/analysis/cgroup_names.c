// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cgroup_names.h"

#include <string.h>

#include "core.h"

void cgroup_names_set(struct cgroup_names *names, uint64_t id, const char *path, size_t len)
{
	char *to = names->entries[id % CGROUP_NAMES].path;

	names->entries[id % CGROUP_NAMES].id = id;
	memset(&names->entries[id % CGROUP_NAMES].pod, 0, sizeof(struct pod_name));
	if (len >= CGROUP_PATH_LEN || memchr(path, 0, len))
		len = 0;
	memcpy(to, path, len);
	to[len] = 0;
}

void cgroup_names_set_pod(struct cgroup_names *names, uint64_t id, const struct pod_name *pod)
{
	if (id && cgroup_names_has(names, id))
		names->entries[id % CGROUP_NAMES].pod = *pod;
}

const struct pod_name *cgroup_names_pod(void *ctx, uint64_t id)
{
	const struct cgroup_names *names = ctx;
	const struct pod_name *pod = &names->entries[id % CGROUP_NAMES].pod;

	return id && cgroup_names_has(names, id) && *pod->namespace ? pod : NULL;
}

bool cgroup_names_path(void *ctx, uint64_t id, char *path, size_t size)
{
	const struct cgroup_names *names = ctx;
	const char *known = names->entries[id % CGROUP_NAMES].path;

	if (!id || !cgroup_names_has(names, id) || !*known || strlen(known) >= size)
		return false;
	strcpy(path, known);
	return true;
}
