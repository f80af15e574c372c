// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "gave_up.h"

#include "conditions.h"
#include "errors.h"
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

	return alert->from != role && alert_taken_ns(h, alert) != UINT64_MAX && is_silenced(h, role, alert_taken_ns(h, alert));
}

/*
 * The peer of `role` got what was sent all the same: it answers it after the error, or has it in its queue. If the
 * port is said to be closed, it is enough that the peer goes on, or that its socket is open.
 */
static bool peer_goes_on(const struct handshake *h, enum party_role role, const struct icmp_series *series, bool is_port)
{
	const struct party *peer = &h->party[party_peer(role)];
	bool answers = peer->flight > series->flight;

	if (peer->last_sent_ns > series->last_ns && (is_port || answers))
		return true;
	return peer->last_sent_ns && peer->local && !peer->closed_ns && (is_port || h->flights[series->flight].queued_ns);
}

/* When did the latest ICMP error come for what this side sent? 0: none came. */
static uint64_t latest_error_ns(const struct icmp_errors *icmp)
{
	return max_u64(max_u64(icmp->port.last_ns, icmp->path.last_ns), errors_too_big_ns(icmp));
}

static struct claim claim_too_big(const struct handshake *h, enum party_role role)
{
	struct claim claim = {
		.code = VERDICT_MTU_BLACKHOLE, .role = role, .side = VERDICT_SIDE_NETWORK,
		.evidence.mtu = { .basis = MTU_BY_ICMP, .lost = h->party[role].sizes.largest_in_copy },
	};

	/* It is not the path that fails if all its datagrams fit. */
	if (mtu_fits(&h->party[role], claim.evidence.mtu.lost))
		claim.side = side_of_role(role);
	return claim;
}

/* Does `role` give up at `ns` because of an ICMP error? The code is VERDICT_NONE if not. */
static struct claim why_icmp(const struct handshake *h, enum party_role role, uint64_t ns)
{
	const struct icmp_errors *icmp = &h->party[role].icmp;
	uint64_t last_ns = latest_error_ns(icmp);
	bool is_port = last_ns == icmp->port.last_ns;
	struct claim claim = { .code = VERDICT_NONE };

	/* It has sent something since, so it did not give up then. */
	if (!last_ns || last_ns > ns || ns > last_ns + HANDSHAKE_ACTS_NS || h->party[role].last_sent_ns > last_ns ||
	    icmp_may_be_forged(h, role))
		return claim;
	if (last_ns == errors_too_big_ns(icmp))
		return claim_too_big(h, role);
	claim.code = is_port ? VERDICT_PORT_UNREACHABLE : VERDICT_REJECTED;
	claim.role = is_port ? party_peer(role) : role;
	claim.side = is_port ? side_of_role(claim.role) : VERDICT_SIDE_NETWORK;
	if (icmp_is_rejected_here(h, role))
		claim.side = VERDICT_SIDE_KERNEL;
	else if (peer_goes_on(h, role, is_port ? &icmp->port : &icmp->path, is_port))
		claim.side = side_of_role(role);
	return claim;
}

struct claim gave_up_silently_at_icmp(const struct handshake *h, enum party_role role)
{
	uint64_t ns = latest_error_ns(&h->party[role].icmp);

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

bool gave_up_before_late_read(const struct handshake *h, enum party_role by, uint64_t floor_ns, uint64_t now)
{
	const struct party *peer = &h->party[party_peer(by)];

	return peer->longest_unread_ns >= floor_ns && path_shows_arrivals(h, by) &&
	       peer->flight_at[POINT_ARRIVED] < peer->flight && now < h->flights[peer->flight].first_ns + HANDSHAKE_ACTS_NS;
}
