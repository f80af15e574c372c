// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "early_data.h"

#include "sighting.h"

#include "core.h"

/* Has the datagram an encrypted record of this content type? Sets the number of the first one. */
static bool has_record(const struct event *ev, uint8_t content_type, uint64_t *out_number)
{
	for (uint32_t i = 0; i < ev->num_items; i++) {
		const struct dtls_record *rec = &ev->items[i].record;

		if (rec->kind != DTLS_ITEM_RECORD || !rec->epoch || rec->content_type != content_type)
			continue;
		*out_number = rec->sequence;
		return true;
	}
	return false;
}

/* Data of its sender, which has not been seen to send its Finished. */
static void take_unfinished(const struct sighting *s, uint64_t number)
{
	struct early_data *early = &sighting_sender(s)->early_data;

	early->came |= s->point == POINT_SENT && sighting_view(s)->ccs_ns;
	if (!early->is_unsure || number < early->number)
		early->number = number;
	early->is_unsure = true;
}

/* The first data of its sender. One end is on this host, so that it is known whether that got, or sent, the Finished. */
static void take_first(const struct sighting *s)
{
	enum party_role peer = party_peer(s->from);
	struct early_data *early = &sighting_sender(s)->early_data;

	if (s->h->party[peer].view[handshake_receiving_point(s->h, peer)].finished_ns)
		return;
	early->came |= !s->h->captured;
	early->lacks_peers = true;
}

/*
 * The first Finished of its sender that is seen. If it has the number just before that of data that came earlier, the two
 * changed places on the way; a later number is that of a copy, and the first may be missing.
 */
static void take_finished(const struct sighting *s, uint64_t number)
{
	struct early_data *own = &sighting_sender(s)->early_data, *peers = &s->h->party[party_peer(s->from)].early_data;

	own->came |= own->is_unsure && own->number == number + 1;
	peers->came |= peers->lacks_peers && !number;
}

void early_data_datagram(const struct sighting *s)
{
	const struct handshake *h = s->h;
	const struct view *view = sighting_view(s);
	uint64_t number;

	if (!s->counts || h->is_dtls13 || h->events_lost || h->ended_ns || h->late)
		return;
	if (view->finished_ns == s->now && has_record(s->ev, DTLS_CT_HANDSHAKE, &number))
		take_finished(s, number);
	if (!has_record(s->ev, DTLS_CT_APPLICATION_DATA, &number))
		return;
	if (!view->finished_ns)
		take_unfinished(s, number);
	if (view->data_ns == s->now)
		take_first(s);
}
