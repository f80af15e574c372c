/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Internal to applications*.c: threads, sessions, and what shows whose they are. */
#ifndef DTLSNOOP_APPLICATIONS_INSIDE_H
#define DTLSNOOP_APPLICATIONS_INSIDE_H

#include "applications.h"

/* What a thread reads, it passes on so soon, or not at all. */
#define PASSED_ON_NS (100 * MILLISECOND)

/* Calls, returns and errors of a thread in a second; with more, some may have been left out. */
#define APPLICATIONS_MANY 150

struct thread_key {
	uint32_t pid, tid;
	uint32_t host;		/* event.host */
	uint32_t zero;
};

struct call {
	uint64_t object;
	uint8_t call;		/* enum event_library_call */
};

struct thread {
	struct thread_key key;
	uint64_t losses;	/* see struct applications */
	uint64_t busy_ns;	/* a second begins, in which ... */
	uint32_t num_busy;	/* ... it has called its libraries so often */
	struct call calls[APPLICATIONS_MAX_CALLS];	/* under way, the innermost last */
	uint32_t num_calls;
	/* Since it last called a session: the handshake whose datagrams it has read; id 0: none. Its name stays. */
	struct identity read;
	uint64_t read_id;
	uint64_t read_ns;	/* the latest */
	uint8_t read_by;	/* enum party_role */
	bool has_read_others;
	/* The handshake of its latest datagram, id 0: none; and the session of an error that came since, outside of a call. */
	struct identity latest;
	uint64_t latest_id, latest_ns;
	uint8_t latest_by;
	bool latest_is_read;
	uint64_t failed;
	/* Since it last sent or read: the session that it has called; 0: none. */
	uint64_t called;
	bool has_called_others;
};

struct session {
	struct application app;	/* must be first */
	struct identity handshake;	/* valid if app.handshake is */
	uint32_t num_told, num_chances;
};

struct applications {
	struct thread threads[APPLICATIONS_MAX_THREADS];	/* by a hash of the key; a new one may replace another */
	struct recent sessions;
	uint64_t serial;	/* of the latest session */
	uint64_t losses;	/* how often events were lost: what a thread did before is not known any more */
};

/* The handshake with this name and id; NULL: it is gone, or has another name by now. */
struct handshake *applications_handshake(struct analysis *a, const struct identity *name, uint64_t id);

/* Something shows that the session is of this side: inside of a call of it, or beside one. */
void applications_observe(struct analysis *a, struct session *s, struct handshake *h, enum party_role role, bool is_inside);

/* Tell each error of it once, as soon as it is known whose it is; and look at the handshake again. `h` may be NULL. */
void applications_tell_errors(struct analysis *a, struct session *s, struct handshake *h);

#endif
