/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How large were the datagrams of one side, and which sizes got to the other?
 * A path that swallows what is larger than its MTU shows in nothing else.
 */
#ifndef DTLSNOOP_SIZES_H
#define DTLSNOOP_SIZES_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "state.h"

struct sighting;

/* Lengths that are told apart; of more the smallest are forgotten. */
#define SIZES_MAX 8

/* Datagrams with something of the handshake; lengths are UDP payload, bytes. */
struct sizes {
	uint32_t num;
	struct {
		uint32_t length;
		uint32_t sent;		/* at the sender's socket */
		uint32_t arrived;	/* at the receiver's host */
		uint8_t flights;	/* bit n: something of flight n, among those sent */
	} each[SIZES_MAX];
	uint32_t largest_arrived;
	uint8_t flight;			/* the latest copy... */
	uint32_t copy;			/* ...of the sender's latest flight... */
	uint64_t burst_ns;		/* likewise, if it is encrypted and copies look alike; see flight.burst_ns */
	uint32_t largest_in_copy;	/* ...had datagrams of up to this length, where it is counted */
	uint32_t largest_before;	/* and the copy before; 0: there was none */
};

/* A datagram was taken in. */
void sizes_datagram(const struct sighting *s);

#endif
