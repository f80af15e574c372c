// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "progress.h"

#include "acks.h"
#include "flights.h"

#include "core.h"

bool progress_expects_answer(const struct handshake *h, uint8_t flight)
{
	switch (flight) {
	case 1: case 3: case 4:
		return true;
	case 2:
		/* On no timer (s4.2.1), but of a server with state (RFC 9147 s5.1): it comes again, and no ClientHello did. */
		return h->retry_seqs && !h->events_lost &&
		       h->party[PARTY_SERVER].unheard_copies >= PARTY_MANY_COPIES;
	case 5:
		/* Resumed, it is the last. Of DTLS 1.3 it never is, if it is no ACK (RFC 9147 s7.1). */
		return h->is_dtls13 ? h->is_flight5_sure : !h->resumed;
	}
	return false;	/* 6 is the last */
}

bool progress_is_answered(const struct handshake *h, enum party_role role)
{
	enum party_role peer = party_peer(role);
	enum point point = handshake_receiving_point(h, peer);
	bool lossy = h->events_lost || flight_is_overflown(&h->party[peer], point);

	if (lossy)
		return h->party[peer].flight_at[point] > h->party[role].flight;
	for (int n = h->party[role].flight + 1; n <= HANDSHAKE_MAX_FLIGHT; n++)
		if (flight_is_encrypted(h, n) && h->party[peer].flight_at[point] >= n)
			return true;
		else if (h->flights[n].copies && h->flights[n].from == peer &&
		    (point == POINT_QUEUED ? h->flights[n].arrived : h->flights[n].complete))
			return true;
	return false;
}

bool progress_is_waiting(const struct handshake *h, enum party_role role)
{
	return progress_expects_answer(h, h->party[role].flight) && !progress_is_answered(h, role) &&
	       !acks_are_latest(h, role);
}

uint64_t progress_idle_since(const struct handshake *h, enum party_role role)
{
	uint64_t since = h->party[role].last_sent_ns;

	for (int n = h->party[role].flight + 1; n <= HANDSHAKE_MAX_FLIGHT; n++)
		if (h->flights[n].copies && h->flights[n].last_ns > since)
			since = h->flights[n].last_ns;
	return since;
}
