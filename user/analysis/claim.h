/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A claim is a verdict without its text: what holds, of whom, since when, how sure it is,
 * and the evidence that its condition found. A handshake keeps it. verdict.h puts it into words.
 */
#ifndef DTLSNOOP_CLAIM_H
#define DTLSNOOP_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

/*
 * The verdicts: code, row in the file of its family, name, state of the handshake, severity. If several hold
 * for an open handshake, the first is reported: it is nearest to the cause. The last three are for one that
 * has ended, or is no longer followed.
 */
#define VERDICTS(ROW) \
	ROW(COMPLETED, completed, "completed", COMPLETED, OK) \
	ROW(SEND_FAILED, send_failed, "send-failed", FAILED, FAULT) \
	ROW(PORT_UNREACHABLE, port_unreachable, "port-unreachable", FAILED, FAULT) \
	ROW(REJECTED, rejected, "rejected", FAILED, FAULT) \
	ROW(WRONG_ADDRESS, wrong_address, "wrong-address", STUCK, FAULT) \
	ROW(ROLE_CONFLICT, role_conflict, "role-conflict", STUCK, FAULT) \
	ROW(COOKIE_LOOP, cookie_loop, "cookie-loop", STUCK, FAULT) \
	ROW(TRUNCATED_READ, truncated_read, "truncated-read", STUCK, FAULT) \
	ROW(KERNEL_DROP, kernel_drop, "kernel-drop", STUCK, FAULT) \
	ROW(SPLIT_ACROSS_SOCKETS, split_across_sockets, "split-across-sockets", STUCK, FAULT) \
	ROW(REHANDSHAKE_IGNORED, rehandshake_ignored, "rehandshake-ignored", STUCK, FAULT) \
	ROW(NOT_READING, not_reading, "not-reading", STUCK, FAULT) \
	ROW(MTU_BLACKHOLE, mtu_blackhole, "mtu-blackhole", STUCK, FAULT) \
	ROW(LOST_ON_PATH, lost_on_path, "lost-on-path", STUCK, FAULT) \
	ROW(MISSING_FRAGMENT, missing_fragment, "missing-fragment", STUCK, FAULT) \
	ROW(HELLO_FRAGMENTS_IGNORED, hello_fragments_ignored, "hello-fragments-ignored", STUCK, FAULT) \
	ROW(LIBRARY_ERROR, library_error, "library-error", STUCK, FAULT) \
	ROW(CANNOT_DECRYPT, cannot_decrypt, "cannot-decrypt", STUCK, FAULT) \
	ROW(ANSWER_IGNORED, answer_ignored, "answer-ignored", STUCK, FAULT) \
	ROW(ANSWER_UNACKNOWLEDGED, answer_unacknowledged, "answer-unacknowledged", STUCK, FAULT) \
	ROW(SILENT_AFTER_READ, silent_after_read, "silent-after-read", STUCK, FAULT) \
	ROW(LAST_FLIGHT_NOT_RESENT, last_flight_not_resent, "last-flight-not-resent", STUCK, FAULT) \
	ROW(NOT_RETRANSMITTING, not_retransmitting, "not-retransmitting", STUCK, FAULT) \
	ROW(PEER_SILENT, peer_silent, "peer-silent", STUCK, FAULT) \
	ROW(NO_RESPONSE, no_response, "no-response", STUCK, FAULT) \
	ROW(ALERT, alert, "alert", FAILED, FAULT) \
	ROW(CLOSED_BY_APPLICATION, closed_by_application, "closed-by-application", ABANDONED, WARNING) \
	ROW(EVICTED, evicted, "evicted", IN_PROGRESS, INFO)

enum verdict_code {
	VERDICT_NONE,
#define CODE(code, ...) VERDICT_##code,
	VERDICTS(CODE)
#undef CODE
	VERDICT_MAX,
};

enum verdict_severity { SEVERITY_OK, SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_FAULT };

enum verdict_confidence { CONFIDENCE_CERTAIN, CONFIDENCE_LIKELY };

/* Who saw what the verdict rests on. What only the network shows, anybody can have sent or lost. */
enum verdict_witness {
	WITNESS_LOCAL,		/* a socket of this host, or its kernel */
	WITNESS_BOTH,		/* both sides: they went on accordingly */
	WITNESS_NETWORK,
};

/* The side that has to act next. The kernel is this host's; the network is the path between the two parties. */
enum verdict_side {
	VERDICT_SIDE_UNKNOWN,
	VERDICT_SIDE_CLIENT,
	VERDICT_SIDE_SERVER,
	VERDICT_SIDE_NETWORK,
	VERDICT_SIDE_KERNEL,
};

/* The side that `role` is. */
static inline enum verdict_side side_of_role(enum party_role role)
{
	return role == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER;
}

/* What is missing of a flight: see holes.h. */
struct hole {
	enum {
		HOLE_NONE,	/* nothing is missing, as far as can be told */
		HOLE_BYTES,	/* bytes of a message whose other bytes were seen */
		HOLE_MESSAGE,	/* a whole message, between two that were seen */
		HOLE_BEGIN,	/* its beginning, of unknown length */
		HOLE_CHANGE_CIPHER_SPEC,	/* though its Finished was seen */
		HOLE_END,	/* its end, which may be unknown */
	} kind;
	bool is_unsent;		/* the sender's socket did not send it */
	uint8_t message;	/* HOLE_BYTES: index in the sender's messages */
	uint16_t message_seq;	/* HOLE_MESSAGE: the first */
	uint32_t begin, end;	/* HOLE_BYTES: the first range that is missing */
};

/* Which datagrams the path loses because of their size. */
struct path_mtu {
	enum { MTU_BY_ICMP, MTU_BY_ARRIVAL, MTU_BY_ANSWER, MTU_BY_HOLE } basis;
	uint32_t passed;	/* UDP payload that arrives, bytes; 0: not known */
	uint32_t lost;		/* UDP payload that does not arrive, bytes */
};

#define NO_MESSAGE UINT8_MAX

/* What a condition found, for those who describe the verdict. */
union evidence {
	struct hole hole;	/* missing-fragment, lost-on-path */
	struct path_mtu mtu;	/* mtu-blackhole */
	uint8_t message;	/* split-across-sockets: index in the messages of the peer; NO_MESSAGE: all of its flight is diverted */
};

/* A verdict without its text. */
struct claim {
	enum verdict_code code;
	enum party_role role;	/* the party it is about: see struct verdict_row */
	enum verdict_side side;
	enum verdict_severity severity;
	enum verdict_confidence confidence;
	const char *doubt;	/* why it is only likely: a clause; NULL: it is certain */
	enum verdict_witness witness;
	uint64_t since_ns;	/* it has held since then; 0: it is an ending */
	uint64_t until_ns;	/* it no longer holds from then on, if nothing happens until then; UINT64_MAX: no end */
	union evidence evidence;
	bool is_early;	/* the handshake ended before the floor passed: at most a warning */
};

#endif
