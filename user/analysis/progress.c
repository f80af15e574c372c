// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "progress.h"

#include "acks.h"
#include "flights.h"
#include "late.h"

#include "core.h"

bool progress_expects_answer(const struct handshake *h, uint8_t flight)
{
	/* A server with state repeats it on a timer (RFC 9147 s5.1), so copies come without a new ClientHello. */
	if (flight == FLIGHT_RETRY_REQUEST)
		return h->retry_seqs && !h->events_lost &&
		       h->party[PARTY_SERVER].unheard_copies >= PARTY_MANY_COPIES;
	/* The records may all be ACKs, which get no answer (RFC 9147 s7.1). */
	if (flight == FLIGHT_CLIENT_FINISHED && h->is_dtls13 && !h->is_client_finished_sure)
		return false;
	return flight_rule(h, flight)->has_timer;
}

/* The application has to get to run. */
#define MIN_ANSWER_NS 500000000ULL

bool progress_lacks_last(const struct handshake *h)
{
	uint8_t last = flight_last(h);
	enum party_role from = flight_rule(h, last)->from, peer = party_peer(from);
	uint64_t heard_ns = h->flights[last].heard_ns;

	if (h->party[from].flight != last || h->party[peer].flight != flight_rule(h, last)->answers)
		return false;
	if (h->repeats.num < 2 || h->party[peer].view[handshake_counting_point(h, peer)].data_ns > h->repeats.ns[0])
		return false;
	/* Was it in the queue of its peer when that first repeated its own flight? */
	return h->party[from].flight_at[POINT_QUEUED] != last ||
	       (heard_ns && h->repeats.ns[0] > heard_ns + MIN_ANSWER_NS);
}

bool progress_is_answered(const struct handshake *h, enum party_role role)
{
	enum party_role peer = party_peer(role);
	enum point point = handshake_receiving_point(h, peer);
	bool lossy = h->events_lost || flight_is_overflown(&h->party[peer], point);

	if (lossy)
		return h->party[peer].flight_at[point] > h->party[role].flight;
	for (int n = h->party[role].flight + 1; n <= HANDSHAKE_MAX_FLIGHT; n++)
		if (flight_rule(h, n)->encrypted && h->party[peer].flight_at[point] >= n)
			return true;
		else if (h->flights[n].copies &&
			 (point == POINT_QUEUED ? h->flights[n].arrived : h->flights[n].complete))
			return true;
	return false;
}

bool progress_is_waiting(const struct handshake *h, enum party_role role)
{
	return progress_expects_answer(h, h->party[role].flight) && !progress_is_answered(h, role) &&
	       !acks_are_latest(h, role);
}
