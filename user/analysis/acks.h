/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ACKs of DTLS 1.3 (RFC 9147 s7): an ACK lists the records that were received. An
 * encrypted ACK is recognized by its length.
 */
#ifndef DTLSNOOP_ACKS_H
#define DTLSNOOP_ACKS_H

#include "handshake.h"
#include "taking.h"

/* Can ciphertext of `len` bytes be an ACK? An alert is as long as an ACK without entries. */
bool acks_may_be(const struct handshake *h, uint32_t len);

/* Can it be an ACK with entries? Then it cannot be an alert. */
bool acks_may_list(const struct handshake *h, uint32_t len);

/* Is it as long as an alert, and as an ACK without entries? */
static inline bool acks_may_be_alert(const struct handshake *h, uint32_t len)
{
	return acks_may_be(h, len) && !acks_may_list(h, len);
}

/* An ACK lists each record once: has the peer of `from` sent fewer records than this ACK would list? */
bool acks_is_too_long(const struct handshake *h, enum party_role from, uint32_t len);

/* How many handshake records, which want an ACK, can be in this datagram? */
uint32_t acks_records_at_most(const struct event *ev);

/*
 * Has the client sent a record of `len` bytes before, and received nothing since that it
 * could acknowledge? ACKs are not retransmitted (s7), so the record belongs to its own flight.
 */
bool acks_is_sent_again(const struct party *client, enum point point, uint16_t len);

/*
 * Did the server already send a record of `len` bytes well before the latest copy of its own
 * flight, and the client nothing since? Then there was nothing new to acknowledge. A server that
 * has received a part of the client's flight does not repeat its own (s7.2), so both belong to it.
 */
bool acks_is_in_copies(const struct handshake *h, uint16_t len);

/* The latest record taken for an ACK was none. */
void acks_take_back(struct acks *acks);

/* Process an ACK: an encrypted record of `len` bytes, or a plaintext one. */
void acks_take(struct sighting *t, uint16_t len, bool duplicate);
void acks_take_plaintext(struct sighting *t, bool duplicate);

/*
 * Has the peer of `role` sent an ACK since `role` last sent? Then `role` may have
 * nothing to send until the next flight comes (s7.1).
 */
bool acks_are_latest(const struct handshake *h, enum party_role role);

#endif
