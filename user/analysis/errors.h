/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel refused to send, and the ICMP errors that came back. Neither
 * says which datagram it was: what is kept is counted by side.
 */
#ifndef DTLSNOOP_ERRORS_H
#define DTLSNOOP_ERRORS_H

#include "handshake.h"

/* The kernel refused a send of `ev->length` bytes by `from`. */
void errors_send_failed(struct handshake *h, enum party_role from, const struct event *ev,
			uint64_t now);

/* An ICMP error came back for something that `from` sent. */
void errors_icmp(struct handshake *h, enum party_role from, const struct event *ev, uint64_t now);

/* The peer of `party` was heard: nothing is unreachable. */
void errors_heard(struct party *party);

/* The kernel took all of the flight of `party`. */
void errors_sent(struct party *party, uint64_t now);

/* It dropped what it took: that is as if it had not. */
void errors_not_sent(struct party *party);

/* Has a send failed since? */
bool errors_has_pending(const struct send_failures *f);

/* Does this event report a port that nobody listens on? (RFC 792, RFC 4443 s3.1) */
bool errors_is_port_unreachable(const struct event *ev);

#endif
