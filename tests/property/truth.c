// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "truth_inside.h"

enum truth truth_of(const struct world *w)
{
	bool client = w->ep[PARTY_CLIENT].completed, server = w->ep[PARTY_SERVER].completed;

	if (w->overflow)
		return TRUTH_VOID;
	if (client && server)
		return TRUTH_COMPLETED;
	return w->fault_begun ? TRUTH_STUCK : TRUTH_GAVE_UP;
}

const char *truth_name(enum truth truth)
{
	static const char *const names[TRUTH_MAX] = { "completed", "stuck", "gave up", "void" };

	return names[truth];
}

static bool is_one_of_two(enum verdict_side side)
{
	return side == VERDICT_SIDE_CLIENT || side == VERDICT_SIDE_SERVER;
}

/* Does the verdict stand, and only the way it ended is news? */
static bool is_said_before(const struct observed *seen, uint32_t i)
{
	const struct said *said = &seen->said[i];

	return i && said->code == said[-1].code && said->side == said[-1].side && said->severity == said[-1].severity;
}

/* What is wrong with this side is true before it does harm: it may get through by luck. */
static bool is_fault_before(const struct world *w, const struct said *said)
{
	enum fault_kind fault = w->sc->fault;

	return said->side == SIDE(w->sc->fault_side) &&
	       (fault == FAULT_NO_TIMER || fault == FAULT_LAST_FLIGHT || fault == FAULT_BORDERS);
}

static const char *judge_healthy(const struct world *w, const struct observed *seen,
				 struct truth_counts *counts)
{
	const struct said *last = &seen->last;

	for (uint32_t i = 0; i < seen->num_said && i < OBSERVED_MAX_CHANGES; i++) {
		const struct said *said = &seen->said[i];

		if (said->severity != SEVERITY_FAULT || is_said_before(seen, i))
			continue;
		/* What the tracer has not seen may have happened; it says so. */
		if (seen->lost && said->confidence == CONFIDENCE_LIKELY) {
			counts->blurred++;
			continue;
		}
		if (is_fault_before(w, said))
			continue;
		if (!truth_is_excusable(w, said, observer_is_tap(seen->observer)))
			return "a fault of a handshake that completes";
		counts->taken_back++;
		counts->by_code[said->code]++;
	}
	if (!seen->num_said || (last->severity == SEVERITY_FAULT && truth_is_second_server(w, last, observer_is_tap(seen->observer))))
		return NULL;
	if (last->severity == SEVERITY_FAULT && !(seen->lost && last->confidence == CONFIDENCE_LIKELY))
		return "the last word on a handshake that completed is a fault";
	/* A connection ID hides which record is a Finished (RFC 9146 s3). */
	if (w->sc->cid[PARTY_CLIENT] || w->sc->cid[PARTY_SERVER])
		return NULL;
	if (!observer_is_tap(seen->observer) && !seen->lost && !(w->moved_ns && !observer_is_at(seen->observer, PARTY_CLIENT)) && last->state != HANDSHAKE_COMPLETED &&
	    seen->any)
		return "completed, and not said to be";
	return NULL;
}

bool truth_has_given_up(const struct world *w, const struct said *said)
{
	if (said->code == VERDICT_ALERT)
		return truth_is_own_alert(w, said);
	if (said->code == VERDICT_PORT_UNREACHABLE || said->code == VERDICT_REJECTED)
		return false;
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= said->time; i++)
		if (w->log[i].kind == LOG_GAVE_UP && SIDE(w->log[i].at) == said->side)
			return true;
	return false;
}

/* Its peer takes what it repeats for replays. */
static bool is_replay_discarded(const struct world *w, const struct said *said)
{
	return said->code == VERDICT_LAST_FLIGHT_NOT_RESENT && is_one_of_two(said->side) &&
	       peer_is(w->sc, said->side == VERDICT_SIDE_CLIENT ? PARTY_CLIENT : PARTY_SERVER, PEER_SAME_NUMBERS);
}

/*
 * A side repeats stored bytes. From the client's new port, a server that goes on with it takes them for replays; to the
 * new port, they may be for another client of that host.
 */
