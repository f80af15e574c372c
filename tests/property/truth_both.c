// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "truth_both.h"

#include <inttypes.h>
#include <string.h>

#include "both.h"
#include "dtls_has.h"
#include "truth_inside.h"

/* Does this trace have all of the handshake? */
static bool is_whole(const struct truth_both_case *c, enum party_role role)
{
	return !c->alone[role].lost;
}

static bool are_both_whole(const struct truth_both_case *c)
{
	return is_whole(c, PARTY_CLIENT) && is_whole(c, PARTY_SERVER);
}

static uint32_t num_said(const struct observed *seen)
{
	return seen->num_said < OBSERVED_MAX_CHANGES ? seen->num_said : OBSERVED_MAX_CHANGES;
}

/* --- what the path lost --- */

/* When did the first copy of it that the network made come? SIM_NEVER: none did. */
static uint64_t came_at(const struct world *w, uint16_t datagram)
{
	for (uint32_t i = 0; i < w->num_log; i++)
		if (w->log[i].kind == LOG_QUEUED && w->log[i].datagram == datagram)
			return w->log[i].time;
	return SIM_NEVER;
}

/* Did the network take it? What comes to a socket that is closed was not lost. */
static bool is_lost(const struct world *w, uint16_t datagram)
{
	bool lost = false;

	for (uint32_t i = 0; i < w->num_log; i++)
		lost |= w->log[i].kind == LOG_LOST && w->log[i].datagram == datagram;
	return lost && came_at(w, datagram) == SIM_NEVER;
}

/* When did this side close its socket? SIM_NEVER: it did not. */
static uint64_t closed_at(const struct world *w, enum party_role role)
{
	for (uint32_t i = 0; i < w->num_log; i++)
		if (w->log[i].kind == LOG_CLOSED && w->log[i].at == role)
			return w->log[i].time;
	return SIM_NEVER;
}

/* By then all that arrives has, whatever the path and however wrong the clocks. */
#define SETTLED_NS (20 * SECOND)

/* The world ended while it was on its way, and the traces went on: it never came, and its receiver waited for it. */
static bool is_cut_off(const struct world *w, const struct log_entry *sent)
{
	return sent->time + SETTLED_NS > w->end && closed_at(w, party_peer(sent->at)) == SIM_NEVER &&
	       came_at(w, sent->datagram) == SIM_NEVER;
}

struct losses {
	uint32_t num, shortest, longest;
};

/* What the path lost of all that this side had sent by then. */
static struct losses losses_of(const struct world *w, enum party_role from, uint64_t until)
{
	struct losses l = { 0 };

	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= until; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind != LOG_SENT || w->log[i].at != from ||
		    !(is_lost(w, w->log[i].datagram) || is_cut_off(w, &w->log[i])))
			continue;
		l.num++;
		l.longest = dg->len > l.longest ? dg->len : l.longest;
		l.shortest = !l.shortest || dg->len < l.shortest ? dg->len : l.shortest;
	}
	return l;
}

/*
 * Would each host show it, and as what it is? Not a later fragment of a ClientHello, if it comes first there, nor what has
 * nothing but records whose type is hidden, as those that a connection ID is in, or that come after the handshake of DTLS 1.3.
 */
static bool is_surely_shown(const struct world *w, const struct sim_datagram *dg)
{
	for (uint32_t i = 0; i < dg->num_fragments; i++) {
		const struct sim_fragment *f = &dg->fragments[i];
		const struct script_message *m = &w->script->flights[f->flight].messages[f->message];

		if (w->script->flights[f->flight].is_ack ||
		    (m->content != DTLS_CT_CHANGE_CIPHER_SPEC && m->type == DTLS_MT_CLIENT_HELLO && f->off))
			return false;
		if (!m->epoch || (w->script->dtls13 ? m->epoch == 2 : !w->script->cid[dg->from]))
			return true;
	}
	return false;
}

/* Are all its records those of which the hook of its sender shows SEALED_MAX? */
static bool is_sealed(const struct world *w, const struct sim_datagram *dg)
{
	for (uint32_t i = 0; i < dg->num_fragments; i++)
		if (!w->script->flights[dg->fragments[i].flight].messages[dg->fragments[i].message].epoch)
			return false;
	return w->script->dtls13 && dg->num_fragments;
}

