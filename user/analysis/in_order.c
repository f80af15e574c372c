// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "in_order.h"

#include <string.h>

#include "flights.h"
#include "handshake.h"

#include "core.h"

/* Is it the first message of a flight? (RFC 6347 s4.2.4 figures 1 and 2) */
static bool is_first(const struct handshake *h, const struct message *msg)
{
	uint32_t begins_at;

	switch (msg->flight) {
	case FLIGHT_SERVER_HELLO:
		return msg->msg_type == DTLS_MT_SERVER_HELLO;
	case FLIGHT_CLIENT_FINISHED:
		begins_at = flight_client_begins_at(h);
		return begins_at != UINT32_MAX && msg->message_seq <= begins_at;	/* lower: see odd_flight.h */
	}
	return true;	/* the others have one in plaintext */
}

static void read_fragment(struct in_order *order, const struct handshake *h,
			  const struct message *msg, const struct fragment *f)
{
	if (!order->begun && is_first(h, msg)) {
		order->begun = true;
		order->next = msg->message_seq;
	}
	if (!order->begun || msg->message_seq != order->next)
		return;
	coverage_add(&order->current, f->begin, f->len);
	if (!coverage_has(&order->current, 0, msg->length))
		return;
	order->next++;
	/* An earlier ChangeCipherSpec or Finished came before this message, so out of order. */
	order->ccs = order->finished = false;
	memset(&order->current, 0, sizeof(order->current));
}

/* Were all known plaintext messages of the flight read? */
static bool has_messages(const struct handshake *h, uint8_t number)
{
	const struct party *from = &h->party[h->flights[number].from];
	const struct in_order *order = &h->flights[number].in_order;

	/* The flight has plaintext messages, even if none was seen. */
	if (!order->begun && flight_rule(h, number)->first != DTLS_MT_FINISHED)
		return false;
	for (uint32_t i = 0; i < from->num_messages; i++)
		if (from->messages[i].flight == number &&
		    (!order->begun || from->messages[i].message_seq >= order->next))
			return false;
	return true;
}

void in_order_read(struct handshake *h, enum party_role from, const struct arrival *a)
{
	const struct party *receiver = &h->party[party_peer(from)], *sender = &h->party[from];
	uint8_t closing = flight_of_closing(h, from);
	struct in_order *order = &h->flights[closing].in_order;

	if (a->duplicate)
		return;
	for (uint32_t i = 0; i < a->num_fragments; i++) {
		uint32_t number = a->first_fragment + i;
		const struct fragment *f = &receiver->fragments[number % PARTY_MAX_FRAGMENTS];
		const struct message *msg = &sender->messages[f->message];

		if (receiver->num_fragments - number <= PARTY_MAX_FRAGMENTS)
			read_fragment(&h->flights[msg->flight].in_order, h, msg, f);
	}
	if (a->ccs && has_messages(h, closing))
		order->ccs = true;
	if (a->finished && !a->may_be_data && order->ccs)
		order->finished = true;
}

bool in_order_has(const struct handshake *h, uint8_t number)
{
	const struct flight *flight = &h->flights[number];

	return has_messages(h, number) && (number != flight_of_closing(h, flight->from) || flight->in_order.finished);
}
