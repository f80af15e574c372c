/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What can be seen of a world, from where, and what the analysis says to it:
 * the log becomes events, as the tracer on a host or a capture on the path
 * has them, and these are fed to an analysis of their own.
 */
#ifndef DTLSNOOP_PROPERTY_OBSERVE_H
#define DTLSNOOP_PROPERTY_OBSERVE_H

#include "analysis.h"
#include "sim.h"

enum observer {
	OBSERVER_CLIENT,	/* the tracer on the client's host */
	OBSERVER_SERVER,
	OBSERVER_BOTH,		/* both ends on one host */
	OBSERVER_TAP,		/* a capture somewhere on the path */
	OBSERVER_TAP_CLIENT,	/* one that holds only what the client sends */
	OBSERVER_TAP_SERVER,
	OBSERVER_MAX,
};

#define OBSERVED_MAX_CHANGES 64

/* One thing that the analysis said, and what could be seen of each side until then. */
struct said {
	uint64_t time;		/* since the world began */
	uint64_t id;		/* of which handshake: what nothing joins is told as two */
	enum handshake_state state;
	enum verdict_code code;
	enum verdict_side side;
	enum party_role role;	/* the party it is about */
	enum verdict_severity severity;
	enum verdict_confidence confidence;
	uint32_t copies[PARTY_MAX];	/* of this side's flight that were seen since its peer was */
	uint32_t total[PARTY_MAX];	/* of this side's flight that were seen at all */
	bool here[PARTY_MAX];		/* this side's socket is known */
	int flight[PARTY_MAX];		/* which that is, by its index in the script */
	uint64_t events;	/* that were seen until then ... */
	uint64_t event_ns;	/* ... the latest at this time since the world began */
	char summary[VERDICT_TEXT_LEN];
	/* Of merged traces, what the path has lost of all that this side sent. */
	struct { bool is_known; uint32_t lost, shortest, longest; } path[PARTY_MAX];
};

struct observed {
	enum observer observer;
	bool lost;		/* events were lost */
	bool any;		/* there was a handshake to see */
	uint32_t handshakes;
	uint32_t num_said;	/* OBSERVED_MAX_CHANGES are kept */
	struct said said[OBSERVED_MAX_CHANGES];
	struct said last;	/* at the end of the trace */
	bool any_phantom;	/* a stranger's datagram was taken for the beginning of a handshake */
	struct said phantom;	/* the last of that one */
	bool any_earlier;	/* see PEER_RESTARTS: something was said of the first attempt */
	bool earlier_faulty;	/* it was faulty after the client had begun the second one, as was seen there */
	struct said earlier;	/* the last of that one */
	struct said left;	/* see PEER_MOVES: the first fault of the port that the client has left ... */
	struct said left_last;	/* ... and the last that was said of that */
	uint16_t version;
	bool resumed;
	uint32_t retransmissions[PARTY_MAX];
	uint64_t events;
	uint32_t num_early;	/* of merged traces: datagrams that come before they are sent, within the error of the clocks */
	char text_fault[VERDICT_HINT_LEN + 100];	/* what is wrong with a sentence, empty: nothing */
};

/* Is there a tracer on this side's host? */
bool observer_is_at(enum observer observer, enum party_role role);
bool observer_is_tap(enum observer observer);
const char *observer_name(enum observer observer);

/* Does somebody who looks from there see this? */
bool observer_sees(enum observer observer, const struct world *w, const struct log_entry *entry);

/*
 * Look at a world that has run. If `others`, datagrams that are not DTLS pass too, and the
 * handshakes are packed after each event (packed.h).
 * If `trace` is not NULL, write down each event and what was said. If `recording` is not NULL,
 * make it a recording of what is seen, without the datagrams that are not DTLS.
 */
void observe(struct world *w, enum observer observer, bool others, struct observed *out, FILE *trace,
	     FILE *recording);

/*
 * The same by somebody who begins to look at this time: what was there before is not seen, nor are
 * reads of what was queued before.
 */
void observe_from(struct world *w, enum observer observer, uint64_t time, struct observed *out, FILE *trace,
		  FILE *recording);

/* A new file for the recording of an observer, which the caller closes; NULL if `directory` is, or with a message. */
FILE *observer_recording(const char *directory, uint64_t seed, enum observer observer);

/* Was the same said, at the same time? */
bool observed_same(const struct observed *a, const struct observed *b);

/* texts.c: look for what is wrong with the sentences of a verdict and of the notes of its handshake. */
void texts_check(const struct handshake *h, const struct verdict *words, struct observed *out);

/* trace.c: for people */
void trace_event(FILE *out, const struct world *w, const struct log_entry *entry);
void trace_said(FILE *out, const struct said *said);
void trace_world(FILE *out, const struct world *w);

#endif
