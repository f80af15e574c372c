/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ACKs of DTLS 1.3 (RFC 9147 s7): a list of the records that came. Those that are
 * encrypted are told from other records by their length.
 */
#ifndef DTLSNOOP_ACKS_H
#define DTLSNOOP_ACKS_H

#include "handshake.h"
#include "taking.h"

/* Can ciphertext of `len` bytes be an ACK? An alert is as long as an ACK without entries. */
bool acks_may_be(const struct handshake *h, uint32_t len);

/* One that lists something, so that it is no alert. */
bool acks_may_list(const struct handshake *h, uint32_t len);

/* An ACK lists each record once: has the peer of `from` sent less than this one would list? */
bool acks_is_too_long(const struct handshake *h, enum party_role from, uint32_t len);

/* How many records of the handshake, to be acknowledged, can there be in this datagram? */
uint32_t acks_records_at_most(const struct event *ev);

/*
 * Has the client sent a record of `len` bytes before, and got nothing since that it
 * could acknowledge? An ACK is not sent again (s7): then it is a flight of its own.
 */
bool acks_is_sent_again(const struct party *client, enum point point, uint16_t len);

/*
 * Has the server sent a record of `len` bytes long before its latest copy of its own flight,
 * too, and the client nothing since before? There was nothing then to acknowledge again,
 * and a server that has got some of the client's does not repeat its own (s7.2): both are of it.
 */
bool acks_is_in_copies(const struct handshake *h, uint16_t len);

/* The latest that was taken in was none. */
void acks_take_back(struct acks *acks);

/* Take in one: the record is `len` bytes, or in plaintext. */
void acks_take(struct sighting *t, uint16_t len, bool duplicate);
void acks_take_plaintext(struct sighting *t, bool duplicate);

/*
 * The peer of `role` has acknowledged something since that one last sent: there may
 * be nothing that it owes until the next flight comes (s7.1).
 */
bool acks_are_latest(const struct handshake *h, enum party_role role);

#endif
