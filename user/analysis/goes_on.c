// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "goes_on.h"

#include "sighting.h"
#include "table.h"

#include "core.h"

/* Did the sender of `s` begin this handshake, as far as its ClientHello says, so long ago that the data cannot be older? */
static bool was_begun(const struct handshake *h, const struct sighting *s)
{
	const struct party *client = &h->party[PARTY_CLIENT];

	return h->started_ns > s->h->started_ns && s->now - h->started_ns > DELAY_NS && client->flight &&
	       !h->party[PARTY_SERVER].flight && !client->view[POINT_SENT].any &&
	       endpoint_equals(&client->address, &sighting_sender(s)->address);
}

/* Has it something that only an end of the association sends, and not again what it sent before? Copies of a flight may be anybody's. */
static bool is_of_association(const struct sighting *s)
{
	for (uint32_t i = 0; i < s->ev->num_items; i++) {
		const struct dtls_record *rec = &s->ev->items[i].record;

		if (rec->kind == DTLS_ITEM_RECORD && rec->epoch && !s->items[i].flight && !s->items[i].duplicate)
			return true;
	}
	return false;
}

void goes_on_datagram(struct table *table, const struct sighting *s, const struct flow *flow)
{
	struct handshake *h;

	if (!flow || s->h->state != HANDSHAKE_COMPLETED || !is_of_association(s))
		return;
	for (uint32_t i = 0; (h = flow_handshake(flow, i)); i++) {
		if (h->relations.is_of_stranger || !was_begun(h, s))
			continue;
		h->relations.is_of_stranger = true;
		if (handshake_is_faulty(h))
			table_watch(table, h, s->now);
	}
}
