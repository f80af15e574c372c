// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "contested.h"

#include "flights.h"

#include "core.h"

static struct message *find_other(struct party *party, const struct dtls_message *msg)
{
	for (uint32_t i = 0; i < party->num_messages; i++) {
		struct message *known = &party->messages[i];

		if (contested_counts_anew(known->msg_type, msg))
			continue;
		if (known->message_seq == msg->message_seq &&
		    (known->msg_type != msg->msg_type || known->length != msg->length))
			return known;
	}
	return NULL;
}

struct message *contested_message(struct handshake *h, enum party_role from, const struct dtls_message *msg)
{
	struct party *party = &h->party[from];
	struct message *other = find_other(party, msg);

	/* What was sent on this host is real. */
	if (!other || party->view[POINT_SENT].any || other->datagrams > 1)
		return NULL;
	if (flight_is_beyond(h, from, other))
		return other;
	if (h->flights[other->flight].complete || h->party[party_peer(from)].flight > other->flight)
		return NULL;
	return other;
}

bool contested_fits(struct handshake *h, const struct event *ev, enum party_role from)
{
	bool any = false;

	for (uint32_t i = 0; i < ev->num_items && handshake_is_open(h); i++) {
		const struct dtls_message *msg = &ev->items[i].message;

		if (msg->kind != DTLS_ITEM_MESSAGE || !find_other(&h->party[from], msg))
			continue;
		if (!contested_message(h, from, msg))
			return false;
		any = true;
	}
	return any;
}
