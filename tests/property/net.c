// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The path between the two sockets: it loses, doubles, delays and reorders. */
#include <errno.h>

#include "icmp.h"
#include "sim.h"

void net_mark_fault(struct world *w)
{
	if (w->fault_begun)
		return;
	w->fault_begun = true;
	w->fault_ns = w->now;
	sim_log(w, LOG_FAULT, w->sc->fault_side, 0);
}

/* Has it something of this flight of the script, or of one after it? */
static bool reaches_flight(const struct sim_datagram *dg, int flight)
{
	for (uint32_t i = 0; i < dg->num_fragments; i++)
		if (dg->fragments[i].flight >= flight)
			return true;
	return false;
}

/* Is it of the first copy of just this flight? */
static bool is_first_copy(const struct world *w, const struct sim_datagram *dg, int flight)
{
	for (uint32_t i = 0; i < dg->num_fragments; i++)
		if (dg->fragments[i].flight == flight)
			return w->ep[dg->from].copies == dg->copy && w->ep[dg->from].first_copy == dg->copy;
	return false;
}

/* The second of the datagrams that have a message. */
static bool is_some_part(const struct sim_datagram *dg)
{
	return dg->fragments[0].off && dg->num_fragments == 1;
}

/* What the fault of the scenario does to it on its way. */
static bool is_eaten(struct world *w, const struct sim_datagram *dg)
{
	const struct scenario *sc = w->sc;
	bool of_side = dg->from == sc->fault_side;

	switch (sc->fault) {
	case FAULT_NO_TIMER: case FAULT_LAST_FLIGHT:
		return is_first_copy(w, dg, sc->fault_flight);
	case FAULT_SAME_NUMBERS:	/* the answer */
		return is_first_copy(w, dg, sc->fault_flight + 1);
	case FAULT_BORDERS:
		return is_first_copy(w, dg, sc->fault_flight) && is_some_part(dg);
	case FAULT_ONE_WAY:
		return of_side && (w->fault_begun || reaches_flight(dg, sc->fault_flight));
	case FAULT_PATH_DEAD:
		return w->fault_begun || (of_side && reaches_flight(dg, sc->fault_flight));
	case FAULT_SIZE:
		return of_side && dg->len >= sc->fault_size;
	default:
		return false;
	}
}

static void deliver(struct world *w, uint32_t datagram)
{
	const struct scenario *sc = w->sc;
	const struct sim_datagram *dg = &w->datagrams[datagram];
	uint32_t tap = dg->from == PARTY_CLIENT ? sc->tap : 100 - sc->tap;
	uint64_t delay = sc->delay_ns[dg->from] + rng_below(&w->rng, sc->jitter_ns + 1);
	bool eaten = is_eaten(w, dg), lost;

	if (rng_chance(&w->rng, sc->late))
		delay += rng_below(&w->rng, sc->late_ns + 1);
	lost = rng_chance(&w->rng, sc->loss[dg->from]);
	lost |= sc->outage[dg->from] && w->now >= sc->outage_ns && w->now < sc->outage_end_ns;
	if (eaten && sc->fault != FAULT_BORDERS && sc->fault != FAULT_SAME_NUMBERS)
		net_mark_fault(w);
	if (eaten || lost)
		sim_log(w, LOG_LOST, dg->from, datagram);
	/* Lost before it gets to the tap, or behind it. */
	if (!(eaten || lost) || rng_chance(&w->rng, 100 - tap))
		sim_ask(w, w->now + delay * tap / 100, ACTION_TAP, dg->from, datagram, 0);
	if (!eaten && !lost)
		sim_ask(w, w->now + delay, ACTION_ARRIVE, party_peer(dg->from), datagram, 0);
}

void net_icmp(struct world *w, enum party_role at, uint8_t type, uint8_t code)
{
	if (w->ep[at].dead || w->ep[at].closed || w->overflow)
		return;
	sim_log(w, LOG_ICMP, at, 0);
	w->log[w->num_log - 1].icmp_type = type;
	w->log[w->num_log - 1].icmp_code = code;
}

static void ask_icmp(struct world *w, enum party_role at, uint64_t delay, uint32_t type, uint32_t code)
{
	sim_ask(w, w->now + delay, ACTION_ICMP, at, type << 8 | code, 0);
}

/* Of any code, some way along the path; but for "fragmentation needed", which says something of sizes. */
static void router_error(struct world *w, enum party_role from)
{
	uint64_t delay = rng_below(&w->rng, 2 * w->sc->delay_ns[from]);
	uint32_t code = rng_below(&w->rng, 16);

	if (!rng_chance(&w->rng, 15))
		return;
	if (rng_chance(&w->rng, 20))
		ask_icmp(w, from, delay, 11, code & 1);
	else if (code != ICMP_FRAG_NEEDED)
		ask_icmp(w, from, delay, ICMP_DEST_UNREACH, code);
}

void net_send(struct world *w, struct sim_datagram *dg)
{
	uint32_t datagram = w->num_datagrams++;

	nat_send(w, dg);
	sim_log(w, dg->second_server ? LOG_SECOND_SERVER : LOG_SENT, dg->from, datagram);
	deliver(w, datagram);
	if (!dg->second_server && peer_is(w->sc, dg->from, PEER_ROUTER_ERRORS))
		router_error(w, dg->from);
	if (rng_chance(&w->rng, w->sc->doubled))
		deliver(w, datagram);
}

void net_arrive(struct world *w, enum party_role at, uint32_t datagram)
{
	struct endpoint *ep = &w->ep[at];
	const struct scenario *sc = w->sc;
	uint64_t delay = rng_magnitude(&w->rng, 10000, sc->read_ns[at]);

	if (!nat_passes(w, at, datagram))
		return;
	if (at == PARTY_SERVER)
		anycast_hear(w, &w->datagrams[datagram]);
	if (sc->fault == FAULT_DIES && at == sc->fault_side &&
	    reaches_flight(&w->datagrams[datagram], sc->fault_flight)) {
		ep->dead = true;
		net_mark_fault(w);
	}
	if (ep->closed && !w->datagrams[datagram].second_server && peer_is(sc, at, PEER_CLOSED_PORT))
		ask_icmp(w, party_peer(at), sc->delay_ns[at], ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
	if (ep->dead || ep->closed || ep->num_arrived == SIM_MAX_DATAGRAMS)
		return;
	if (sc->fault == FAULT_STOPS_READING && at == sc->fault_side &&
	    reaches_flight(&w->datagrams[datagram], sc->fault_flight)) {
		ep->deaf = true;
		net_mark_fault(w);
	}
	ep->queue[ep->num_arrived++] = datagram;
	sim_log(w, LOG_QUEUED, at, datagram);
	w->log[w->num_log - 1].number = ep->num_arrived;
	if (ep->deaf)
		return;
	if (rng_chance(&w->rng, 3))
		delay += rng_below(&w->rng, sc->slow_read_ns[at] + 1);
	/* One after the other. */
	if (ep->last_read_ns < w->now)
		ep->last_read_ns = w->now;
	if (ep->last_read_ns < w->now + delay)
		ep->last_read_ns = w->now + delay;
	ep->last_read_ns += 2000;
	sim_ask(w, ep->last_read_ns, ACTION_READ, at, 0, 0);
}
