// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "answers.h"

#include "flights.h"

#include "core.h"

/* Has the latest copy of this flight all messages that are known of the flight? */
static bool has_known_messages(const struct handshake *h, uint8_t number)
{
	const struct party *from = &h->party[h->flights[number].from];

	for (uint32_t i = 0; i < from->num_messages; i++)
		if (from->messages[i].flight == number &&
		    !coverage_has(&from->messages[i].copy, 0, from->messages[i].length))
			return false;
	return true;
}

/* Has the latest copy of this flight all that is known of the flight? */
static bool is_copy_whole(const struct handshake *h, uint8_t number)
{
	const struct flight *flight = &h->flights[number];

	if (!has_known_messages(h, number))
		return false;
	/* An encrypted flight has no known end: some of it has to be there. */
	if (flight_rule(h, number)->encrypted)
		return flight->lengths_in_copy;
	return flight->complete && (!flight->has_finished || flight->finished_in_copy);
}

/*
 * A flight with a ChangeCipherSpec begins in plaintext. What begins encrypted may be another
 * handshake in the same association.
 */
static bool may_renegotiate(const struct sighting *s)
{
	const struct dtls_record *rec = &s->ev->items[0].record;

	return rec->epoch && !(rec->flags & DTLS_RECORD_UNIFIED);
}

/* Is this a new copy of a flight, although the copy before was answered? */
static void note_ignored(const struct sighting *s)
{
	uint8_t number = sighting_sender(s)->flight;
	struct flight *flight = &s->h->flights[number];

	if (!s->counts || !(s->begun >> number & 1) || !flight->answers.copies ||
	    flight->answers.copy + 1 != flight->copies || s->now <= flight->answers.ns + ANSWER_CROSSING_NS ||
	    may_renegotiate(s))
		return;
	flight->answers.ignored = flight->answers.copies;
	flight->answers.ignored_ns = s->now;
	flight->answers.ignored_after_ns = s->now - flight->answers.ns;
}

static void answer(struct flight *request, uint64_t now)
{
	request->answers.copy = request->copies;
	request->answers.copies++;
	request->answers.ns = now;
}

/*
 * Both timers may expire at the same time, each time: then a copy of the answer crosses a repeat. It
 * came before that repeat, and is its answer all the same.
 */
static void note_crossed(const struct sighting *s)
{
	uint8_t number = sighting_sender(s)->flight;
	struct flight *flight = &s->h->flights[number];

	if (!s->counts || !(s->begun >> number & 1) || !flight->answers.crossing_ns)
		return;
	if (s->now <= flight->answers.crossing_ns + ANSWER_CROSSING_NS)
		answer(flight, flight->answers.crossing_ns);
	flight->answers.crossing_ns = 0;
}

/* Whether the flight begins with what is known of it shows only in its second copy, if the trace began late. */
static void note_whole(const struct sighting *s, struct flight *flight)
{
	uint8_t number = sighting_sender(s)->flight;

	if (!s->counts || !flight->finished_in_copy || flight->whole_copy == flight->copies ||
	    !has_known_messages(s->h, number))
		return;
	if (flight->whole_copy && !flight->whole_twice_ns)
		flight->whole_twice_ns = s->now;
	flight->whole_copy = flight->copies;
}

void answers_datagram(const struct sighting *s)
{
	struct handshake *h = s->h;
	const struct party *sender = sighting_sender(s), *receiver = &h->party[party_peer(s->from)];
	struct flight *request = &h->flights[receiver->flight];
	uint32_t copy = h->flights[sender->flight].copies;

	note_ignored(s);
	note_crossed(s);
	note_whole(s, &h->flights[sender->flight]);
	if (!s->counts || !(s->flights >> sender->flight & 1) || sender->flight <= receiver->flight ||
	    !is_copy_whole(h, sender->flight))
		return;
	/* What is left of a copy that was begun before is no other answer. */
	if (request->answers.copies && request->answers.by == copy)
		return;
	request->answers.by = copy;
	if (request->answers.copy < request->copies)
		answer(request, s->now);
	else
		request->answers.crossing_ns = s->now;
}
