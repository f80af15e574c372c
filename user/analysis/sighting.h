/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One datagram of a handshake, seen at one point of its way. It is passed to all
 * code that processes the datagram, so that each fact is worked out only once.
 */
#ifndef DTLSNOOP_SIGHTING_H
#define DTLSNOOP_SIGHTING_H

#include "handshake.h"

/* A copy of a flight that begins so soon after what should have stopped it may have crossed that on the path. */
#define CROSSING_NS 200000000ULL
/* No path delays a datagram this long. */
#define DELAYED_NS 4000000000ULL

/* No path delays a datagram this long. */
#define DELAY_NS SECOND

struct sighting {
	struct handshake *h;
	const struct event *ev;
	uint64_t now;		/* when it was seen */
	enum party_role from;
	enum point point;	/* POINT_SENT or POINT_ARRIVED */
	struct item_facts *items;	/* what each item of the event is; filled in by handshake_datagram() */
	/* handshake_datagram() fills in the rest, too: */
	bool counts;		/* this is the counting point of `from` */
	bool resent;		/* sent again with the record numbers of before */
	bool late;		/* belongs to a copy before the latest */
	uint8_t flights;	/* bit n: has a part of flight n */
	uint8_t begun;		/* bit n: a copy of flight n begins in it */
	struct arrival content;	/* the parts of the handshake in it, for its receiver */
};

/* Who sent it. */
static inline struct party *sighting_sender(const struct sighting *s)
{
	return &s->h->party[s->from];
}

/* That party's view at this point. */
static inline struct view *sighting_view(const struct sighting *s)
{
	return &sighting_sender(s)->view[s->point];
}

#endif
