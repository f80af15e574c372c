/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sockets that each trace saw, by their addresses and network namespaces: two traces of one boot that both see a
 * socket at the same time cannot be merged, since each event would count twice. Bounded: of more than MERGE_SOCKETS of a
 * trace, some are forgotten.
 */
#ifndef DTLSNOOP_MERGE_SOCKETS_H
#define DTLSNOOP_MERGE_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/* A power of two; 24 bytes each. The fuzz targets have fewer. */
#ifndef MERGE_SOCKETS
#define MERGE_SOCKETS 8192
#endif

struct merge_sockets;

/* NULL if out of memory. Free it with merge_sockets_free(), which NULL is allowed for. */
struct merge_sockets *merge_sockets_new(void);
void merge_sockets_free(struct merge_sockets *s);

/* The next trace; at most TRACE_HOSTS_MAX. The texts outlive `s`. False if out of memory, with a message. */
bool merge_sockets_begin(struct merge_sockets *s, const char *boot_id, const char *path);

/* An event of it, on its own clock. */
void merge_sockets_learn(struct merge_sockets *s, const struct event *ev);

/* That was all of it. False with a message: an earlier trace saw one of its sockets at the same time. */
bool merge_sockets_end(const struct merge_sockets *s);

#endif
