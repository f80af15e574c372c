/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How often has a side said something, and its peer not a word since? Of what
 * passes where a capture is taken each copy may lack another part, and copies in
 * parts are not so many: three times the beginning and never the end is nothing
 * that could be answered. So its messages are counted one by one, and those that
 * are encrypted (DTLS 1.3) by the lengths of their records.
 */
#ifndef DTLSNOOP_UNHEARD_H
#define DTLSNOOP_UNHEARD_H

#include "handshake.h"

/* Something that `party` sends at `now` is to be answered: one copy more, if nothing comes back. */
void unheard_copy(struct party *party, uint64_t now);

/* In the latest copy of their flight were seen: all of a message, the Finished, a record of lengths[n]. */
void unheard_message(struct message *msg);
void unheard_finished(struct flight *flight);
void unheard_length(struct flight *flight, uint32_t n);

/* After all of a datagram of `from`, seen at `now`: was the last that lacked in many copies in it? */
void unheard_update(struct handshake *h, enum party_role from, uint64_t now);

/* The peer of `role` was heard. */
void unheard_reset(struct handshake *h, enum party_role role);

#endif
