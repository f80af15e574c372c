/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the rows of the table in verdict.c consist of: conditions, in
 * verdict_conditions.c and conditions_*.c, and sentences, in
 * verdict_sentences.c and sentences_*.c. Only these files include this.
 */
#ifndef DTLSNOOP_VERDICT_ROWS_H
#define DTLSNOOP_VERDICT_ROWS_H

#include "handshake.h"
#include "holes.h"
#include "phrases.h"
#include "verdict.h"

/*
 * Conditions: from when on does the verdict hold of `role`, if nothing happens
 * until then? CLOCK_MONOTONIC, UINT64_MAX: never. Of the kernel's drops `role`
 * is the side that sent what was dropped.
 */
typedef uint64_t condition_fn(const struct handshake *h, const struct verdict_options *opts,
			      enum party_role role);

condition_fn condition_send_failed;
condition_fn condition_port_unreachable;	/* `role`: whose port it is */
condition_fn condition_wrong_address;
condition_fn condition_role_conflict;		/* of both alike: said of the client */
condition_fn condition_cookie_loop;
condition_fn condition_truncated_read;
condition_fn condition_split_across_sockets;
condition_fn condition_rehandshake_ignored;
condition_fn condition_kernel_drop;
condition_fn condition_not_reading;
condition_fn condition_mtu_blackhole;		/* `role`: who sends what is too large */
condition_fn condition_missing_fragment;	/* `role`: who sent it */
condition_fn condition_hello_fragments_ignored;
condition_fn condition_cannot_decrypt;
condition_fn condition_silent_after_read;
condition_fn condition_last_flight_not_resent;
condition_fn condition_not_retransmitting;
condition_fn condition_peer_silent;
condition_fn condition_no_response;

/* `role` was not heard through so many copies of its peer's flight that it is silent. */
condition_fn condition_silence;

/* --- what several of these ask --- */

/* Is a part of the latest flight of `from` in no copy that its socket sent? */
bool path_is_unsent(const struct handshake *h, enum party_role from);

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

/* The ClientHello that the client sent last, if it was in fragments; else NULL. */
const struct message *path_find_fragmented_hello(const struct handshake *h);

/* Sentences: fill in summary and evidence of `role` at `now`; they may replace the hint. */
typedef void sentence_fn(struct verdict *v, const struct handshake *h, enum party_role role,
			 uint64_t now);

sentence_fn sentence_completed;
sentence_fn sentence_send_failed;
sentence_fn sentence_port_unreachable;
sentence_fn sentence_wrong_address;
sentence_fn sentence_role_conflict;
sentence_fn sentence_cookie_loop;
sentence_fn sentence_truncated_read;
sentence_fn sentence_split_across_sockets;
sentence_fn sentence_rehandshake_ignored;
sentence_fn sentence_kernel_drop;
sentence_fn sentence_not_reading;
sentence_fn sentence_mtu_blackhole;
sentence_fn sentence_missing_fragment;
sentence_fn sentence_hello_fragments_ignored;
sentence_fn sentence_cannot_decrypt;
sentence_fn sentence_silent_after_read;
sentence_fn sentence_last_flight_not_resent;
sentence_fn sentence_not_retransmitting;
sentence_fn sentence_peer_silent;
sentence_fn sentence_no_response;
sentence_fn sentence_alert;
sentence_fn sentence_closed;
sentence_fn sentence_evicted;

/* --- pieces of sentences --- */

#define EVIDENCE(v, ...) \
	do { \
		if ((v)->num_evidence < VERDICT_MAX_EVIDENCE) \
			phrase_say((v)->evidence[(v)->num_evidence++], __VA_ARGS__); \
	} while (0)

/* How often and when `role` sent its latest flight, and what became of it. */
void evidence_copies(struct verdict *v, const struct handshake *h, enum party_role role);

/* Of a verdict that says that `role` is silent: what came from it all the same, which is not DTLS. */
void sentence_others(struct verdict *v, const struct handshake *h, enum party_role role);

/* What holds of any verdict: lost events, closed sockets, doubts. */
void sentence_circumstances(struct verdict *v, const struct handshake *h);

/*
 * The peer of `from` is here and owes nothing: it has not got all of the latest
 * flight, or has answered what it got.
 */
bool path_loses(const struct handshake *h, enum party_role from);

#endif
