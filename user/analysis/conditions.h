/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Verdicts: each is a row, which lies in the file of its family (verdict_*.c) together
 * with its condition and its sentence. verdict.c has the order of precedence. Only these
 * files include this.
 */
#ifndef DTLSNOOP_CONDITIONS_H
#define DTLSNOOP_CONDITIONS_H

#include "handshake.h"
#include "holes.h"
#include "phrases.h"
#include "verdict.h"

struct verdict_row {
	const char *name;
	enum handshake_state state;
	enum verdict_severity severity;
	/*
	 * From when on does it hold of `role`, if nothing happens until then? CLOCK_MONOTONIC;
	 * NEVER. NULL: it is not of an open handshake. Of what was dropped, or is lost or too
	 * large on the way, `role` is the side that sent it; of a port, whose it is.
	 */
	uint64_t (*holds_from)(const struct handshake *h, const struct verdict_options *opts,
			       enum party_role role);
	/* Fill in summary and evidence at `now`; it may replace the hint. */
	void (*write)(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now);
	const char *hint;
	const char *filter;	/* see display_filter.h */
	/* Who owes the next move; NULL: `role`. */
	enum verdict_side (*side)(const struct handshake *h, enum party_role role);
	/* Does it rest on something that may have gone unseen, or be of something else? NULL: no. */
	bool (*is_doubtful)(const struct handshake *h, enum party_role role);
	bool claims_silence;	/* it says that `role` is silent */
};

extern const struct verdict_row row_completed, row_send_failed, row_port_unreachable, row_wrong_address,
	row_role_conflict, row_cookie_loop, row_truncated_read, row_kernel_drop,
	row_split_across_sockets, row_rehandshake_ignored, row_not_reading, row_mtu_blackhole,
	row_missing_fragment, row_hello_fragments_ignored, row_cannot_decrypt, row_silent_after_read,
	row_last_flight_not_resent, row_not_retransmitting, row_peer_silent, row_no_response,
	row_alert, row_closed_by_application, row_evicted;

/* --- what several conditions ask --- */

/*
 * UDP payload that every path takes, bytes: IPv6 guarantees 1280 (RFC 8200 s5),
 * less 48 of headers and some for a tunnel. What is smaller is not lost for its size.
 */
#define SAFE_LEN 1200

#define SECOND 1000000000ULL
/* It does not hold, and will not if nothing happens. */
#define NEVER UINT64_MAX

/*
 * A datagram that sits in a queue for less than this is no sign of anything: until
 * then its receiver may go on to repeat itself.
 */
#define UNREAD_NS 500000000ULL

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* From when on has the latest flight of `role` been sent often enough, and its third copy got time? */
static inline uint64_t many_copies_from(const struct handshake *h, const struct verdict_options *opts,
					enum party_role role)
{
	const struct flight *flight = &h->flights[h->party[role].flight];

	if (flight->copies < PARTY_MANY_COPIES)
		return NEVER;
	return max_u64(flight->copy_ns[PARTY_MANY_COPIES - 1] + SECOND,
		       flight->first_ns + opts->floor_ns);
}

/* What of the latest flight of `from` has not arrived in any copy? False: nothing, or it cannot be seen. */
bool path_find_hole(const struct handshake *h, enum party_role from, struct hole *out);

struct path_mtu {
	enum { MTU_BY_ICMP, MTU_BY_ARRIVAL, MTU_BY_ANSWER, MTU_BY_HOLE } basis;
	uint32_t passed;	/* UDP payload that gets there, bytes; 0: not known */
	uint32_t lost;		/* that does not */
};

/* Are datagrams of `from` too large for the path? */
bool path_find_mtu(const struct handshake *h, enum party_role from, struct path_mtu *out);

/* The message of the latest flight of `from` of which no socket got all, but two some; else NULL. */
const struct message *relation_find_split(const struct handshake *h, enum party_role from);

/* `role` was not heard through so many copies of its peer's flight that it is silent. */
uint64_t condition_silence(const struct handshake *h, const struct verdict_options *opts, enum party_role role);

/*
 * The peer of `from` is here and owes nothing: it has not got all of the latest
 * flight, or has answered what it got.
 */
bool path_loses(const struct handshake *h, enum party_role from);

/* The side that `role` is. */
static inline enum verdict_side side_of_role(enum party_role role)
{
	return role == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER;
}

/* Of both alike, or of none. */
static inline enum verdict_side side_unknown(const struct handshake *h, enum party_role role)
{
	(void)h;
	(void)role;
	return VERDICT_SIDE_UNKNOWN;
}

/* Was the latest flight of the peer of `role` not seen to be read? Then it may not have got it. */
static inline bool is_unread(const struct handshake *h, enum party_role role)
{
	return !h->flights[h->party[party_peer(role)].flight].read;
}

/* --- pieces of sentences --- */

#define EVIDENCE(v, ...) \
	do { \
		if ((v)->num_evidence < VERDICT_MAX_EVIDENCE) \
			phrase_say((v)->evidence[(v)->num_evidence++], __VA_ARGS__); \
	} while (0)

/* What others call "Certificate reassembly error": the peer's repeated certificate is none. */
void evidence_no_errors(struct verdict *v, const struct handshake *h, enum party_role role);

/* How often and when `role` sent its latest flight, and what became of it. */
void evidence_copies(struct verdict *v, const struct handshake *h, enum party_role role);

/* Of a verdict that says that `role` is silent: what came from it all the same, which is not DTLS. */
void sentence_others(struct verdict *v, const struct handshake *h, enum party_role role);

/* What holds of any verdict: lost events, closed sockets, doubts. */
void sentence_circumstances(struct verdict *v, const struct handshake *h);

#endif
