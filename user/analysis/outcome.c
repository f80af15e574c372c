// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "outcome.h"

#include "dtls13.h"
#include "flights.h"
#include "progress.h"
#include "table.h"
#include "unsent.h"

#include "core.h"

/*
 * The second Finished answers the first (RFC 5246 s7.3), so the first arrived, even if
 * no hook saw it.
 */
static bool is_answered_finished(const struct handshake *h, enum party_role role)
{
	enum party_role peer = party_peer(role);
	uint64_t sent = h->party[role].view[POINT_SENT].finished_ns;
	uint64_t answer = h->party[peer].view[handshake_receiving_point(h, peer)].finished_ns;
	bool is_first = flight_of_closing(h, role) < flight_of_closing(h, peer);

	return is_first && (h->party[peer].view[POINT_SENT].finished_ns || (sent && sent < answer));
}

/*
 * Nobody takes a Finished without the ChangeCipherSpec before it (RFC 5246 s7.1). If it was
 * not seen, it may have come unseen.
 */
static bool has_changed_ciphers(const struct handshake *h, enum party_role role, enum point point)
{
	return h->party[role].view[point].ccs_ns || h->events_lost || h->midway;
}

/* It is the last flight, and was seen before the Finished that it answers was sent (RFC 5246 s7.3). */
static bool is_premature(const struct handshake *h, enum party_role role)
{
	enum party_role peer = party_peer(role);
	const struct view *peers = &h->party[peer].view[handshake_counting_point(h, peer)];
	uint8_t number = flight_of_closing(h, role);

	return flight_rule(h, number)->closes && h->flights[number].last_ns < peers->finished_ns;
}

/* The Finished of `role` arrived, as far as this host can see. */
static bool is_finished(const struct handshake *h, enum party_role role)
{
	enum point point = handshake_receiving_point(h, role);
	const struct flight *flight = &h->flights[flight_of_closing(h, role)];

	/* The Finished was sent, but this host's kernel dropped it. */
	if (point == POINT_SENT && flight->copies && flight->last_copy_dropped == flight->copies)
		return false;
	/* An earlier message of the last flight has not arrived, so its receiver cannot take the Finished. */
	if (point == POINT_QUEUED && flight->complete && !flight->arrived &&
	    flight_rule(h, flight_of_closing(h, role))->closes)
		return false;
	return (h->party[role].view[point].finished_ns && has_changed_ciphers(h, role, point) &&
		!is_premature(h, role)) ||
	       is_answered_finished(h, role);
}

/* What came in the name of a side on this host, and was not sent by its socket, is a stranger's. */
static bool has_data(const struct handshake *h, enum party_role role)
{
	const struct view *view = h->party[role].view;
	bool sent = view[handshake_counting_point(h, role)].data_ns || h->events_lost || h->midway;

	return sent && view[handshake_receiving_point(h, role)].data_ns;
}

bool outcome_is_completed(const struct handshake *h)
{
	if (progress_goes_on_after_last(h))
		return false;
	if (h->is_dtls13)
		return dtls13_is_completed(h);
	return (is_finished(h, PARTY_CLIENT) && is_finished(h, PARTY_SERVER)) ||
	       (has_data(h, PARTY_CLIENT) && has_data(h, PARTY_SERVER));
}

bool outcome_is_witnessed(const struct handshake *h)
{
	uint8_t last = flight_last(h);
	const struct party *sender = &h->party[flight_rule(h, last)->from];

	return sender->flight_at[POINT_SENT] >= last || sender->view[POINT_SENT].data_ns;
}

bool outcome_is_unconfirmed(const struct handshake *h)
{
	uint8_t last = flight_last(h);
	enum party_role peer = party_peer(flight_rule(h, last)->from);
	const struct flight *asks = &h->flights[last - 1];

	return !h->party[peer].local && h->flights[last].copies > 1 && asks->copies > 1 && asks->last_ns > h->flights[last].first_ns + CROSSING_NS &&
	       progress_latest_data_ns(h, peer) <= asks->last_ns && !h->closed_by_alert;
}

bool outcome_rests_on_data(const struct handshake *h)
{
	const struct flight_rule *rule = flight_rule(h, flight_last(h));
	const struct flight *last = &h->flights[flight_last(h)], *asks = &h->flights[rule->answers];
	enum party_role peer = party_peer(rule->from);

	return !h->party[peer].local && last->copies && asks->copies > 1 && asks->latest_copy_ns > last->last_ns + CROSSING_NS &&
	       has_data(h, peer) && !progress_is_exchanging(h) && !h->closed_by_alert;
}

