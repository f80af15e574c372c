/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the BPF programs in this binary to programs attached to the kernel.
 * Everything is held by bpf_links: whatever ends this process detaches.
 */
#ifndef DTLSNOOP_LOADER_H
#define DTLSNOOP_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "live_options.h"

struct cgroups;
struct filters;
struct loader;

/*
 * Load and attach the tier that the options ask for, or the best that this kernel
 * bears. NULL if it cannot be done here; one line on standard error has then said
 * why and what to do. To be freed with loader_free().
 */
struct loader *loader_new(const struct live_options *opts);

/* Name and version of the library that loads programs. */
const char *loader_library(void);

/* Detach and free. */
void loader_free(struct loader *loader);

/* File descriptor of the ring buffer map; the loader owns it. */
int loader_ring_fd(const struct loader *loader);

/* The cgroups of this host; the loader owns them. */
struct cgroups *loader_cgroups(const struct loader *loader);

/* What was asked for, as found on this host; the loader owns it. */
const struct filters *loader_filters(const struct loader *loader);

/* With -p: is one of the processes traced still there? Else, or if it cannot be told: true. */
bool loader_process_left(const struct loader *loader);

/* The tier of hooks in use: "fentry", "kprobe" or "cgroup". */
const char *loader_hooks(const struct loader *loader);

/* What this host cannot show, a sentence each, NULL at the end. */
const char *const *loader_unseen(const struct loader *loader);

/* Is the hook on this kind of event attached? */
bool loader_sees(const struct loader *loader, enum event_kind kind);

/* Name of one of this kernel's drop reasons; NULL if it has none. */
const char *loader_drop_reason(const struct loader *loader, uint32_t reason);

/* What the kernel counted so far, summed over all CPUs. */
void loader_counters(const struct loader *loader, uint64_t counters[COUNTER_MAX]);

/* The same without what takes system calls: hooks that the kernel passed by. */
void loader_quick_counters(const struct loader *loader, uint64_t counters[COUNTER_MAX]);

/*
 * Print to standard output what this host supports: each tier and each of its
 * hooks, why one cannot be used, what it gives, and what is not seen. Attaches
 * nothing but, for a moment, programs that do nothing. False: this host supports none.
 */
bool loader_check(const struct live_options *opts);

#endif
