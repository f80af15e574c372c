// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What happens next, and what happened: the queue of actions, the log, and the loop between them. */
#include <string.h>

#include "sim.h"

void sim_log(struct world *w, enum log_kind kind, enum party_role at, uint32_t datagram)
{
	if (w->num_log == SIM_MAX_LOG) {
		w->overflow = true;
		return;
	}
	w->log[w->num_log++] = (struct log_entry){
		.time = w->now, .kind = kind, .at = at, .datagram = datagram, .attempt = w->ep[at].attempt,
	};
}

static bool is_before(const struct pending *a, const struct pending *b)
{
	return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void swap(struct pending *a, struct pending *b)
{
	struct pending tmp = *a;

	*a = *b;
	*b = tmp;
}

void sim_ask(struct world *w, uint64_t time, enum sim_action action, enum party_role at,
	     uint32_t arg, uint32_t generation)
{
	uint32_t i = w->num_pending;

	if (i == SIM_MAX_PENDING) {
		w->overflow = true;
		return;
	}
	w->pending[w->num_pending++] = (struct pending){
		.time = time, .order = w->num_asked++, .action = action, .at = at, .arg = arg,
		.generation = generation, .attempt = w->ep[at].attempt,
	};
	for (; i && is_before(&w->pending[i], &w->pending[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&w->pending[i], &w->pending[(i - 1) / 2]);
}

static struct pending take_first(struct world *w)
{
	struct pending first = w->pending[0];
	uint32_t i = 0, child;

	w->pending[0] = w->pending[--w->num_pending];
	while ((child = 2 * i + 1) < w->num_pending) {
		if (child + 1 < w->num_pending &&
		    is_before(&w->pending[child + 1], &w->pending[child]))
			child++;
		if (!is_before(&w->pending[child], &w->pending[i]))
			break;
		swap(&w->pending[i], &w->pending[child]);
		i = child;
	}
	return first;
}

struct sim_datagram *sim_datagram_new(struct world *w, enum party_role from)
{
	struct sim_datagram *dg;

	if (w->num_datagrams == SIM_MAX_DATAGRAMS) {
		w->overflow = true;
		return NULL;
	}
	dg = &w->datagrams[w->num_datagrams];
	memset(dg, 0, offsetof(struct sim_datagram, fragments));
	dg->from = from;
	dg->attempt = w->ep[from].attempt;
	return dg;
}

/* The application takes the next datagram from its socket. */
static void read_next(struct world *w, struct endpoint *ep)
{
	uint32_t number = ep->num_read + 1, datagram = ep->queue[ep->num_read];

	if (ep->deaf || ep->dead || ep->closed)
		return;
	ep->num_read = number;
	sim_log(w, LOG_READ, ep->role, datagram);
	w->log[w->num_log - 1].number = number;
	w->log[w->num_log - 1].copied = w->datagrams[datagram].len;
	endpoint_receive(ep, &w->datagrams[datagram]);
}

/* What this side was to do for an attempt that it has left. */
static bool is_void(const struct pending *p, const struct endpoint *ep)
{
	return p->attempt != ep->attempt && (p->action == ACTION_ANSWER || p->action == ACTION_DATA ||
					     p->action == ACTION_POST || p->action == ACTION_ACK);
}

static void act(struct world *w, const struct pending *p)
{
	struct endpoint *ep = &w->ep[p->at];

	if (is_void(p, ep))
		return;
	switch (p->action) {
	case ACTION_ARRIVE:
		net_arrive(w, p->at, p->arg);
		break;
	case ACTION_TAP:
		sim_log(w, LOG_TAPPED, w->datagrams[p->arg].from, p->arg);
		break;
	case ACTION_READ:
		read_next(w, ep);
		break;
	case ACTION_TIMER:
		endpoint_timer(ep, p->arg, p->generation);
		break;
	case ACTION_ANSWER:
		endpoint_answer(ep);
		break;
	case ACTION_DATA:
		if (!ep->gave_up && !ep->dead && !ep->mute && !ep->deaf && !ep->closed)
			sender_data(ep);
		break;
	case ACTION_POST:
		if (!ep->dead && !ep->mute && !ep->deaf && !ep->closed)
			post_send(ep, p->arg);
		break;
	case ACTION_ACK:
		if (ep->ack_pending && !ep->dead && !ep->mute && !ep->deaf)
			sender_ack(ep);
		ep->ack_pending = false;
		break;
	case ACTION_ICMP:
		net_icmp(w, p->at, p->arg >> 8, p->arg & 0xff);
		break;
	case ACTION_PATIENCE:
		endpoint_patience(ep);
		break;
	case ACTION_FORGERY:
		forgery_arrive(w, p->arg);
		break;
	case ACTION_MOVE:
		nat_move(w);
		break;
	case ACTION_SECOND_SERVER:
		anycast_send(w);
		break;
	case ACTION_RESTART:
		attempt_restart(ep);
		break;
	}
}

void sim_run(struct world *w, const struct scenario *sc, const struct script *script,
	     const struct forgery *forgery)
{
	struct pending next;

	memset(w, 0, offsetof(struct world, pending));
	w->num_pending = w->num_asked = w->num_datagrams = w->num_log = 0;
	w->sc = sc;
	w->script = script;
	w->forgery = forgery;
	w->rng.state = ~sc->seed;
	w->end = 1000 * SECOND;
	for (int role = 0; role < PARTY_MAX; role++)
		endpoint_init(&w->ep[role], w, role);
	endpoint_begin(&w->ep[PARTY_CLIENT]);
	attempt_init(w);
	nat_init(w);
	anycast_init(w);
	for (uint32_t i = 0; forgery && i < forgery->count; i++)
		sim_ask(w, forgery->time + i * forgery->gap_ns, ACTION_FORGERY, party_peer(forgery->from), i, 0);
	while (w->num_pending && !w->overflow) {
		next = take_first(w);
		if (next.time > w->end)
			break;
		w->now = next.time;
		act(w, &next);
	}
	attempt_end(w);
	anycast_end(w);
}
