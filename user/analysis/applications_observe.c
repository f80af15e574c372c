// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which side a session is of. */
#include "applications_inside.h"

#include "check.h"
#include "relations_pairs.h"
#include "table.h"

#include "core.h"

/* Of one session, so many lines are told. */
#define MAX_TOLD 16

/* --- what is known by now --- */

struct handshake *applications_handshake(struct analysis *a, const struct identity *name, uint64_t id)
{
	struct handshake *h = id ? table_find(a->table, name) : NULL;

	return h && h->id == id ? h : NULL;
}

void applications_tell_errors(struct analysis *a, struct session *s, struct handshake *h)
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

void applications_observe(struct analysis *a, struct session *s, struct handshake *h, enum party_role role, bool is_inside)
{
	struct application_ref *ref = &h->party[role].application;
	struct application *app = &s->app, *before = (struct application *)application_at(ref);

	if (app->handshake && (app->handshake != h->id || app->role != role) && !was_chance(a->applications, s, is_inside))
		return;
	if (before && before != app && before->key.object >> 63)
		application_take_over(app, before);
	else if (before && before != app && !before->is_freed)
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
	applications_tell_errors(a, s, h);
}
