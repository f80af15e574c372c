// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "libraries.h"

#include <assert.h>
#include <string.h>

#include "watch.h"

#define SESSION(role) (UINT64_C(0x7f0000001000) + 0x1000 * (role))
/* Of something else in the same process. */
#define OTHER_SESSION 0x7f00000f0000

#define AREA_SSL 20
#define AREA_PEM 9
#define NO_START_LINE 108
#define NO_SHARED_CIPHER 193
#define READ_TIMEOUT_EXPIRED 312
#define PEERS_ALERT 1048

void libraries_begin(struct watch *watch, uint64_t seed)
{
	struct libraries *l = &watch->libraries;

	*l = (struct libraries){ .rng = { seed * 31 + 7 } };
	l->one_thread = rng_chance(&l->rng, 25);
	for (int role = 0; role < PARTY_MAX; role++) {
		struct library *lib = &l->of[role];

		lib->kind = rng_below(&l->rng, 3);
		lib->is_nonblocking = rng_chance(&l->rng, 60);
		/* Whoever drives its timer may do so by the handshake alone. */
		lib->asks = rng_chance(&l->rng, 70);
		if (watch->w->sc->fault == FAULT_NO_TIMER && (int)watch->w->sc->fault_side == role)
			lib->asks = rng_chance(&l->rng, 20);
	}
}

/* Both ends have one thread, or each its own. */
static void say(struct watch *watch, enum party_role at, uint64_t time, struct event_library said, bool lost)
{
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LIBRARY];
	} u = { .ev = { .size = EVENT_SIZE_LIBRARY, .abi = EVENT_ABI, .kind = EVENT_LIBRARY, .flags = EVENT_OWNER } };

	said.library = LIBRARY_OPENSSL;
	u.ev.time_ns = START + time;
	watch_set_thread(watch, &u.ev, at);
	memcpy(u.ev.items, &said, sizeof(said));
	if (lost && rng_chance(&watch->libraries.rng, 70)) {
		watch_lose(watch);
		return;
	}
	if (watch->recording)
		recording_event(watch->recording, &u.ev, u.ev.size);
	analysis_event(watch->analysis, &u.ev, u.ev.size);
}

static void enter(struct watch *watch, const struct log_entry *entry, uint8_t call, uint64_t object, bool lost)
{
	say(watch, entry->at, entry->time, (struct event_library){ .call = call, .step = LIBRARY_ENTERED, .object = object }, lost);
}

static void leave(struct watch *watch, const struct log_entry *entry, uint8_t call, uint64_t object, uint64_t timer_ns, bool lost)
{
	say(watch, entry->at, entry->time, (struct event_library){ .call = call, .step = LIBRARY_RETURNED, .object = object, .result = -1,
								    .timer_ns = timer_ns }, lost);
}

static void fail(struct watch *watch, const struct log_entry *entry, uint32_t area, uint32_t reason, bool lost)
{
	say(watch, entry->at, entry->time, (struct event_library){ .call = LIBRARY_ERROR, .area = area, .reason = reason,
								    .function = "a_function", .file = "a_file.c", .line = 1 }, lost);
}

/* Within a call: errors that mean nothing, and the reason of a side that is silent by what the scenario has in store. */
static void fail_perhaps(struct watch *watch, const struct log_entry *entry, bool lost)
{
	const struct scenario *sc = watch->w->sc;
	struct libraries *l = &watch->libraries;
	struct library *lib = &l->of[entry->at];
	bool is_silent = sc->fault == FAULT_SILENT && sc->fault_side == entry->at && watch->w->fault_ns &&
			 entry->time >= watch->w->fault_ns && entry->kind == LOG_READ;

	if (rng_chance(&l->rng, 5))
		fail(watch, entry, AREA_PEM, NO_START_LINE, lost);
	if (rng_chance(&l->rng, 5))
		fail(watch, entry, AREA_SSL, rng_chance(&l->rng, 50) ? READ_TIMEOUT_EXPIRED : PEERS_ALERT, lost);
	/* An application may clear it and go on. */
	if (!rng_chance(&l->rng, is_silent ? 60 : 3))
		return;
	fail(watch, entry, AREA_SSL, NO_SHARED_CIPHER, lost);
	lib->has_failed = true;
}

