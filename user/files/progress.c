// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "message.h"

/* Who waits for less need not be told. */
#define FIRST_NS 1000000000ULL
#define EVERY_NS 500000000ULL

/* A turn takes in an event: some microseconds, of which reading the clock would be a part. */
#define TURNS 1024

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void progress_begin(struct progress *p, struct source *source, const char *name)
{
	*p = (struct progress){ .name = name, .began_ns = clock_ns() };
	if (source->ops->share_read && source->ops->share_read(source) >= 0 && isatty(STDERR_FILENO))
		p->source = source;
}

bool progress_is_due(struct progress *p)
{
	uint64_t now;

	if (!p->source || ++p->turns < TURNS)
		return false;
	p->turns = 0;
	now = clock_ns();
	if (now < p->began_ns + FIRST_NS || now < p->said_ns + EVERY_NS)
		return false;
	p->said_ns = now;
	return true;
}

void progress_show(struct progress *p, uint64_t events)
{
	double share = p->source->ops->share_read(p->source), took = (p->said_ns - p->began_ns) / 1e9;
	char line[512];

	if (share <= 0)
		return;
	/* The name last: whatever its length, the numbers are in the terminal's first columns. */
	snprintf(line, sizeof(line), "%.0f %%, %llu events, %.0f s left: %.40s", 100 * share,
		 (unsigned long long)events, took * (1 - share) / share, p->name);
	message_status(line);
}
