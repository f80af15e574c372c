/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fragments of a ClientHello that came before its first one. Only that has the
 * random by which a handshake is known, so these wait here, in a bounded ring,
 * until it comes: reordered, or sent once more after it was lost.
 */
#ifndef DTLSNOOP_EARLY_H
#define DTLSNOOP_EARLY_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define EARLY_MAX 32	/* beyond it the oldest is forgotten */

struct early_fragment {
	bool used;
	uint64_t since_ns;
	uint64_t read_ns;	/* when its application took it, 0: not */
	uint32_t copied;	/* bytes that it got then */
	uint64_t lost;		/* events that the tracer had lost before it: see table_num_lost() */
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LARGE];
	};
};

/* All zero to begin with. */
struct early {
	uint32_t next;		/* the slot that is filled next: the oldest */
	struct early_fragment slots[EARLY_MAX];
};

/* Keep a datagram of no known handshake at `now`, if it has such a fragment; `lost` events are missing by then. */
void early_keep(struct early *early, const struct event *ev, uint64_t now, uint64_t lost);

/* The datagram with the number that this EVENT_READ names was read at `now`. */
void early_read(struct early *early, const struct event *ev, uint64_t now);

/* The datagram that this EVENT_DROPPED takes back is not there any more. */
void early_dropped(struct early *early, const struct event *ev);

/*
 * Take out the earliest fragment of the ClientHello whose first one `ev` has:
 * between the same addresses, seen at the same socket. NULL: there is none, or
 * no more. Valid until the next call of early_keep().
 */
const struct early_fragment *early_take(struct early *early, const struct event *ev, uint64_t now);

#endif
