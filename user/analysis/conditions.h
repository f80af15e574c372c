/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Verdicts: each is a row in the file of its family (verdict_*.c), together with its
 * condition and its sentence. claim.h has the order of precedence. Only these files,
 * doubts.h, evidence.c, application_evidence.c, gave_up.c and late.c, which serve them, include this header, and tests/asked.h.
 */
#ifndef DTLSNOOP_CONDITIONS_H
#define DTLSNOOP_CONDITIONS_H

#include <stdio.h>

#include "facts.h"
#include "handshake.h"
#include "phrases.h"
#include "standing.h"
#include "verdict.h"

struct verdict_row {
	/*
	 * From when on does it hold for `role`, if nothing happens until then? CLOCK_MONOTONIC,
	 * or NEVER. NULL: not a verdict for open handshakes. `role` is the sender of datagrams
	 * that are dropped, lost or too large for the path, and the owner of an unreachable port.
	 * The condition may set the side of `claim`, and its evidence.
	 */
	uint64_t (*holds_from)(const struct standing *s, struct claim *claim);
	uint32_t needs;		/* bits of enum fact: with none of these facts it gives NEVER, so it is not asked */
	/* Fills in summary and evidence at `now`; may replace the hint. */
	void (*write)(struct verdict *v, const struct handshake *h, const struct claim *claim, uint64_t now);
	const char *hint;
	const char *filter;	/* see display_filter.h; NULL: all its DTLS */
	/* Which side has to act next? 0: `role`, unless the condition says otherwise. */
	enum verdict_side side;
	bool blames_nobody;	/* it is about both sides, or neither */
	/* Why the evidence may be incomplete, or belong to something else: a clause, or NULL. NULL: it may not. */
	const char *(*doubt)(const struct handshake *h, const struct claim *claim);
	bool claims_silence;	/* it claims that `role` is silent */
	bool doubts_flight;	/* the latest flight of the peer of `role` may be why: see odd_flight.h */
	/* NULL: the severity in VERDICTS(). */
	enum verdict_severity (*severity_of)(const struct handshake *h);
	bool needs_no_floor;	/* the kernel reported it: it is a fault however soon the handshake ends */
	bool needs_no_hello;	/* it may be said of a handshake whose ClientHello was not seen */
};

#define DECLARE(code, row, ...) extern const struct verdict_row row_##row;
VERDICTS(DECLARE)
#undef DECLARE

/* --- shared by several conditions --- */

/*
 * UDP payload that every path carries, bytes: IPv6 guarantees 1280 (RFC 8200 s5),
 * less 48 for headers and some for a tunnel. Size is not why a smaller datagram is lost.
 */
#define SAFE_LEN 1200
/* UDP payload of an IPv4 packet of 1500 bytes; IPv6 has 20 bytes less room. */
#define ETHERNET_LEN 1472u

/* Of a record with a message. */
#define HEADERS_LEN (DTLS_RECORD_HEADER_LEN + DTLS_MESSAGE_HEADER_LEN)

/* It does not hold, and will not hold if nothing happens. */
#define NEVER UINT64_MAX

/*
 * A datagram that was queued for less than this proves nothing: until then its
 * receiver may still send retransmissions.
 */
#define UNREAD_NS 500000000ULL

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Signing and verifying take time, more on small machines. */
#define CRYPTO_NS 200000000ULL

/*
 * The handshake ends before the floor, and this side could use the flight that it has to answer from `usable_ns` on. It
 * may still compute the answer, unless it has gone on to read another copy.
 */
static inline bool may_still_compute(const struct standing *s, uint64_t usable_ns)
{
	return !s->floor_ns && s->asked->last_heard_ns <= usable_ns + CRYPTO_NS;
}

/* All datagrams of a copy are sent within this time; copies that are so close together are lost together. */
#define COPY_NS 100000000ULL

/* From when on has this flight had enough copies, and the third of them enough time? */
static inline uint64_t many_copies_from(const struct flight *flight, uint64_t floor_ns)
{
	uint64_t latest = flight->first_ns;
	uint32_t num = 1;

	if (flight->copies < PARTY_MANY_COPIES)
		return NEVER;
	for (uint32_t i = 1; i < flight->copies && i < FLIGHT_MAX_COPY_TIMES && num < PARTY_MANY_COPIES; i++) {
		if (flight->copy_ns[i] <= latest + COPY_NS)
			continue;
		latest = flight->copy_ns[i];
		num++;
	}
	/* Of later copies, only the latest times are known. */
	if (num < PARTY_MANY_COPIES && (flight->copies <= FLIGHT_MAX_COPY_TIMES || flight->latest_copy_ns <= latest + COPY_NS))
		return NEVER;
	return max_u64(latest + SECOND, flight->first_ns + floor_ns);
}

