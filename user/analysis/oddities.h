/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What in one datagram is out of the ordinary, though it moves no flight: what
 * the network did to it, alerts that cannot be read, cookies that are asked for
 * again, data that comes too early.
 */
#ifndef DTLSNOOP_ODDITIES_H
#define DTLSNOOP_ODDITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "state.h"

struct sighting;

/* Of what one side sends. */
struct oddities {
	uint32_t duplicates;	/* datagrams that came twice with the same record numbers */
	uint32_t reordered;	/* that came behind one that was sent later */
	bool early_data;	/* application data before the handshake was complete for it, or its Finished seen */
};

/* An alert of which only the length can be read. */
struct encrypted_alert {
	enum party_role from;
	uint16_t epoch;
	uint16_t length;	/* of the record's fragment, bytes; 0: there was none */
};

/* Copies of the last flight but one since the last was sent: who sent that has to answer them. */
struct repeats {
	uint32_t copies;	/* of that flight when it was looked at last */
	uint32_t num;		/* that the last flight cannot have crossed on its way */
	uint64_t ns[2];		/* when the first of these began */
	bool may_be_replays;	/* a connection ID of DTLS 1.3 hides their record numbers */
};

/* How often the server asked for a cookie again, though it was given one. */
struct cookies {
	uint32_t without;	/* ClientHellos without a cookie, each copy */
	uint32_t asked;		/* requests for a cookie, each copy */
	uint16_t given_seq;	/* message_seq of the latest ClientHello with a cookie */
	bool given;		/* that one has not been answered yet */
	uint32_t refused;	/* ClientHellos with a cookie, each new, after which one was asked for */
	uint64_t refused_ns;	/* the latest of these */
};

/* A datagram was taken in. */
void oddities_datagram(const struct sighting *s);

#endif
