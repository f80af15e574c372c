// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "unheard.h"

#include <string.h>

#include "flights.h"

#include "core.h"

void unheard_copy(struct party *party, uint64_t now)
{
	if (party->unheard.copies < PARTY_MANY_COPIES)
		party->unheard.ns[party->unheard.copies] = now;
	party->unheard.copies++;
	party->unheard.last_ns = now;
}

/* There is no need to count further than PARTY_MANY_COPIES. */
static void count(uint8_t *num)
{
	if (*num < PARTY_MANY_COPIES)
		++*num;
}

void unheard_message(struct message *msg)
{
	count(&msg->unheard);
}

void unheard_finished(struct flight *flight)
{
	count(&flight->finished_unheard);
}

void unheard_length(struct flight *flight, uint32_t n)
{
	count(&flight->lengths_unheard[n]);
}

/* Acknowledged records are not sent again (RFC 9147 s7). */
static bool has_many_of_encrypted(const struct flight *flight)
{
	for (uint32_t i = 0; i < flight->num_lengths; i++)
		if (flight->lengths_unheard[i] == PARTY_MANY_COPIES)
			return true;
	return flight->lengths_overflown;
}

/* Was every known part of its latest flight seen in PARTY_MANY_COPIES? */
static bool has_many(const struct handshake *h, enum party_role role)
{
	const struct party *party = &h->party[role];
	const struct flight *flight = &h->flights[party->flight];

	if (flight_rule(h, party->flight)->encrypted)
		return has_many_of_encrypted(flight);
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].flight == party->flight &&
		    party->messages[i].unheard < PARTY_MANY_COPIES)
			return false;
	return !flight->has_finished || flight->finished_unheard == PARTY_MANY_COPIES;
}

void unheard_update(struct handshake *h, enum party_role from, uint64_t now)
{
	struct party *party = &h->party[from];

	if (!has_many(h, from))
		party->unheard.many_ns = 0;
	else if (!party->unheard.many_ns)
		party->unheard.many_ns = now;
}

void unheard_reset(struct handshake *h, enum party_role role, uint64_t now)
{
	struct party *party = &h->party[role];

	if (party->unheard.copies)
		party->unheard = (struct unheard){ .before = party->unheard.copies, .heard_ns = now };
	party->unheard.many_ns = 0;
	for (uint32_t i = 0; i < party->num_messages; i++)
		party->messages[i].unheard = 0;
	FOR_EACH_FLIGHT(n) {
		if (h->flights[n].from != role)
			continue;
		h->flights[n].finished_unheard = 0;
		memset(h->flights[n].lengths_unheard, 0, sizeof(h->flights[n].lengths_unheard));
	}
}

void unheard_give_back(struct party *party, uint64_t heard_ns)
{
	const struct unheard since = party->unheard;

	if (since.heard_ns != heard_ns)
		return;
	party->unheard = (struct unheard){ .copies = 0 };
	for (uint32_t i = 0; i < since.before; i++)
		unheard_copy(party, heard_ns);
	for (uint32_t i = 0; i < since.copies; i++)
		unheard_copy(party, i < PARTY_MANY_COPIES ? since.ns[i] : since.last_ns);
}
