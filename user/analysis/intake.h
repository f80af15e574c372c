/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From an event to the handshake it is of, and into that handshake's model.
 * The inside of the analysis: only analysis.c and intake.c include this.
 */
#ifndef DTLSNOOP_INTAKE_H
#define DTLSNOOP_INTAKE_H

#include "analysis.h"
#include "early.h"

/* A power of two. */
#define NUM_READERS 1024

/* How far the queue of a socket was read, whatever its peers. */
struct reader {
	uint64_t socket;
	uint64_t last_read;	/* highest event.datagram */
};

struct analysis {
	struct analysis_options opts;
	struct analysis_callbacks callbacks;
	struct analysis_stats stats;
	struct table *table;
	struct hello_assemblies *assemblies;
	uint64_t now;
	uint64_t began_ns;	/* time of the first event */
	uint64_t lost_until, limited_until;	/* up to then something may be missing, 0: nothing is */
	struct early early;
	struct relations_memory relations;
	struct reader readers[NUM_READERS];	/* by a hash of the socket; one forgets another */
};

/* Tell the sinks of `h` as it is now. */
void analysis_report(struct analysis *a, struct handshake *h);

/* Follow `h` no more; if it is open, it is said to be evicted. */
void analysis_forget(struct analysis *a, struct handshake *h);

/* Does the event of `len` bytes keep the promises of event.h? */
bool intake_is_valid(const struct event *ev, size_t len);

/*
 * Take in a valid event at a->now. Returns the handshake it is of, NULL if of
 * none that is known; for EVENT_CLOSED, which may be of many, always NULL.
 */
struct handshake *intake_event(struct analysis *a, struct datagram_facts *facts);

/* What is known of how far this socket was read; another socket's if `socket` differs. */
struct reader *intake_reader(struct analysis *a, uint64_t socket);

#endif
