// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "live_names.h"

#include <string.h>

#include "workload_path.h"

bool live_names_init(struct live_names *n, struct cgroups *cgroups, const char *pods)
{
	n->cgroups = cgroups;
	n->pods = pod_names_new(pods);
	return n->pods;
}

void live_names_fini(struct live_names *n)
{
	pod_names_free(n->pods);
}

/* Returns whether more may be known later. What is known stays so: a cgroup or a pod may be gone by now. */
static bool look_up(struct live_names *n, uint64_t id, uint64_t now_ns)
{
	struct workload work;
	struct pod_name pod;
	bool known;

	if (!cgroup_names_path(&n->table, id, work.path, sizeof(work.path))) {
		known = cgroups_path(n->cgroups, id, now_ns, work.path, sizeof(work.path));
		cgroup_names_set(&n->table, id, work.path, known ? strlen(work.path) : 0);
		if (!known)
			return true;
	}
	workload_of_path(&work);
	if (!*work.pod_uid)
		return false;
	known = pod_names_find(n->pods, work.pod_uid, work.container, now_ns, &pod);
	if (*pod.namespace)
		cgroup_names_set_pod(&n->table, id, &pod);
	return !known;
}

void live_names_note(struct live_names *n, uint64_t id, uint64_t now_ns)
{
	typeof(&n->tries[0]) tries = &n->tries[id % CGROUP_NAMES];

	if (!id)
		return;
	if (!cgroup_names_has(&n->table, id))
		tries->left = LIVE_NAMES_TRIES + 1;
	else if (!tries->left || now_ns - tries->time_ns < LIVE_NAMES_AGAIN_NS)
		return;
	tries->time_ns = now_ns;
	tries->left = look_up(n, id, now_ns) ? tries->left - 1 : 0;
}
