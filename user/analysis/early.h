/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ClientHello fragments that came before the first fragment. Only the first has the
 * random that identifies the handshake, so the others wait here, in a bounded ring,
 * until the first comes: late by reordering, or retransmitted after a loss. If they are repeated
 * without it, it does not come: a path may drop what is as large as the first.
 */
#ifndef DTLSNOOP_EARLY_H
#define DTLSNOOP_EARLY_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define EARLY_MAX 32	/* one more replaces the oldest */

struct early_fragment {
	bool used;
	uint64_t since_ns;
	uint64_t read_ns;	/* when the application read it, 0: not yet */
	uint32_t copied;	/* bytes that this read received */
	uint64_t lost;		/* events that the tracer had lost by then: see table_num_lost() */
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LARGE];
	};
};

/* All zero at first. */
struct early {
	uint32_t next;		/* the slot that is filled next: the oldest */
	struct early_fragment slots[EARLY_MAX];
};

/* Keep a datagram of no known handshake if it has such a fragment; `lost` events were lost by `now`. */
void early_keep(struct early *early, const struct event *ev, uint64_t now, uint64_t lost);

/* The datagram of this EVENT_READ was read at `now`. */
void early_read(struct early *early, const struct event *ev, uint64_t now);

/* Remove the datagram of this EVENT_DROPPED. */
void early_dropped(struct early *early, const struct event *ev);

/*
 * Was the same fragment kept, of so many copies of the ClientHello before this one that the first fragment is late no
 * more? A copy has record numbers of its own (RFC 6347 s4.2.4); what the network doubled has not. Their distance is the
 * number of records in a copy: it tells whether the first one kept is of the client's first copy. If not, the server may
 * have acknowledged what is missing before the trace (RFC 9147 s7).
 */
bool early_is_repeated(const struct early *early, const struct event *ev, uint64_t now, bool *out_is_first);

/*
 * `ev` has a fragment of a ClientHello, which begins a handshake. Take out the earliest other fragment of
 * it: between the same addresses, seen at the same socket. NULL: there is none, or no
 * more. Valid until the next call of early_keep().
 */
const struct early_fragment *early_take(struct early *early, const struct event *ev, uint64_t now);

#endif
