/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths and names of pods by cgroup id, for the ids seen lately. A live trace and its recording
 * give the same, because both process the same ids in the same order.
 */
#ifndef DTLSNOOP_CGROUP_NAMES_H
#define DTLSNOOP_CGROUP_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pod_name.h"

/* The fuzz targets have fewer. */
#ifndef CGROUP_NAMES
#define CGROUP_NAMES 1024
#endif
#define CGROUP_PATH_LEN 512

struct cgroup_names {
	struct {
		uint64_t id;	/* 0: none */
		char path[CGROUP_PATH_LEN];	/* "": not known */
		struct pod_name pod;
	} entries[CGROUP_NAMES];
};

static inline bool cgroup_names_has(const struct cgroup_names *names, uint64_t id)
{
	return names->entries[id % CGROUP_NAMES].id == id;
}

/* A path that does not fit counts as not known, and so does the pod. */
void cgroup_names_set(struct cgroup_names *names, uint64_t id, const char *path, size_t len);

/* The pod of a cgroup whose path was set. Any other id is ignored. */
void cgroup_names_set_pod(struct cgroup_names *names, uint64_t id, const struct pod_name *pod);

/* As trace_info.pod_name; `ctx` is a struct cgroup_names. */
const struct pod_name *cgroup_names_pod(void *ctx, uint64_t id);

/* As trace_info.cgroup_path; `ctx` is a struct cgroup_names. */
bool cgroup_names_path(void *ctx, uint64_t id, char *path, size_t size);

#endif
