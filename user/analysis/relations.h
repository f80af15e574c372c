/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What one handshake has to do with others, with other sockets and with other
 * addresses. Each event costs a bounded number of steps, whatever is open.
 */
#ifndef DTLSNOOP_RELATIONS_H
#define DTLSNOOP_RELATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "coverage.h"
#include "event.h"
#include "hello.h"
#include "state.h"

struct flow;
struct handshake;
struct sighting;
struct table;

/* Powers of two. */
#define NUM_ASKERS 1024
#define NUM_TALLIES 256

/* What is kept of a handshake. */
struct relations {
	/* Its peer began one the other way, and neither is answered: since when both have; 0: no. */
	uint64_t both_ways_ns;
	uint32_t both_ways_copies;	/* of that other ClientHello */

	/* A handshake of the same two, in the same roles, was complete before; 0: none known. */
	uint64_t established_ns;	/* when it was */
	uint64_t established_socket;	/* of its server, 0 unknown */

	/* What a server says to this client, but from another address than it was asked at. */
	struct event_endpoint stray_address;	/* the first */
	bool stray_ipv4;
	bool stray_from_socket;	/* it was seen to be sent by the very socket that was asked */
	uint32_t strays;
	uint64_t stray_ns;	/* the first; 0: none */

	/* Handshakes of one process that ended so, this one included; 0: it has no fault. */
	uint32_t same_verdict;
	uint32_t tallied_pid;
	uint8_t tallied_code;
};

/* Of a message: to which socket did its fragments go? */
struct split {
	uint64_t socket;	/* the latest, 0: none */
	struct coverage here;	/* what that one got */
	bool whole;		/* some socket got all of it */
	uint64_t since_ns;	/* fragments are with two sockets since, 0: they are not */
};

/* The latest handshake that a client's address began. One may push out another. */
struct asker {
	struct event_endpoint address[PARTY_MAX];
	uint8_t client_random[HELLO_RANDOM_LEN];
};

/* How many handshakes of a process have this verdict. One may push out another. */
struct tally {
	uint32_t pid;
	uint8_t code;
	uint32_t num;
};

/* What is kept across handshakes. */
struct relations_memory {
	struct asker askers[NUM_ASKERS];
	struct tally tallies[NUM_TALLIES];
};

/* Is this the address of a client that was seen to begin a handshake? */
bool relations_has_asked(const struct relations_memory *m, const struct event_endpoint *client);

/* A handshake begins; `flow` is what its event's was until now, or NULL. */
void relations_begin(struct relations_memory *m, struct handshake *h, const struct event *ev,
		     const struct flow *flow);

/* A datagram was taken in; `flow` is the event's, or NULL. */
void relations_datagram(const struct sighting *s, const struct flow *flow);

/*
 * A datagram is of no handshake. If it is a server's first word to a client that
 * waits for one from elsewhere: that handshake, else NULL.
 */
struct handshake *relations_stray(struct relations_memory *m, struct table *table,
				  const struct event *ev, uint64_t now);

/* The verdict of `h` has changed: keep count of those of its process. */
void relations_tally(struct relations_memory *m, struct handshake *h);

#endif
