// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "translated.h"

#include <string.h>

#include "analysis.h"

#include "core.h"

/* Not seeded: a replaced slot costs the diagnosis of one translated socket at most. */
static struct socket_address *slot_of(struct translated *t, uint64_t socket)
{
	uint64_t hash = (socket ^ 0x9e3779b9) * 0x9e3779b97f4a7c15ULL;

	return &t->sockets[hash >> 56 & (NUM_TRANSLATED - 1)];
}

static bool is_equal(const struct event_endpoint *a, const struct event_endpoint *b)
{
	return a->port == b->port && !memcmp(a->ip, b->ip, sizeof(a->ip));
}

const struct event *translated_back(struct translated *t, const struct event *ev)
{
	struct socket_address *known = slot_of(t, ev->socket);
	bool is_peer;

	/* Between hosts, a socket may have as many addresses as its peers know. */
	if (ev->flags & EVENT_TRANSLATED)
		return ev;
	if (!ev->socket || !ev->local.port || ev->size > sizeof(t->copy))
		return ev;
	/* A failed send may have a wildcard. */
	if (known->socket != ev->socket && ev->kind != EVENT_SENT && ev->kind != EVENT_QUEUED)
		return ev;
	if (known->socket != ev->socket)
		*known = (struct socket_address){ ev->socket, ev->local, ev->remote, event_is_outgoing(ev) };
	is_peer = is_equal(&ev->remote, &known->remote);
	/* A socket may have several addresses. But what it sent from one, no peer answers to another. */
	if (ev->local.port == known->local.port && !(is_peer && known->is_sent && !event_is_outgoing(ev)))
		return ev;
	if (is_equal(&ev->local, &known->local))
		return ev;
	memcpy(&t->copy, ev, ev->size);
	t->copy.ev.local.port = known->local.port;
	if (is_peer)
		memcpy(t->copy.ev.local.ip, known->local.ip, sizeof(known->local.ip));
	return &t->copy.ev;
}
