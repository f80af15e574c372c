/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends that the kernel refused, and ICMP errors. Neither tells which datagram
 * failed, so they are counted by side.
 */
#ifndef DTLSNOOP_ERRORS_H
#define DTLSNOOP_ERRORS_H

#include "handshake.h"

/* The kernel refused a send of `ev->length` bytes by `from`. */
void errors_send_failed(struct handshake *h, enum party_role from, const struct event *ev,
			uint64_t now);

/* An ICMP error came back for a datagram of `from`. */
void errors_icmp(struct handshake *h, enum party_role from, const struct event *ev, uint64_t now);

/* The peer of `party` has sent something, so its port is reachable. */
void errors_heard(struct party *party);

/* The kernel accepted the whole flight of `party`. */
void errors_sent(struct party *party, uint64_t now);

/* The kernel dropped a part of the flight, so it does not count as accepted. */
void errors_not_sent(struct party *party);

/* Has a send failed since the last whole flight? */
bool errors_has_pending(const struct send_failures *f);

/* When did the latest ICMP error say that a datagram was too big for the path (RFC 1191, RFC 8201)? 0: it did not. */
uint64_t errors_too_big_ns(const struct icmp_errors *icmp);

/* Is an ICMP error of this type and code sent by a filter (RFC 1812 s5.2.7.1, RFC 4443 s3.1)? */
bool errors_is_prohibition(bool ipv4, uint8_t type, uint8_t code);

#endif
