/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many copies of its flight has a side sent since its peer last sent something? A copy in a capture
 * may lack a part, and each copy a different one. A peer that received the beginning three times and never
 * the end cannot answer. So each message is counted, too: how many copies had all of it? Of encrypted
 * messages (DTLS 1.3), each record length is counted. A message of which nothing was seen is not counted:
 * see holes.h.
 */
#ifndef DTLSNOOP_UNHEARD_H
#define DTLSNOOP_UNHEARD_H

#include "handshake.h"

/* A copy of the flight of `party` begins at `now`: count it as unanswered. */
void unheard_copy(struct party *party, uint64_t now);

/* The latest copy now has all of this message, the Finished, or a record of lengths[n]: count it. */
void unheard_message(struct message *msg);
void unheard_finished(struct flight *flight);
void unheard_length(struct flight *flight, uint32_t n);

/*
 * A datagram of `from` was processed at `now`. If each known message of its flight has been whole in
 * PARTY_MANY_COPIES, or in an encrypted flight one record length was in as many, unheard.many_ns says since when.
 */
void unheard_update(struct handshake *h, enum party_role from, uint64_t now);

/* The copies that `role` sent so far are answered now: count from 0 again. */
void unheard_reset(struct handshake *h, enum party_role role, uint64_t now);

/* What answered the copies of this side at `heard_ns` was not its peer's: those that were counted until then count after all. */
void unheard_give_back(struct party *party, uint64_t heard_ns);

#endif
