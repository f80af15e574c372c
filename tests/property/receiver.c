// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What one end does with the datagrams that it reads: it reassembles its peer's flight, and answers it. */
#include <string.h>

#include "sim.h"

static bool is_fault_here(const struct endpoint *ep, enum fault_kind fault, int flight)
{
	const struct scenario *sc = ep->w->sc;

	return sc->fault == fault && sc->fault_side == ep->role && sc->fault_flight == flight;
}

/* --- what the peer repeats --- */

/* GnuTLS doubles the window in which it does not send its last flight again each time it does. */
static bool is_gated(const struct endpoint *ep, uint64_t since)
{
	uint32_t copies = ep->copies - ep->first_copy;
	uint64_t window = ep->stack->first_ns << (copies < 6 ? copies : 6);

	return ep->stack->on_repeat == REPEAT_GATED && since < window;
}

static void answer_repeat(struct endpoint *ep, bool whole)
{
	uint64_t since = ep->w->now - ep->last_copy_ns;

	if (ep->no_timer || ep->answering || ep->sent != ep->got + 1)
		return;
	if (script_is_last(ep->w->script, ep->sent)) {
		/* s4.2.4: a MUST, and nothing but this makes it come again. */
		if ((whole || ep->stack->any_repeat || ep->w->script->dtls13) && !is_gated(ep, since))
			sender_copy(ep, ep->sent, SIM_WHOLE_FLIGHT);
		return;
	}
	if (!whole || ep->stack->on_repeat == REPEAT_IGNORED ||
	    (ep->stack->on_repeat == REPEAT_GATED && since < ep->timer.period) ||
	    (ep->stack->on_repeat == REPEAT_NOT_RECENT && since < ep->timer.period / 4))
		return;
	sender_copy(ep, ep->sent, SIM_WHOLE_FLIGHT);
	endpoint_rearm(ep);
}

/* --- receiving --- */

static void forget_assembly(struct endpoint *ep)
{
	for (uint32_t i = 0; i < SCRIPT_MAX_MESSAGES; i++)
		if (ep->in[i].have || ep->in[i].done)
			memset(&ep->in[i], 0, sizeof(ep->in[i]));
	ep->num_received = 0;
}

void endpoint_forget(struct endpoint *ep)
{
	endpoint_stop_timers(ep);
	forget_assembly(ep);
	memset(ep->acked, 0, sizeof(ep->acked));
	memset(ep->post, 0, sizeof(ep->post));
	memset(ep->record_number, 0, sizeof(ep->record_number));
	ep->sent = ep->got = -1;
	ep->epoch = ep->w->script->data_epoch;
	ep->completed = ep->answering = ep->gave_up = ep->ack_pending = false;
	ep->completed_ns = 0;
}

/* Whether it may be looked at: nothing that comes before it is missing, or this stack keeps it. */
static bool is_in_turn(const struct endpoint *ep, const struct sim_fragment *f)
{
	for (uint32_t i = 0; i < f->message && !ep->stack->buffers_ahead; i++)
		if (!ep->in[i].done)
			return false;
	return true;
}

void assembly_add(struct assembly *in, const struct sim_fragment *f, uint32_t len)
{
	for (uint32_t i = f->off; i < f->off + f->len; i++) {
		in->have += !in->got[i];
		in->got[i] = 1;
	}
	in->done = in->have == len;
}

/* True if it is news. */
static bool take_fragment(struct endpoint *ep, const struct sim_fragment *f)
{
	const struct script_message *m = &ep->w->script->flights[f->flight].messages[f->message];
	struct assembly *in = &ep->in[f->message];

	if (ep->w->script->flights[f->flight].is_ack)
		return true;
	if (in->done || !is_in_turn(ep, f))
		return false;
	if (ep->num_received < SIM_MAX_FRAGMENTS)
		ep->received[ep->num_received++] = *f;
	assembly_add(in, f, m->len);
	return true;
}

static bool has_whole_flight(const struct endpoint *ep, int flight)
{
	for (uint32_t i = 0; i < ep->w->script->flights[flight].num; i++)
		if (!ep->in[i].done)
			return false;
	return true;
}

