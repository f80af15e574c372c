/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One datagram of a handshake, seen at one point of its way: what is passed to
 * whatever takes note of it, so that none finds it out anew.
 */
#ifndef DTLSNOOP_SIGHTING_H
#define DTLSNOOP_SIGHTING_H

#include "handshake.h"

struct sighting {
	struct handshake *h;
	const struct event *ev;
	uint64_t now;		/* when it was seen */
	enum party_role from;
	enum point point;	/* POINT_SENT or POINT_ARRIVED */
	struct item_facts *items;	/* what each item of the event is; filled in by handshake_datagram() */
	/* The rest is, too: */
	bool counts;		/* this is the point at which `from` is counted */
	bool late;		/* of a copy before the latest */
	uint8_t flights;	/* bit n: something of flight n is in it */
	uint8_t begun;		/* bit n: a copy of flight n begins in it */
	struct arrival content;	/* what of the handshake is in it, for its receiver */
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
