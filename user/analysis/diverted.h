/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sockets of one side: which sent its latest flight, and which receives the answer? Two processes
 * that share a port have one each. The one that receives may know nothing of the handshake.
 */
#ifndef DTLSNOOP_DIVERTED_H
#define DTLSNOOP_DIVERTED_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "state.h"

struct handshake;
struct party;
struct sighting;

/* A socket, and the process that last used it. */
struct socket_user {
	uint64_t socket;	/* cookie, 0: none */
	uint32_t pid, ns_pid;	/* 0: not known */
	char comm[EVENT_COMM_LEN];	/* hostile bytes */
};

/* Kept for each party. */
struct diversion {
	struct socket_user sender;	/* sent its latest flight */
	struct socket_user receiver;	/* another socket, which receives the answer to that flight */
	uint64_t since_ns;	/* 0: no other socket does */
	uint8_t flight;		/* the answer, a flight of its peer */
	uint8_t reached;	/* the highest flight of its peer of which `sender` received something */
	bool repeated;		/* `sender` has sent its flight again since */
};

/* A datagram was processed. */
void diverted_datagram(const struct sighting *s);

/*
 * A datagram between the addresses of a completed handshake, at another socket of `role` than the latest: does it
 * show whether that handshake is complete for both? Such a handshake has two sockets of `role`.
 */
bool diverted_concerns(const struct handshake *h, enum party_role role, const struct event *ev);

/* Has another socket than this one sent its latest flight, which has to be kept in mind for the next? */
bool diverted_is_other(const struct party *party, uint64_t socket);

#endif
