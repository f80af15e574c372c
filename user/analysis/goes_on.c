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

void goes_on_datagram(const struct sighting *s, const struct flow *flow)
{
	struct handshake *h;

	if (!flow || !s->content.data || s->h->state != HANDSHAKE_COMPLETED)
		return;
	for (uint32_t i = 0; (h = flow_handshake(flow, i)); i++)
		if (was_begun(h, s))
			h->relations.is_of_stranger = true;
}
