// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "gave_up.h"

#include "conditions.h"
#include "flights.h"

#include "core.h"

/* Longer than it takes to compute an answer. */
#define ANSWER_NS (SECOND / 2)

/*
 * Has this side sent nothing since `ns`, when an alert or an ICMP error told it that the handshake is over? It may only
 * be why if nothing was overdue by then.
 */
static bool is_silenced(const struct handshake *h, enum party_role role, uint64_t ns)
{
	const struct party *party = &h->party[role], *peer = &h->party[party_peer(role)];
	const struct flight *asked = &h->flights[peer->flight];

	if (!ns || party->last_sent_ns >= ns)
		return false;
	if (party->flight < peer->flight)
		return !asked->usable_ns || ns < asked->usable_ns + ANSWER_NS;
	return ns < party->last_sent_ns + handshake_timer_ns(h, role);
}

bool gave_up_silently_at_alert(const struct handshake *h, enum party_role role)
{
	const struct alert *alert = &h->unsent_alert;

	return alert->from != role && (!h->sees_reads || h->party[role].last_read_ns >= alert->ns) &&
	       is_silenced(h, role, alert->ns);
}

/* The peer of `role` got what was sent all the same: it goes on after the error, or its socket is open. */
static bool peer_goes_on(const struct handshake *h, enum party_role role, const struct icmp_series *series)
{
	const struct party *peer = &h->party[party_peer(role)];

	return peer->last_sent_ns > series->last_ns || (peer->last_sent_ns && peer->local && !peer->closed_ns);
}

/* The kind of ICMP errors that came last for what this side sent. */
static const struct icmp_series *latest_errors(const struct icmp_errors *icmp)
{
	return icmp->port.last_ns >= icmp->path.last_ns ? &icmp->port : &icmp->path;
}

/* Does `role` give up at `ns` because of an ICMP error? The code is VERDICT_NONE if not. */
static struct claim why_icmp(const struct handshake *h, enum party_role role, uint64_t ns)
{
	const struct icmp_series *series = latest_errors(&h->party[role].icmp);
	bool is_port = series == &h->party[role].icmp.port;
	struct claim claim = { .code = VERDICT_NONE };

	/* It has sent something since, so it did not give up then. */
	if (!series->last_ns || series->last_ns > ns || ns > series->last_ns + HANDSHAKE_ACTS_NS ||
	    h->party[role].last_sent_ns > series->last_ns || icmp_may_be_forged(h, role))
		return claim;
	claim.code = is_port ? VERDICT_PORT_UNREACHABLE : VERDICT_REJECTED;
	claim.role = is_port ? party_peer(role) : role;
	claim.side = is_port ? side_of_role(claim.role) : VERDICT_SIDE_NETWORK;
	if (icmp_is_rejected_here(h, role))
		claim.side = VERDICT_SIDE_KERNEL;
	else if (peer_goes_on(h, role, series))
		claim.side = side_of_role(role);
	return claim;
}

struct claim gave_up_silently_at_icmp(const struct handshake *h, enum party_role role)
{
	uint64_t ns = latest_errors(&h->party[role].icmp)->last_ns;

	return is_silenced(h, role, ns) ? why_icmp(h, role, ns) : (struct claim){ .code = VERDICT_NONE };
}

struct claim gave_up_why(const struct handshake *h, uint64_t now)
{
	enum party_role by = h->ending.by;
	bool by_alert = h->ending.how == ENDING_ALERT;

	if (!by_alert && alerts_gave_up(h, by, now))
		return (struct claim){ .code = VERDICT_ALERT, .role = by, .side = side_of_role(by) };
	/* An alert with a reason of its own says why. */
	if (by_alert && !alert_is_farewell(&h->alert) && !alert_is_internal(&h->alert))
		return (struct claim){ .code = VERDICT_NONE };
	return why_icmp(h, by, by_alert ? h->alert.ns : now);
}
