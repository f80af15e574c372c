/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The analysis: takes events, finds the handshakes they belong to and reports what is
 * known of each, as soon as it is known. Pure: see core.h. The caller passes the time
 * with the events and asks when to call next.
 *
 *	source -- analysis_event(), analysis_advance() --> analysis -- callbacks --> sinks
 */
#ifndef DTLSNOOP_ANALYSIS_H
#define DTLSNOOP_ANALYSIS_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "handshake.h"
#include "hosts.h"
#include "unread.h"
#include "verdict.h"

struct analysis;

/* A good number for analysis_options.max_ready: few events need a packed handshake, and those that are ready fit a second-level cache. */
#define ANALYSIS_MAX_READY 32

struct analysis_options {
	struct verdict_options verdict;
	/* Most handshakes to follow, >= 1; for one more, another is evicted: see table_victim(). */
	uint32_t max_handshakes;
	/* When the trace began, on the clock of the events; 0: with the first event. */
	uint64_t began_ns;
	/*
	 * What the source can show at all. If it cannot show an event, its absence
	 * proves nothing.
	 */
	bool sees_reads, sees_drops, sees_send_failures;
	/* Of several merged traces: by event.host minus 1. Valid as long as the analysis. None: one trace, or nothing is known. */
	const struct analysis_host *hosts;
	uint32_t num_hosts;
	bool is_alone;	/* set by the analysis itself: see alone.h */
	/* A filter leaves out sockets by their owner: another socket with the address of a seen one may send unseen. */
	bool filters_sockets;
	/*
	 * Name of a drop reason of this kernel without its prefix ("SOCKET_RCVBUFF"),
	 * valid until the next call; NULL if it has none. May be NULL itself.
	 */
	const char *(*drop_reason_name)(void *ctx, uint32_t reason);
	void *drop_reason_ctx;
	/* Seeds the hash functions, so that a sender cannot aim at a bucket. */
	uint64_t hash_seed;
	/* Idle handshakes beyond this number are packed, see packed.h; 0: all are, after each event. */
	uint32_t max_ready;
	/* The heap, for the tables at the start and for packed handshakes. */
	void *(*allocate)(size_t size);
	void (*release)(void *memory);
};

/* Is it from a capture? Then neither end is on this host. */
static inline bool event_is_captured(const struct event *ev)
{
	return ev->kind == EVENT_CAPTURED || (ev->kind == EVENT_OTHER && !ev->socket) ||
	       (ev->kind == EVENT_ICMP_ERROR && ev->flags & EVENT_FROM_CAPTURE);
}

/* Has it a message of this type, or a part of one? */
static inline bool event_has(const struct event *ev, uint8_t msg_type)
{
	for (uint32_t i = 0; i < ev->num_items; i++)
		if (ev->items[i].kind == DTLS_ITEM_MESSAGE && ev->items[i].message.msg_type == msg_type)
			return true;
	return false;
}

/* The counts in an EVENT_OTHER. */
static inline struct event_other event_other_of(const struct event *ev)
{
	struct event_other other;

	__builtin_memcpy(&other, ev->items, sizeof(other));
	return other;
}

/* Who sent an EVENT_ICMP_ERROR? All 0: unknown. */
static inline struct event_reporter event_reporter_of(const struct event *ev)
{
	struct event_reporter reporter = { .mtu = 0 };

	if (event_has_reporter(ev))
		__builtin_memcpy(&reporter, ev->items, sizeof(reporter));
	return reporter;
}

/* Is it about a datagram that the `local` end sent? */
static inline bool event_is_outgoing(const struct event *ev)
{
	return ev->kind == EVENT_SENT || event_is_captured(ev) || ev->kind == EVENT_SEND_FAILED ||
	       ev->kind == EVENT_ICMP_ERROR || (ev->kind == EVENT_DROPPED && ev->flags & EVENT_TX);
}

/* Does it begin with a handshake message in plaintext? */
static inline bool event_has_message(const struct event *ev)
{
	return ev->num_items > 1 && ev->items[1].kind == DTLS_ITEM_MESSAGE;
}

/* May events of this kind (enum event_kind) have items? */
static inline bool event_has_items(uint8_t kind)
{
	return kind == EVENT_SENT || kind == EVENT_QUEUED || kind == EVENT_DROPPED ||
	       kind == EVENT_CAPTURED;
}

