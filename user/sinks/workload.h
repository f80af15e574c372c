/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose work a side of a handshake does: a unit of systemd, a container, a pod. */
#ifndef DTLSNOOP_WORKLOAD_H
#define DTLSNOOP_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "sink.h"
#include "workload_path.h"

/*
 * What the path of its cgroup says, and the names of its pod until the next event. False if the cgroup, or its path, is not
 * known.
 */
bool workload_of(const struct sink *s, const struct party *party, struct workload *out);

#define WORKLOAD_PHRASE_LEN (POD_NAME_TEXT_LEN + 32)
#define WORKLOAD_PARTY_LEN (VERDICT_PARTY_LEN + WORKLOAD_PHRASE_LEN)

/*
 * " in pod shop/web-7d9f, container nginx", " in container 0123456789ab" if it is in none of Kubernetes or that one's name is
 * not known, "" if it is in no container. Returns `out`.
 */
const char *workload_phrase(char out[WORKLOAD_PHRASE_LEN], const struct sink *s, const struct party *party);

/* verdict_party() with that. Returns `out`. */
const char *workload_party(char out[WORKLOAD_PARTY_LEN], const struct sink *s, const struct handshake *h, enum party_role role);

#endif
