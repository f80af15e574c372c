/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sizes of one side's datagrams, and which of them arrived at the other side. Only
 * this shows a path that loses datagrams larger than its MTU.
 */
#ifndef DTLSNOOP_SIZES_H
#define DTLSNOOP_SIZES_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "state.h"

struct sighting;

/* Different lengths; if there are more, the smallest are dropped from the list. */
#define SIZES_MAX 8

/* Datagrams with a part of the handshake; lengths are UDP payload, bytes. */
struct sizes {
	uint32_t num;
	struct {
		uint32_t length;
		uint32_t sent;		/* in so many copies, at the sender's socket */
		uint64_t sent_ns;	/* in the latest of these */
		uint32_t arrived;	/* at the receiver's host */
		uint8_t flights;	/* bit n: a sent one had a part of flight n */
	} each[SIZES_MAX];
	uint32_t largest_arrived;
	uint8_t flight;			/* the latest copy... */
	uint32_t copy;			/* ...of the sender's latest flight... */
	uint64_t burst_ns;		/* also its latest burst, if it is encrypted; see flight.burst_ns */
	uint32_t largest_in_copy;	/* ...had datagrams up to this length, at its counting point */
	uint32_t largest_before;	/* likewise, the previous copy; 0: there was none */
};

/* A datagram was processed. */
void sizes_datagram(const struct sighting *s);

#endif
