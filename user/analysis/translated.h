/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * NAT on this host. A hook may be behind it on the way out (POSTROUTING) and before a socket on the way in, so that one
 * socket has two addresses. A UDP socket has one local port (inet_num in Linux): another one in its events is a
 * translation of it. Bounded: the address of a socket that another one replaces here is learned again.
 */
#ifndef DTLSNOOP_TRANSLATED_H
#define DTLSNOOP_TRANSLATED_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/* A power of two. */
#define NUM_TRANSLATED 256

struct socket_address {
	uint64_t socket;	/* 0: none */
	struct event_endpoint local, remote;	/* of its first event */
	bool is_sent;		/* it sent that */
};

struct translated {
	struct socket_address sockets[NUM_TRANSLATED];	/* by a hash of the socket; a new one may replace another */
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LARGE];
	} copy;
};

/*
 * The event with the local address that its socket had at first: `ev` itself if that is its address, otherwise a copy
 * that is valid until the next call. `ev` is valid.
 */
const struct event *translated_back(struct translated *t, const struct event *ev);

#endif
