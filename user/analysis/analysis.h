/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The analysis: takes events, finds the handshakes they belong to and says
 * what is known of each, as soon as it is known. Pure: see core.h. The caller
 * brings the time with the events and asks when it is wanted next.
 *
 *	source -- analysis_event(), analysis_advance() --> analysis -- callbacks --> sinks
 */
#ifndef DTLSNOOP_ANALYSIS_H
#define DTLSNOOP_ANALYSIS_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "handshake.h"
#include "verdict.h"

struct analysis;

struct analysis_options {
	struct verdict_options verdict;
	/* Bound of the tables; beyond it one is evicted: see table_victim(). >= 1. */
	uint32_t max_handshakes;
	/*
	 * What the source can show at all. Nothing is concluded from the absence of
	 * what it cannot.
	 */
	bool sees_reads, sees_drops, sees_send_failures;
	/*
	 * Name of a drop reason of this kernel without its prefix ("SOCKET_RCVBUFF"),
	 * valid until the next call; NULL if it has none. May be NULL itself.
	 */
	const char *(*drop_reason_name)(void *ctx, uint32_t reason);
	void *drop_reason_ctx;
	/* Seeds the hash functions, so that a stranger cannot aim at a bucket. */
	uint64_t hash_seed;
	/* Handshakes beyond so many, at least 16, are packed while nothing happens to them (packed.h); 0: 256. */
	uint32_t max_ready;
	/* The heap: the tables at the start, and what is packed. */
	void *(*allocate)(size_t size);
	void (*release)(void *memory);
};

/* Is it from a capture? Then neither end is this host's. */
static inline bool event_is_captured(const struct event *ev)
{
	return ev->kind == EVENT_CAPTURED || (ev->kind == EVENT_OTHER && !ev->socket);
}

/* Of an EVENT_OTHER: how many. */
static inline struct event_other event_other_of(const struct event *ev)
{
	struct event_other other;

	__builtin_memcpy(&other, ev->items, sizeof(other));
	return other;
}

/* Is it about something that the local end sent? Of a capture: that its `local` end sent. */
static inline bool event_is_outgoing(const struct event *ev)
{
	return ev->kind == EVENT_SENT || event_is_captured(ev) || ev->kind == EVENT_SEND_FAILED ||
	       ev->kind == EVENT_ICMP_ERROR || (ev->kind == EVENT_DROPPED && ev->flags & EVENT_TX);
}

/* May events of this kind (enum event_kind) have items? */
static inline bool event_has_items(uint8_t kind)
{
	return kind == EVENT_SENT || kind == EVENT_QUEUED || kind == EVENT_DROPPED ||
	       kind == EVENT_CAPTURED;
}

/* What one event was found to be. Valid during the callback. */
struct datagram_facts {
	const struct event *ev;
	const struct handshake *handshake;	/* NULL: of none that is known */
	enum party_role from;			/* who sent the datagram; with a handshake only */
	bool begins;				/* it is the handshake's first */
	bool early;	/* told before, of no handshake: a fragment of a ClientHello that came before the first */
	struct item_facts items[EVENT_MAX_ITEMS];	/* by item of the event */
};

struct analysis_callbacks {
	void *ctx;
	/* Every event, once, in the order of the events; a few once more, when they prove to be `early`. */
	void (*datagram)(void *ctx, const struct datagram_facts *facts);
	/* State or verdict changed, at `now`; also once for each that is open at the end. */
	void (*handshake)(void *ctx, const struct handshake *h, uint64_t now);
};

struct analysis_stats {
	uint64_t events;		/* taken in */
	uint64_t event_bytes;		/* that they took in the ring buffer */
	uint64_t invalid;		/* refused: not what event.h promises */
	uint64_t no_handshake;		/* of no handshake whose ClientHello was seen */
	uint64_t handshakes;		/* seen to begin */
	uint64_t evicted;
	uint64_t by_state[HANDSHAKE_ABANDONED + 1];	/* at present or when they ended */
};

/* NULL if memory is short. To be freed with analysis_free(). */
struct analysis *analysis_new(const struct analysis_options *opts,
			      const struct analysis_callbacks *callbacks);
void analysis_free(struct analysis *a);

/*
 * Take in one event of `len` bytes. An event that breaks the rules of event.h
 * is counted and ignored. Times may step back a little (events of two CPUs);
 * the analysis never goes back in time.
 */
void analysis_event(struct analysis *a, const struct event *ev, size_t len);

/* The source lost `num` events since the last call: open handshakes may lack some. */
void analysis_lost(struct analysis *a, uint64_t num);

/*
 * Of what happens up to `until` (ns) something may be missing: `what` of enum
 * missing. No verdict on that time is certain.
 */
void analysis_missing(struct analysis *a, uint32_t what, uint64_t until);

/* Nothing else happened until `now`. Returns when to call next at the latest, UINT64_MAX: never. */
uint64_t analysis_advance(struct analysis *a, uint64_t now);

/* When analysis_advance() is wanted next at the latest, UINT64_MAX: never. */
uint64_t analysis_deadline(const struct analysis *a);

/* The trace ends at `now`: say the last word on every handshake that is open. */
void analysis_finish(struct analysis *a, uint64_t now);

const struct analysis_stats *analysis_stats(const struct analysis *a);

#endif