static bool is_moved_replay(const struct world *w, const struct said *said)
{
	return w->moved_ns && said->side == VERDICT_SIDE_SERVER &&
	       (peer_is(w->sc, PARTY_CLIENT, PEER_SAME_NUMBERS) || peer_is(w->sc, PARTY_SERVER, PEER_SAME_NUMBERS));
}

/*
 * It has stopped its timer at a part of the answer, as its stack does, and no more comes, since its peer gave up: it
 * does not retransmit. Of which flight that part is nobody can see, if a connection ID hides it, or it is from another port.
 */
static bool has_stopped_timer(const struct world *w, const struct said *said)
{
	enum party_role role = said->side == VERDICT_SIDE_CLIENT ? PARTY_CLIENT : PARTY_SERVER;
	const struct stack *stack = &w->sc->stack[role];

	return said->code == VERDICT_NOT_RETRANSMITTING && is_one_of_two(said->side) &&
	       (stack->stops_at_first || stack->timer_per_message) && (w->moved_ns || w->sc->cid[party_peer(role)]);
}

static const char *judge_stuck(const struct world *w, const struct observed *seen,
			       struct truth_counts *counts)
{
	struct expected e = truth_expect(w, seen);
	/* Once the last flight was sent it looks complete from where it was sent. */
	bool may_complete = truth_has_happened(w, LOG_SENT, w->script->handshake_end, UINT64_MAX);
	bool reported = false;

	for (uint32_t i = 0; i < seen->num_said && i < OBSERVED_MAX_CHANGES; i++) {
		const struct said *said = &seen->said[i];

		if (said->time > w->end)	/* since then nothing is true */
			break;
		if (said->state == HANDSHAKE_COMPLETED && !may_complete)
			return "said to be completed, and is not";
		if (said->severity != SEVERITY_FAULT || is_said_before(seen, i))
			continue;
		/* What looks like an alert may hide the fault. */
		if ((said->code == VERDICT_ALERT ? truth_is_own_alert(w, said) : e.sides >> said->side & 1) ||
		    (said->code == VERDICT_WRONG_ADDRESS && truth_is_excusable(w, said, observer_is_tap(seen->observer))))
			reported = true;
		if (e.sides >> said->side & 1)
			continue;
		if (!truth_is_excusable(w, said, observer_is_tap(seen->observer)) && !truth_has_given_up(w, said) &&
		    !is_replay_discarded(w, said))
			return "a fault of the wrong side";
	}
	reported |= seen->left.severity == SEVERITY_FAULT &&
		    (e.sides >> seen->left.side & 1 || seen->left.code == VERDICT_WRONG_ADDRESS);
	/* The peer's last flight looks like completion to those who cannot see that it was lost. */
	if (e.must && may_complete && !reported &&
	    (seen->last.state == HANDSHAKE_COMPLETED || !seen->num_said))
		e.must = false;
	if (!seen->any)
		e.must = false;
	/* Too early for a fault: a warning is said then, or how it ended. */
	if (w->impatient_ns && w->impatient_ns < w->fault_ns + 2 * w->sc->floor_ns + 20 * SECOND)
		e.must = false;
	/* An ICMP error that explains the silence may be anybody's. */
	if (seen->last.code == VERDICT_REJECTED || seen->last.code == VERDICT_PORT_UNREACHABLE)
		e.must = false;
	counts->must += e.must;
	counts->reported += e.must && reported;
	return e.must && !reported ? "stuck, and not reported" : NULL;
}

/*
 * Nobody is at fault: the network lost too much, or somebody did not wait for long. What is said of
 * a handshake that is still on its way may be said here, and that who gave up is silent.
 */
