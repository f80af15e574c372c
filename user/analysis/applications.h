/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose call of a TLS library is it? EVENT_LIBRARY has no socket. Its thread, and its session, tell:
 *
 *	inside	a thread sends or reads a datagram of a handshake while it is in a call of the session: it is of this side
 *	beside	a thread that has read datagrams of one open handshake alone calls the session next; or it has called this session
 *		alone, and sends next. One such observation may be chance, so two are needed that agree.
 *
 * A session that was seen with two sides, and a side that was seen with two sessions, are told nothing of. Memory is bounded: most
 * of it is for sessions, and allocated with the first EVENT_LIBRARY. Internal to the analysis.
 */
#ifndef DTLSNOOP_APPLICATIONS_H
#define DTLSNOOP_APPLICATIONS_H

#include "intake.h"

/* A thread is in as many calls at once, one within the other; others are not followed. */
#define APPLICATIONS_MAX_CALLS 4
/* Threads and sessions that are known. Powers of two. */
#ifndef APPLICATIONS_MAX_THREADS
#define APPLICATIONS_MAX_THREADS 1024u
#endif
#ifndef APPLICATIONS_MAX_SESSIONS
#define APPLICATIONS_MAX_SESSIONS 4096u
#endif

/* NULL if memory is short. Free with applications_free(), which takes NULL, too. */
struct applications *applications_new(const struct analysis_options *opts);
void applications_free(struct applications *all, void (*release)(void *memory));

/* Take in an EVENT_LIBRARY. */
void applications_library(struct analysis *a, const struct event *ev);

/* A datagram of `h`, NULL: of none that is known, was sent or read. */
void applications_datagram(struct analysis *a, const struct event *ev, struct handshake *h);

/* Events were lost: which calls are under way is not known any more. */
void applications_lost(struct applications *all);

#endif
