// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "late.h"

#include <inttypes.h>
#include <stdlib.h>

#include "truth_inside.h"

#define SIDE(role) ((role) == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER)
/* verdicts: a back-off of up to a minute is healthy; some stacks are a little slower. */
#define LONGEST_BACKOFF (64 * SECOND)
/* No datagram takes longer. */
#define LONGEST_DELAY (8 * SECOND)
/* So many copies that were read whole, one after the other, show that a side is silent. */
#define SILENT_COPIES 3

/* --- when the trace begins --- */

/* What the network loses for a while makes both sides back off. */
static void draw_outage(struct scenario *sc, struct rng *r)
{
	if (!rng_chance(r, 50))
		return;
	sc->outage[PARTY_CLIENT] = rng_chance(r, 60);
	sc->outage[PARTY_SERVER] = !sc->outage[PARTY_CLIENT] || rng_chance(r, 40);
	sc->outage_ns = rng_chance(r, 50) ? 0 : rng_magnitude(r, MS, 10 * SECOND);
	sc->outage_end_ns = sc->outage_ns + rng_magnitude(r, SECOND, 300 * SECOND);
}

/* What is odd about the peers of peers.h may have been to see before the trace only. */
static void draw_scenario(struct scenario *sc, uint64_t seed, struct rng *r)
{
	scenario_draw(sc, seed, rng_chance(r, 60) ? FAULT_NONE : FAULT_MAX);
	sc->peers[PARTY_CLIENT] = sc->peers[PARTY_SERVER] = 0;
	if (sc->fault >= FAULT_IGNORES)
		sc->fault = FAULT_NONE;
	if (sc->fault == FAULT_NONE)
		draw_outage(sc, r);
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t draw_begin(const struct world *w, enum truth truth, struct rng *r)
{
	uint64_t end = max_u64(w->ep[PARTY_CLIENT].completed_ns, w->ep[PARTY_SERVER].completed_ns), found = 0;
	uint32_t num = 0;

	if (truth == TRUTH_STUCK && rng_chance(r, 75))
		return w->fault_ns + rng_magnitude(r, MS, 300 * SECOND);
	if (truth == TRUTH_STUCK)
		end = w->fault_ns + 10 * SECOND;
	if (rng_chance(r, 70))
		return 1 + rng_below(r, end + 1);
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= end; i++)
		if (!rng_below(r, ++num))
			found = w->log[i].time;
	return 1 + found + rng_magnitude(r, 1000, 100 * MS);
}

/* When was the last of what was sent before read? 0: nothing was on its way. */
static uint64_t end_of_earlier(const struct world *w, uint64_t begin)
{
	static uint64_t sent[SIM_MAX_DATAGRAMS];
	uint64_t latest = 0;

	for (uint32_t i = 0; i < w->num_log; i++) {
		if (w->log[i].kind == LOG_SENT)
			sent[w->log[i].datagram] = w->log[i].time;
		else if ((w->log[i].kind == LOG_QUEUED || w->log[i].kind == LOG_READ) && w->log[i].time >= begin && sent[w->log[i].datagram] < begin)
			latest = w->log[i].time;
	}
	return latest;
}

/* Between two sockets of one host nothing is on its way for long. */
static uint64_t between_datagrams(const struct world *w, uint64_t begin)
{
	uint64_t latest;

	while ((latest = end_of_earlier(w, begin)))
		begin = latest + 1;
	return begin;
}

/* --- what is true --- */

static uint64_t first_sent(const struct world *w, enum party_role role)
{
	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind == LOG_SENT && w->log[i].at == role && dg->num_fragments &&
		    dg->fragments[0].flight == w->ep[role].sent)
			return w->log[i].time;
	}
	return 0;
}

/* Did both sides stand where they stand now? */
static bool was_stuck(const struct world *w, uint64_t begin)
{
	return w->fault_begun && w->fault_ns < begin && first_sent(w, PARTY_CLIENT) < begin &&
	       first_sent(w, PARTY_SERVER) < begin;
}

static bool is_waited_for(const struct world *w, uint64_t begin)
{
	uint64_t latest = 0;

	for (uint32_t i = 0; i < w->num_log && w->log[i].time < begin; i++)
		if (w->log[i].kind == LOG_SENT)
			latest = w->log[i].time;
	return begin - latest > SECOND;
}

static bool has_sent_since(const struct world *w, enum party_role role, uint64_t begin)
{
	for (uint32_t i = 0; i < w->num_log; i++)
		if (w->log[i].kind == LOG_SENT && w->log[i].at == role && w->log[i].time >= begin)
			return true;
	return false;
}

/* How many datagrams of this copy had this happen to them since the trace began, each once, in their order? */
static uint32_t num_of_copy(const struct world *w, enum log_kind kind, enum party_role from, uint32_t copy,
			    uint64_t begin)
{
	uint32_t num = 0, next = 0;

	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct log_entry *entry = &w->log[i];
		const struct sim_datagram *dg = &w->datagrams[entry->datagram];

		if (entry->kind != kind || entry->time < begin || dg->from != from || dg->copy != copy ||
		    entry->datagram < next)
			continue;
		next = entry->datagram + 1;
		num++;
	}
	return num;
}

