// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hidden_flight.h"

#include "flights.h"
#include "taking.h"
#include "unheard.h"
#include "unheeded.h"

#include "core.h"

/* Used until a side's timer is known: shorter than any retransmission timer. */
#define MIN_COPY_GAP_NS 200000000ULL

bool hidden_flight_had_length(const struct flight *flight, uint16_t len)
{
	for (uint32_t i = 0; i < flight->num_lengths; i++)
		if (flight->lengths[i] == len)
			return true;
	return false;
}

/*
 * A slot for another length. A sender that lowers its MTU step by step fragments each copy
 * differently and does not use the old lengths again. So a length that is not in the two
 * latest copies is replaced, or else the last one: the first ones identify the next copy.
 */
static uint32_t new_length(struct flight *flight)
{
	uint32_t used = flight->lengths_in_copy | flight->lengths_before;
	uint32_t n = 0;

	if (flight->num_lengths < FLIGHT_MAX_LENGTHS)
		return flight->num_lengths++;
	flight->lengths_overflown = true;
	while (n < FLIGHT_MAX_LENGTHS - 1 && used >> n & 1)
		n++;
	return n;
}

/* The bit of this length in the flight's sets of lengths. */
static uint16_t length_bit(struct flight *flight, uint16_t len)
{
	uint32_t n;

	for (n = 0; n < flight->num_lengths; n++)
		if (flight->lengths[n] == len)
			return 1u << n;
	n = new_length(flight);
	flight->lengths[n] = len;
	flight->lengths_unheard[n] = 0;
	flight->lengths_arrived &= ~(1u << n);
	flight->lengths_in_copy &= ~(1u << n);
	flight->lengths_before &= ~(1u << n);
	return 1u << n;
}

/*
 * Both ends are seen: have all records of a copy arrived, in any number of copies?
 * The latest copy may not have ended yet, so it is checked only if it is the only one.
 */
static void update_arrived(struct flight *flight, uint64_t now)
{
	uint16_t copy = flight->copies > 1 ? flight->lengths_before : flight->lengths_in_copy;

	if (flight->lengths_overflown || (flight->copies <= 1 && copy & ~flight->lengths_arrived))
		flight->lengths_arrived_ns = 0;
	else if (!flight->lengths_arrived_ns && copy && !(copy & ~flight->lengths_arrived))
		flight->lengths_arrived_ns = now;
}

static void note_arrival(struct sighting *t, struct flight *flight, uint16_t len)
{
	for (uint32_t i = 0; i < flight->num_lengths; i++)
		if (flight->lengths[i] == len)
			flight->lengths_arrived |= 1u << i;
	update_arrived(flight, t->now);
}

/*
 * Is this the beginning of another copy? It is if a length is repeated after a silence
 * that is long enough for a timer, and the peer has sent no ACK meanwhile, which would
 * ask for the rest.
 */
static bool begins_copy(const struct sighting *t, uint8_t number, bool again)
{
	const struct party *party = &t->h->party[t->from], *peer = &t->h->party[party_peer(t->from)];
	const struct flight *flight = &t->h->flights[number];
	uint64_t gap = party->timer_ns ? party->timer_ns / 2 : MIN_COPY_GAP_NS;

	if (!flight->copies)
		return true;
	if (t->begun >> number & 1)
		return false;
	/* The last flight has no timer: it comes once for each copy of the flight it answers. */
	if (flight_rule(t->h, number)->closes)
		return t->h->flights[flight_rule(t->h, number)->answers].last_ns > flight->last_ns;
	return again && t->now - flight->last_ns >= gap && peer->acks.last_ns <= flight->last_ns;
}

void hidden_flight_take(struct sighting *t, uint8_t number, struct cipher_record id, struct item_facts *facts)
{
	struct flight *flight = &t->h->flights[number];
	uint16_t bit;
	bool again;

	facts->flight = number;
	t->flights |= 1 << number;
	if (!t->counts)
		note_arrival(t, flight, id.length);
	if (!t->counts || facts->duplicate)
		return;
	unheeded_came(t->h, t->from, number);
	again = hidden_flight_had_length(flight, id.length);
	if (begins_copy(t, number, again))
		taking_begin_copy(t, number, 0);
	bit = length_bit(flight, id.length);
	if (bit & ~flight->lengths_in_copy)
		unheard_length(flight, __builtin_ctz(bit));
	flight->lengths_in_copy |= bit;
	update_arrived(flight, t->now);
	facts->retransmission = again && flight->copies > 1 && !flight_rule(t->h, number)->closes;
}
