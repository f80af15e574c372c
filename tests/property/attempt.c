// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A client that starts again on the same port: each side follows one attempt, and discards what belongs to another. */
#include <string.h>

#include "sim.h"

const struct script *attempt_script(const struct world *w, uint32_t attempt)
{
	return attempt ? &w->second : w->script;
}

void attempt_init(struct world *w)
{
	struct scenario other = *w->sc;

	if (!peer_is(w->sc, PARTY_CLIENT, PEER_RESTARTS))
		return;
	other.random = scenario_second_random(w->sc);
	other.server_random ^= 0x0f;
	script_build(&w->second, &other);
	sim_ask(w, w->sc->change_ns, ACTION_RESTART, PARTY_CLIENT, 0, 0);
}

/* No process is there again at once: what was on its way before has arrived by then. */
#define LEAST_PAUSE (150 * MS)

void attempt_restart(struct endpoint *ep)
{
	if (ep->closed || ep->dead || ep->gave_up)
		return;
	sim_log(ep->w, LOG_RESTARTED, ep->role, 0);
	if (ep->attempt) {
		endpoint_begin(ep);
		return;
	}
	ep->w->restarted_ns = ep->w->now;
	endpoint_forget(ep);
	ep->attempt = 1;
	sim_ask(ep->w, ep->w->now + LEAST_PAUSE + ep->w->sc->change_ns % SECOND, ACTION_RESTART, ep->role, 0, 0);
}

/* RFC 6347 s4.2.8: a cookie first, and only who has that takes the place of the earlier association. */
static void ask_cookie(struct endpoint *ep, const struct sim_datagram *dg)
{
	uint64_t number = ep->record_number[0];

	if (dg->fragments[0].off)
		return;
	ep->attempt = dg->attempt;
	sender_copy(ep, 1, SIM_WHOLE_FLIGHT);
	ep->attempt = 0;
	ep->record_number[0] = number;
}

/*
 * Is all of the new attempt's ClientHello there? A part of it tells no server whose it is. The part that completes
 * it is for the server's new association; what came before is there.
 */
static bool is_whole_hello(struct endpoint *ep, const struct sim_datagram *dg)
{
	const struct sim_fragment *f = &dg->fragments[0];
	uint32_t len = attempt_script(ep->w, dg->attempt)->flights[f->flight].messages[0].len;
	struct assembly before;

	if (ep->new_flight != f->flight)
		memset(&ep->new_hello, 0, sizeof(ep->new_hello));
	ep->new_flight = f->flight;
	before = ep->new_hello;
	assembly_add(&ep->new_hello, f, len);
	if (!ep->new_hello.done)
		return false;
	endpoint_forget(ep);
	ep->in[0] = before;
	ep->attempt = dg->attempt;
	return true;
}

bool attempt_takes(struct endpoint *ep, const struct sim_datagram *dg)
{
	const struct script *script = ep->w->script;
	bool is_hello = dg->num_fragments && dg->fragments[0].flight < 3 &&
			script->flights[dg->fragments[0].flight].messages[0].type == DTLS_MT_CLIENT_HELLO;

	if (dg->attempt == ep->attempt || dg->forged)
		return true;
	if (ep->role == PARTY_CLIENT || ep->attempt > dg->attempt || !is_hello || ep->deaf || ep->mute || ep->closed)
		return false;
	if (ep->w->sc->fault == FAULT_RESTART) {
		net_mark_fault(ep->w);
		return false;
	}
	if (!dg->fragments[0].flight && script->flights[1].stateless) {
		ask_cookie(ep, dg);
		return false;
	}
	return is_whole_hello(ep, dg);
}

/* What is judged is the second attempt: the truth and what is seen are about its flights. */
void attempt_end(struct world *w)
{
	for (uint32_t i = 0; i < w->num_datagrams && w->restarted_ns; i++)
		if (!w->datagrams[i].attempt) {
			w->datagrams[i].earlier_copy = w->datagrams[i].copy;
			w->datagrams[i].num_fragments = w->datagrams[i].num_acked = w->datagrams[i].copy = 0;
		}
	for (uint32_t i = 0; i < w->num_log && w->restarted_ns; i++)
		if (!w->log[i].attempt && w->log[i].kind > LOG_TAPPED && w->log[i].kind != LOG_FAULT)
			w->log[i].kind = LOG_EARLIER;
}
