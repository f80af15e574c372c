// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "unheeded.h"

#include <string.h>

#include "flights.h"
#include "handshake.h"

#include "core.h"

/*
 * Is it all of the last flight? If a part of it is missing, its receiver rightly goes on, and
 * may keep what it has (RFC 6347 s4.2.2).
 */
static bool is_whole(const struct handshake *h, const struct party *sender)
{
	const struct flight *flight = &h->flights[sender->flight];

	if (flight_rule(h, sender->flight)->encrypted)
		return flight_rule(h, sender->flight)->closes;
	return flight->complete && flight->has_finished && sender->view[POINT_QUEUED].ccs_ns;
}

/* Is there nothing of it but ChangeCipherSpec and Finished, or what may be the last ACK of DTLS 1.3? */
static bool is_closing_only(const struct handshake *h, const struct party *sender)
{
	if (flight_rule(h, sender->flight)->encrypted)
		return flight_rule(h, sender->flight)->closes;
	for (uint32_t i = 0; i < sender->num_messages; i++)
		if (sender->messages[i].flight == sender->flight)
			return false;
	return true;
}

/* Does the receiver of the latest flight of `from` go on as if it had not come? */
static bool is_unheeded(const struct handshake *h, enum party_role from)
{
	const struct party *sender = &h->party[from], *receiver = &h->party[party_peer(from)];
	const struct flight *flight = &h->flights[sender->flight], *own = &h->flights[receiver->flight];

	if (!sender->flight || sender->view[POINT_SENT].any || sender->unheeded_flight || !receiver->local ||
	    receiver->flight >= sender->flight || !(is_whole(h, sender) || is_closing_only(h, sender)))
		return false;
	return flight->copies == 1 && flight->datagrams == 1 && flight->heard_ns &&
	       own->copies > 1 && own->latest_copy_ns > flight->heard_ns;
}

static void forget_arrivals(struct party *receiver, uint8_t number, bool whole)
{
	for (uint32_t i = 0; i < PARTY_MAX_ARRIVALS; i++) {
		struct arrival *a = &receiver->arrivals[i];

		if (!(a->flights >> number & 1))
			continue;
		a->flights &= ~(1 << number);
		if (whole)
			a->finished = a->answer = false;
	}
	receiver->undo.datagram = 0;
}

static void forget_closing(struct party *sender)
{
	for (int point = 0; point < POINT_MAX; point++) {
		struct view *view = &sender->view[point];

		/* A ChangeCipherSpec alone is no reason not to go on. */
		view->finished_ns = view->answer_ns = 0;
	}
	sender->finished_len = 0;
	sender->may_have_finished = false;
}

static uint8_t flight_before(const struct handshake *h, enum party_role from, uint8_t number)
{
	while (--number > FLIGHT_NONE)
		if (h->flights[number].copies && h->flights[number].from == from)
			break;
	return number;
}

static void take_back(struct handshake *h, enum party_role from)
{
	struct party *sender = &h->party[from];
	uint8_t number = sender->flight, before = flight_before(h, from, number);
	bool whole = is_whole(h, sender);

	forget_arrivals(&h->party[party_peer(from)], number, whole);
	/* Of a part its receiver may have kept what came: the rest may still complete it. */
	if (whole)
		forget_closing(sender);
	if (number == FLIGHT_SERVER_HELLO)
		h->resumed = false;
	sender->unheeded = h->flights[number];
	sender->unheeded_flight = number;
	memset(&h->flights[number], 0, sizeof(h->flights[number]));
	sender->flight = before;
	for (int point = 0; point < POINT_MAX; point++)
		if (sender->flight_at[point] > before)
			sender->flight_at[point] = before;
}

void unheeded_comes_again(struct party *sender, uint8_t number, struct flight *flight)
{
	if (sender->unheeded_flight != number || !sender->unheeded.copies)
		return;
	*flight = sender->unheeded;
	sender->unheeded.copies = 0;
}

bool unheeded_take_back(struct handshake *h)
{
	/* What was not seen may explain why the receiver goes on as it does. */
	if (h->events_lost || h->midway || h->captured)
		return false;
	for (int role = 0; role < PARTY_MAX; role++)
		if (is_unheeded(h, role)) {
			take_back(h, role);
			return true;
		}
	return false;
}