static bool are_alike(const struct sim_datagram *a, const struct sim_datagram *b)
{
	return a->from == b->from && a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

/*
 * A stateless server sends the same bytes again, and the network doubles some: of those that are alike, as many are surely
 * lost as were sent more than came.
 */
static bool is_replaced(const struct world *w, const struct log_entry *lost)
{
	const struct sim_datagram *dg = &w->datagrams[lost->datagram];
	uint32_t doubles = 0, before = 0;

	for (uint32_t i = 0; i < w->num_log; i++) {
		const struct log_entry *entry = &w->log[i];
		bool is_other = entry->datagram != lost->datagram;

		if ((entry->kind != LOG_QUEUED && entry->kind != LOG_SENT) || !is_other || !are_alike(&w->datagrams[entry->datagram], dg))
			continue;
		if (entry->kind == LOG_QUEUED)
			doubles++;
		else if (came_at(w, entry->datagram) != SIM_NEVER)
			doubles--;
		else
			before += entry < lost;
	}
	return before < doubles;
}

/*
 * Where both traces have all of it, no loss is missing, once it had time to settle. Not of what is no part of a flight:
 * a tracer shows little of that.
 */
static uint32_t num_certain_losses(const struct world *w, enum party_role from, uint64_t until)
{
	uint64_t closed = closed_at(w, party_peer(from));
	uint32_t num = 0, sealed = 0;

	if (closed < until)
		until = closed;
	for (uint32_t i = 0; i < w->num_log && w->log[i].time + SETTLED_NS <= until; i++) {
		const struct sim_datagram *dg = &w->datagrams[w->log[i].datagram];

		if (w->log[i].kind != LOG_SENT || w->log[i].at != from || !is_surely_shown(w, dg))
			continue;
		sealed += is_sealed(w, dg);
		num += sealed <= SEALED_MAX && is_lost(w, w->log[i].datagram) && !is_replaced(w, &w->log[i]);
	}
	return num;
}

/* Each of several attempts, or ports, has datagrams of its own; and what is sent again as it was may have come before. */
static bool is_one_handshake(const struct world *w)
{
	return !w->restarted_ns && !w->moved_ns && !w->second_server.w && !peer_is(w->sc, PARTY_CLIENT, PEER_SAME_NUMBERS) &&
	       !peer_is(w->sc, PARTY_SERVER, PEER_SAME_NUMBERS);
}

static const char *judge_exactness(const struct truth_both_case *c, struct truth_both_counts *counts)
{
	const struct said *last = &c->merged->last;

	if (!are_both_whole(c) || !is_one_handshake(c->w) || !c->merged->num_said)
		return NULL;
	for (int from = 0; from < PARTY_MAX; from++) {
		uint32_t truth = num_certain_losses(c->w, from, last->time);

		counts->known += last->path[from].is_known;
		counts->unknown += !last->path[from].is_known && truth;
		if (last->path[from].is_known && last->path[from].lost < truth)
			return "fewer datagrams are said to be lost on the path than were";
	}
	return NULL;
}

/* The path is to blame, a sender repeats itself into it, and both ends are known: with both traces, that is certain. */
static bool must_blame_path(const struct truth_both_case *c)
{
	const struct world *w = c->w;
	enum fault_kind fault = w->sc->fault;
	enum party_role from = w->sc->fault_side;

	if (truth_of(w) != TRUTH_STUCK || !are_both_whole(c) || !is_one_handshake(w) || w->impatient_ns)
		return false;
	if (!c->alone[PARTY_CLIENT].any || !c->alone[PARTY_SERVER].any)
		return false;
	if (fault != FAULT_ONE_WAY && fault != FAULT_PATH_DEAD && fault != FAULT_SIZE)
		return false;
	return truth_copies_after_fault(w, from) > MANY_COPIES + 1 && !w->sc->stack[from].timer_per_message;
}

static const char *judge_blame(const struct truth_both_case *c, struct truth_both_counts *counts)
{
	if (!must_blame_path(c))
		return NULL;
	counts->must_blame++;
	for (uint32_t i = 0; i < num_said(c->merged); i++)
		if (c->merged->said[i].severity == SEVERITY_FAULT && c->merged->said[i].side == VERDICT_SIDE_NETWORK)
			return NULL;
	return "the path loses each copy of a flight, which both traces show, and it is not said";
}

static bool is_claim_of_loss(const struct said *said)
{
	return said->code == VERDICT_LOST_ON_PATH;
}

/* Never more than the path has lost, nor others. Each that is said: a copy may be in the verdict, a note or JSON. */
static const char *judge_losses_of(const struct truth_both_case *c, const struct said *said, enum party_role from)
{
	struct losses truth = losses_of(c->w, from, said->time);

	if (said->path[from].lost > truth.num)
		return "more is said to be lost on the path than was";
	if (said->path[from].longest && (said->path[from].shortest < truth.shortest || said->path[from].longest > truth.longest))
		return "datagrams of another size are said to be lost on the path";
	return NULL;
}

static const char *judge_losses(const struct truth_both_case *c, struct truth_both_counts *counts)
{
	const char *why;

	for (uint32_t i = 0; i < num_said(c->merged); i++) {
		const struct said *said = &c->merged->said[i];

		for (int from = 0; from < PARTY_MAX; from++)
			if ((why = judge_losses_of(c, said, from)))
				return why;
		if (!is_claim_of_loss(said))
			continue;
		counts->losses++;
		if (!losses_of(c->w, said->role, said->time).num)
			return "said to be lost on the path, which lost nothing in this direction";
	}
	return NULL;
}

/* --- the same as of one observer --- */

static bool is_said_before(const struct observed *seen, uint32_t i)
{
	const struct said *said = &seen->said[i];

	return i && said->code == said[-1].code && said->side == said[-1].side && said->severity == said[-1].severity;
}

/* Where a trace lacks something, nothing that is certain may be wrong. */
static const char *judge_stuck_in_part(const struct truth_both_case *c)
{
	uint32_t sides = truth_sides(c->w, c->merged);

	for (uint32_t i = 0; i < num_said(c->merged); i++) {
		const struct said *said = &c->merged->said[i];

		if (said->time > c->w->end)
			break;
		if (said->severity != SEVERITY_FAULT || said->confidence == CONFIDENCE_LIKELY || is_said_before(c->merged, i))
			continue;
		if (!(sides >> said->side & 1) && !truth_is_excusable(c->w, said, false) && !truth_has_given_up(c->w, said))
			return "a fault of the wrong side, and said to be certain";
	}
	return NULL;
}

/*
 * A NAT that gives the client another port in the midst makes two handshakes of it, as at one end. Nothing certain may be
 * wrong of a healthy one.
 */
static const char *judge_moved(const struct truth_both_case *c)
{
	for (uint32_t i = 0; i < num_said(c->merged) && truth_of(c->w) == TRUTH_COMPLETED; i++) {
		const struct said *said = &c->merged->said[i];

		if (said->severity == SEVERITY_FAULT && said->confidence == CONFIDENCE_CERTAIN && !truth_is_excusable(c->w, said, false))
			return "a fault of a handshake that completes behind a NAT that moves it, and said to be certain";
	}
	return NULL;
}

static const char *judge_verdicts(const struct truth_both_case *c, struct truth_both_counts *counts)
{
	if (c->w->moved_ns)
		return judge_moved(c);
	if (are_both_whole(c) || truth_of(c->w) != TRUTH_STUCK)
		return truth_judge(c->w, c->merged, &counts->single);
	return judge_stuck_in_part(c);
}

/* --- against each trace alone --- */

static const char *judge_alone(const struct truth_both_case *c, struct truth_both_counts *counts)
{
	const char *why;

	for (int role = 0; role < PARTY_MAX; role++)
		if (is_whole(c, role) && (why = truth_judge(c->w, &c->alone[role], &counts->of_one)))
			return why;
	return NULL;
}

/* A fault, or that the side which closes its socket has ended it: that is a warning, if it was early. */
static bool is_report(const struct world *w, const struct said *said, uint32_t sides)
{
	bool is_closing = w->sc->fault == FAULT_CLOSES && said->code == VERDICT_CLOSED_BY_APPLICATION;

	return (said->severity == SEVERITY_FAULT || is_closing) && sides >> said->side & 1;
}

static bool is_latest(const struct truth_both_case *c, const struct observed *seen, uint32_t i)
{
	for (uint32_t k = i + 1; k < num_said(seen); k++)
		if (seen->said[k].id == seen->said[i].id && seen->said[k].time <= c->w->end)
			return false;
	return seen->said[i].time <= c->w->end;
}

/* Has it reported, in the end, what is true where both ends are seen? If nothing joins what they see, it is told as two. */
static bool has_reported(const struct truth_both_case *c, const struct observed *seen)
{
	uint32_t sides = truth_sides(c->w, c->merged);

	for (uint32_t i = 0; i < num_said(seen); i++)
		if (is_latest(c, seen, i) && is_report(c->w, &seen->said[i], sides))
			return true;
	return false;
}

/* Who waits in vain left before the fault can be told from slowness: then a warning is said, or how it ended. As in truth.c. */
static bool is_early(const struct world *w)
{
	return w->impatient_ns && w->impatient_ns < w->fault_ns + 2 * w->sc->floor_ns + 20 * SECOND;
}

static const struct said *last_word(const struct truth_both_case *c)
{
	uint32_t i = num_said(c->merged);

	while (i > 1 && c->merged->said[i - 1].time > c->w->end)
		i--;
	return &c->merged->said[i ? i - 1 : 0];
}

static const char *compare(const struct truth_both_case *c, struct truth_both_counts *counts)
{
	bool reported = has_reported(c, c->merged), alone = false;

	if (truth_of(c->w) != TRUTH_STUCK || c->w->moved_ns || is_early(c->w))
		return NULL;
	/* The side that both together blame has really left it at that, for whatever reason. */
	if (c->merged->num_said && truth_has_given_up(c->w, last_word(c)))
		return NULL;
	for (int role = 0; role < PARTY_MAX; role++)
		alone |= has_reported(c, &c->alone[role]);
	counts->better += reported && !alone;
	return alone && !reported ? "one trace alone reports it, and both together do not" : NULL;
}

/* --- all of it --- */

const char *truth_both(const struct truth_both_case *c, struct truth_both_counts *counts)
{
	const char *why = judge_alone(c, counts);

	counts->by_truth[truth_of(c->w)]++;
	counts->whole += are_both_whole(c);
	counts->early += c->merged->num_early;
	if (!why)
		why = judge_losses(c, counts);
	if (!why)
		why = judge_exactness(c, counts);
	if (!why)
		why = judge_blame(c, counts);
	if (!why)
		why = judge_verdicts(c, counts);
	return why ? why : compare(c, counts);
}

void truth_both_print(const struct truth_both_counts *counts, FILE *out)
{
	fprintf(out, "# both ends:");
	for (int i = 0; i < TRUTH_MAX; i++)
		fprintf(out, " %" PRIu64 " %s,", counts->by_truth[i], truth_name(i));
	fprintf(out, " %" PRIu64 " of them whole in both traces\n", counts->whole);
	fprintf(out, "# reported %" PRIu64 " of the %" PRIu64 " times that one could be seen at both ends, %" PRIu64
		" times where neither trace alone does\n", counts->single.reported, counts->single.must, counts->better);
	fprintf(out, "# lost on the path, said %" PRIu64 " times; %" PRIu64 " times the path was to blame for certain\n", counts->losses,
		counts->must_blame);
	fprintf(out, "# exact losses, by direction: %" PRIu64 " known, %" PRIu64 " unknown although there were some\n", counts->known,
		counts->unknown);
	fprintf(out, "# datagrams that come before they are sent, within the error of the clocks: %" PRIu64 "\n", counts->early);
	for (int i = 0; i < VERDICT_MAX; i++)
		if (counts->single.by_code[i])
			fprintf(out, "#   taken back: %s %" PRIu64 "\n", verdict_code_name(i), counts->single.by_code[i]);
}
