// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "applications_inside.h"

#include <string.h>

#include "place.h"
#include "relations_pairs.h"
#include "table.h"

#include "core.h"

struct applications *applications_new(const struct analysis_options *opts)
{
	struct applications *all = opts->allocate(sizeof(*all));

	if (!all)
		return NULL;
	memset(all, 0, sizeof(*all));
	all->sessions.size = sizeof(struct session);
	all->sessions.key_len = sizeof(struct application_key);
	all->sessions.max = APPLICATIONS_MAX_SESSIONS;
	all->sessions.seed = opts->hash_seed;
	return all;
}

void applications_free(struct applications *all, void (*release)(void *memory))
{
	if (!all)
		return;
	recent_fini(&all->sessions, release);
	release(all);
}

void applications_lost(struct applications *all)
{
	all->losses++;
}

/* Not seeded: a thread that is replaced costs one observation at most. */
static uint32_t thread_hash(const struct thread_key *key)
{
	uint64_t hash = (((uint64_t)key->tid << 32 | key->pid) + key->host) * 0x9e3779b97f4a7c15ULL;

	return hash >> 40 & (APPLICATIONS_MAX_THREADS - 1);
}

/* NULL: it is not known which thread it was. */
static struct thread *thread_of(struct applications *all, const struct event *ev)
{
	struct thread_key key = { .pid = ev->pid, .tid = ev->tid, .host = ev->host };
	struct thread *t;

	if (!(ev->flags & EVENT_OWNER) || !ev->tid)
		return NULL;
	t = &all->threads[thread_hash(&key)];
	if (memcmp(&t->key, &key, sizeof(key)) || t->losses != all->losses)
		*t = (struct thread){ .key = key, .losses = all->losses };
	return t;
}

static struct session *session_find(struct applications *all, const struct event *ev, uint64_t object)
{
	struct application_key key = { .object = object, .pid = ev->pid, .host = ev->host };

	return all->sessions.things ? recent_find(&all->sessions, &key) : NULL;
}

/* NULL if memory is short. */
static struct session *session_get(struct analysis *a, const struct event *ev, uint64_t object)
{
	struct application_key key = { .object = object, .pid = ev->pid, .host = ev->host };
	struct applications *all = a->applications;
	struct session *s;

	if (!all->sessions.things && !recent_init(&all->sessions, a->opts.allocate, a->opts.release))
		return NULL;
	s = recent_get(&all->sessions, &key);
	if (!s->app.serial)
		s->app.serial = ++all->serial;
	return s;
}

/* It goes on with a session: perhaps with what it has read before. */
static void observe_read(struct analysis *a, struct thread *t, struct session *s)
{
	struct handshake *h = t->has_read_others ? NULL : applications_handshake(a, &t->read, t->read_id);

	if (h && handshake_is_open(h) && a->now <= t->read_ns + PASSED_ON_NS)
		applications_observe(a, s, h, t->read_by, false);
	t->read_id = 0;
	t->has_read_others = false;
}

/* --- errors outside of calls: SSL_read(), SSL_write() and the like cannot be seen, and go on with a handshake, too --- */

/* Of the library's sessions of this side, if none is known by its address; no user-space address has this bit. */
static uint64_t object_of_side(uint64_t handshake, enum party_role role)
{
	return UINT64_C(1) << 63 | handshake << 1 | role;
}

static bool text_has(const char text[LIBRARY_TEXT_LEN], const char *part)
{
	return memmem(text, strnlen(text, LIBRARY_TEXT_LEN), part, strlen(part));
}

/*
 * Was it raised by what DTLS needs: OpenSSL's record layer of DTLS, or the part that goes on with a handshake? The thread may have a
 * session over TCP, too, whose SSL_read() cannot be seen either: its record layer, and what both have (ssl_lib.c), do not tell.
 */
static bool may_be_of_dtls(const struct event_library *said)
{
	return text_has(said->function, "dtls") || text_has(said->file, "statem/") || text_has(said->file, "/t1_lib.c") ||
	       text_has(said->file, "_d1.c") || text_has(said->file, "/d1_");
}

/*
 * An error between two datagrams of one side, or twice after one that was read, is of the session of that side. It may have
 * become known by another call.
 */
static void take_lone_error(struct analysis *a, struct thread *t, const struct event *ev)
{
	struct handshake *h = a->now <= t->latest_ns + PASSED_ON_NS ? applications_handshake(a, &t->latest, t->latest_id) : NULL;
	const struct application *known = h ? application_at(&h->party[t->latest_by].application) : NULL;
	const struct event_library *said = event_library(ev);
	struct session *s;

	if (!h || t->has_read_others || said->call != LIBRARY_ERROR || !may_be_of_dtls(said) || !(known ? !known->is_freed : handshake_is_open(h)))
		return;
	s = session_get(a, ev, known ? known->key.object : object_of_side(h->id, t->latest_by));
	if (!s || (known && &s->app != known))
		return;
	application_take(&s->app, said, false, a->now);
	t->failed = s->app.key.object;
	/* What was read is one observation, however many errors come of it. */
	if (t->latest_is_read && !t->called)
		applications_observe(a, s, h, t->latest_by, false);
	else
		applications_tell_errors(a, s, h);
	t->latest_is_read = false;
}

/* --- calls --- */

static bool is_under_way(const struct thread *t, uint64_t object, uint8_t call)
{
	for (uint32_t i = 0; i < t->num_calls; i++)
		if (t->calls[i].object == object && t->calls[i].call == call)
			return true;
	return false;
}

