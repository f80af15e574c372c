/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One trace from its first event to its last: source -> analysis -> sink. */
#ifdef DTLSNOOP_ROOM
#error "trace.h is for what ties the rooms together, none of them may include it"
#endif
#ifndef DTLSNOOP_TRACE_H
#define DTLSNOOP_TRACE_H

#include "options.h"
#include "source.h"

/*
 * Trace until the source, the options, a signal (SIGINT, SIGTERM) or a closed
 * output end it. Returns the process's exit status. *any: was a handshake seen?
 */
enum exit_status trace_run(const struct options *opts, struct source *source, bool *any);

#endif
