/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How often has a side sent its flight since its peer last sent something? In a capture,
 * each copy may lack another part. Incomplete copies must not count as whole ones: a peer
 * that received the beginning three times and never the end cannot answer. So messages
 * are counted one by one, and encrypted ones (DTLS 1.3) by the lengths of their records.
 */
#ifndef DTLSNOOP_UNHEARD_H
#define DTLSNOOP_UNHEARD_H

#include "handshake.h"

/* `party` sends a datagram at `now` that wants an answer: count one more unanswered copy. */
void unheard_copy(struct party *party, uint64_t now);

/* The latest copy of the flight has all of a message, the Finished, or a record of lengths[n]. */
void unheard_message(struct message *msg);
void unheard_finished(struct flight *flight);
void unheard_length(struct flight *flight, uint32_t n);

/* A datagram of `from`, seen at `now`, is processed: has each part now been in PARTY_MANY_COPIES? */
void unheard_update(struct handshake *h, enum party_role from, uint64_t now);

/* The peer of `role` has sent something. */
void unheard_reset(struct handshake *h, enum party_role role);

#endif
