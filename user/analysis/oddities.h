/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Unusual datagrams that do not advance a flight: duplicates, reordering, repeated
 * cookie requests, early data.
 */
#ifndef DTLSNOOP_ODDITIES_H
#define DTLSNOOP_ODDITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "seq_window.h"
#include "state.h"

struct handshake;
struct sighting;

/* In the datagrams of one side. */
struct oddities {
	uint32_t duplicates;	/* datagrams with the same record numbers as an earlier one */
	struct seq_window old[2];	/* of epochs 0 and 1: numbers from before its latest silence that have not come again since */
	uint32_t renumbered;	/* copies of flights with the record numbers of an earlier copy */
	bool uses_connection_id;	/* in some record (RFC 9146 s4) */
	uint32_t reordered;	/* datagrams that came after one that was sent later */
};

/*
 * Copies of the flight before the last one, since the last flight was last sent. The sender of the last
 * flight has to answer each of these copies.
 */
struct repeats {
	uint32_t copies;	/* flight.copies of the flight before, when this was updated: each copy counts once */
	uint32_t num;		/* without copies that may have crossed the last flight on the path */
	uint64_t ns[2];		/* when the first two of `num` had come so far that they want an answer */
	uint64_t data_ns;	/* latest data of the side that repeats */
	uint64_t heard_ns;	/* the other side has read such data, which came after it had sent the last flight; 0: not yet */
	uint64_t exchanged_ns;	/* then it sent data itself; 0: not yet */
	uint64_t in_vain_ns;	/* how long after the last flight was read the latest of `in_vain` began */
	uint8_t in_vain;	/* copies that its receiver's socket here sent, each after it had read another copy of the last flight; at most 2 */
	bool have_old_numbers;	/* each of `num` has the record numbers of an earlier copy */
	bool may_be_replays;	/* some of `num` may be replays: a connection ID of DTLS 1.3 hides their record numbers */
	uint32_t followed_ms;	/* latest data of the side that sent the last flight, after that: so long after the handshake began */
};

/* A server that makes another cookie for each ClientHello gives few before one comes back. */
#define COOKIES_KEPT 4

/* How often the server asked for a cookie again after it had received one. */
struct cookies {
	uint32_t without;	/* ClientHellos without a cookie, each copy */
	uint32_t unseen;	/* ClientHellos from before the trace that may be answered in it, at most */
	uint32_t asked;		/* requests for a cookie, each copy */
	uint16_t given_seq;	/* message_seq of the latest ClientHello with a cookie */
	bool given;		/* a ClientHello with a cookie came, and has not been answered yet */
	bool is_new;		/* that ClientHello is no copy of an earlier one */
	uint32_t refused;	/* new ClientHellos with a cookie that were answered by a cookie request */
	uint32_t refused_copies;	/* likewise, copies of the latest of them */
	uint64_t refused_ns;	/* when the latest of these requests came */
	uint64_t offered[COOKIES_KEPT];	/* hashes of the cookies that the server gave, see struct hello */
	uint32_t num_offered;	/* different ones; those after the first COOKIES_KEPT are not in `offered` */
	bool returned;		/* a ClientHello had one of them: its sender receives what the server sends */
};

/* Has the latest ClientHello a cookie, though none that its server gave? False if that is not known. */
bool oddities_has_made_up_cookie(const struct handshake *h);

/* A datagram was processed. */
void oddities_datagram(const struct sighting *s);

#endif
