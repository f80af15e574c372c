/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the handshake of an event and updates its model.
 * Internal to the analysis: only the files that are passed a struct analysis include this.
 */
#ifndef DTLSNOOP_INTAKE_H
#define DTLSNOOP_INTAKE_H

#include "analysis.h"
#include "early.h"
#include "translated.h"

/* A power of two. */
#define NUM_READERS 1024

/* How far the receive queue of a socket was read, over all its peers. */
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
	uint64_t began_ns;	/* when the trace began, valid from the first event on */
	bool is_finished;	/* the trace is over: nothing more will come */
	uint64_t lost_until, limited_until;	/* events up to then may be missing, 0: none are */
	struct analysis **alone;	/* of each host, if there are several: see alone.h */
	struct handshake *view;		/* see alone_view() */
	struct early early;
	struct relations_memory relations;
	struct applications *applications;
	struct unread unread;
	struct translated translated;
	struct reader readers[NUM_READERS];	/* by a hash of the socket; a new one may replace another */
};

/*
 * Process a valid event at a->now. Returns its handshake, NULL if none is known.
 * Always NULL for EVENT_CLOSED, which may concern many handshakes.
 */
struct handshake *intake_event(struct analysis *a, struct datagram_facts *facts);

/* The entry that says how far this socket was read; if its `socket` differs, it is another socket's. */
static inline struct reader *intake_reader(struct analysis *a, uint64_t socket)
{
	/* Not seeded: a replaced slot costs one diagnosis at most. */
	uint64_t hash = (socket ^ 0x9e3779b9) * 0x9e3779b97f4a7c15ULL;

	return &a->readers[hash >> 54 & (NUM_READERS - 1)];
}

#endif
