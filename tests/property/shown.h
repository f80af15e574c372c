/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which datagrams a socket's hooks, or the reader of a capture, show: the rules of scan_is_wanted() in bpf/scan.bpf.h for
 * one association. Of application data that is the first datagram of each direction, and the first after each datagram of a
 * handshake.
 */
#ifndef DTLSNOOP_PROPERTY_SHOWN_H
#define DTLSNOOP_PROPERTY_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/* All 0: nothing has come. */
struct shown {
	bool known;
	uint8_t data[2];	/* enum data_shown, by direction */
	uint32_t num_hidden[2], num_sealed[2];
	uint32_t movers[2];	/* so many handshake records of DTLS 1.3 from unknown addresses are let in to who sends in this direction */
};

/*
 * Is this datagram shown? It goes in direction `dir`: 0 or 1. `other`: the association between the same addresses and
 * the other port of the client.
 */
bool shown_takes(struct shown *shown, struct shown *other, const struct event *ev, int dir);

#endif
