// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two servers behind one address: the ClientHello reaches both, and both answer it. The client goes on with the one whose
 * answer comes first, and ignores the other, which is simulated here: it repeats its answer until it gives up.
 */
#include "dtls_wire.h"
#include "sim.h"

static int answer_of(const struct script *script)
{
	int flight = 0;

	while (script->flights[flight].number != 4)
		flight++;
	return flight;
}

/* So many copies of its flights the server that is followed never sends. */
#define FIRST_COPY 100000

void anycast_init(struct world *w)
{
	struct scenario other = *w->sc;

	if (!peer_is(w->sc, PARTY_SERVER, PEER_SECOND_SERVER) || w->forgery)
		return;
	other.server_random ^= 0x0f;
	script_build(&w->second, &other);
	endpoint_init(&w->second_server, w, PARTY_SERVER);
	w->second_server.attempt = 1;
	w->second_server.copies = FIRST_COPY;
	w->second_server.first_copy = FIRST_COPY + 1;
}

void anycast_hear(struct world *w, const struct sim_datagram *dg)
{
	struct endpoint *ep = &w->second_server;
	int flight = answer_of(w->script);

	for (uint32_t i = 0; ep->w && ep->sent < 0 && i < dg->num_fragments; i++)
		if (dg->fragments[i].flight == flight - 1)
			assembly_add(&ep->in[0], &dg->fragments[i], w->script->flights[flight - 1].messages[0].len);
	if (!ep->w || ep->sent >= 0 || !ep->in[0].done)
		return;
	ep->sent = flight;
	ep->timer.period = ep->stack->first_ns;
	sim_ask(w, w->now + rng_magnitude(&w->rng, 50000, w->sc->crypto_ns[PARTY_SERVER]), ACTION_SECOND_SERVER, PARTY_SERVER, 0, 0);
}

void anycast_send(struct world *w)
{
	struct endpoint *ep = &w->second_server;
	struct sim_timer *t = &ep->timer;

	/* While the client has no answer of the other, nobody can tell with which of the two it will go on. */
	if (w->ep[PARTY_CLIENT].sent < ep->sent) {
		sim_ask(w, w->now + ep->stack->first_ns, ACTION_SECOND_SERVER, PARTY_SERVER, 0, 0);
		return;
	}
	if (t->timeouts++ > ep->stack->max_timeouts)
		return;
	sender_copy(ep, ep->sent, SIM_WHOLE_FLIGHT);
	sim_ask(w, w->now + t->period, ACTION_SECOND_SERVER, PARTY_SERVER, 0, 0);
	t->period = t->period * ep->stack->backoff > ep->stack->cap_ns ? ep->stack->cap_ns : t->period * ep->stack->backoff;
}

/* The truth, and what is seen, are about the server that is followed. */
void anycast_end(struct world *w)
{
	for (uint32_t i = 0; i < w->num_datagrams; i++) {
		struct sim_datagram *dg = &w->datagrams[i];

		if (!dg->second_server)
			continue;
		dg->second_hello = !dg->fragments[0].message && !dg->fragments[0].off;
		dg->earlier_copy = dg->copy;
		dg->num_fragments = dg->num_acked = dg->copy = 0;
	}
}
