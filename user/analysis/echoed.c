// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "echoed.h"

#include <string.h>

#include "attribute.h"
#include "handshake_hello.h"
#include "sighting.h"
#include "table.h"

#include "core.h"

static bool has_random(const struct handshake *h, const struct hello *hello)
{
	return !memcmp(hello->random, h->client_random, sizeof(h->client_random)) ||
	       (h->has_first_random && !memcmp(hello->random, h->first_random, sizeof(h->first_random)));
}

/* A part of the ClientHello without its beginning, which has come back already. */
static bool is_rest(const struct handshake *h, const struct event *ev)
{
	struct hello_fragment part;

	return h->relations.echo.num && handshake_hello_fragment(ev, ev->hello_item, PARTY_CLIENT, &part) &&
	       part.msg->msg_type == DTLS_MT_CLIENT_HELLO && part.msg->length == h->client_hello.length;
}

/* The alert with which the client refuses its own ClientHello comes back, too. */
static bool is_alert(const struct handshake *h, const struct event *ev)
{
	const struct dtls_record *rec = &ev->items[0].record;

	return h->relations.echo.num && ev->num_items == 1 && rec->kind == DTLS_ITEM_RECORD &&
	       rec->content_type == DTLS_CT_ALERT && !rec->epoch && h->alert.ns && h->alert.from == PARTY_CLIENT &&
	       rec->alert_level == h->alert.level && rec->alert_description == h->alert.description;
}

bool echoed_is(const struct handshake *h, const struct event *ev, enum party_role from)
{
	struct hello hello;

	if (from != PARTY_SERVER)
		return false;
	if (attribute_client_hello(ev, &hello))
		return has_random(h, &hello);
	return is_rest(h, ev) || is_alert(h, ev);
}

struct handshake *echoed_rest(const struct flow *flow, const struct event *ev)
{
	struct handshake *h;

	for (uint32_t i = 0; flow && (h = flow_handshake(flow, i)); i++)
		if (echoed_is(h, ev, attribute_sender(h, ev)))
			return h;
	return NULL;
}

void echoed_take(const struct sighting *s)
{
	struct relations *r = &s->h->relations;
	struct hello hello;

	if (!attribute_client_hello(s->ev, &hello) || (s->point != POINT_SENT && r->echo.is_sent_here))
		return;
	r->echo.is_sent_here = s->point == POINT_SENT;
	r->echo.num += r->echo.num < ECHOES_MAX;
}

bool echoed_is_all(const struct handshake *h)
{
	const struct relations *r = &h->relations;
	bool is_refused = h->alert.ns && h->alert.from == PARTY_CLIENT;

	return r->echo.num >= (r->echo.is_sent_here || is_refused ? 1 : 2) && !h->party[PARTY_SERVER].flight;
}
