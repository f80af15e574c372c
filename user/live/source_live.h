/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The source of live events: what this host does now, through the loader's ring buffer. */
#ifndef DTLSNOOP_SOURCE_LIVE_H
#define DTLSNOOP_SOURCE_LIVE_H

#include "live_options.h"
#include "source.h"

struct loader;

/* `opts` and `loader` must outlive it. NULL on failure, with a message on standard error. */
struct source *source_live_new(const struct live_options *opts, const struct loader *loader);

#endif
