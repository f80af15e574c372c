/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model of one DTLS handshake (RFC 6347 s4.2.4, RFC 9147 s5.7): what each
 * party was seen to send, and where. Sinks read it; only the analysis writes it.
 *
 * One datagram can be seen several times on a host: when the sender's socket
 * sends it, when it reaches the receiver's, and when it is read there. These
 * are the points of a direction. What a party *sent* is counted at the sending
 * point if its socket is on this host. Otherwise it is counted where it arrives,
 * even if it is dropped there. What a party *received* is known only at its own points.
 *
 * All times are CLOCK_MONOTONIC nanoseconds of the host traced, 0 if unset.
 */
#ifndef DTLSNOOP_HANDSHAKE_H
#define DTLSNOOP_HANDSHAKE_H

#include <stddef.h>
#include <string.h>

#include "alerts.h"
#include "ending.h"
#include "hello.h"
#include "other_server.h"
#include "others.h"
#include "party.h"
#include "relations.h"
#include "verdict.h"

#define HANDSHAKE_MAX_DROPS 4	/* different drop reasons */
#define DROP_NAME_LEN 48

/* Datagrams of the handshake that this host's kernel dropped. */
struct drop {
	enum party_role from;
	bool outgoing;		/* dropped when sent; otherwise on receipt */
	uint32_t reason;	/* this kernel's number, 0 unknown */
	char name[DROP_NAME_LEN];	/* escaped; "": the kernel gave no reason with a name */
	uint32_t count;		/* datagrams */
	uint64_t bytes;		/* UDP payload */
	uint64_t first_ns, last_ns;
	bool is_unproven;	/* anybody may have sent them: see struct dropped */
	/* Of these: bursts since their sender was last heard, when the first of them began, and the third. */
	uint32_t bursts;
	uint64_t burst_ns, many_ns;
};

/* The part of a hello message that was seen. */
struct hello_said {
	uint32_t known;		/* bytes from its beginning to the first hole */
	uint32_t length;	/* of the whole message, bytes */
	uint16_t message_seq;
	struct hello hello;	/* parsed from the known bytes */
};

struct analysis_host;
struct hello_assemblies;
struct sighting;

struct handshake {
	uint64_t id;		/* from 1, in the order of the first ClientHellos */
	enum handshake_state state;
	struct party party[PARTY_MAX];
	struct flight flights[HANDSHAKE_MAX_FLIGHT + 1];	/* by enum flight_number; [FLIGHT_NONE] is unused */
	uint8_t client_random[HELLO_RANDOM_LEN];
	uint8_t first_random[HELLO_RANDOM_LEN];	/* of its first ClientHello, if the one with the cookie had another */
	bool has_first_random;
	uint16_t version;	/* of the ServerHello, or of the ClientHello if there is none, or 0 */
	bool version_negotiated;
	bool is_dtls13;		/* all records after the ServerHello are encrypted: see dtls13.h */
	bool is_dtls12;		/* or older: a message that DTLS 1.3 encrypts was in plaintext */
	bool is_client_finished_sure;	/* DTLS 1.3: some record of FLIGHT_CLIENT_FINISHED cannot be an ACK */
	uint32_t retry_seqs;	/* bit n: the server's hello with message_seq n is a HelloRetryRequest */
	struct hello_said client_hello;	/* the latest: it may differ from the first (RFC 9147 s5.1) */
	struct hello_said retry_request;	/* HelloVerifyRequest or HelloRetryRequest */
	struct hello_said server_hello;
	struct hello_assemblies *assemblies;	/* reassembles the hellos; NULL: they are not reassembled */
	const struct analysis_host *hosts;	/* see struct analysis_options; NULL: nothing is known of any */
	uint32_t num_hosts;
	uint16_t told_by;	/* the host that judges it alone, see alone.h; 0: all do */
	bool resumed;
	bool renegotiates;	/* epoch 1 has another handshake record than Finished: HelloRequest or later */
	bool captured;		/* from a capture file: nothing is known of sockets, neither side is local */
	/* Of the verdict that was reported last, all 0 if that was none. */
	struct { enum verdict_code code; enum verdict_side side; enum verdict_severity severity; } told;
	bool was_stuck;		/* was reported stuck, or failed while open, at any time */
	bool was_faulty;	/* a fault was reported at any time, also if it is revoked by now */
	bool was_early;		/* likewise: that a side gave up before it was a fault, and why */
	bool sees_reads, sees_drops, sees_send_failures;	/* what its source can show at all */
	bool filters_sockets;	/* see struct analysis_options */
	bool late;		/* the trace may have begun after it: see late.h */
	bool server_began_late;	/* the trace of its server's host, which is not that of its client */
	bool midway;		/* its first ClientHello was not seen: see begin.h, late.h; implies late */
	bool is_final;		/* the trace is over: nothing changes any more */
	bool is_settled;	/* it ended long ago: nothing of it is reported any more */
	bool interleaved;	/* another handshake ran on this address pair at the same time */
	bool ambiguous;		/* some datagram could belong to either of them */
	uint8_t missing;	/* enum missing: why events may be missing while it ran */
	bool flooded;		/* too many datagrams between its addresses: they are no longer examined */
	uint8_t storm_flight;	/* the later one of those that two sides repeat without a timer: see storm.h; 0: they do not */
	uint64_t events_lost;	/* by the tracer, while this handshake ran */
	uint64_t lost_ns;	/* when the latest loss became known */
	uint64_t started_ns;
	uint64_t last_ns;	/* latest event of any kind */
	uint64_t news_ns;	/* since when a verdict waits to be told; 0: none does */
	uint64_t ended_ns;	/* 0 while it is open */
	struct ending ending;
	struct alert alert;
	struct alert unsent_alert;	/* the latest that its sender did not send, or that went on after it; ns 0: there is none */
	struct ignored_alerts ignored_alerts;
	uint32_t unsent[PARTY_MAX];	/* datagrams with its address that this side cannot have sent: see unsent.h */
	uint32_t storm_ms;	/* so long after its beginning the rate limit left out datagrams of a storm */
	bool closed_by_alert;	/* an encrypted alert came after it had ended: most likely close_notify */
	/* The first of these, if its sender had sent no data; ns 0: there is none. */
	struct { uint64_t ns; enum party_role from; } left;
	struct repeats repeats;
	struct cookies cookies;
	struct relations relations;
	struct others others;
	struct other_server other_server;
	struct drop drops[HANDSHAKE_MAX_DROPS];	/* by direction and reason, in order of their first drop */
	uint32_t num_drops;
	uint32_t drops_untold;	/* datagrams dropped for reasons that had no room here */
	struct claim verdict;	/* code VERDICT_NONE while there is no verdict */
};

