// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "holes.h"

#include "flights.h"

#include "core.h"

static struct hole hole_in_message(const struct party *from, uint32_t index, enum point point)
{
	const struct message *msg = &from->messages[index];
	struct hole hole = { .kind = HOLE_BYTES, .message = index, .end = msg->length };
	const struct coverage *seen = &msg->seen[point];

	/* The ranges are in order and do not touch: the first hole is before or after the first range. */
	if (seen->num_ranges && seen->ranges[0].begin > 0) {
		hole.end = seen->ranges[0].begin;
	} else if (seen->num_ranges) {
		hole.begin = seen->ranges[0].end;
		if (seen->num_ranges > 1)
			hole.end = seen->ranges[1].begin;
	}
	return hole;
}

/* Does the flight begin before `low`, the first of its messages that was seen? */
static bool lacks_beginning(const struct handshake *h, uint8_t number, uint32_t low)
{
	const struct party *from = &h->party[h->flights[number].from];
	uint32_t after_hellos = flight_seq_after_hellos(from);

	if (number == FLIGHT_SERVER_HELLO)
		return !flight_sent_type(from, DTLS_MT_SERVER_HELLO);
	return flight_rule(h, number)->first == DTLS_MT_CLIENT_KEY_EXCHANGE && after_hellos &&
	       low > after_hellos;
}

static bool lacks_change_cipher_spec(const struct handshake *h, uint8_t number, enum point point)
{
	const struct view *view = &h->party[h->flights[number].from].view[point];

	return h->flights[number].has_finished && view->finished_ns && !view->ccs_ns;
}

/* In the first copy, a message that only seems to be beyond the end may show what is missing before it. */
static bool is_beyond(const struct handshake *h, const struct message *msg)
{
	return h->flights[msg->flight].copies > 1 && flight_is_beyond(h, h->flights[msg->flight].from, msg);
}

struct hole hole_find(const struct handshake *h, uint8_t number, enum point point)
{
	const struct party *from = &h->party[h->flights[number].from];
	uint32_t low = UINT32_MAX, high = 0;
	uint64_t there = 0;	/* bit n: message low + n */

	if (flight_is_overflown(from, point))
		return (struct hole){ .kind = HOLE_NONE };
	for (uint32_t i = 0; i < from->num_messages; i++) {
		const struct message *msg = &from->messages[i];

		if (msg->flight != number || is_beyond(h, msg))
			continue;
		if (msg->message_seq < low)
			low = msg->message_seq;
		if (msg->message_seq > high)
			high = msg->message_seq;
	}
	for (uint32_t i = 0; i < from->num_messages; i++) {
		const struct message *msg = &from->messages[i];

		if (msg->flight != number || is_beyond(h, msg))
			continue;
		if (!coverage_has(&msg->seen[point], 0, msg->length))
			return hole_in_message(from, i, point);
		if (msg->message_seq - low < 64)
			there |= 1ULL << (msg->message_seq - low);
	}
	for (uint32_t seq = low; seq < high && seq - low < 64; seq++)
		if (!(there >> (seq - low) & 1))
			return (struct hole){ .kind = HOLE_MESSAGE, .message_seq = seq };
	if (lacks_beginning(h, number, low))
		return (struct hole){ .kind = HOLE_BEGIN };
	if (flight_is_complete(h, number, point))
		return (struct hole){ .kind = HOLE_NONE };
	return (struct hole){ .kind = lacks_change_cipher_spec(h, number, point) ? HOLE_CHANGE_CIPHER_SPEC : HOLE_END };
}
