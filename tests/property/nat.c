// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A NAT that gives the client another port: what it sends comes from there, and what is sent to the port before is lost. */
#include "sim.h"

void nat_init(struct world *w)
{
	if (peer_is(w->sc, PARTY_CLIENT, PEER_MOVES))
		sim_ask(w, w->sc->change_ns, ACTION_MOVE, PARTY_CLIENT, 0, 0);
}

void nat_move(struct world *w)
{
	w->moved_ns = w->now;
	sim_log(w, LOG_MOVED, PARTY_CLIENT, 0);
}

void nat_send(const struct world *w, struct sim_datagram *dg)
{
	dg->port = dg->from == PARTY_CLIENT ? w->moved_ns > 0 : w->ep[PARTY_SERVER].port;
}

bool nat_passes(struct world *w, enum party_role at, uint32_t datagram)
{
	const struct sim_datagram *dg = &w->datagrams[datagram];

	if (at == PARTY_SERVER || dg->forged || dg->port == (w->moved_ns > 0))
		return true;
	sim_log(w, LOG_LOST, dg->from, datagram);
	return false;
}

bool nat_takes(struct endpoint *ep, const struct sim_datagram *dg)
{
	bool is_associated = ep->sent >= 0 && ep->w->script->flights[ep->sent].number >= 4;

	if (ep->role == PARTY_CLIENT || dg->forged || dg->port <= ep->port || endpoint_is_off(ep))
		return true;
	if (ep->w->sc->fault == FAULT_MOVED && is_associated) {
		net_mark_fault(ep->w);
		return false;
	}
	ep->port = dg->port;
	return true;
}
