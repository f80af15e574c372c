/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The translations that are in use at the moment, for merge_nat.c: what the client has instead of the addresses that its server's host
 * sees. A NAT may give a client another port: then what came shows whose it is, if just that client sent it. Bounded. Pure but for
 * its heap.
 */
#ifndef DTLSNOOP_MERGE_FLOWS_H
#define DTLSNOOP_MERGE_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "hash.h"

struct merge_ends {
	struct event_endpoint client, server;
};

/* Two addresses at a host. Made by merge_flow_key(), since all its bytes count. */
struct merge_flow_key {
	struct merge_ends ends;
	uint16_t host;		/* the server's */
	uint16_t zero;
};

/* A flow at the server's host, and what the client has instead. */
struct merge_flow {
	struct merge_flow_key key;
	struct merge_ends client_has;
	uint64_t token;		/* of the ClientHello that told so; 0: a HelloVerifyRequest did, or what came after a move */
	bool is_ipv4;
	bool is_back;		/* in the second table */
	UT_hash_handle hh;
	UT_hash_handle back;	/* by client_has */
};

/* All clients of a server's host that have this address there are, as far as is known, at this one. */
struct merge_neighbour {
	struct merge_flow_key key;	/* the client has no port */
	struct merge_ends client_has;	/* neither here */
	bool is_ipv4;
	bool is_one_of_many;	/* several hosts are behind that address */
	UT_hash_handle hh;
};

#define MERGE_SENT 1024		/* a power of two */

/* Set it to zero. */
struct merge_flows {
	struct merge_flow *flows, *by_client;
	struct merge_neighbour *neighbours;
	/* The latest datagrams of clients whose addresses are translated, by a hash of their records. */
	struct {
		uint64_t hash;		/* 0: a free place */
		struct merge_ends client_has;
		bool is_common;		/* several clients sent the same records */
	} sent[MERGE_SENT];
};

void merge_flows_fini(struct merge_flows *f);

struct merge_flow_key merge_flow_key(uint16_t host, const struct event_endpoint *client, const struct event_endpoint *server);

/* NULL: none is known. */
struct merge_flow *merge_flows_find(const struct merge_flows *f, const struct merge_flow_key *key);

/* The latest that stands for these addresses of the client; NULL: none. */
struct merge_flow *merge_flows_of_client(const struct merge_flows *f, const struct merge_ends *client_has);

/* From now on, these addresses stand for those of the client. */
void merge_flows_set(struct merge_flows *f, const struct merge_flow_key *key, const struct merge_ends *client_has, bool is_ipv4,
		     uint64_t token);

/* They stand for nobody's any more. */
void merge_flows_forget(struct merge_flows *f, struct merge_flow *flow);

/* What merge_flows_set() was told is true of all ports of this client. */
void merge_flows_note_neighbour(struct merge_flows *f, const struct merge_flow *flow);

/* A client, as it sees itself, sends this. */
void merge_flows_note_sent(struct merge_flows *f, const struct event *ev);

/* From now on, these addresses stand for the client's own address, with the port that it has now: so that it is seen to move. */
void merge_flows_move(struct merge_flows *f, const struct merge_flow_key *key, const struct merge_ends *client_has, bool is_ipv4);

/* Nothing is known between these addresses: if the client that is behind this one sent just that, it has moved. */
void merge_flows_find_moved(struct merge_flows *f, const struct merge_flow_key *key, const struct event *ev);

#endif
