/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Relations of a handshake to other handshakes, sockets and addresses. Each event
 * costs a bounded number of steps, for any number of open handshakes.
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
#define NUM_STRANGER_TALLIES 256
#define NUM_HOST_PAIRS 128
#define NUM_LATEST 8	/* handshakes of such a pair, or of pairs in the same place */
#define ECHOES_MAX 1000
#define ASKED_BEFORE 3	/* of the servers that a client asked before its latest handshake */

/* Identifies a handshake. Set it to zero before you fill it in: all its bytes are hashed. */
struct identity {
	struct event_endpoint address[PARTY_MAX];
	uint8_t client_random[HELLO_RANDOM_LEN];
};

/* Kept for each handshake. */
struct relations {
	/* Its peer began a handshake in the other direction, and neither is answered: since when; 0: no. */
	uint64_t both_ways_ns;
	uint32_t both_ways_copies;	/* of the peer's ClientHello */
	/* The server sends the ClientHello back: see echoed.h. */
	struct {
		uint16_t num;		/* how often, at most ECHOES_MAX; 0: it does not */
		bool is_sent_here;	/* a socket of this host does */
	} echo;

	/* A handshake between the same addresses, in the same roles, was completed before; 0: none known. */
	uint64_t established_ns;	/* when it completed */
	uint64_t established_socket;	/* of its server, 0 unknown */

	/* It began while there was an association between its ends, in either role: see beside.h. */
	bool is_beside;

	/* Who seems to have sent its ClientHello, in either role, goes on with an association of before: has not sent it. */
	bool is_of_stranger;

	/* An earlier handshake from the client's address and network namespace reached the server's socket, which is on this host. */
	bool is_server_here;
	uint16_t server_host;	/* ... or on the other one: see event.host; 0: there is one host */

	/* A server answers this client from another address than the ClientHello was sent to. */
	struct event_endpoint stray_address;	/* the first */
	bool stray_ipv4;
	bool stray_from_socket;	/* the socket that received the ClientHello sent it */
	uint32_t strays;
	uint64_t stray_ns;	/* the first; 0: none */

	/* The client goes on from another port as this handshake (in that one: it came from there). */
	struct identity moved;
	uint64_t moved_id;	/* of the other handshake; 0: none */
	bool is_whole;	/* it came from there, where it was seen from its first ClientHello on: nothing was sent here before that was seen */
	bool moved_on;	/* it began with a ClientHello, and that one has none with a later record number */
	bool is_elsewhere;	/* of merged traces: what its client sent came to the server's host from another port, and belongs to none */
	uint64_t left_ns;	/* when the client was seen to be there, or the server went on with it, at the latest; 0: never */

	/* Its client left this handshake, from the same port, for this one; the server goes on with it, and has not answered this one. */
	uint64_t kept_id;
	uint64_t kept_ns;	/* its latest datagram; 0: there is none */

	/* Handshakes of this process with the same verdict, this one included; 0: it has no fault. */
	uint32_t same_verdict;
	uint32_t tallied_pid;
	uint8_t tallied_code;

	/* Clients of this server like this one that have this verdict, see relations_tell_stranger(). */
	uint32_t strangers;
	uint8_t stranger_code;	/* that it was counted for */
};

/* The sockets that received the fragments of a message. */
struct split {
	uint64_t socket;	/* the latest, 0: none */
	struct coverage here;	/* the parts that this socket received */
	bool whole;		/* some socket received all of it */
	uint64_t since_ns;	/* since when two sockets have fragments, 0: not split */
};

/* The latest handshake that a client's address began. A new entry may replace another. */
struct asker {
	struct identity latest;
	struct event_endpoint before[ASKED_BEFORE];	/* servers that this client asked before, latest first; port 0: none */
};

/* How many handshakes of a process have this verdict. A new entry may replace another. */
struct tally {
	uint32_t pid;
	uint8_t code;
	uint32_t num;
};

/* How many strangers at a socket have this verdict. A new entry may replace another. */
struct stranger_tally {
	struct event_endpoint server;
	uint8_t code;
	uint32_t num;
};

/* Kept across handshakes. */
struct relations_memory {
	struct asker askers[NUM_ASKERS];
	struct identity pairs[NUM_HOST_PAIRS][NUM_LATEST];	/* of a client's host, from any port, and an address of a server */
	struct tally tallies[NUM_TALLIES];
	struct stranger_tally strangers[NUM_STRANGER_TALLIES];
};

/* Has a client with this address begun a handshake? */
bool relations_has_asked(const struct relations_memory *m, const struct event_endpoint *client);

/* A handshake begins; `flow` is the event's flow without this handshake, or NULL. */
void relations_begin(struct relations_memory *m, struct table *table, struct handshake *h, const struct event *ev,
		     const struct flow *flow);

/* The client of `h` has sent a ClientHello with another random: what is remembered of it has that one. */
void relations_renamed(struct relations_memory *m, struct table *table, struct handshake *h);

/* A datagram between these addresses belongs to no handshake: has the client of one, on another host, sent just that? */
void relations_note_elsewhere(struct relations_memory *m, struct table *table, const struct event_endpoint address[PARTY_MAX],
			      const struct event *ev);

/*
 * A datagram between these addresses belongs to no handshake. If a handshake of the same client's host with this
 * server waits for it (flight 5), or its record numbers continue those of one (a copy of flight 4 or 5), returns that
 * handshake: its client goes on from another port, since a NAT has given it a new one (RFC 9146 s1). NULL: there is none.
 */
struct handshake *relations_mover(struct relations_memory *m, struct table *table,
				  const struct event_endpoint address[PARTY_MAX], const struct event *ev);

/* `before` goes on as `h`, which begins now, and what becomes of it is told there. */
void relations_moved(struct handshake *before, struct handshake *h);

/* The handshake that `h` goes on as, or that it continues, from another port; NULL: none. */
struct handshake *relations_other(struct table *table, const struct handshake *h);

/* Has the server ended it at the port that its client had before? That is told there, and is why the server does not answer here. */
bool relations_is_over(struct table *table, const struct handshake *h);

/* A datagram was processed: if the server goes on with a client that has another port now, it has left the port before. */
void relations_follow(struct relations_memory *m, struct table *table, const struct sighting *s);

/* A datagram was processed; `flow` is the event's, or NULL. */
void relations_datagram(struct table *table, const struct sighting *s, const struct flow *flow);

/*
 * A datagram belongs to no handshake. If it is the first answer of a server to a client
 * that waits for an answer from another address, returns that handshake, otherwise NULL.
 */
struct handshake *relations_stray(struct relations_memory *m, struct table *table,
				  const struct event *ev, uint64_t now);

/* The verdict of `h` has changed: update the count of its process. */
void relations_tally(struct relations_memory *m, struct handshake *h);

/*
 * A client of which nothing but one ClientHello is known (see outcome.h) gets this verdict: count it with the
 * others at the same address of the server. Returns whether it is told: each of the first is, which may be a service that
 * tries now and then; in a flood, one in ten times as many as before is.
 */
#define STRANGERS_TOLD_EACH 10

bool relations_tell_stranger(struct relations_memory *m, struct handshake *h, uint8_t code);

#endif
