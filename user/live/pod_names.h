/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of pods and containers, from how kubelet names the folders and links of their logs. No log is opened.
 *
 *	/var/log/pods/NAMESPACE_POD_UID/CONTAINER/		a folder for each container, also of those that have ended
 *	/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log	a link for each container, soon after it has started
 *
 * The link tells whose the id is. Without it, the container of a pod is known only if the pod has one folder: it cannot be
 * any other (the container that holds the pod's namespaces has none, but it has no sockets of its own).
 */
#ifndef DTLSNOOP_POD_NAMES_H
#define DTLSNOOP_POD_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "pod_name.h"

/* Folders are read again after this time, if a name is missing. */
#define POD_NAMES_AGAIN_NS 2000000000ULL

struct pod_names;

/* `pods` is kubelet's folder of pods, beside which "containers" is; neither need exist. NULL if out of memory. */
struct pod_names *pod_names_new(const char *pods);
void pod_names_free(struct pod_names *p);

/*
 * The names of the pod with this UID (with hyphens, or of 32 digits), and of its container with this id, "" if it is of none.
 * `now_ns` is any clock that does not step back. Returns whether all that was asked for is known; `out` has what is.
 */
bool pod_names_find(struct pod_names *p, const char *uid, const char *id, uint64_t now_ns, struct pod_name *out);

#endif
