/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose work the processes of a cgroup do, by its path: a unit of systemd, a container, a pod. */
#ifndef DTLSNOOP_WORKLOAD_PATH_H
#define DTLSNOOP_WORKLOAD_PATH_H

#include <stddef.h>

#include "cgroup_names.h"

/* Hexadecimal digits of a container's id, a SHA-256 (OCI image specification); people use the first twelve. */
#define CONTAINER_ID_LEN 64
#define CONTAINER_ID_BRIEF 12
#define POD_UID_LEN 36

struct workload {
	char path[CGROUP_PATH_LEN];	/* of the cgroup, as the kernel has it: any bytes but '\0' */
	const char *unit;	/* in path, unit_len bytes; NULL: it is in none */
	size_t unit_len;
	char container[CONTAINER_ID_LEN + 1];	/* "": it is in none */
	char pod_uid[POD_UID_LEN + 1];		/* of Kubernetes, with hyphens; "": it is in none */
	const struct pod_name *pod;	/* its names; NULL: not known. No path says them */
};

/*
 * What a path says: the last component that is a service or a scope, the last that has a container's id, as Docker,
 * containerd, CRI-O and Podman name them with systemd or without, and the last that has the UID of a pod, as kubelet
 * names them. `out->path` is set already.
 */
void workload_of_path(struct workload *out);

#endif
