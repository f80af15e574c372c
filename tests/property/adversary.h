/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each handshake twice, without and with one forged datagram: what the stranger
 * sends must not change what is said in the end, unless an endpoint acted on it.
 */
#ifndef DTLSNOOP_PROPERTY_ADVERSARY_H
#define DTLSNOOP_PROPERTY_ADVERSARY_H

#include "forgery.h"
#include "observe.h"

/* What a forged datagram did to what is said. */
enum damage {
	DAMAGE_FAULTY,		/* healthy, and the last word is a fault */
	DAMAGE_PROVISIONAL,	/* healthy, and a fault was said that is taken back */
	DAMAGE_UNFINISHED,	/* healthy, and no longer said to be completed */
	DAMAGE_COMPLETED,	/* stuck, and said to be completed */
	DAMAGE_HIDDEN,		/* stuck, and no longer reported */
	DAMAGE_SIDE,		/* stuck, and of the wrong side */
	DAMAGE_CAUSE,		/* stuck, and for another reason */
	DAMAGE_CERTAIN,		/* one of the above, or the forger's word, and certain */
	DAMAGE_PHANTOM,		/* a fault of a handshake that is nobody's */
	DAMAGE_ACTED_COMPLETED,	/* an endpoint acted on it and gave up; said to be completed */
	DAMAGE_ACTED_HIDDEN,	/* the same, and nothing is said of it where it can be seen */
	DAMAGE_UNTOLD_FAULTY,	/* faulty or completed, as likely, and nobody can tell from there: see undecidable.h */
	DAMAGE_UNTOLD_COMPLETED,
	DAMAGE_MAX,
};

struct adversary_tally {
	uint64_t healthy, stuck, acted;	/* cases */
	uint64_t views[DAMAGE_MAX];	/* of all that was seen by all observers */
	uint64_t first_seed[DAMAGE_MAX];
	enum observer first_observer[DAMAGE_MAX];
};

struct adversary {
	enum forgery_kind only;		/* FORGERY_MAX: each in turn */
	FILE *trace;
	struct adversary_tally tally[FORGERY_MAX];
};

/* FORGERY_MAX: there is none of this name. */
enum forgery_kind adversary_kind(const char *name);

void adversary_case(struct adversary *adv, struct world *w, uint64_t seed);
void adversary_print(const struct adversary *adv, FILE *out);

/*
 * A healthy handshake may not end as faulty, nor a stuck one as completed, where that can be told; and never as
 * certain. Prints a line of TAP, returns whether it holds.
 */
bool adversary_holds(const struct adversary *adv, FILE *out);

#endif
