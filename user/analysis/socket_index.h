/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What goes over a socket, by its cookie: a server's socket has hundreds of
 * peers, and what happens to it concerns them and nobody else. Memory is fixed.
 */
#ifndef DTLSNOOP_SOCKET_INDEX_H
#define DTLSNOOP_SOCKET_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "latest.h"
#include "pairing.h"

struct indexed_socket;

/* Part of what goes over a socket. All zero to begin with, but what is the owner's. */
struct socket_link {
	void *owner;
	uint8_t which;		/* of the owner's links */
	struct indexed_socket *socket;	/* NULL: in no list */
	struct socket_link *prev, *next;	/* least recently active first */
	struct latest_member by_peer;	/* the owner's */
};

/* Waits until more of a socket is read. All zero to begin with. */
struct socket_wait {
	struct pairing_node node;	/* first; its key is the datagram */
	struct indexed_socket *socket;	/* NULL: it does not wait */
	uint64_t read;		/* the last datagram that was read when it stopped waiting */
};

struct socket_index;

/* For up to `max_links` links at a time; NULL if memory is short. */
struct socket_index *socket_index_new(uint32_t max_links, uint64_t hash_seed,
				      void *(*allocate)(size_t size), void (*release)(void *memory));
void socket_index_free(struct socket_index *index);

/* It goes over the socket with this cookie, the latest to be active; 0: over none. */
void socket_index_put(struct socket_index *index, struct socket_link *link, uint64_t cookie);

/* Over which socket? 0: none. */
uint64_t socket_link_cookie(const struct socket_link *link);

/* The least recently active one of this socket, NULL if there is none. */
struct socket_link *socket_index_first(const struct socket_index *index, uint64_t cookie);

/*
 * Wait until more is read of the socket of this link than this datagram, by event.datagram.
 * NULL: do not wait. To be called before the link gets another socket or none.
 */
void socket_wait_set(struct socket_wait *wait, const struct socket_link *link, uint64_t datagram);

/* One that waits no more, for up to `datagram` of this socket was read; NULL if none is left. */
struct socket_wait *socket_index_read(const struct socket_index *index, uint64_t cookie,
				      uint64_t datagram);

#endif