static bool is_of_library(const struct watch *watch, const struct log_entry *entry)
{
	return (entry->kind == LOG_SENT || entry->kind == LOG_READ) && !observer_is_tap(watch->out->observer) &&
	       watch->libraries.of[entry->at].kind != LIBRARY_NOT_SEEN;
}

/* A call without a datagram. */
static void call(struct watch *watch, const struct log_entry *entry, uint8_t which, uint64_t object, uint64_t timer_ns, bool lost)
{
	enter(watch, entry, which, object, lost);
	if (which == LIBRARY_HANDSHAKE && object == SESSION(entry->at))
		fail_perhaps(watch, entry, lost);
	leave(watch, entry, which, object, timer_ns, lost);
}

void libraries_before(struct watch *watch, const struct log_entry *entry, bool lost)
{
	struct libraries *l = &watch->libraries;
	struct library *lib = &l->of[entry->at];

	if (!is_of_library(watch, entry))
		return;
	if (entry->kind == LOG_SENT)
		lib->has_failed = false;
	/* Its thread serves others, too. */
	if (lib->kind == LIBRARY_WITH_SOCKET && !lib->in_call && rng_chance(&l->rng, 10))
		call(watch, entry, LIBRARY_TIMER_ASKED, OTHER_SESSION, LIBRARY_NO_TIMER, lost);
	if (lib->kind == LIBRARY_WITH_SOCKET && !lib->in_call) {
		/* A thread is in one call at a time. */
		if (l->one_thread && l->of[party_peer(entry->at)].in_call) {
			leave(watch, entry, LIBRARY_HANDSHAKE, SESSION(party_peer(entry->at)), 0, lost);
			l->of[party_peer(entry->at)].in_call = false;
		}
		enter(watch, entry, LIBRARY_HANDSHAKE, SESSION(entry->at), lost);
		lib->in_call = true;
	} else if (lib->kind == LIBRARY_WITH_MEMORY && entry->kind == LOG_SENT) {
		if (l->one_thread && l->of[party_peer(entry->at)].in_call) {
			leave(watch, entry, LIBRARY_HANDSHAKE, SESSION(party_peer(entry->at)), 0, lost);
			l->of[party_peer(entry->at)].in_call = false;
		}
		call(watch, entry, rng_chance(&l->rng, 50) ? LIBRARY_HANDSHAKE : LIBRARY_TIMER_HANDLED, SESSION(entry->at), 0, lost);
		lib->has_failed = false;
	}
}

void libraries_after(struct watch *watch, const struct log_entry *entry, bool lost)
{
	struct libraries *l = &watch->libraries;
	struct library *lib = &l->of[entry->at];

	if (!is_of_library(watch, entry))
		return;
	if (lib->kind == LIBRARY_WITH_MEMORY && entry->kind == LOG_READ)
		call(watch, entry, LIBRARY_HANDSHAKE, SESSION(entry->at), 0, lost);
	if (lib->in_call && entry->kind == LOG_READ)
		fail_perhaps(watch, entry, lost);
	/* A blocking call goes on for longer. */
	if (lib->in_call && rng_chance(&l->rng, lib->is_nonblocking ? 100 : 30)) {
		leave(watch, entry, LIBRARY_HANDSHAKE, SESSION(entry->at), 0, lost);
		lib->in_call = false;
	}
	if (!lib->in_call && entry->kind == LOG_SENT && lib->asks) {
		lib->num_asked++;
		call(watch, entry, LIBRARY_TIMER_ASKED, SESSION(entry->at), rng_magnitude(&l->rng, 1000, 60 * SECOND), lost);
	}
}

void libraries_check(const struct watch *watch, const struct handshake *h, const struct verdict *words)
{
	for (int role = 0; role < PARTY_MAX; role++) {
		const struct application *app = application_of(h, role);
		const struct library *lib = &watch->libraries.of[role];

		/* After a loss, a call of another session may seem to go on; nothing is said then. */
		assert(!app || h->events_lost || app->key.object == SESSION(role));
		/* The end of it may be something that it sends. */
		if (h->verdict.code == VERDICT_LIBRARY_ERROR && (int)h->verdict.role == role)
			assert((lib->has_failed || !handshake_is_open(h)) && !h->events_lost);
		if (h->verdict.code == VERDICT_NOT_RETRANSMITTING && (int)h->verdict.role == role && strstr(words->summary, "asked its DTLS timer"))
			assert(!lib->num_asked && (lib->is_nonblocking || lib->kind == LIBRARY_WITH_MEMORY));
	}
}
