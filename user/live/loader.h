/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Loads the BPF programs of this binary and attaches them to the kernel. bpf_links hold everything:
 * when this process ends, for whatever reason, all is detached.
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
 * Load and attach the tier of the options, or the best one that this kernel supports. Returns NULL
 * on failure; one line on standard error then says why and what to do. Free it with loader_free().
 */
struct loader *loader_new(const struct live_options *opts);

/* Name and version of libbpf. */
const char *loader_library(void);

/* Detach and free. */
void loader_free(struct loader *loader);

/* File descriptor of the ring buffer map; the loader owns it. */
int loader_ring_fd(const struct loader *loader);

/* The cgroups of this host; the loader owns them. */
struct cgroups *loader_cgroups(const struct loader *loader);

/* The filters, as found on this host; the loader owns them. */
const struct filters *loader_filters(const struct loader *loader);

/* With -p: is one of the traced processes still running? True if that cannot be known. */
bool loader_process_left(const struct loader *loader);

/* The tier of hooks in use: "fentry", "kprobe" or "cgroup". */
const char *loader_hooks(const struct loader *loader);

/* What this host cannot show: sentences, NULL at the end. */
const char *const *loader_unseen(const struct loader *loader);

/* Is the hook on this kind of event attached? */
bool loader_sees(const struct loader *loader, enum event_kind kind);

/* Name of one of this kernel's drop reasons; NULL if it has none. */
const char *loader_drop_reason(const struct loader *loader, uint32_t reason);

/* What the kernel counted so far, summed over all CPUs. */
void loader_counters(const struct loader *loader, uint64_t counters[COUNTER_MAX]);

/* The same without the system calls for skipped hook calls. */
void loader_quick_counters(const struct loader *loader, uint64_t counters[COUNTER_MAX]);

/*
 * Print to standard output what this host supports: each tier and its hooks, what each shows or why
 * it cannot be used, and what is not seen. Attaches nothing except, for a moment, programs that do
 * nothing. False if this host supports no tier.
 */
bool loader_check(const struct live_options *opts);

#endif
