/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Of merged traces: a short name for each host, for a column that says at which of them an event was seen. */
#ifndef DTLSNOOP_HOST_COLUMN_H
#define DTLSNOOP_HOST_COLUMN_H

#include "trace_info.h"

#define HOST_COLUMN_MAX 8	/* characters of a name */

struct host_column {
	uint32_t num;		/* hosts; 0: there is one, and no column */
	uint32_t width;		/* of the longest name */
	char names[TRACE_HOSTS_MAX][HOST_COLUMN_MAX + 1];	/* each another one: the host's without what all begin with, or its number */
};

void host_column_init(struct host_column *c, const struct trace_info *info);

/* "beta"; "" if there is no such host. */
const char *host_column_name(const struct host_column *c, uint32_t host);

#endif