static const char *judge_given_up(const struct world *w, const struct observed *seen)
{
	bool may_complete = truth_has_happened(w, LOG_SENT, w->script->handshake_end, UINT64_MAX);

	for (uint32_t i = 0; i < seen->num_said && i < OBSERVED_MAX_CHANGES; i++) {
		const struct said *said = &seen->said[i];

		if (said->time > w->end)
			break;
		if (said->state == HANDSHAKE_COMPLETED && !may_complete)
			return "said to be completed, and is not";
		if (said->severity == SEVERITY_FAULT && !is_said_before(seen, i) && !(seen->lost && said->confidence == CONFIDENCE_LIKELY) &&
		    !truth_is_excusable(w, said, observer_is_tap(seen->observer)) && !truth_has_given_up(w, said) &&
		    !is_fault_before(w, said) && !is_replay_discarded(w, said) && !is_moved_replay(w, said) && !has_stopped_timer(w, said))
			return "a fault, and somebody gave up without one";
	}
	return NULL;
}

/* What is known already when a fault is reported has to be in that report ... */
#define SOON_NS 1000000000ULL
/* ... and so does what the rest of the same burst of datagrams shows. */
#define BURST_NS 100000000ULL

static const char *judge_order(const struct observed *seen, struct truth_counts *counts)
{
	for (uint32_t i = 1; i < seen->num_said && i < OBSERVED_MAX_CHANGES; i++) {
		const struct said *before = &seen->said[i - 1], *said = &seen->said[i];

		/* What the traces of two hosts have nothing in common of is told as two handshakes. */
		if (before->id != said->id || before->severity != SEVERITY_FAULT || said->severity != SEVERITY_FAULT ||
		    (before->code == said->code && before->side == said->side))
			continue;
		/* That it is not complete after all has to be said at once. */
		if (i > 1 && before[-1].state == HANDSHAKE_COMPLETED)
			continue;
		if (said->time - before->time < BURST_NS && before->time - before->event_ns < BURST_NS)
			return "a fault replaces another within one burst of datagrams";
		if (before->events != said->events)
			continue;
		if (said->time - before->time < SOON_NS)
			return "a fault replaces another at once, and nothing came in between";
		counts->replaced++;
	}
	return NULL;
}

static bool is_ending(enum verdict_code code)
{
	return code == VERDICT_ALERT || code == VERDICT_CLOSED_BY_APPLICATION;
}

/* How it ended is not why (verdicts.md): a fault that stands remains the verdict. */
static bool is_cause_replaced(const struct observed *seen)
{
	for (uint32_t i = 1; i < seen->num_said && i < OBSERVED_MAX_CHANGES; i++)
		if (is_ending(seen->said[i].code) && seen->said[i - 1].severity == SEVERITY_FAULT &&
		    !is_ending(seen->said[i - 1].code))
			return true;
	return false;
}

const char *truth_judge(const struct world *w, const struct observed *seen, struct truth_counts *counts)
{
	/* Where two handshakes are seen, one after the other, no verdict replaces another. */
	bool is_moved = w->moved_ns && !observer_is_at(seen->observer, PARTY_CLIENT);
	const char *why = is_moved ? NULL : judge_order(seen, counts);

	if (why || seen->text_fault[0])
		return why ? why : seen->text_fault;
	if (seen->left_last.severity == SEVERITY_FAULT && seen->last.severity == SEVERITY_FAULT && !observer_is_tap(seen->observer) &&
	    !peer_is(w->sc, PARTY_CLIENT, PEER_SAME_NUMBERS) &&
	    !truth_has_happened(w, LOG_SENT, w->script->handshake_end, UINT64_MAX))
		return "one handshake, told as two faults";
	/* What its client has left may have been faulty before, and is no more. */
	if (seen->earlier_faulty)
		return "a fault of the attempt that the client has left";
	if (seen->left.severity == SEVERITY_FAULT && truth_of(w) != TRUTH_STUCK &&
	    !truth_is_excusable(w, &seen->left, observer_is_tap(seen->observer)) && !truth_has_given_up(w, &seen->left) &&
	    !is_moved_replay(w, &seen->left) && !has_stopped_timer(w, &seen->left))
		return "a fault of the port that the client has left";
	if (w->sc->fault != FAULT_ALERT && !is_moved && is_cause_replaced(seen))
		return "the cause was replaced by how it ended";
	switch (truth_of(w)) {
	case TRUTH_GAVE_UP:
		return judge_given_up(w, seen);
	case TRUTH_COMPLETED:
		return judge_healthy(w, seen, counts);
	case TRUTH_STUCK:
		return judge_stuck(w, seen, counts);
	default:
		return NULL;
	}
}

