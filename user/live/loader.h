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

struct host_check_printer;
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

/* With -p: is one of the traced processes still running? True if that cannot be known. */
bool loader_process_left(const struct loader *loader);

/* Is the hook on this kind of event attached? */
bool loader_sees(const struct loader *loader, enum event_kind kind);

/* What the kernel counted so far, summed over all CPUs. */
void loader_counters(const struct loader *loader, uint64_t counters[COUNTER_MAX]);

/*
 * Report what this host supports: each tier and its hooks, what each shows or why it cannot be used, and what is not
 * seen. Attaches nothing except, for a moment, programs that do nothing. False if no tier can be used.
 */
bool loader_check(const struct live_options *opts, const struct host_check_printer *printer);

#endif
