// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is in the receive queue of a party. */
#include "fate.h"

#include "progress.h"

#include "core.h"

uint64_t fate_first_queued(const struct party *receiver)
{
	uint64_t first = UINT64_MAX;

	for (uint32_t i = 0; i < PARTY_MAX_ARRIVALS; i++)
		if (receiver->arrivals[i].state == ARRIVAL_QUEUED && receiver->arrivals[i].datagram < first)
			first = receiver->arrivals[i].datagram;
	return first;
}

bool fate_has_unread(const struct party *receiver, uint8_t flight)
{
	for (uint32_t i = 0; i < PARTY_MAX_ARRIVALS; i++)
		if (receiver->arrivals[i].state == ARRIVAL_QUEUED && receiver->arrivals[i].flights >> flight & 1)
			return true;
	return false;
}

/* --- what is in the queue --- */

static bool is_waited_for(const struct handshake *h, enum party_role reader, uint8_t flights)
{
	enum party_role peer = party_peer(reader);
	uint8_t own = h->party[reader].flight;

	FOR_EACH_FLIGHT_IN(n, flights) {
		if (own < n && !h->flights[n].read)
			return true;
		if (own > n && !progress_expects_answer(h, own) && n == h->party[peer].flight &&
		    (progress_is_waiting(h, peer) || progress_lacks_last(h)))
			return true;
	}
	return false;
}

const struct arrival *fate_oldest_unread(const struct handshake *h, enum party_role reader,
					 uint32_t *num)
{
	const struct arrival *oldest = NULL;

	*num = 0;
	for (uint32_t i = 0; i < PARTY_MAX_ARRIVALS; i++) {
		const struct arrival *a = &h->party[reader].arrivals[i];

		if (a->state != ARRIVAL_QUEUED || !is_waited_for(h, reader, a->flights))
			continue;
		++*num;
		if (!oldest || a->since_ns < oldest->since_ns)
			oldest = a;
	}
	return oldest;
}