/* From when on does this side count as silent? Its peer has repeated its flight often enough by then. */
uint64_t condition_silence(const struct standing *s, struct claim *claim);

/*
 * Does the path lose what the peer sends to this side? It is on this host, and has not
 * received the whole latest flight, or has answered all that it received.
 */
bool path_loses(const struct standing *s);

/* Between two hosts, copies of this flight may be on their way for some time: when do they count as lost? 0: at once. */
uint64_t path_tells_from(const struct handshake *h, const struct flight *flight);

/* The kernel's reason for the latest drop from this flight; "": none, or one without a name. */
static inline const char *flight_drop_name(const struct handshake *h, const struct flight *flight)
{
	return flight->drop ? h->drops[flight->drop - 1].name : "";
}

/* Did this host's kernel drop datagrams from most copies of this flight? */
static inline bool is_mostly_dropped(const struct flight *flight)
{
	return flight->copies && 2 * flight->copies_dropped > flight->copies;
}

/* Which part of its latest flight arrived in no copy? False: none, or it cannot be seen. */
bool path_find_hole(const struct standing *s, struct hole *out);

/* Can arrivals at the host of `role`, or at the point of capture, be seen? */
bool path_shows_arrivals(const struct handshake *h, enum party_role role);

/* Was no read of the flight seen that the side has to answer? Then it may not have received it. */
static inline bool is_unread(const struct handshake *h, const struct claim *claim)
{
	return !h->flights[h->party[party_peer(claim->role)].flight].read;
}

/* Does this host's kernel say, of most copies of the latest flight of its peer, that no socket has the port of `role`? */
bool icmp_is_closed_here(const struct handshake *h, enum party_role role);

/* The ICMP errors for what `from` sent come from a firewall of this host: its drops were seen. */
bool icmp_is_rejected_here(const struct handshake *h, enum party_role from);

/* A server sends a cookie request to any address, also to a forged one. A client that is there asks again. */
bool icmp_may_be_forged(const struct handshake *h, enum party_role role);

/*
 * Does a datagram of this length (UDP payload) fit the MTU that an ICMP error gave to its sender? If none is known:
 * does it fit every path?
 */
bool mtu_fits(const struct party *sender, uint32_t length);

/* --- pieces of sentences --- */

#define EVIDENCE(v, ...) \
	do { \
		if ((v)->num_evidence < VERDICT_MAX_EVIDENCE) \
			phrase_say((v)->evidence[(v)->num_evidence++], __VA_ARGS__); \
	} while (0)

/* Replaces the hint. */
#define HINT(v, ...) snprintf((v)->hint, sizeof((v)->hint), __VA_ARGS__)

/* Tells that the peer's repeated certificate is no "Certificate reassembly error", as other tools call it. */
void evidence_no_errors(struct verdict *v, const struct handshake *h, enum party_role role);

/* Tells of an answer that does not come, if it is the largest that this side sends: only its own host gets the ICMP errors. */
void evidence_large_answer(struct verdict *v, const struct handshake *h, enum party_role role);

/* Tells that larger datagrams need IP fragments, which many devices drop. */
void evidence_ip_fragments(struct verdict *v);

/* Adds to a hint about firewall rules where they are: the network namespace of the socket may be that of a container. */
void hint_namespace(struct verdict *v, const struct party *party);

/* "bytes 231 to 468 of its Certificate (message_seq 2, 469 bytes)". Returns `out`. */
const char *phrase_hole(char out[PHRASE_LEN], const struct hole *hole, const struct party *party);

/* How often and when `role` sent its latest flight, and whether it arrived. */
void evidence_copies(struct verdict *v, const struct handshake *h, enum party_role role);

/* For a verdict that claims silence: what the server sends for another handshake of the client's port, ... */
void sentence_kept(struct verdict *v, const struct handshake *h, uint64_t now);
/* ... and datagrams of `role` that are not DTLS. */
void sentence_others(struct verdict *v, const struct handshake *h, enum party_role role);

/* For every verdict: lost events, closed sockets, doubts. */
void sentence_circumstances(struct verdict *v, const struct handshake *h);

#endif
