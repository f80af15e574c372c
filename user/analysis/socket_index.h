/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The links of each socket, by its cookie: a server's socket may have hundreds of
 * peers, and its events concern all of them. Memory is fixed.
 */
#ifndef DTLSNOOP_SOCKET_INDEX_H
#define DTLSNOOP_SOCKET_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "latest.h"
#include "pairing.h"

struct indexed_socket;

/* Embedded in an object that uses a socket. All zero at first, except the owner's fields. */
struct socket_link {
	void *owner;
	uint8_t which;		/* of the owner's links */
	struct indexed_socket *socket;	/* NULL: in no list */
	struct socket_link *prev, *next;	/* least recently active first */
	struct latest_member by_peer;	/* the owner's */
};

/* Waits until more datagrams of a socket are read. All zero at first. */
struct socket_wait {
	struct pairing_node node;	/* first; its key is the datagram */
	struct indexed_socket *socket;	/* NULL: it does not wait */
	uint64_t read;		/* the last datagram that was read when it stopped waiting */
};

struct socket_index;

/* An index for up to `max_links` links at a time; NULL if memory is short. */
struct socket_index *socket_index_new(uint32_t max_links, uint64_t hash_seed,
				      void *(*allocate)(size_t size), void (*release)(void *memory));
void socket_index_free(struct socket_index *index);

/* Put the link on the socket with this cookie, as its most recently active one; 0: on no socket. */
void socket_index_put(struct socket_index *index, struct socket_link *link, uint64_t cookie);

/* The cookie of the link's socket; 0: none. */
uint64_t socket_link_cookie(const struct socket_link *link);

/* The least recently active link of this socket, NULL if there is none. */
struct socket_link *socket_index_first(const struct socket_index *index, uint64_t cookie);

/*
 * Wait until a later datagram than this one (event.datagram) is read from the link's socket.
 * NULL: do not wait. Call this before the link gets another socket or none.
 */
void socket_wait_set(struct socket_wait *wait, const struct socket_link *link, uint64_t datagram);

/* The socket was read up to `datagram`: ends and returns one wait that this fulfils; NULL if none is left. */
struct socket_wait *socket_index_read(const struct socket_index *index, uint64_t cookie,
				      uint64_t datagram);

#endif
