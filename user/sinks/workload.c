// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workload.h"

#include <stdio.h>
#include <string.h>

bool workload_of(const struct sink *s, const struct party *party, struct workload *out)
{
	if (!party->cgroup_id || !s->info->cgroup_path ||
	    !s->info->cgroup_path(s->info->cgroup_ctx, party->cgroup_id, out->path, sizeof(out->path)))
		return false;
	workload_of_path(out);
	if (*out->pod_uid && s->info->pod_name)
		out->pod = s->info->pod_name(s->info->cgroup_ctx, party->cgroup_id);
	return true;
}

const char *workload_phrase(char out[WORKLOAD_PHRASE_LEN], const struct sink *s, const struct party *party)
{
	struct workload w;
	size_t len = 0;

	*out = '\0';
	if (!workload_of(s, party, &w))
		return out;
	if (w.pod)
		len = snprintf(out, WORKLOAD_PHRASE_LEN, " in pod %s/%s%s", w.pod->namespace, w.pod->pod, *w.container ? "," : "");
	if (*w.container && w.pod && *w.pod->container)
		snprintf(out + len, WORKLOAD_PHRASE_LEN - len, " container %s", w.pod->container);
	else if (*w.container)
		snprintf(out + len, WORKLOAD_PHRASE_LEN - len, "%s container %.*s", w.pod ? "" : " in", CONTAINER_ID_BRIEF, w.container);
	return out;
}

const char *workload_party(char out[WORKLOAD_PARTY_LEN], const struct sink *s, const struct handshake *h, enum party_role role)
{
	char phrase[WORKLOAD_PHRASE_LEN];

	verdict_party(out, h, role);
	return strcat(out, workload_phrase(phrase, s, &h->party[role]));
}
