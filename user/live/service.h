/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a service manager is told of us: datagrams to the socket that NOTIFY_SOCKET names, as sd_notify(3) describes
 * (also what it says of programs that do not link libsystemd). Without such a manager, nothing happens. A message that
 * cannot be delivered is lost: the manager then acts by its own time-outs.
 */
#ifndef DTLSNOOP_SERVICE_H
#define DTLSNOOP_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

struct trace_stats;

struct service {
	int fd;			/* connected; -1: there is no manager */
	const char *hooks;	/* with which the trace runs; the caller owns it */
	uint64_t every_ns, told_ns;	/* how often it wants to hear of us, and when it last did */
};

/* Attached: READY=1 at the time `now`, ns of any clock that does not step back. End with service_end(). */
void service_begin(struct service *s, const char *hooks, uint64_t now);

/* Is it to be told at `now` that we live? Ask at each turn of the loop: a loop that hangs is what the manager looks for. */
bool service_is_due(const struct service *s, uint64_t now);

/* WATCHDOG=1, and what was seen so far as the STATUS that systemctl(1) prints. */
void service_alive(struct service *s, const struct trace_stats *stats, uint64_t now);

/* STOPPING=1: what comes now is only the end of the outputs. */
void service_end(struct service *s);

#endif
