// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* When does a verdict hold that rests on other handshakes, sockets or addresses? */
#include "conditions.h"

#include "core.h"

/* A cookie may be refused once: the server's secret changes from time to time (RFC 6347 s4.2.1). */
#define MANY_REFUSED_COOKIES 2

uint64_t condition_wrong_address(const struct handshake *h, const struct verdict_options *opts,
				 enum party_role role)
{
	if (role != PARTY_SERVER || !h->relations.strays || h->party[PARTY_SERVER].flight ||
	    h->party[PARTY_SERVER].uncaptured)
		return NEVER;
	return h->relations.stray_ns + max_u64(opts->floor_ns, SECOND);
}

/* Both have sent a ClientHello, and again, and nobody has answered one. */
uint64_t condition_role_conflict(const struct handshake *h, const struct verdict_options *opts,
				 enum party_role role)
{
	const struct flight *flight = &h->flights[h->party[PARTY_CLIENT].flight];

	if (role != PARTY_CLIENT || !h->relations.both_ways_ns || h->party[PARTY_SERVER].flight ||
	    flight->copies < 2 || h->relations.both_ways_copies < 2)
		return NEVER;
	return max_u64(h->relations.both_ways_ns + opts->floor_ns, flight->copy_ns[1] + SECOND);
}

/*
 * Again and again a ClientHello with a new cookie is answered by asking for one.
 * Requests that answered ClientHellos without one may come late: they do not count.
 */
uint64_t condition_cookie_loop(const struct handshake *h, const struct verdict_options *opts,
			       enum party_role role)
{
	const struct cookies *cookies = &h->cookies;

	(void)opts;
	if (role != PARTY_SERVER || h->party[PARTY_SERVER].flight > FLIGHT_RETRY_REQUEST ||
	    cookies->refused < MANY_REFUSED_COOKIES ||
	    cookies->asked < cookies->without + MANY_REFUSED_COOKIES)
		return NEVER;
	return cookies->refused_ns;
}

const struct message *relation_find_split(const struct handshake *h, enum party_role from)
{
	const struct party *party = &h->party[from];

	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].flight == party->flight && party->messages[i].split.since_ns &&
		    !party->messages[i].split.whole)
			return &party->messages[i];
	return NULL;
}

/* Two sockets of `role` have parts of a message, none has all of it, and it is not answered. */
uint64_t condition_split_across_sockets(const struct handshake *h,
					const struct verdict_options *opts, enum party_role role)
{
	enum party_role peer = party_peer(role);
	const struct message *msg = relation_find_split(h, peer);

	if (!msg || h->party[role].flight > h->party[peer].flight)
		return NEVER;
	return msg->split.since_ns + max_u64(opts->floor_ns, SECOND);
}

/* A new ClientHello between two that were connected, repeated and, if that can be seen, read. */
uint64_t condition_rehandshake_ignored(const struct handshake *h, const struct verdict_options *opts,
				       enum party_role role)
{
	const struct party *server = &h->party[PARTY_SERVER];
	const struct flight *flight = &h->flights[h->party[PARTY_CLIENT].flight];

	if (role != PARTY_SERVER || !h->relations.established_ns || server->last_sent_ns)
		return NEVER;
	/* Another socket knows nothing of what was before. */
	if (server->local && h->relations.established_socket &&
	    h->relations.established_socket != server->socket)
		return NEVER;
	if (!server->local || !h->sees_reads)
		return condition_silence(h, opts, PARTY_SERVER);
	if (!flight->usable_ns || flight->copies < 2)
		return NEVER;
	return max_u64(flight->copy_ns[1] + SECOND, flight->usable_ns + opts->floor_ns);
}
