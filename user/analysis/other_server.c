// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "other_server.h"

#include <string.h>

#include "attempts.h"
#include "flights.h"
#include "handshake.h"
#include "sighting.h"
#include "unheeded.h"

#include "core.h"

/* Is it a part of flight 4, which both servers repeat? */
static bool is_of_flight4(const struct handshake *h, const struct event *ev)
{
	const struct dtls_record *rec = &ev->items[0].record;

	if (ev->num_items > 1 && ev->items[1].kind == DTLS_ITEM_MESSAGE)
		return flight_of_message(h, PARTY_SERVER, &ev->items[1].message) == FLIGHT_SERVER_HELLO;
	if (rec->flags & DTLS_RECORD_UNIFIED)
		return rec->epoch == 2;
	return flight_of_record(h, PARTY_SERVER, rec) == FLIGHT_SERVER_HELLO;
}

static bool has_answered(const struct handshake *h)
{
	return h->party[PARTY_CLIENT].flight == FLIGHT_CLIENT_FINISHED;
}

bool other_server_contradicts(const struct handshake *h, const struct event *ev, enum party_role from)
{
	return from == PARTY_SERVER && has_answered(h) && attempts_compare_random(h, ev, from) < 0;
}

/* The network does not delay a duplicate longer; retransmissions may have the same record numbers. */
#define DUPLICATE_NS (SECOND / 5)

static void count_hello(const struct sighting *s, bool is_other)
{
	struct handshake *h = s->h;
	struct other_server *other = &h->other_server;
	uint8_t *num = is_other ? &other->num : &other->num_own;
	uint64_t *last_ns = is_other ? &other->last_ns : &other->last_own_ns;

	if ((!*last_ns || s->now - *last_ns >= DUPLICATE_NS) && *num < UINT8_MAX) {
		++*num;
		*last_ns = s->now;
	}
	other->is_contested |= is_other && !has_answered(h);
	if (!is_other || other->is_contested || !other_server_is_known(other))
		return;
	/* What it has repeated before that does not count either. */
	memset(&h->repeats, 0, sizeof(h->repeats));
	unheeded_restore(h, PARTY_SERVER);
}

bool other_server_sent(const struct sighting *s)
{
	struct handshake *h = s->h;
	int random = attempts_compare_random(h, s->ev, s->from);

	if (s->from != PARTY_SERVER || !s->ev->num_items || s->point == POINT_SENT)
		return false;
	if (random)
		count_hello(s, random < 0);
	/* What its socket on this host has sent is known: see unsent.h, too. */
	if (h->party[PARTY_SERVER].view[POINT_SENT].any)
		return random < 0;
	if (!has_answered(h) || !is_of_flight4(h, s->ev))
		return false;
	if (h->other_server.is_contested)	/* the one with which it is complete has no reason to repeat its flight */
		return h->state == HANDSHAKE_COMPLETED && other_server_is_known(&h->other_server);
	return random < 0 || (!random && other_server_is_known(&h->other_server));
}
