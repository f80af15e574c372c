// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sizes.h"

#include "flights.h"
#include "sighting.h"

#include "core.h"

static uint32_t find_smallest(const struct sizes *sizes)
{
	uint32_t smallest = 0;

	for (uint32_t i = 1; i < sizes->num; i++)
		if (sizes->each[i].length < sizes->each[smallest].length)
			smallest = i;
	return smallest;
}

/* Datagrams of one copy leave within this time: only a later one is another attempt. */
#define ATTEMPT_NS 40000000ULL

static void count(struct sizes *sizes, uint32_t length, bool sent, uint8_t flights, uint64_t now)
{
	uint32_t at = 0;

	while (at < sizes->num && sizes->each[at].length != length)
		at++;
	if (at == SIZES_MAX) {
		at = find_smallest(sizes);
		if (length < sizes->each[at].length)
			return;
		sizes->each[at].length = 0;
	}
	if (at == sizes->num)
		sizes->num++;
	if (sizes->each[at].length != length) {
		sizes->each[at].length = length;
		sizes->each[at].sent = sizes->each[at].arrived = 0;
		sizes->each[at].flights = 0;
		sizes->each[at].sent_ns = 0;
	}
	if (sent) {
		if (now > sizes->each[at].sent_ns + ATTEMPT_NS) {
			sizes->each[at].sent++;
			sizes->each[at].sent_ns = now;
		}
		sizes->each[at].flights |= flights;
	} else {
		sizes->each[at].arrived++;
	}
}

/* Record the datagram's size with each message that has a part in it. */
static void note_carried(const struct sighting *s)
{
	for (uint32_t i = 0; i < s->ev->num_items; i++) {
		const struct dtls_message *item = &s->ev->items[i].message;
		struct message *msg;

		if (item->kind != DTLS_ITEM_MESSAGE)
			continue;
		msg = flight_find_message(sighting_sender(s), item->message_seq, item->msg_type);
		if (!msg || msg->length != item->length)
			continue;
		msg->fragmented |= item->fragment_length < item->length;
		if (s->ev->length > msg->carried)
			msg->carried = s->ev->length;
	}
}

void sizes_datagram(const struct sighting *s)
{
	const struct handshake *h = s->h;
	struct sizes *sizes = &sighting_sender(s)->sizes;
	uint8_t latest = sighting_sender(s)->flight;
	uint32_t length = s->ev->length;
	bool sent = s->point == POINT_SENT;
	uint64_t burst;

	if (!s->flights)
		return;
	count(sizes, length, sent, s->flights, s->now);
	note_carried(s);
	if (!sent && length > sizes->largest_arrived)
		sizes->largest_arrived = length;
	if (!(s->flights >> latest & 1) || !s->counts)
		return;
	/* If a copy is fragmented differently, its new record lengths do not identify it as a copy. */
	burst = flight_rule(h, latest)->encrypted ? h->flights[latest].burst_ns : 0;
	if (sizes->flight != latest || sizes->copy != h->flights[latest].copies || sizes->burst_ns != burst) {
		sizes->largest_before = sizes->flight == latest ? sizes->largest_in_copy : 0;
		sizes->largest_in_copy = 0;
	}
	sizes->flight = latest;
	sizes->copy = h->flights[latest].copies;
	sizes->burst_ns = burst;
	if (length > sizes->largest_in_copy)
		sizes->largest_in_copy = length;
}
