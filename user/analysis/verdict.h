/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What can be concluded of a handshake, and on what evidence.
 *
 * Every verdict is a row of the table in verdict.c: its condition, its
 * sentence and its hint.
 */
#ifndef DTLSNOOP_VERDICT_H
#define DTLSNOOP_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

struct handshake;

#define VERDICT_MAX_EVIDENCE 6
#define VERDICT_TEXT_LEN 240

enum verdict_code {
	VERDICT_NONE,
	VERDICT_COMPLETED,
	VERDICT_NOT_RETRANSMITTING,
	VERDICT_NO_RESPONSE,
	VERDICT_PEER_SILENT,
	VERDICT_ALERT,
	VERDICT_CLOSED_BY_APPLICATION,
	VERDICT_EVICTED,
};

enum verdict_severity { SEVERITY_OK, SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_FAULT };

enum verdict_confidence { CONFIDENCE_CERTAIN, CONFIDENCE_LIKELY };

/* The side that owes the next move. */
enum verdict_side { VERDICT_SIDE_UNKNOWN, VERDICT_SIDE_CLIENT, VERDICT_SIDE_SERVER };

/* The texts hold no byte that a stranger chose, so they may be printed as they are. */
struct verdict {
	enum verdict_code code;
	enum verdict_side side;
	enum verdict_severity severity;
	enum verdict_confidence confidence;
	char summary[VERDICT_TEXT_LEN];
	char evidence[VERDICT_MAX_EVIDENCE][VERDICT_TEXT_LEN];
	uint32_t num_evidence;
	const char *hint;	/* static, or NULL */
};

struct verdict_options {
	/* Silence shorter than this is never called a fault. */
	uint64_t floor_ns;
};

const char *verdict_code_name(enum verdict_code code);
const char *verdict_severity_name(enum verdict_severity severity);
const char *verdict_confidence_name(enum verdict_confidence confidence);
const char *verdict_side_name(enum verdict_side side);

/*
 * Which stuck verdict holds for an open handshake at `now`? Returns
 * VERDICT_NONE if none; *due_ns is then when one will if nothing happens
 * until then (UINT64_MAX: never). *side is set with a code.
 */
enum verdict_code verdict_stuck(const struct handshake *h, const struct verdict_options *opts,
				uint64_t now, enum verdict_side *side, uint64_t *due_ns);

/* "client 192.0.2.1:4433 (licode pid 812)", escaped. Returns `out`. */
#define VERDICT_PARTY_LEN 160
const char *verdict_party(char out[VERDICT_PARTY_LEN], const struct handshake *h, int role);

/* Write `code`'s row about `h` at `now` into h->verdict. */
void verdict_write(struct handshake *h, enum verdict_code code, enum verdict_side side,
		   uint64_t now);

/* Notes: what is no verdict, but worth saying. */
enum note_code { NOTE_RETRANSMISSIONS, NOTE_INTERLEAVED, NOTE_MAX };

const char *note_name(enum note_code code);

/* Does the note apply? If so its sentence is in `text`. */
bool note_write(const struct handshake *h, enum note_code code, char text[VERDICT_TEXT_LEN]);

#endif
