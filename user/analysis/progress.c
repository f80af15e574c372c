// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "progress.h"

#include "acks.h"
#include "flights.h"
#include "late.h"
#include "sighting.h"

#include "core.h"

bool progress_expects_answer(const struct handshake *h, uint8_t flight)
{
	/* A server with state repeats it on a timer (RFC 9147 s5.1), so copies come without a new ClientHello. */
	if (flight == FLIGHT_RETRY_REQUEST)
		return h->retry_seqs && !h->events_lost &&
		       h->party[PARTY_SERVER].unheard.copies >= PARTY_MANY_COPIES;
	/* The records may all be ACKs, which get no answer (RFC 9147 s7.1). */
	if (flight == FLIGHT_CLIENT_FINISHED && h->is_dtls13 && !h->is_client_finished_sure)
		return false;
	return flight_rule(h, flight)->has_timer;
}

bool progress_sends_data(const struct handshake *h, enum party_role role)
{
	const struct party *party = &h->party[role];

	/* A connection ID hides what is data, and what is a Finished (RFC 9146 s3). */
	return party->view[handshake_counting_point(h, role)].data_ns && !party->odd.uses_connection_id &&
	       party->last_sent_ns > h->flights[party->flight].last_ns;
}

bool progress_goes_on_after_last(const struct handshake *h)
{
	const struct flight_rule *rule = flight_rule(h, flight_last(h));
	const struct flight *last = &h->flights[flight_last(h)], *before = &h->flights[rule->answers];
	enum party_role receiver = party_peer(rule->from);
	bool local = h->party[receiver].local;
	/* Of the last flight nothing may have come, only data that follows it. */
	uint64_t since = h->party[rule->from].view[handshake_receiving_point(h, rule->from)].data_ns;

	if (last->copies)
		since = local ? last->last_heard_ns : last->last_ns;
	if (!since || !(local || h->captured) || h->events_lost || h->midway || progress_sends_data(h, receiver) ||
	    progress_is_exchanging(h))
		return false;
	if (!local && progress_has_taken_last(h, receiver, before->last_ns))
		return false;
	if (local)
		return before->latest_copy_ns > last->queued_ns && flight_copies_after(before, since + CROSSING_NS);
	/* One copy may have crossed it, or come late. */
	since += flight_round_trip_ns(h, rule->from);
	return flight_copies_after(before, since + CROSSING_NS) >= 2 || flight_copies_after(before, since + DELAYED_NS);
}

uint64_t progress_proven_from(const struct handshake *h)
{
	uint8_t last = flight_last(h);
	enum party_role sender = flight_rule(h, last)->from;

	if (h->repeats.in_vain < 2 || h->events_lost || h->party[sender].view[POINT_SENT].any || progress_sends_data(h, party_peer(sender)))
		return 0;
	return h->flights[last].last_ns + 3 * h->repeats.in_vain_ns;
}

uint64_t progress_latest_data_ns(const struct handshake *h, enum party_role role)
{
	uint64_t first = h->party[role].view[handshake_counting_point(h, role)].data_ns;

	return first && role != flight_rule(h, flight_last(h))->from && h->repeats.data_ns > first ? h->repeats.data_ns : first;
}

bool progress_has_taken_last(const struct handshake *h, enum party_role role, uint64_t since)
{
	const struct flight *before = &h->flights[flight_rule(h, flight_last(h))->answers];
	uint64_t data_ns = progress_latest_data_ns(h, role);

	return data_ns > since ||
	       (data_ns && !h->party[role].local && before->copies > 1 && h->party[role].odd.renumbered + 1 >= before->copies);
}

bool progress_is_exchanging(const struct handshake *h)
{
	return h->repeats.exchanged_ns && !h->party[party_peer(flight_rule(h, flight_last(h))->from)].local;
}

bool progress_lacks_last(const struct handshake *h)
{
	uint8_t last = flight_last(h);
	enum party_role from = flight_rule(h, last)->from, peer = party_peer(from);
	uint64_t heard_ns = h->flights[last].heard_ns;

	if (h->party[from].flight != last || h->party[peer].flight != flight_rule(h, last)->answers)
		return false;
	if (h->repeats.num < 2 || progress_has_taken_last(h, peer, h->repeats.ns[0]) || progress_is_exchanging(h))
		return false;
	/* Was it in the queue of its peer when that first repeated its own flight? */
	return h->party[from].flight_at[POINT_QUEUED] != last || progress_goes_on_after_last(h) ||
	       (heard_ns && h->repeats.ns[0] > heard_ns + MIN_ANSWER_NS);
}

/*
 * Has this side received the peer's whole next flight? Until then its timer runs
 * (s4.2.4). If the tracer may have missed a part, the flight's beginning is enough.
 */
static bool is_answered(const struct handshake *h, enum party_role role)
{
	enum party_role peer = party_peer(role);
	enum point point = handshake_receiving_point(h, peer);
	bool lossy = h->events_lost || flight_is_overflown(&h->party[peer], point);

	if (h->party[role].local && h->party[role].flight == flight_rule(h, flight_last(h))->answers &&
	    progress_goes_on_after_last(h))
		return false;
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
	return progress_expects_answer(h, h->party[role].flight) && !is_answered(h, role) &&
	       !acks_are_latest(h, role);
}
