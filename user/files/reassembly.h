/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reassembles IP fragments of captures (RFC 791 s3.2, RFC 8200 s4.5). A datagram is complete only
 * if all its fragments are in the capture, none overlap, and all arrive within the time for which a
 * receiver keeps them. Of a fixed size.
 */
#ifndef DTLSNOOP_REASSEMBLY_H
#define DTLSNOOP_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

struct reassembly;

/* NULL if out of memory. Free it with reassembly_free(). */
struct reassembly *reassembly_new(void);
void reassembly_free(struct reassembly *r);

enum reassembly_result {
	REASSEMBLY_WAITS,	/* other fragments are missing */
	REASSEMBLY_WHOLE,	/* `whole` is the UDP datagram, valid until the next call */
	REASSEMBLY_MALFORMED,	/* given up: fragments contradict each other, or this is no UDP datagram */
};

/*
 * Add a PACKET_FRAGMENT at `now` (ns). *num_lost is how many other datagrams were given up because
 * they never became complete.
 */
enum reassembly_result reassembly_take(struct reassembly *r, const struct packet *fragment,
				       uint64_t now, struct packet *whole, uint32_t *num_lost);

/* Number of incomplete datagrams. At the end of the capture these are lost. */
uint32_t reassembly_waiting(const struct reassembly *r);

#endif
