// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "rungs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "application.h"
#include "crossings.h"
#include "items_text.h"
#include "names.h"

#define FIRST_ROOM 16

/* Is it a datagram that is seen here for the first time, or something that became of one and that matters? */
static bool kind_of(const struct datagram_facts *facts, enum rung_kind *kind)
{
	const struct event *ev = facts->ev;

	switch (ev->kind) {
	case EVENT_SENT: case EVENT_CAPTURED:
		*kind = RUNG_SENT;
		return true;
	case EVENT_QUEUED:
		*kind = RUNG_SENT;
		return !items_were_sent_here(facts);
	case EVENT_DROPPED:
		*kind = RUNG_DROPPED;
		return true;
	case EVENT_SEND_FAILED:
		*kind = RUNG_FAILED;
		return true;
	case EVENT_ICMP_ERROR:
		*kind = RUNG_ERROR;
		return true;
	case EVENT_READ:
		*kind = RUNG_TRUNCATED;
		return items_are_cut(ev);
	default:
		return false;
	}
}

/* Did it arrive at the other one of two hosts? */
static bool is_arrival(const struct event *ev)
{
	return ev->host && ev->kind == EVENT_QUEUED;
}

bool rungs_want(const struct datagram_facts *facts)
{
	enum rung_kind kind;

	return kind_of(facts, &kind) || is_arrival(facts->ev);
}

/* The latest that was sent and has not arrived yet. */
static void note_arrival(struct rungs *rungs, const struct event *ev)
{
	uint64_t identity = crossings_identity(ev);

	for (uint32_t i = rungs->num; identity && i--;)
		if (rungs->list[i].identity == identity && !rungs->list[i].arrived) {
			rungs->list[i].arrived = true;
			return;
		}
}

void rungs_settle(struct rungs *rungs, const struct handshake *h, uint64_t now)
{
	for (uint32_t i = 0; i < rungs->num; i++) {
		struct rung *r = &rungs->list[i];

		bool is_out = r->kind == RUNG_SENT && r->identity && !r->arrived;

		if (is_out && crossings_tell(h, r->from, r->ns, now))
			r->kind = RUNG_LOST;
		r->unknown = is_out && r->kind == RUNG_SENT && crossings_are_seen(h, r->from);
	}
}

/* A text that would have been `len` bytes long. */
static void end_in_dots(struct rung *r, int len)
{
	if (len >= (int)sizeof(r->text))
		strcpy(r->text + sizeof(r->text) - 4, "...");
}

static void describe(struct rung *r, const struct datagram_facts *facts)
{
	static const char *const instead[] = {
		[RUNG_FAILED] = "send failed", [RUNG_ERROR] = "ICMP error came back", [RUNG_TRUNCATED] = "truncated by the read",
	};
	const struct event *ev = facts->ev;
	const char *name = errno_name(ev->error);
	uint8_t flight = items_flight(facts);
	char items[ITEMS_TEXT_LEN], number[8] = "";
	int len;

	if (flight)
		snprintf(number, sizeof(number), "%u ", flight);
	if (r->kind == RUNG_SENT || r->kind == RUNG_DROPPED)
		len = snprintf(r->text, sizeof(r->text), "%s%s%s", number, r->kind == RUNG_DROPPED ? "dropped by the kernel: " : "",
			       items_text(items, facts));
	else
		len = snprintf(r->text, sizeof(r->text), "%s%s%s", instead[r->kind], ev->error && name ? ": " : "",
			       ev->error && name ? name : "");
	end_in_dots(r, len);
	for (uint32_t i = 0; i < ev->num_items; i++)
		r->retransmission |= facts->items[i].retransmission;
}

static bool has_room(struct rungs *rungs)
{
	uint32_t room = rungs->room ? 2 * rungs->room : FIRST_ROOM;
	struct rung *list;

	if (rungs->num < rungs->room)
		return true;
	list = room <= RUNGS_MAX ? realloc(rungs->list, room * sizeof(*list)) : NULL;
	if (!list)
		return false;
	rungs->list = list;
	rungs->room = room;
	return true;
}

static void append(struct rungs *rungs, const struct rung *r)
{
	if (has_room(rungs))
		rungs->list[rungs->num++] = *r;
	else
		rungs->more++;
}

void rungs_add(struct rungs *rungs, const struct datagram_facts *facts)
{
	struct rung r = { .ns = facts->ev->time_ns, .from = facts->from };

	if (is_arrival(facts->ev))
		note_arrival(rungs, facts->ev);
	if (!kind_of(facts, &r.kind))
		return;
	if (facts->ev->host && facts->ev->kind == EVENT_SENT)
		r.identity = crossings_identity(facts->ev);
	describe(&r, facts);
	append(rungs, &r);
}

void rungs_add_error(struct rungs *rungs, const struct library_error_facts *facts)
{
	struct rung r = { .ns = facts->error->last_ns, .from = facts->role, .kind = RUNG_SAID };
	const struct application *app = facts->application;
	char text[APPLICATION_ERROR_LEN];

	end_in_dots(&r, snprintf(r.text, sizeof(r.text), "%s: %s", application_library_name(app->library),
				 application_error_write(text, app, facts->error)));
	append(rungs, &r);
}

void rungs_free(struct rungs *rungs)
{
	free(rungs->list);
	*rungs = (struct rungs){};
}