/* A fault of the application: instead of the answer. True if there is none. */
static bool is_faulty(struct endpoint *ep, int flight)
{
	if (is_fault_here(ep, FAULT_ALERT, flight))
		sender_alert(ep);
	else if (is_fault_here(ep, FAULT_CLOSES, flight))
		endpoint_close(ep);
	else if (!is_fault_here(ep, FAULT_SILENT, flight))
		return false;
	ep->mute = true;
	net_mark_fault(ep->w);
	return true;
}

static void take_flight(struct endpoint *ep, int flight)
{
	const struct script *script = ep->w->script;
	uint64_t think = rng_magnitude(&ep->w->rng, 50000, ep->w->sc->crypto_ns[ep->role]);

	ep->got = flight;
	sim_log(ep->w, LOG_GOT_FLIGHT, ep->role, flight);
	forget_assembly(ep);
	endpoint_stop_timers(ep);
	if (is_faulty(ep, flight))
		return;
	if (flight == script->handshake_end)
		endpoint_complete(ep);
	if (flight + 1 == script->num_flights)
		return;
	ep->answering = true;
	/* A renegotiation begins when the application wants it. */
	if (flight >= script->handshake_end)
		think += rng_below(&ep->w->rng, 3 * SECOND);
	sim_ask(ep->w, ep->w->now + think, ACTION_ANSWER, ep->role, 0, 0);
}

/* RFC 9147 s7: what of this side's flight need not be sent again. */
static void take_acks(struct endpoint *ep, const struct sim_datagram *dg)
{
	for (uint32_t i = 0; i < dg->num_acked; i++) {
		const struct sim_fragment *f = &dg->acked[i];
		struct acked *a = &ep->acked[f->message];

		if (f->flight != ep->sent || a->num == SIM_MAX_FRAGMENTS)
			continue;
		a->ranges[a->num].off = f->off;
		a->ranges[a->num++].len = f->len;
	}
}

/* A part came and no more for a while: say which (RFC 9147 s7.1). */
static void ask_ack(struct endpoint *ep)
{
	if (!ep->w->script->dtls13 || ep->ack_pending || ep->no_timer)
		return;
	ep->ack_pending = true;
	sim_ask(ep->w, ep->w->now + ep->stack->first_ns / 4, ACTION_ACK, ep->role, 0, 0);
}

/* Of two that share the address, the one that has not made the cookie. */
static bool is_other_server(struct endpoint *ep)
{
	if (ep->w->sc->fault == FAULT_COOKIE)
		net_mark_fault(ep->w);
	return ep->w->sc->fault == FAULT_COOKIE;
}

/* A server that keeps no state until it sees its cookie (s4.2.1). True if that is all there was. */
static bool take_stateless(struct endpoint *ep, const struct sim_datagram *dg)
{
	if (ep->role != PARTY_SERVER || ep->sent != -1 || !dg->num_fragments ||
	    !ep->w->script->flights[1].stateless)
		return false;
	if (dg->fragments[0].flight == 0) {
		/* The cookie is in the first fragment. */
		if (!dg->fragments[0].off)
			sender_copy(ep, 1, SIM_WHOLE_FLIGHT);
		return true;
	}
	if (is_other_server(ep)) {
		if (!dg->fragments[0].off)
			sender_copy(ep, 1, SIM_WHOLE_FLIGHT);
		return true;
	}
	ep->sent = 1;
	ep->got = 0;
	return false;
}

/* A ClientHello that is not all here. */
static bool is_part_of_hello(const struct script *s, const struct sim_datagram *dg)
{
	const struct sim_fragment *f = &dg->fragments[0];

	return dg->num_fragments && s->flights[f->flight].messages[f->message].type == DTLS_MT_CLIENT_HELLO &&
	       f->len < s->flights[f->flight].messages[f->message].len;
}

/* Does it take these bytes for a replay? Some stacks do not check for any. */
static bool is_replay(struct endpoint *ep, const struct sim_datagram *dg)
{
	uint32_t index = dg->first ? dg->first - 1 : dg - ep->w->datagrams;
	bool before = ep->replayed[index];

	ep->replayed[index] = true;
	if (!before || (dg->first && !ep->checks_numbers))
		return false;
	if (dg->first && ep->w->sc->fault == FAULT_SAME_NUMBERS)
		net_mark_fault(ep->w);
	return true;
}