static void begin_call(struct thread *t, uint64_t object, uint8_t call)
{
	/* So many calls at once are more likely returns that were not seen. */
	if (t->num_calls == APPLICATIONS_MAX_CALLS)
		t->num_calls = 0;
	t->calls[t->num_calls++] = (struct call){ .object = object, .call = call };
	if (call != LIBRARY_HANDSHAKE && call != LIBRARY_TIMER_HANDLED)
		return;
	if (t->called && t->called != object)
		t->has_called_others = true;
	t->called = object;
}

static void end_call(struct thread *t, uint64_t object, uint8_t call)
{
	for (uint32_t i = t->num_calls; i > 0; i--) {
		if (t->calls[i - 1].object != object || t->calls[i - 1].call != call)
			continue;
		t->num_calls = i - 1;
		return;
	}
}

/* A source leaves out what a thread says more often than some hundred times a second: what is not seen was perhaps said. */
static bool is_too_busy(struct thread *t, uint64_t now)
{
	if (now >= t->busy_ns + SECOND) {
		t->busy_ns = now;
		t->num_busy = 0;
	}
	return ++t->num_busy > APPLICATIONS_MANY;
}

/* The session of an event: an error has none of its own, but the thread is in a call of one. */
static uint64_t object_of(const struct thread *t, const struct event_library *said)
{
	if (said->object || said->step != LIBRARY_ONCE || !t->num_calls)
		return said->object;
	return t->calls[t->num_calls - 1].object;
}

void applications_library(struct analysis *a, const struct event *ev)
{
	const struct event_library *said = event_library(ev);
	struct applications *all = a->applications;
	struct thread *t = thread_of(all, ev);
	uint64_t object = t ? object_of(t, said) : 0;
	struct session *s;
	bool is_outermost;

	if (t && !object)
		take_lone_error(a, t, ev);
	if (!object)
		return;
	s = session_get(a, ev, object);
	if (!s)
		return;
	s->app.may_lack_calls |= is_too_busy(t, a->now);
	is_outermost = !t->num_calls;
	if (said->step == LIBRARY_RETURNED)
		end_call(t, object, said->call);
	application_take(&s->app, said, is_under_way(t, object, LIBRARY_HANDSHAKE), a->now);
	if (said->step == LIBRARY_ENTERED) {
		begin_call(t, object, said->call);
		if (is_outermost && said->call == LIBRARY_HANDSHAKE)
			observe_read(a, t, s);
	}
	if (s->app.error_ns == a->now)
		applications_tell_errors(a, s, applications_handshake(a, &s->handshake, s->app.handshake));
	/* Its address may be that of another one from now on. */
	if (said->call == LIBRARY_FREED)
		recent_hide(&all->sessions, s);
}

/* --- datagrams --- */

/* In which call of a session is the thread that may send and read for it? 0: in none. */
static uint64_t session_inside(const struct thread *t)
{
	const struct call *innermost = &t->calls[t->num_calls - 1];

	return innermost->call == LIBRARY_HANDSHAKE || innermost->call == LIBRARY_TIMER_HANDLED ? innermost->object : 0;
}

static void note_read(struct thread *t, const struct handshake *h, enum party_role by, uint64_t now)
{
	/* What comes after the handshake need not be passed to a call that goes on with one. */
	if (h && !handshake_is_open(h))
		return;
	if (!h || (t->read_id && (t->read_id != h->id || t->read_by != by))) {
		t->has_read_others = true;
		return;
	}
	t->read_id = h->id;
	t->read_ns = now;
	t->read_by = by;
	t->read = relations_name(h);
}

/* The session that this datagram shows to be of its side, NULL: none is. */
static struct session *session_shown(struct applications *all, const struct thread *t, const struct event *ev, const struct handshake *h)
{
	uint64_t object = 0;

	if (t->num_calls)
		object = session_inside(t);
	else if (ev->kind == EVENT_SENT && t->called && !t->has_called_others)
		object = t->called;
	else if (ev->kind == EVENT_SENT && !t->called && t->latest_id == h->id && ev->time_ns <= t->latest_ns + PASSED_ON_NS)
		object = t->failed;
	return object ? session_find(all, ev, object) : NULL;
}

/* It read a datagram of its peer's latest flight. */
static void count_read(struct application *app, uint8_t flight, bool is_inside, uint64_t now)
{
	if (app->reads_flight != flight) {
		app->reads = app->reads_passed = app->reads_pending = 0;
		app->reads_flight = flight;
		app->reads_ns = now;
	}
	app->reads++;
	if (is_inside)
		app->reads_passed++;
	else
		app->reads_pending++;
}

void applications_datagram(struct analysis *a, const struct event *ev, struct handshake *h)
{
	struct applications *all = a->applications;
	struct thread *t = thread_of(all, ev);
	struct session *s = t && h ? session_shown(all, t, ev, h) : NULL;
	struct application *app;
	enum party_role role;

	if (!t)
		return;
	if (ev->kind == EVENT_READ && !t->num_calls)
		note_read(t, h, h ? place_role(h, ev) : PARTY_CLIENT, a->now);
	t->called = t->failed = t->latest_id = 0;
	t->has_called_others = false;
	if (!h)
		return;
	role = place_role(h, ev);
	t->latest = relations_name(h);
	t->latest_id = h->id;
	t->latest_ns = a->now;
	t->latest_by = role;
	t->latest_is_read = ev->kind == EVENT_READ;
	if (s)
		applications_observe(a, s, h, role, t->num_calls);
	app = (struct application *)application_at(&h->party[role].application);
	if (!app || app->handshake != h->id || app->role != role)
		return;
	app->is_nonblocking = ev->flags & EVENT_NONBLOCKING;
	if (ev->kind == EVENT_READ)
		count_read(app, h->party[party_peer(role)].flight, s && t->num_calls, a->now);
	else if (!s || !t->num_calls)
		app->sent_outside++;
}
