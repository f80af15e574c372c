/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Internal to observe.c: the events of an observer, as they are passed to its analysis. */
#ifndef DTLSNOOP_PROPERTY_WATCH_H
#define DTLSNOOP_PROPERTY_WATCH_H

#include "both.h"
#include "libraries.h"
#include "observe.h"
#include "recording.h"
#include "shown.h"

/* CLOCK_MONOTONIC when the world begins. */
#define START (1000 * SECOND)
#define SERVER_PORT 4433
#define CLIENT_PORT 30041
#define MOVED_PORT 40000
#define NEIGHBOUR_PORT 40001
/* The same behind a NAT that gives each port another one: see host_view.translated. */
#define HOST_PORT(port) ((port) + 7000)
#define HOUR (3600 * SECOND)

/* What was seen of one side: how often each message of its flight since its peer was heard. */
struct seen {
	int flight;
	uint32_t copies[SCRIPT_MAX_MESSAGES], total[SCRIPT_MAX_MESSAGES];
	uint32_t last_copy[SCRIPT_MAX_MESSAGES], last_unheard[SCRIPT_MAX_MESSAGES];
};

struct watch {
	struct world *w;
	struct analysis *analysis;
	struct observed *out;
	FILE *trace;
	struct recording_writer *recording;	/* NULL: none */
	struct host_trace *host;	/* one that writes down its trace, and analyses nothing; NULL: none */
	const struct host_view *clock;	/* the analysis has the times of this host; NULL: those of the world, from START on */
	bool packed;		/* each handshake, between any two events */
	uint64_t since;		/* what happened before is not seen */
	struct rng rng;
	uint64_t now;
	bool restart_seen;	/* the client's second attempt was, for certain ... */
	uint32_t num_restarted;	/* ... of which so many came, fragments of one flight counted once ... */
	uint32_t last_restarted;	/* the latest copy of these */
	uint32_t num_moved, last_moved;	/* copies from the client's second port, and the latest: see PEER_MOVES */
	bool random_seen;	/* ... one of them with its random */
	bool has_keys[PARTY_MAX];	/* this side was seen to encrypt in the attempt that is judged */
	uint64_t event_ns;	/* the latest event, since the world began */
	struct seen seen[PARTY_MAX];
	struct shown shown[PARTY_MAX][2];	/* at each end, by the client's port; a capture: [0] */
	bool hidden[PARTY_MAX][SIM_MAX_DATAGRAMS + 1];	/* the n-th datagram at this socket was not shown */
	struct libraries libraries;
	struct rng others_rng;	/* of its own: what else is drawn stays the same */
	struct event_other others[PARTY_MAX];	/* as each end tells them */
};

/* Time of the world, of a time of the analysis. */
uint64_t watch_world_time(const struct watch *watch, uint64_t now);

/* All that this observer sees, by time. Returns how many. */
uint32_t watch_arrange(struct watch *watch, struct log_entry *order);

/* said.c: nothing is said yet; and what keeps what is. */
void said_begin(struct watch *watch, enum observer observer);
struct analysis_callbacks said_callbacks(struct watch *watch);

/* The datagrams of this world are new. */
void watch_begin(const struct world *w);

/* Is it shown? Of a datagram that is read: was it when it came? For each entry once, in their order. */
bool watch_shows(struct watch *watch, const struct log_entry *entry);

/* This was seen, or would have been if its event had not been made before: for what is true of what was said. */
void watch_note(struct watch *watch, const struct log_entry *entry);

/* The thread of this end; and an event that its source has lost. */
void watch_set_thread(const struct watch *watch, struct event *ev, enum party_role at);
void watch_lose(struct watch *watch);

/* Pass what happened to the analysis. */
void watch_entry(struct watch *watch, const struct log_entry *entry);

/* Let the analysis look whenever it asked to, until then. */
void watch_advance(struct watch *watch, uint64_t until);

/* Pass the first ClientHello of another client behind the same NAT. */
void watch_neighbour(struct watch *watch);

/* Pass datagrams that are not DTLS, at any time between these two. */
void watch_others(struct watch *watch, uint64_t from, uint64_t to);

#endif
