/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Processes the items of a datagram: plaintext and DTLS 1.2 records here, records with
 * the unified header in dtls13.h. handshake.c iterates over the items.
 */
#ifndef DTLSNOOP_TAKING_H
#define DTLSNOOP_TAKING_H

#include "sighting.h"

/*
 * The sender begins its flight `number`, or another copy of it. `first_seq`: the sequence
 * number of the first record if that is plaintext; 0 if it is encrypted.
 */
void taking_begin_copy(struct sighting *t, uint8_t number, uint64_t first_seq);

/* A record with a DTLS 1.2 header. `seq_known`: its number was seen before at this point. */
void taking_record(struct sighting *t, const struct dtls_record *rec, bool seq_known,
		   struct item_facts *facts);

/* A handshake message in the plaintext record with the sequence number `seq`. */
void taking_message(struct sighting *t, const struct dtls_message *msg, uint64_t seq, bool seq_known,
		    struct item_facts *facts);

#endif
