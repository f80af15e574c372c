/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The datagrams of one side on their way to a socket on another host, if the traces of both hosts are merged: which of
 * them arrived there. A datagram is the same at both ends by its records. Bounded: only the latest are known one by one.
 */
#ifndef DTLSNOOP_CROSSINGS_H
#define DTLSNOOP_CROSSINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct event;
struct handshake;
struct sighting;

#define CROSSINGS_MAX 32	/* known one by one */
#define CROSSINGS_MAX_FLIGHTS 7	/* by enum flight_number */

struct crossing {
	uint64_t identity;	/* a hash of its records */
	uint64_t ns;		/* when it was sent; CROSSING_AHEAD: when it arrived */
	uint32_t length;	/* UDP payload, bytes */
	uint8_t flights;	/* bit n: it has a part of flight n */
	uint8_t state;
	uint8_t again;		/* so many more came of it than were seen to be sent */
};

enum crossing_state {
	CROSSING_NONE,		/* a free place */
	CROSSING_SENT,		/* has not arrived */
	CROSSING_ARRIVED,
	CROSSING_AHEAD,		/* arrived, and is not seen to be sent: clocks are only as good as their error */
	CROSSING_UNCOUNTED,	/* the kernel of its own host dropped it, or its arrival would not have been seen */
};

/* All but those that their own host dropped. */
struct crossings {
	struct crossing each[CROSSINGS_MAX];	/* a ring */
	uint32_t next;
	uint32_t sent[CROSSINGS_MAX_FLIGHTS], arrived[CROSSINGS_MAX_FLIGHTS];	/* by flight */
	uint32_t all_sent, all_arrived;
	uint32_t num_sealed;	/* encrypted datagrams of DTLS 1.3 that arrived: after SEALED_MAX, no more are shown there */
	uint64_t delay_min_ns, delay_max_ns;	/* from one socket to the other; valid if has_delay */
	uint64_t arrived_ns;	/* the latest */
	uint64_t unheard_ns;	/* from then on no socket is known at which it arrives; 0: there is one */
	bool has_delay;
	bool has_forgotten;	/* one that had not arrived had to make room */
	bool is_blurred;	/* some could not be told from others, or were too many at once: none counts as lost */
};

/* So late does nothing arrive, at least, as far as the delays that were seen tell: see crossings_wait_ns(). */
#define CROSSINGS_LEAST_WAIT_NS 5000000000ULL

/* Those that are lost. */
struct lost_datagrams {
	uint32_t sent;		/* so long ago that they should have arrived */
	uint32_t lost;		/* of these, on the path */
	uint32_t shortest, longest;	/* of the lost ones, as far as they are known one by one; UDP payload, bytes */
	uint64_t first_ns;	/* when the first of these was sent */
};

/* A datagram of `from` was seen at its socket, or arrived at the host of its peer. `flights`: those of which it has a part, if it was sent. */
void crossings_sent(struct handshake *h, const struct event *ev, enum party_role from, uint8_t flights, uint64_t now);
void crossings_arrived(struct handshake *h, const struct event *ev, enum party_role from, uint64_t now);

/* The kernel of its own host dropped it on its way out. */
void crossings_dropped(struct handshake *h, const struct event *ev, enum party_role from);

/* Are both what `from` sends and what arrives at the other host seen? A handshake that is judged alone (alone.h) has one of them. */
bool crossings_are_seen(const struct handshake *h, enum party_role from);

/*
 * Which datagrams of this flight (0: of all flights) has the path lost that `from` sent? False: that is not known, or the sockets are on one
 * host. What was sent in the last crossings_wait_ns() before `now` is on its way.
 */
bool crossings_lost(const struct handshake *h, enum party_role from, uint8_t flight, uint64_t now, struct lost_datagrams *out);

/*
 * What has not arrived after this time is lost: no path is so slow, if its datagrams took as long as those of this handshake that were seen,
 * or as any later one of the whole trace.
 * By then a tracer has reported the events that it lost, too. With the error of the clocks.
 */
uint64_t crossings_wait_ns(const struct handshake *h);

/*
 * Is it known by `now` that a datagram which `from` sent at `sent_ns`, and whose arrival was not seen, is lost? Not if events
 * may be missing, or it may still be on its way.
 */
bool crossings_tell(const struct handshake *h, enum party_role from, uint64_t sent_ns, uint64_t now);

/* Has `from`, on another host, sent just what came as `ev`, and has that not arrived where it was expected? */
bool crossings_await(struct handshake *h, enum party_role from, const struct event *ev);

/*
 * `ev` is the first of `from` that is seen at the other host, whose trace may have begun later: of those that were sent before, it is not known
 * whether they arrived. Not so if it is the very first.
 */
void crossings_forget(struct handshake *h, enum party_role from, const struct event *ev);

/* The socket at which the datagrams of `from` arrive was closed, and its owner may go on by another one. */
void crossings_closed(struct handshake *h, enum party_role from, uint64_t now);

/* Events may be missing of the time since the handshake ended: nothing counts as lost any more. */
void crossings_blur(struct handshake *h);

/* Two datagrams are the same by their records; 0: that cannot be told. */
uint64_t crossings_identity(const struct event *ev);

/*
 * Since when has nothing come of the latest `num` copies of this flight, each of them lost (as above)? UINT64_MAX: something has, or that is
 * not known.
 */
uint64_t crossings_vain_from(const struct handshake *h, enum party_role from, uint8_t flight, uint32_t num);

/* The longest of those that are lost (as above) that is shorter than `longer`; 0: there is none. */
uint32_t crossings_lost_length(const struct handshake *h, enum party_role from, uint8_t flight, uint64_t now, uint32_t longer);

/* "1400, 231 bytes": lengths of those that are lost, each once. Returns `out`. */
#define CROSSINGS_TEXT_LEN 80
const char *crossings_lengths(char out[CROSSINGS_TEXT_LEN], const struct handshake *h, enum party_role from, uint8_t flight, uint64_t now);

/* The note one-way-delay: how long the datagrams took in each direction. */
bool crossings_note_delay(const struct handshake *h, char *text);

#endif
