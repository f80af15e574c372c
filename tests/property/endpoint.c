// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One end: it sends its flights, and drives the timer between. receiver.c has what it does with those of its peer. */
#include <string.h>

#include "sim.h"

void endpoint_init(struct endpoint *ep, struct world *w, enum party_role role)
{
	const struct scenario *sc = w->sc;

	memset(ep, 0, sizeof(*ep));
	ep->w = w;
	ep->role = role;
	ep->stack = &sc->stack[role];
	ep->mtu = sc->mtu[role];
	ep->sent = ep->got = -1;
	ep->epoch = w->script->data_epoch;
	ep->checks_numbers = sc->fault == FAULT_SAME_NUMBERS || sc->seed >> role & 4;
	if (role != sc->fault_side)
		return;
	ep->no_timer = sc->fault == FAULT_NO_TIMER || sc->fault == FAULT_LAST_FLIGHT;
	ep->refuses = sc->fault == FAULT_HELLO_IGNORED;
}

bool endpoint_is_off(const struct endpoint *ep)
{
	return ep->deaf || ep->mute || ep->dead || ep->closed || ep->gave_up;
}

void endpoint_close(struct endpoint *ep)
{
	ep->closed = true;
	sim_log(ep->w, LOG_CLOSED, ep->role, 0);
}

/* --- timers --- */

static void timer_stop(struct sim_timer *t)
{
	t->armed = false;
	t->generation++;
}

void endpoint_stop_timers(struct endpoint *ep)
{
	timer_stop(&ep->timer);
	for (int i = 0; i < SCRIPT_MAX_MESSAGES; i++)
		timer_stop(&ep->message_timer[i]);
}

static void timer_arm(struct endpoint *ep, struct sim_timer *t, uint32_t message)
{
	/* No thread runs on the dot. */
	uint64_t late = rng_below(&ep->w->rng, 10 * MS);

	t->armed = true;
	t->due = ep->w->now + t->period + late;
	sim_ask(ep->w, t->due, ACTION_TIMER, ep->role, message, ++t->generation);
}

static void timer_begin(struct endpoint *ep, struct sim_timer *t, uint32_t message)
{
	t->period = ep->stack->first_ns;
	t->timeouts = 0;
	t->begun = ep->w->now;
	timer_arm(ep, t, message);
}

static void start_timers(struct endpoint *ep)
{
	const struct script_flight *flight = &ep->w->script->flights[ep->sent];

	endpoint_stop_timers(ep);
	if (ep->no_timer || flight->stateless || script_is_last(ep->w->script, ep->sent))
		return;
	if (!ep->stack->timer_per_message) {
		timer_begin(ep, &ep->timer, SIM_WHOLE_FLIGHT);
		return;
	}
	for (uint32_t i = 0; i < flight->num; i++)
		timer_begin(ep, &ep->message_timer[i], i);
}

void endpoint_rearm(struct endpoint *ep)
{
	if (!ep->stack->timer_per_message && ep->timer.armed)
		timer_arm(ep, &ep->timer, SIM_WHOLE_FLIGHT);
}

/* Smaller datagrams after timeouts: perhaps they were too large for the path. */
static void step_mtu(struct endpoint *ep, uint32_t timeouts)
{
	const struct stack *s = ep->stack;

	if (!s->mtu_after || timeouts <= s->mtu_after)
		return;
	if (s->mtu_every && (timeouts - s->mtu_after - 1) % s->mtu_every)
		return;
	if (s->mtu_fallback < ep->mtu)
		ep->mtu = s->mtu_every ? (ep->mtu + s->mtu_fallback) / 2 : s->mtu_fallback;
}

void endpoint_abort(struct endpoint *ep, bool closes)
{
	endpoint_stop_timers(ep);
	ep->gave_up = true;
	sim_log(ep->w, LOG_GAVE_UP, ep->role, 0);
	if (closes)
		endpoint_close(ep);
}

void endpoint_give_up(struct endpoint *ep)
{
	sender_goodbye(ep);
	endpoint_abort(ep, rng_chance(&ep->w->rng, 50));
}

void endpoint_patience(struct endpoint *ep)
{
	if (ep->completed || endpoint_is_off(ep))
		return;
	if (!ep->w->impatient_ns)
		ep->w->impatient_ns = ep->w->now;
	endpoint_give_up(ep);
}

void endpoint_begin_patience(struct endpoint *ep)
{
	if (peer_is(ep->w->sc, ep->role, PEER_IMPATIENT))
		sim_ask(ep->w, ep->w->now + ep->w->sc->patience_ns[ep->role], ACTION_PATIENCE, ep->role, 0, 0);
}

void endpoint_timer(struct endpoint *ep, uint32_t message, uint32_t generation)
{
	const struct stack *s = ep->stack;
	struct sim_timer *t = message == SIM_WHOLE_FLIGHT ? &ep->timer : &ep->message_timer[message];

	if (!t->armed || t->generation != generation || endpoint_is_off(ep))
		return;
	sim_log(ep->w, LOG_TIMER, ep->role, 0);
	if (++t->timeouts > s->max_timeouts || (s->total_ns && ep->w->now - t->begun >= s->total_ns)) {
		endpoint_give_up(ep);
		return;
	}
	t->period = t->period * s->backoff > s->cap_ns ? s->cap_ns : t->period * s->backoff;
	step_mtu(ep, t->timeouts);
	sender_copy(ep, ep->sent, message);
	timer_arm(ep, t, message);
}

/* --- sending --- */

/* What an application sends once it may, or thinks that it may. */
static void ask_data(struct endpoint *ep, uint32_t num)
{
	uint64_t at = ep->w->now;

	while (num--) {
		at += rng_magnitude(&ep->w->rng, 20000, 2 * SECOND);
		sim_ask(ep->w, at, ACTION_DATA, ep->role, 0, 0);
	}
}

void endpoint_complete(struct endpoint *ep)
{
	if (ep->completed)
		return;
	ep->completed = true;
	ep->completed_ns = ep->w->now;
	sim_log(ep->w, LOG_COMPLETED, ep->role, 0);
	ask_data(ep, ep->w->sc->num_data[ep->role]);
	post_begin(ep);
}

static void send_flight(struct endpoint *ep, int flight)
{
	const struct script *script = ep->w->script;

	if (ep->role == PARTY_SERVER && !ep->w->answered_ns && script->flights[flight].number >= 4)
		ep->w->answered_ns = ep->w->now;
	ep->sent = flight;
	memset(ep->acked, 0, sizeof(ep->acked));
	ep->first_copy = ep->copies + 1;
	if (peer_is(ep->w->sc, ep->role, PEER_SHORT_RECORDS) && script->flights[flight].number >= 5)
		sender_empty_ack(ep);
	sender_copy(ep, flight, SIM_WHOLE_FLIGHT);
	start_timers(ep);
	if (flight == script->handshake_end)
		endpoint_complete(ep);
	else if (ep->w->sc->false_start[ep->role] && flight + 1 == script->handshake_end)
		ask_data(ep, 1);
}

void endpoint_begin(struct endpoint *ep)
{
	endpoint_begin_patience(ep);
	send_flight(ep, 0);
}

void endpoint_answer(struct endpoint *ep)
{
	ep->answering = false;
	if (!endpoint_is_off(ep))
		send_flight(ep, ep->got + 1);
}