/* --- several observers --- */

static bool is_path_fault(enum fault_kind fault)
{
	return fault == FAULT_ONE_WAY || fault == FAULT_PATH_DEAD || fault == FAULT_SIZE;
}

/* Both sides have a part in it. */
static bool is_misfit(const struct scenario *sc)
{
	enum fault_kind fault = sc->fault;

	if (peer_is(sc, PARTY_CLIENT, PEER_SAME_NUMBERS) || peer_is(sc, PARTY_SERVER, PEER_SAME_NUMBERS))
		return true;
	return fault == FAULT_WRONG_KEY || fault == FAULT_SAME_NUMBERS || fault == FAULT_NO_CID || fault == FAULT_SEQ_AGAIN;
}

/* What was said last in this world: after its end nothing is true. */
static const struct said *last_word(const struct world *w, const struct observed *seen)
{
	static const struct said nothing;
	uint32_t n = seen->num_said < OBSERVED_MAX_CHANGES ? seen->num_said : OBSERVED_MAX_CHANGES;

	while (n && seen->said[n - 1].time > w->end)
		n--;
	return n ? &seen->said[n - 1] : &nothing;
}

static const char *compare_two(const struct world *w, const struct observed *a, const struct observed *b)
{
	const struct said *of_a = last_word(w, a), *of_b = last_word(w, b);
	bool faults = of_a->severity == SEVERITY_FAULT && of_b->severity == SEVERITY_FAULT;

	if (!a->any || !b->any || a->lost || b->lost)
		return NULL;
	/* A tracer on a host that is gone sees no more. */
	if (w->sc->fault == FAULT_DIES && (observer_is_at(a->observer, w->sc->fault_side) ||
					   observer_is_at(b->observer, w->sc->fault_side)))
		return NULL;
	/*
	 * A capture may begin with what the network left of it; and who sees that one end has left
	 * does not take another random for the same attempt; nor does each see all attempts of a client.
	 */
	if (!observer_is_tap(b->observer) && a->handshakes != b->handshakes && !w->restarted_ns && !w->moved_ns &&
	    !(w->impatient_ns && peer_is(w->sc, PARTY_CLIENT, PEER_NEW_RANDOM)))
		return "one sees more handshakes than the other";
	/* What shows a resumption may look like a repeat for the attempt that the client has left. */
	if (a->last.state == HANDSHAKE_COMPLETED && b->last.state == HANDSHAKE_COMPLETED &&
	    (a->version != b->version || (a->resumed != b->resumed && !w->restarted_ns)) && !w->moved_ns)
		return "they differ in what was negotiated";
	/* Who has left it at that is silent from then on, and that may be all that one sees. */
	if (truth_has_given_up(w, of_a) || truth_has_given_up(w, of_b) ||
	    truth_is_excusable(w, of_a, observer_is_tap(a->observer)) ||
	    truth_is_excusable(w, of_b, observer_is_tap(b->observer)))
		return NULL;
	/*
	 * A path that fails makes each end accuse the other, rightly; and two that do not fit; and a server of whose
	 * answer nobody can see to which ClientHello it is.
	 */
	if (faults && w->sc->fault != FAULT_RESTART && w->sc->fault != FAULT_MOVED && !is_path_fault(w->sc->fault) && !is_misfit(w->sc) && truth_of(w) == TRUTH_STUCK &&
	    is_one_of_two(of_a->side) && is_one_of_two(of_b->side) && of_a->side != of_b->side)
		return "they accuse different sides";
	return NULL;
}

const char *truth_compare(const struct world *w, const struct observed seen[OBSERVER_MAX])
{
	const char *why;

	for (int a = 0; a < OBSERVER_TAP; a++)
		for (int b = a + 1; b <= OBSERVER_TAP; b++)
			if ((why = compare_two(w, &seen[a], &seen[b])))
				return why;
	return NULL;
}
