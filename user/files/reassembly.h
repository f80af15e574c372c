/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * IP fragments of captures (RFC 791 s3.2, RFC 8200 s4.5): a datagram comes out
 * only if all of its fragments are in the capture, none overlaps another, and
 * they come within the time for which a receiver keeps them. Of a fixed size.
 */
#ifndef DTLSNOOP_REASSEMBLY_H
#define DTLSNOOP_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

struct reassembly;

/* NULL if memory is short. To be freed with reassembly_free(). */
struct reassembly *reassembly_new(void);
void reassembly_free(struct reassembly *r);

enum reassembly_result {
	REASSEMBLY_WAITS,	/* for the others */
	REASSEMBLY_WHOLE,	/* `whole` is the UDP datagram, valid until the next call */
	REASSEMBLY_MALFORMED,	/* it is given up: they contradict each other, or it is no UDP datagram */
};

/*
 * Take in a PACKET_FRAGMENT at `now` (ns). *num_lost receives how many others were
 * given up meanwhile because they never became whole.
 */
enum reassembly_result reassembly_take(struct reassembly *r, const struct packet *fragment,
				       uint64_t now, struct packet *whole, uint32_t *num_lost);

/* How many wait for fragments? Of these nothing comes any more when the capture is over. */
uint32_t reassembly_waiting(const struct reassembly *r);

#endif