/* Does the event of `len` bytes follow the rules of event.h? */
bool event_is_valid(const struct event *ev, size_t len);

/* What one event is. Valid during the callback. */
struct datagram_facts {
	const struct event *ev;
	const struct handshake *handshake;	/* NULL: no known one */
	enum party_role from;			/* who sent the datagram; valid with a handshake only */
	bool begins;				/* it is the handshake's first event */
	bool is_unsent;				/* its sender, whose socket is on this host, did not send it: see unsent.h */
	bool early;	/* reported before without a handshake: a ClientHello fragment before the first one */
	struct item_facts items[EVENT_MAX_ITEMS];	/* by item of the event */
};

/* An error that a TLS library raised. Valid during the callback. */
struct library_error_facts {
	const struct handshake *handshake;
	enum party_role role;		/* whose library it was */
	const struct application *application;
	const struct application_error *error;
};

struct analysis_callbacks {
	void *ctx;
	/*
	 * Called once for every event but EVENT_UNREAD and EVENT_LIBRARY, in order; called again for those that prove to be
	 * `early`.
	 */
	void (*datagram)(void *ctx, const struct datagram_facts *facts);
	/* State or verdict changed at `now`; also called once for each open handshake at the end. */
	void (*handshake)(void *ctx, const struct handshake *h, uint64_t now);
	/* Sockets that nobody reads, see unread_is_due(). May be NULL. */
	void (*unread)(void *ctx, const struct unread *u, uint64_t now);
	/*
	 * The last word on a handshake that had ended: nothing of it has changed since handshake(), and nothing will.
	 * One that is open until then has its last word in handshake(): see handshake_is_last(). NULL if nobody wants
	 * it: then handshakes that have ended need not be looked at again.
	 */
	void (*settled)(void *ctx, const struct handshake *h, uint64_t now);
	/*
	 * A TLS library raised an error in one side of a handshake: once for each different one, as soon as it is known whose it is,
	 * which may be a little later. May be NULL.
	 */
	void (*library_error)(void *ctx, const struct library_error_facts *facts);
	/* Called once for every EVENT_LIBRARY, in order, after it was taken in. May be NULL. */
	void (*library)(void *ctx, const struct event *ev);
};

struct analysis_stats {
	uint64_t events;		/* processed */
	uint64_t event_bytes;		/* their size in the ring buffer */
	uint64_t invalid;		/* refused: they break the rules of event.h */
	uint64_t no_handshake;		/* belong to no known handshake */
	uint64_t handshakes;		/* begun */
	uint64_t evicted;
	uint64_t by_state[HANDSHAKE_ABANDONED + 1];	/* by present or final state */
	uint64_t by_verdict[VERDICT_MAX];	/* by present or final verdict; [VERDICT_NONE] is of no use */
};

/* NULL if memory is short. Free with analysis_free(). */
struct analysis *analysis_new(const struct analysis_options *opts,
			      const struct analysis_callbacks *callbacks);
void analysis_free(struct analysis *a);

/*
 * Process one event of `len` bytes. An event that breaks the rules of event.h
 * is counted and ignored. Times may step back a little (events of two CPUs);
 * the analysis never goes back in time.
 */
void analysis_event(struct analysis *a, const struct event *ev, size_t len);

/*
 * The source lost `num` events since the last call: open handshakes may lack some. `host`: of merged traces, which one (as
 * event.host); 0: the only one, or any of them.
 */
void analysis_lost(struct analysis *a, uint32_t host, uint64_t num);

/*
 * Events up to the time `until` (ns) may be missing; `what`: enum missing. No verdict
 * about that time is certain. If all of them are (MISSING_PART), no handshake is followed across the gap:
 * what comes later is taken as if the trace began at `until`.
 */
void analysis_missing(struct analysis *a, uint32_t host, uint32_t what, uint64_t until);

/* Nothing else happened until `now`. Returns when to call next at the latest, UINT64_MAX: never. */
uint64_t analysis_advance(struct analysis *a, uint64_t now);

/* When to call analysis_advance() next at the latest, UINT64_MAX: never. */
uint64_t analysis_deadline(const struct analysis *a);

/* The trace ends at `now`: report every open handshake for the last time. */
void analysis_finish(struct analysis *a, uint64_t now);

const struct analysis_stats *analysis_stats(const struct analysis *a);

#endif
