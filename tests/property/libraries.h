/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The TLS libraries of both ends, as an observer with hooks in them sees them: calls around what an end sends and reads, its
 * timer, and errors, some of which mean nothing. Both ends may be in one thread of one process.
 */
#ifndef DTLSNOOP_PROPERTY_LIBRARIES_H
#define DTLSNOOP_PROPERTY_LIBRARIES_H

#include <stdbool.h>
#include <stdint.h>

#include "rng.h"
#include "state.h"

struct handshake;
struct log_entry;
struct verdict;
struct watch;

struct library {
	enum { LIBRARY_NOT_SEEN, LIBRARY_WITH_SOCKET, LIBRARY_WITH_MEMORY } kind;
	bool is_nonblocking;
	bool asks;		/* for its timer, after it has sent */
	bool in_call;
	uint32_t num_asked;
	bool has_failed;	/* since it last sent: an error that is a reason */
};

struct libraries {
	struct library of[PARTY_MAX];
	struct rng rng;		/* of its own: what else is drawn stays the same */
	bool one_thread;	/* of both ends */
};

void libraries_begin(struct watch *watch, uint64_t seed);

/* Before and after an end of this observer sends or reads. `lost`: what the hooks see is lost, or some of it. */
void libraries_before(struct watch *watch, const struct log_entry *entry, bool lost);
void libraries_after(struct watch *watch, const struct log_entry *entry, bool lost);

/* Does what is said of them hold? Stops the test otherwise. */
void libraries_check(const struct watch *watch, const struct handshake *h, const struct verdict *words);

#endif