/* One ClientHello, with no more than a cookie request for an answer. */
static bool has_one_hello(const struct handshake *h)
{
	return !h->midway && !h->party[PARTY_CLIENT].retransmissions && h->party[PARTY_SERVER].flight <= FLIGHT_RETRY_REQUEST &&
	       !(h->flights[FLIGHT_CLIENT_HELLO].copies && h->flights[FLIGHT_SECOND_HELLO].copies);
}

/* Nobody on this host has sent it. */
static bool is_single_hello(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT];

	return has_one_hello(h) && !h->events_lost && !client->view[POINT_SENT].any && client->flight <= FLIGHT_SECOND_HELLO;
}

bool outcome_is_stranger(const struct handshake *h)
{
	/* A server that repeats its request on a timer waits for this client. */
	return has_one_hello(h) && !h->captured && !h->party[PARTY_CLIENT].local && !h->party[PARTY_SERVER].retransmissions;
}

bool outcome_is_reachable(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT];

	return client->view[POINT_SENT].any || h->cookies.returned || client->flight > FLIGHT_SECOND_HELLO;
}

bool outcome_is_unproven(const struct handshake *h)
{
	const struct handshake *other;
	const struct flow *flow;

	if (unsent_is_silent(h, PARTY_CLIENT) || h->relations.is_of_stranger)
		return true;
	/* The association may have left the flow: many ClientHellos came since. */
	if (h->relations.is_beside && is_single_hello(h))
		return true;
	for (int end = 0; end < PARTY_MAX && is_single_hello(h); end++) {
		flow = table_flow_of(h, end);
		for (uint32_t i = 0; flow && (other = flow_handshake(flow, i)); i++)
			if (other != h && !is_single_hello(other))
				return true;
	}
	return false;
}

bool outcome_goes_on_in(const struct handshake *h, const struct handshake *other)
{
	const struct party *client = &h->party[PARTY_CLIENT], *there = &other->party[PARTY_CLIENT];

	return h->party[PARTY_SERVER].flight <= FLIGHT_RETRY_REQUEST && there->flight > FLIGHT_SECOND_HELLO &&
	       client->flight <= FLIGHT_SECOND_HELLO &&
	       /* Whoever starts again does not go on in between: then even copies of the ClientHello are somebody else's. */
	       (there->last_sent_ns > client->last_sent_ns || there->last_sent_ns > h->started_ns + CROSSING_NS);
}

/* Has the server of `other` sent its ServerHello, as its own socket shows, or as its client does, who goes on or refuses it? */
static bool is_served(const struct handshake *other)
{
	const struct party *client = &other->party[PARTY_CLIENT], *server = &other->party[PARTY_SERVER];

	if (server->flight_at[POINT_SENT] >= FLIGHT_SERVER_HELLO)
		return true;
	return server->flight >= FLIGHT_SERVER_HELLO &&
	       (client->flight > FLIGHT_SECOND_HELLO || (other->alert.ns && other->alert.from == PARTY_CLIENT));
}

bool outcome_is_turned(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT];
	const struct handshake *other;
	const struct flow *flow;

	for (int end = 0; end < PARTY_MAX && h->party[PARTY_SERVER].flight < FLIGHT_SERVER_HELLO; end++) {
		flow = table_flow_of(h, end);
		for (uint32_t i = 0; flow && (other = flow_handshake(flow, i)); i++)
			if (endpoint_equals(&other->party[PARTY_SERVER].address, &client->address) && is_served(other) &&
			    other->flights[FLIGHT_SERVER_HELLO].last_ns > client->last_sent_ns)
				return true;
	}
	return false;
}

/* When did anything of the client come from this port? Its own host does not know of another one. */
static uint64_t last_from_here(const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT];

	return h->relations.moved_id && crossings_are_seen(h, PARTY_CLIENT) ? client->crossings.arrived_ns : client->last_sent_ns;
}

bool outcome_is_superseded(const struct handshake *h)
{
	uint64_t last_moved = h->party[PARTY_CLIENT].last_sent_ns;
	const struct handshake *other;
	const struct flow *flow;

	/* Its client goes on from another port, and the server with it. */
	if (h->relations.left_ns > last_from_here(h) || outcome_is_turned(h))
		return true;
	/* Newer handshakes on its address pair have replaced it in the flow. */
	if (!table_flow_of(h, PARTY_CLIENT) && !table_flow_of(h, PARTY_SERVER))
		return true;
	for (int end = 0; end < PARTY_MAX; end++) {
		flow = table_flow_of(h, end);
		for (uint32_t i = 0; flow && (other = flow_handshake(flow, i)); i++)
			if (other != h && (other->started_ns > last_moved || outcome_goes_on_in(h, other)) &&
			    !outcome_is_unproven(other) &&
			    endpoint_equals(&other->party[PARTY_CLIENT].address,
					    &h->party[PARTY_CLIENT].address))
				return true;
	}
	return false;
}
