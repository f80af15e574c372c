// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "applications.h"

#include <string.h>

#include "check.h"
#include "place.h"
#include "relations_pairs.h"
#include "table.h"

#include "core.h"

/* What a thread reads, it passes on so soon, or not at all. */
#define PASSED_ON_NS (100 * MILLISECOND)

/* Of one session, so many lines are told. */
#define MAX_TOLD 16

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
	struct call calls[APPLICATIONS_MAX_CALLS];	/* under way, the innermost last */
	uint32_t num_calls;
	/* Since it last called a session: the handshake whose datagrams it has read; id 0: none. */
	struct identity read;
	uint64_t read_id;
	uint64_t read_ns;	/* the latest */
	uint8_t read_by;	/* enum party_role */
	bool has_read_others;
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

/* --- what is known by now --- */

static struct handshake *handshake_of(struct analysis *a, const struct identity *name, uint64_t id)
{
	struct handshake *h = id ? table_find(a->table, name) : NULL;

	return h && h->id == id ? h : NULL;
}

/* Tell each error of it once, as soon as it is known whose it is; and look at the handshake again. */
static void tell_errors(struct analysis *a, struct session *s, struct handshake *h)
{
	struct application *app = &s->app;

	if (!h || application_of(h, app->role) != app)
		return;
	if (handshake_is_open(h) && app->error_ns == a->now)
		table_watch(a->table, h, check_deadline(a, a->now));
	for (uint32_t i = 0; i < app->errors_held; i++) {
		struct library_error_facts facts = { .handshake = h, .role = app->role, .application = app, .error = &app->errors[i] };

		if (app->errors[i].was_told || s->num_told == MAX_TOLD)
			continue;
		app->errors[i].was_told = true;
		s->num_told++;
		if (a->callbacks.library_error)
			a->callbacks.library_error(a->callbacks.ctx, &facts);
	}
}

/* --- whose it is --- */

/* Another session was seen with that side. Which of them is of it? */
static void note_two(struct application *before, struct application *app, bool is_inside)
{
	bool is_new_surer = is_inside && !before->num_inside, is_old_surer = !is_inside && before->num_inside;

	if (!is_new_surer)
		app->is_mixed = true;
	if (!is_old_surer)
		before->is_mixed = true;
}

/*
 * It was seen with another side before. May that have been chance, so that this one is right? What happened beside a call may, once:
 * nothing was said then.
 */
static bool was_chance(struct applications *all, struct session *s, bool is_inside)
{
	struct application *app = &s->app;

	if (app->num_inside) {
		app->is_mixed |= is_inside;
		return false;
	}
	if (!is_inside && (app->num_beside > 1 || s->num_chances++)) {
		app->is_mixed = true;
		return false;
	}
	app->num_beside = app->sent_outside = 0;
	/* No side refers to it any more. */
	app->serial = ++all->serial;
	return true;
}

static void observe(struct analysis *a, struct session *s, struct handshake *h, enum party_role role, bool is_inside)
{
	struct application_ref *ref = &h->party[role].application;
	struct application *app = &s->app, *before = (struct application *)application_at(ref);

	if (app->handshake && (app->handshake != h->id || app->role != role) && !was_chance(a->applications, s, is_inside))
		return;
	if (before && before != app && !before->is_freed)
		note_two(before, app, is_inside);
	app->handshake = h->id;
	app->role = role;
	s->handshake = relations_name(h);
	if (is_inside)
		app->num_inside++;
	else
		app->num_beside++;
	if (!app->is_mixed)
		*ref = (struct application_ref){ .at = app, .serial = app->serial };
	tell_errors(a, s, h);
}

/* It goes on with a session: perhaps with what it has read before. */
static void observe_read(struct analysis *a, struct thread *t, struct session *s)
{
	struct handshake *h = t->has_read_others ? NULL : handshake_of(a, &t->read, t->read_id);

	if (h && handshake_is_open(h) && a->now <= t->read_ns + PASSED_ON_NS)
		observe(a, s, h, t->read_by, false);
	t->read_id = 0;
	t->has_read_others = false;
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

	if (!object)
		return;
	s = session_get(a, ev, object);
	if (!s)
		return;
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
		tell_errors(a, s, handshake_of(a, &s->handshake, s->app.handshake));
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
static struct session *session_shown(struct applications *all, const struct thread *t, const struct event *ev)
{
	uint64_t object = 0;

	if (t->num_calls)
		object = session_inside(t);
	else if (ev->kind == EVENT_SENT && !t->has_called_others)
		object = t->called;
	return object ? session_find(all, ev, object) : NULL;
}

void applications_datagram(struct analysis *a, const struct event *ev, struct handshake *h)
{
	struct applications *all = a->applications;
	struct thread *t = thread_of(all, ev);
	struct session *s = t && h ? session_shown(all, t, ev) : NULL;
	struct application *app;
	enum party_role role;

	if (!t)
		return;
	if (ev->kind == EVENT_READ && !t->num_calls)
		note_read(t, h, h ? place_role(h, ev) : PARTY_CLIENT, a->now);
	t->called = 0;
	t->has_called_others = false;
	if (!h)
		return;
	role = place_role(h, ev);
	if (s)
		observe(a, s, h, role, t->num_calls);
	app = (struct application *)application_at(&h->party[role].application);
	if (!app || app->handshake != h->id || app->role != role)
		return;
	app->is_nonblocking = ev->flags & EVENT_NONBLOCKING;
	if (ev->kind == EVENT_SENT && !(s && t->num_calls))
		app->sent_outside++;
}
