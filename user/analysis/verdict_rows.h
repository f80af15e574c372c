/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the rows of the table in verdict.c consist of: conditions, in
 * verdict_conditions.c and conditions_*.c, and sentences, in
 * verdict_sentences.c and sentences_*.c. Only these files include this.
 */
#ifndef DTLSNOOP_VERDICT_ROWS_H
#define DTLSNOOP_VERDICT_ROWS_H

#include "handshake.h"
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
condition_fn condition_truncated_read;
condition_fn condition_kernel_drop;
condition_fn condition_not_reading;
condition_fn condition_silent_after_read;
condition_fn condition_last_flight_not_resent;
condition_fn condition_not_retransmitting;
condition_fn condition_peer_silent;
condition_fn condition_no_response;

/* Sentences: fill in summary and evidence of `role` at `now`; they may replace the hint. */
typedef void sentence_fn(struct verdict *v, const struct handshake *h, enum party_role role,
			 uint64_t now);

sentence_fn sentence_completed;
sentence_fn sentence_send_failed;
sentence_fn sentence_port_unreachable;
sentence_fn sentence_truncated_read;
sentence_fn sentence_kernel_drop;
sentence_fn sentence_not_reading;
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

/* What holds of any verdict: lost events, closed sockets, doubts. */
void sentence_circumstances(struct verdict *v, const struct handshake *h);

#endif