/* What one item of a datagram is. */
struct item_facts {
	uint8_t flight;		/* 0: none */
	bool retransmission;	/* the bytes were sent before, in another record (s4.2.4) */
	bool duplicate;		/* the same record, seen before at this point */
	bool may_be_alert;	/* DTLS 1.3: see dtls13_may_be_alert() */
};

/* Neither completed nor given up: it may still continue, even if it was reported stuck. */
static inline bool handshake_is_open(const struct handshake *h)
{
	return !h->ended_ns;
}

/* Time spent waiting for the retransmission timers of both sides. */
static inline uint64_t handshake_waited_ns(const struct handshake *h)
{
	return h->party[PARTY_CLIENT].waited_ns + h->party[PARTY_SERVER].waited_ns;
}

/* The longest retransmission timer (RFC 6347 s4.2.4.1): a side that does not take the handshake for complete has repeated its flight by then. */
#define HANDSHAKE_SETTLES_NS UINT64_C(60000000000)

/*
 * It has ended: from when on is that final? If it was stuck before, or a copy came since, two copies have to come, which are that
 * long apart by then.
 */
static inline uint64_t handshake_settles_ns(const struct handshake *h)
{
	uint64_t after = h->was_stuck || h->repeats.num ? 2 * HANDSHAKE_SETTLES_NS : HANDSHAKE_SETTLES_NS;

	return h->ended_ns > UINT64_MAX - after ? UINT64_MAX : h->ended_ns + after;
}

/* Is this the last report of it? */
static inline bool handshake_is_last(const struct handshake *h)
{
	return h->is_final || h->is_settled || h->ending.how == ENDING_EVICTED;
}

/* Was client_random seen, and in full? */
static inline bool handshake_knows_random(const struct handshake *h)
{
	static const uint8_t none[HELLO_RANDOM_LEN];

	return memcmp(h->client_random, none, sizeof(none)) && (!h->client_hello.known || h->client_hello.hello.has_random);
}

/* Is it reported with a fault? An open handshake may prove to be healthy all the same. */
static inline bool handshake_is_faulty(const struct handshake *h)
{
	return h->state == HANDSHAKE_STUCK || h->state == HANDSHAKE_FAILED;
}

/* Is this the verdict that was reported last? Then only how the handshake ended can be news. */
static inline bool handshake_was_told(const struct handshake *h)
{
	return h->told.code == h->verdict.code && h->told.side == h->verdict.side && h->told.severity == h->verdict.severity;
}

/* Was a fault reported by then that is not a closed port? */
static inline bool handshake_had_cause(const struct handshake *h, uint64_t ns)
{
	return handshake_is_faulty(h) && h->verdict.code != VERDICT_PORT_UNREACHABLE && h->verdict.since_ns <= ns;
}

/* The record numbers seen in this epoch. NULL for a later epoch: it belongs to a renegotiation. */
static inline struct seq_window *view_window(struct view *view, uint16_t epoch)
{
	return epoch == 0 ? &view->plain : epoch == 1 ? &view->encrypted : NULL;
}

/* The same, read-only. */
static inline const struct seq_window *view_numbers(const struct view *view, uint16_t epoch)
{
	return view_window((struct view *)view, epoch);
}

/* The point at which the datagrams of `role` are counted. */
static inline enum point handshake_counting_point(const struct handshake *h, enum party_role role)
{
	return h->party[role].view[POINT_SENT].any ? POINT_SENT : POINT_ARRIVED;
}

/* The point that best shows which datagrams of `role` its peer has received. */
static inline enum point handshake_receiving_point(const struct handshake *h, enum party_role role)
{
	enum point counting = handshake_counting_point(h, role);

	/* If events were lost, a datagram may have arrived unseen. */
	if (h->party[party_peer(role)].local && (!h->events_lost || counting == POINT_ARRIVED))
		return POINT_QUEUED;
	return counting;
}

/* The retransmission timer of `role` before it backs off: the first gap between two copies, or an assumption. */
uint64_t handshake_first_timer_ns(const struct handshake *h, enum party_role role);

/* The retransmission timer of `role`: from its latest copy of a flight to the next (s4.2.4.1). */
uint64_t handshake_timer_ns(const struct handshake *h, enum party_role role);

/* Process one datagram of s->h, and fill in s->items and the rest of `s`. fate.h follows the datagram after that. */
void handshake_datagram(struct sighting *s);

/* Was this datagram seen at this point before, record for record? */
bool handshake_has_seen(const struct handshake *h, const struct event *ev, enum party_role from,
			enum point point);

/* Fill in `facts` for each item, without a change to `h`. */
void handshake_describe(const struct handshake *h, const struct event *ev, enum party_role from,
			enum point point, struct item_facts *facts);

#endif
