/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the items of a datagram mean while it is taken in: plaintext and DTLS 1.2 here,
 * the unified header in dtls13.h. handshake.c goes through the items.
 */
#ifndef DTLSNOOP_TAKING_H
#define DTLSNOOP_TAKING_H

#include "sighting.h"

/*
 * `from` begins its flight `number`, or another copy of it. `first_seq`: the
 * sequence number of the first plaintext record, 0: it begins with an encrypted one.
 */
void taking_begin_copy(struct sighting *t, uint8_t number, uint64_t first_seq);

/* A record with a legacy header. `seq_known`: its number was seen before at this point. */
void taking_record(struct sighting *t, const struct dtls_record *rec, bool seq_known,
		   struct item_facts *facts);

/* A handshake message of the plaintext record with the number `seq`. */
void taking_message(struct sighting *t, const struct dtls_message *msg, uint64_t seq, bool seq_known,
		    struct item_facts *facts);

#endif
