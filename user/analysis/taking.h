/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One datagram while it is taken in: the inside of handshake.c, which goes
 * through its items, and of those that know what the items mean: taking.c for
 * plaintext and DTLS 1.2, dtls13.c for the unified header.
 */
#ifndef DTLSNOOP_TAKING_H
#define DTLSNOOP_TAKING_H

#include "handshake.h"

struct taking {
	struct handshake *h;
	const struct event *ev;
	uint64_t now;
	enum party_role from;
	enum point point;
	bool late;		/* of a copy before the latest */
	bool counts;		/* this is the point at which `from` is counted */
	uint8_t touched;	/* bit n: flight n has something in this datagram */
	uint8_t begun;		/* bit n: a copy of flight n begins in it */
	struct arrival content;	/* what of the handshake is in it, for its receiver */
};

/*
 * `from` begins its flight `number`, or another copy of it. `first_seq`: the
 * sequence number of the first plaintext record, 0: it begins with an encrypted one.
 */
void taking_begin_copy(struct taking *t, uint8_t number, uint64_t first_seq);

/* A record with a legacy header. `seq_known`: its number was seen before at this point. */
void taking_record(struct taking *t, const struct dtls_record *rec, bool seq_known,
		   struct item_facts *facts);

/* A handshake message of the plaintext record with the number `seq`. */
void taking_message(struct taking *t, const struct dtls_message *msg, uint64_t seq, bool seq_known,
		    struct item_facts *facts);

#endif