/* Overlaps it with others than those that have its borders? */
static bool is_overlapping(const struct endpoint *ep, const struct sim_fragment *f)
{
	const struct assembly *in = &ep->in[f->message];

	for (uint32_t i = 0; i < ep->num_received; i++) {
		const struct sim_fragment *known = &ep->received[i];

		if (known->message == f->message && !in->done && known->off < f->off + f->len &&
		    f->off < known->off + known->len && (known->off != f->off || known->len != f->len))
			return true;
	}
	return false;
}

/* Does the fault of the scenario make it discard this? */
static bool is_refused(const struct endpoint *ep, const struct sim_fragment *f)
{
	const struct script_flight *flight = &ep->w->script->flights[f->flight];
	bool encrypted = flight->messages[f->message].epoch;

	switch (ep->w->sc->fault) {
	case FAULT_IGNORES:
		return is_fault_here(ep, FAULT_IGNORES, f->flight);
	case FAULT_WRONG_KEY:
		return is_fault_here(ep, FAULT_WRONG_KEY, f->flight) && encrypted;
	case FAULT_SEQ_AGAIN:
		return flight->from == PARTY_SERVER && f->flight == ep->w->sc->fault_flight;
	case FAULT_NO_CID:
		return flight->from == ep->w->sc->fault_side && encrypted;
	case FAULT_BORDERS:
		return is_fault_here(ep, FAULT_BORDERS, f->flight) && is_overlapping(ep, f);
	default:
		return false;
	}
}

/* Has it the keys for what its peer encrypts? */
static bool has_keys(const struct endpoint *ep)
{
	const struct script *s = ep->w->script;

	for (int i = 0; i <= ep->got; i++)
		for (int j = 0; s->flights[i].from != ep->role && j < s->flights[i].num; j++)
			if (s->flights[i].messages[j].epoch)
				return true;
	return false;
}

static void take_goodbye(struct endpoint *ep, const struct sim_datagram *dg)
{
	if (ep->completed || has_keys(ep) != (dg->epoch > 0))
		return;
	if (dg->epoch || !peer_is(ep->w->sc, ep->role, PEER_HEEDS_NO_GOODBYE))
		endpoint_give_up(ep);
}

void endpoint_receive(struct endpoint *ep, const struct sim_datagram *dg)
{
	const struct script *script = ep->w->script;
	bool news = false, repeat = false, whole = false;
	int expected;

	if (dg->second_server || !attempt_takes(ep, dg) || !nat_takes(ep, dg) || endpoint_is_off(ep) || is_replay(ep, dg))
		return;
	if (dg->forged) {
		forgery_receive(ep);
		return;
	}
	if (dg->alert) {
		endpoint_give_up(ep);
		return;
	}
	if (dg->goodbye) {
		take_goodbye(ep, dg);
		return;
	}
	if (ep->num_read == 1 && ep->role == PARTY_SERVER)
		endpoint_begin_patience(ep);
	if (dg->post || dg->post_ack) {
		if (ep->completed)
			post_receive(ep, dg);
		return;
	}
	if (ep->refuses && is_part_of_hello(script, dg)) {
		net_mark_fault(ep->w);
		return;
	}
	if (take_stateless(ep, dg))
		return;
	take_acks(ep, dg);
	expected = ep->answering ? SCRIPT_MAX_FLIGHTS : ep->sent + 1;
	for (uint32_t i = 0; i < dg->num_fragments; i++) {
		const struct sim_fragment *f = &dg->fragments[i];

		if (is_refused(ep, f)) {
			net_mark_fault(ep->w);
			continue;
		}
		if (f->flight == expected)
			news |= take_fragment(ep, f);
		repeat |= f->flight <= ep->got && !script->flights[f->flight].stateless;
		whole |= f->flight == ep->got && f->message + 1 == script->flights[f->flight].num;
	}
	if (news && (ep->stack->stops_at_first || ep->stack->timer_per_message))
		endpoint_stop_timers(ep);
	if (news && has_whole_flight(ep, expected))
		take_flight(ep, expected);
	else if (news)
		ask_ack(ep);
	else if (repeat)
		answer_repeat(ep, whole);
}