/* Were so many copies in a row, all that its peer sent in that time, got whole by the silent side? */
static bool has_whole_copies(const struct world *w, enum party_role from, enum log_kind kind, uint64_t begin)
{
	uint32_t run = 0;

	for (uint32_t copy = w->ep[from].first_copy; copy <= w->ep[from].copies; copy++) {
		uint32_t sent = num_of_copy(w, LOG_SENT, from, copy, begin);

		run = sent && num_of_copy(w, kind, from, copy, begin) == sent ? run + 1 : 0;
		if (run == SILENT_COPIES)
			return true;
	}
	return false;
}

/* Does it know that a part of its flight came (RFC 9147 s7)? Then it does not send that part again, and the rest is no whole. */
static bool is_partly_acked(const struct endpoint *ep)
{
	for (int i = 0; i < SCRIPT_MAX_MESSAGES; i++)
		if (ep->acked[i].num)
			return true;
	return false;
}

/* Must it be said from there? See verdicts.md: all copies are read, and nothing is sent. */
static bool must_report(const struct world *w, enum observer observer, uint64_t begin)
{
	enum party_role guilty = w->sc->fault_side, peer = party_peer(guilty);
	int flight = w->ep[peer].sent, number = flight < 0 ? 0 : w->script->flights[flight].number;
	bool deaf = w->sc->fault == FAULT_STOPS_READING;

	if (!was_stuck(w, begin) || !observer_is_at(observer, guilty) || !w->sc->sees_reads || !number)
		return false;
	if (!deaf && w->sc->fault != FAULT_SILENT && w->sc->fault != FAULT_NO_TIMER &&
	    w->sc->fault != FAULT_LAST_FLIGHT)
		return false;
	/* What is encrypted shows neither its end nor, if a connection ID hides it, its Finished. */
	if (number >= 4 && (w->sc->dtls13 || w->sc->cid[peer]))
		return false;
	/* No plaintext message tells whose flight it is. */
	if (number > 5 || (number == 5 && w->sc->variant != VARIANT_FULL) || w->script->flights[flight].stateless)
		return false;
	if (w->sc->stack[peer].timer_per_message || has_sent_since(w, guilty, begin) || is_partly_acked(&w->ep[peer]))
		return false;
	return has_whole_copies(w, peer, deaf ? LOG_QUEUED : LOG_READ, begin);
}

/* --- what is said --- */

static bool has_given_up(const struct world *w, const struct said *said)
{
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= said->time; i++)
		if (w->log[i].kind == LOG_GAVE_UP && SIDE(w->log[i].at) == said->side)
			return true;
	return false;
}

/*
 * A ClientHello that the server has answered already arrives after the beginning of the trace. By its record
 * number it is the client's first, and nobody can see that it is old.
 */
static bool is_old_hello(const struct world *w, const struct observed *seen, uint64_t begin)
{
	bool has_answered = false;

	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct log_entry *entry = &w->log[i];
		const struct sim_datagram *dg = &w->datagrams[entry->datagram];

		has_answered |= entry->kind == LOG_SENT && entry->at == PARTY_SERVER;
		if (entry->kind == LOG_QUEUED && entry->at == PARTY_SERVER && entry->time >= begin &&
		    dg->num_fragments && !dg->fragments[0].flight && dg->copy == 1)
			return has_answered && observer_is_at(seen->observer, PARTY_SERVER);
	}
	return false;
}

/* May a fault be said, although nobody is at fault, or somebody else? */
static bool may_be_said(const struct world *w, const struct observed *seen, const struct said *said, uint64_t begin)
{
	if (said->side == VERDICT_SIDE_SERVER && is_old_hello(w, seen, begin))
		return true;
	if (truth_is_excusable(w, said, observer_is_tap(seen->observer)) ||
	    (seen->lost && said->confidence == CONFIDENCE_LIKELY))
		return true;
	/* Of a renegotiation nobody knows which flight is sent again. */
	if (w->sc->renegotiates && (said->code == VERDICT_ANSWER_UNACKNOWLEDGED ||
				    said->code == VERDICT_LAST_FLIGHT_NOT_RESENT))
		return said->confidence == CONFIDENCE_LIKELY;
	/* The path loses it, again and again. */
	if (said->side == VERDICT_SIDE_NETWORK && said->confidence == CONFIDENCE_LIKELY)
		return said->total[PARTY_CLIENT] >= 3 || said->total[PARTY_SERVER] >= 3;
	/* "or does not get it": parts of its copies passed the tap. */
	if (said->code == VERDICT_ANSWER_IGNORED && observer_is_tap(seen->observer))
		return said->confidence == CONFIDENCE_LIKELY;
	for (int role = 0; role < PARTY_MAX; role++) {
		if (said->side != SIDE(role))
			continue;
		/* The more copies it sent before the trace, the longer is it until the next. */
		if (said->code == VERDICT_LAST_FLIGHT_NOT_RESENT && w->sc->stack[role].on_repeat == REPEAT_GATED)
			return said->confidence == CONFIDENCE_LIKELY;
		/* It never retransmits, and gets through by luck; or its timer is longer than any that is known. */
		if ((w->sc->fault == FAULT_NO_TIMER && role == (int)w->sc->fault_side) ||
		    w->sc->stack[role].cap_ns > LONGEST_BACKOFF)
			return true;
	}
	return false;
}

