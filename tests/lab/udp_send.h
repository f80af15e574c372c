/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* udp_send: the ways to send a flight, a part of udp_io. Usage: udp_io.c */
#ifndef LAB_UDP_SEND_H
#define LAB_UDP_SEND_H

#include "udp_io.h"

/* "gso" -> UDP_VIA_GSO; -1 if there is no such mode. */
int udp_via_parse(const char *name);
const char *udp_via_name(enum udp_via via);

/* What the mode wants of the socket; 0 or -errno. */
int udp_send_setup(struct udp_io *io);
void udp_send_cleanup(struct udp_io *io);

/* Sends all of io->flight in the way of io->opts->via. */
void udp_send_flight(struct udp_io *io);

/* Takes what waits on the error queue (zerocopy): else poll() would spin. */
void udp_send_drain(struct udp_io *io);

/* These bytes of the flight, to where it goes. */
struct msghdr udp_flight_msg(struct udp_io *io, struct iovec *iov,
			     size_t offset, size_t len);

/* udp_uring.c; 0 or -errno: -ENOSYS, -EPERM, or what else the kernel says. */
int udp_uring_probe(void);
int udp_uring_setup(struct udp_io *io);
void udp_uring_cleanup(struct udp_io *io);
void udp_uring_send(struct udp_io *io);

#endif
