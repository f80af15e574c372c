/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * peer_link: the socket of wolf_peer and mbed_peer: connected, or a server's
 * with one client at a time. A server's is never connected to its client: what
 * the next one sends while the last still closes would be refused.
 *
 * Usage: link_connect() or link_listen() once; link_accept() for each client of
 * a server; link_recv(), link_send(); close(link.fd).
 */
#ifndef LAB_PEER_LINK_H
#define LAB_PEER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lab_net.h"

struct peer_link {
	int fd;
	struct lab_addr client; /* .len 0: the socket is connected */
	bool follows;		/* a client that comes from another address: see --follow */
};

/* 0 or -errno. @from may be NULL. A server prints "ready ADDR:PORT". */
int link_connect(struct peer_link *link, const struct lab_addr *to,
		 const struct lab_addr *from);
int link_listen(struct peer_link *link, const struct lab_addr *addr);

/* Waits for whoever sends next, and leaves that to be read; false at @end_ms. */
bool link_accept(struct peer_link *link, uint64_t end_ms);

/* Bytes, -EAGAIN, or -ECONNRESET: another client has its turn now. */
ssize_t link_recv(struct peer_link *link, void *buf, size_t len);

/* What cannot be sent is lost, as on a network. */
void link_send(struct peer_link *link, const void *data, size_t len);

#endif
