// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "standing.h"

#include "dtls13.h"
#include "progress.h"

#include "core.h"

/* What DTLS 1.3 does not encrypt of the flight, its ServerHello: has a part of it not arrived? */
static bool lacks_plaintext(const struct standing *s)
{
	for (uint32_t i = 0; i < s->peer->num_messages; i++) {
		const struct message *msg = &s->peer->messages[i];

		if (msg->flight == s->peer->flight && !coverage_has(&msg->seen[POINT_QUEUED], 0, msg->length))
			return true;
	}
	return false;
}

static enum receipt receipt_of(const struct standing *s)
{
	if (!s->self->local)
		return RECEIPT_UNSEEN;
	if (s->asked->usable_ns)
		return RECEIPT_USABLE;
	if (s->asked->arrived)
		return RECEIPT_QUEUED;
	return s->asked_rule->encrypted && !lacks_plaintext(s) ? RECEIPT_UNKNOWN : RECEIPT_LOST;
}

struct standing standing_of(const struct handshake *h, enum party_role role, uint64_t floor_ns)
{
	const struct party *self = &h->party[role], *peer = &h->party[party_peer(role)];
	struct standing s = {
		.h = h, .role = role, .floor_ns = floor_ns, .self = self, .peer = peer,
		.own = &h->flights[self->flight], .asked = &h->flights[peer->flight],
		.own_rule = flight_rule(h, self->flight), .asked_rule = flight_rule(h, peer->flight),
		.has_answered = self->flight > peer->flight,
		.is_answered = peer->flight > self->flight,
		.is_waiting = progress_is_waiting(h, role),
		.is_local = self->local && !h->events_lost,
	};

	s.receipt = receipt_of(&s);
	return s;
}
