/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The conclusion about a handshake, and its evidence.
 *
 * Every verdict is a row in the file of its family (verdict_*.c): condition, sentence and
 * hint together. claim.h lists them in their order of precedence.
 * Notes (notes.c) report what else is worth knowing.
 */
#ifndef DTLSNOOP_VERDICT_H
#define DTLSNOOP_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "claim.h"

struct handshake;

#define VERDICT_MAX_EVIDENCE 6
#define VERDICT_TEXT_LEN 240
#define VERDICT_HINT_LEN 512
#define VERDICT_FILTER_LEN 480

/*
 * A verdict with its text, made by verdict_describe(); a handshake keeps only the claim.
 * The text is safe to print: bytes that a peer or process chose are escaped.
 */
struct verdict {
	enum verdict_code code;
	enum verdict_side side;
	enum verdict_severity severity;
	enum verdict_confidence confidence;
	const char *doubt;	/* "the server's socket is not on this host"; NULL: it is certain */
	char summary[VERDICT_TEXT_LEN];
	char evidence[VERDICT_MAX_EVIDENCE][VERDICT_TEXT_LEN];
	uint32_t num_evidence;
	char hint[VERDICT_HINT_LEN];	/* what to do about it; "": nothing is known */
	char filter[VERDICT_FILTER_LEN];	/* for Wireshark, shows the evidence; "": none */
};

struct verdict_options {
	/* A shorter silence is never reported as a fault. */
	uint64_t floor_ns;
};

const char *verdict_code_name(enum verdict_code code);
/* The template of its display filter (display_filter.h). Not for VERDICT_NONE. */
const char *verdict_filter_pattern(enum verdict_code code);
const char *verdict_severity_name(enum verdict_severity severity);
const char *verdict_confidence_name(enum verdict_confidence confidence);
const char *verdict_witness_name(enum verdict_witness witness);
const char *verdict_side_name(enum verdict_side side);

/* The state of a handshake with this verdict, which is not VERDICT_NONE. */
enum handshake_state verdict_state(enum verdict_code code);

/* Is the side that has to act next, by h->verdict, on this host? */
bool verdict_side_is_local(const struct handshake *h);

/* The claim that `code`, which is not VERDICT_NONE, holds for `role`. */
struct claim verdict_claim(enum verdict_code code, enum party_role role);

/*
 * Returns the verdict that holds for an open handshake at `now`, with the code VERDICT_NONE if none
 * does. If no datagram comes, the result can change at *due_ns at the earliest: then a verdict with
 * precedence begins to hold, or this one no longer holds. UINT64_MAX: it cannot change.
 */
struct claim verdict_stuck(const struct handshake *h, const struct verdict_options *opts, uint64_t now,
			   uint64_t *due_ns);

/*
 * Is this verdict about a client of which nothing but one ClientHello is known (see outcome.h), or but ClientHellos that
 * anybody may have sent (see beside.h)? That a socket is not read is a fault whoever sends to it.
 */
bool verdict_is_of_stranger(const struct handshake *h, enum verdict_code code);

/*
 * The handshake looked complete. From when on do datagrams seen since then show that it is not complete
 * for the other side, if nothing more comes? UINT64_MAX: they do not. See last-flight-not-resent.
 */
uint64_t verdict_undone_from(const struct handshake *h, const struct verdict_options *opts, uint64_t now);

/*
 * The handshake ends at `now`, as h->ending says, before it is complete. How it ended is not
 * why: the claim is the cause that held, or one that the evidence proves by now, and only if
 * there is none the ending itself.
 */
struct claim verdict_at_end(const struct handshake *h, const struct verdict_options *opts, uint64_t now);

/*
 * "client 192.0.2.1:4433 (licode pid 812)", or "(licode pid 30812, 7 in its PID namespace)",
 * or "client 192.0.2.1:4433 on alpha (licode pid 812)" if there are several hosts; escaped. Returns `out`.
 */
#define VERDICT_PARTY_LEN 192
const char *verdict_party(char out[VERDICT_PARTY_LEN], const struct handshake *h,
			  enum party_role role);

/* How severe is this claim about `h`? Not for VERDICT_NONE. */
enum verdict_severity verdict_severity(const struct handshake *h, const struct claim *claim);

/* Set h->verdict to `claim`, with severity, confidence and witness. */
void verdict_write(struct handshake *h, struct claim claim);

/*
 * Put h->verdict into words; fills all of `out`. `now` is when it was concluded. Call
 * this while a sink is told of the verdict: `h` may change later.
 */
void verdict_describe(const struct handshake *h, uint64_t now, struct verdict *out);

/* Notes: worth reporting, but not a verdict. Code, name, and the function of notes.c that writes it. */
#define NOTES(ROW) \
	ROW(RETRANSMISSIONS, "retransmissions", note_retransmissions) \
	ROW(INTERLEAVED, "interleaved", note_interleaved) \
	ROW(SLOW_READER, "slow-reader", note_slow_reader) \
	ROW(TRUNCATED_READ, "truncated-read", note_truncated_read) \
	ROW(KERNEL_DROP, "kernel-drop", note_kernel_drop) \
	ROW(SEND_FAILED, "send-failed", note_send_failed) \
	ROW(PORT_UNREACHABLE, "port-unreachable", note_port_unreachable) \
	ROW(ICMP_ERROR, "icmp-error", note_icmp_error) \
	ROW(SLOW_ANSWER, "slow-answer", note_slow_answer) \
	ROW(DUPLICATED, "duplicated", note_duplicated) \
	ROW(REORDERED, "reordered", note_reordered) \
	ROW(RECORD_NUMBERS_REUSED, "record-numbers-reused", note_record_numbers_reused) \
	ROW(EARLY_APPLICATION_DATA, "early-application-data", note_early_data) \
	ROW(FIRST_FLIGHT_IGNORED, "first-flight-ignored", note_first_flight_ignored) \
	ROW(FELL_BACK_TO_1_2, "fell-back-to-1.2", note_fell_back) \
	ROW(LARGE_CLIENT_HELLO, "large-client-hello", note_large_client_hello) \
	ROW(MID_HANDSHAKE, "mid-handshake", note_mid_handshake) \
	ROW(ONE_DIRECTION, "one-direction", note_one_direction) \
	ROW(ALERT_NOT_ACTED_ON, "alert-not-acted-on", note_alert_not_acted_on) \
	ROW(LEFT_AT_ONCE, "left-at-once", note_left_at_once) \
	ROW(PEER_MOVED, "peer-moved", note_peer_moved) \
	ROW(ONE_WAY_DELAY, "one-way-delay", crossings_note_delay) \
	ROW(NOT_SENT_BY_PEER, "not-sent-by-peer", note_not_sent_by_peer) \
	ROW(EVENTS_LOST, "events-lost", note_events_lost) \
	ROW(RATE_LIMITED, "rate-limited", note_rate_limited) \
	ROW(SAME_VERDICT_FOR_PROCESS, "same-verdict-for-process", note_same_verdict)

enum note_code {
#define CODE(code, ...) NOTE_##code,
	NOTES(CODE)
#undef CODE
	NOTE_MAX,
};

const char *note_name(enum note_code code);

/* Does the note apply? Then `text` has its sentence. A note does not repeat the verdict. */
bool note_write(const struct handshake *h, enum note_code code, char text[VERDICT_TEXT_LEN]);

#endif