static const char *judge(struct late *late, const struct world *w, const struct observed *seen, uint64_t begin)
{
	bool stuck = truth_of(w) == TRUTH_STUCK, reported = false, must = stuck && must_report(w, seen->observer, begin);
	/* What was on its way may look like news. */
	bool silent = stuck && begin > LONGEST_DELAY && was_stuck(w, begin - LONGEST_DELAY);
	uint32_t sides = stuck ? truth_sides(w, seen) : 0;

	for (uint32_t i = 0; i < seen->num_said && i < OBSERVED_MAX_CHANGES; i++) {
		const struct said *said = &seen->said[i];

		if (said->severity != SEVERITY_FAULT || said->time > w->end)
			continue;
		late->by_code[said->code]++;
		if (silent && said->confidence == CONFIDENCE_CERTAIN)
			return "certain, although the trace began later";
		if (sides >> said->side & 1)
			reported = true;
		else if (!may_be_said(w, seen, said, begin) && !(stuck && has_given_up(w, said)))
			return stuck ? "a fault of the wrong side" : "a fault of a handshake that completes";
		else
			late->taken_back++;
	}
	if (!stuck && seen->num_said && seen->last.severity == SEVERITY_FAULT && !observer_is_tap(seen->observer) &&
	    seen->last.time <= w->ep[PARTY_CLIENT].completed_ns)
		return "the last word on a handshake that completed is a fault";
	late->must += must;
	late->reported += must && reported;
	return must && !reported ? "stuck before the trace began, and not reported" : NULL;
}

/* --- one case --- */

static void look(struct late *late, struct world *w, enum observer observer, uint64_t begin)
{
	static struct observed seen;
	FILE *recording = observer_recording(late->directory, w->sc->seed, observer);
	const char *why;

	if (late->trace)
		fprintf(late->trace, "seen %s, from %.6f s on:\n", observer_name(observer), begin / 1e9);
	observe_from(w, observer, begin, &seen, late->trace, recording);
	if (recording)
		fclose(recording);
	why = seen.text_fault[0] ? seen.text_fault : judge(late, w, &seen, begin);
	if (!why)
		return;
	fprintf(late->failures, "# FAILED, seed %" PRIu64 " --late, %s, from %.6f s on: %s; truth: %s\n", w->sc->seed,
		observer_name(observer), begin / 1e9, why, truth_name(truth_of(w)));
	late->failed++;
}

void late_case(struct late *late, struct world *w, uint64_t seed)
{
	static struct script script;
	struct rng r = { ~seed * 5 };
	struct scenario sc;
	enum truth truth;
	uint64_t begin;

	draw_scenario(&sc, seed, &r);
	script_build(&script, &sc);
	sim_run(w, &sc, &script, NULL);
	truth = truth_of(w);
	*(truth == TRUTH_COMPLETED ? &late->healthy : truth == TRUTH_STUCK ? &late->stuck : &late->other) += 1;
	if (truth != TRUTH_COMPLETED && truth != TRUTH_STUCK)
		return;
	begin = draw_begin(w, truth, &r);
	late->waiting += truth == TRUTH_COMPLETED && is_waited_for(w, begin);
	late->silent += truth == TRUTH_STUCK && was_stuck(w, begin);
	if (late->trace) {
		scenario_print(&sc, late->trace);
		trace_world(late->trace, w);
	}
	for (int i = 0; i < OBSERVER_MAX; i++)
		look(late, w, i, i == OBSERVER_BOTH ? between_datagrams(w, begin) : begin);
}

void late_print(const struct late *late, FILE *out)
{
	fprintf(out, "# traces that begin late: %" PRIu64 " healthy handshakes, %" PRIu64 " of them in back-off; %" PRIu64
		" stuck, %" PRIu64 " of them before; %" PRIu64 " of neither kind\n", late->healthy, late->waiting,
		late->stuck, late->silent, late->other);
	fprintf(out, "# reported %" PRIu64 " of the %" PRIu64 " times that one could be seen\n", late->reported, late->must);
	fprintf(out, "# said while three copies and more were lost: %" PRIu64 " times\n", late->taken_back);
	for (int i = 0; i < VERDICT_MAX; i++)
		if (late->by_code[i])
			fprintf(out, "#   %s %" PRIu64 "\n", verdict_code_name(i), late->by_code[i]);
}
