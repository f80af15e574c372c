// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "adversary.h"

#include <inttypes.h>
#include <string.h>

#include "truth_inside.h"
#include "undecidable.h"

static const char *const damage_names[DAMAGE_MAX] = {
	[DAMAGE_FAULTY] = "faulty", [DAMAGE_PROVISIONAL] = "provis.", [DAMAGE_UNFINISHED] = "unfin.",
	[DAMAGE_COMPLETED] = "compl.", [DAMAGE_HIDDEN] = "hidden", [DAMAGE_SIDE] = "side",
	[DAMAGE_CAUSE] = "cause", [DAMAGE_CERTAIN] = "certain", [DAMAGE_PHANTOM] = "phantom",
	[DAMAGE_ACTED_COMPLETED] = "acted-c", [DAMAGE_ACTED_HIDDEN] = "acted-h",
	[DAMAGE_UNTOLD_FAULTY] = "untold-f", [DAMAGE_UNTOLD_COMPLETED] = "untold-c",
};

enum forgery_kind adversary_kind(const char *name)
{
	enum forgery_kind kind = 0;

	while (kind < FORGERY_MAX && strcmp(name, forgery_name(kind)))
		kind++;
	return kind;
}

/* --- the case --- */

/* The handshake, or its fault, is over by then. */
static uint64_t end_of(const struct world *w)
{
	uint64_t end = w->fault_begun ? w->fault_ns + 30 * SECOND : 0;

	for (int role = 0; role < PARTY_MAX; role++)
		if (w->ep[role].completed_ns > end)
			end = w->ep[role].completed_ns;
	return end + SECOND;
}

/* Shortly after something happened, or at any time. */
static uint64_t draw_time(const struct world *w, struct rng *r)
{
	uint64_t end = end_of(w), found = 0;
	uint32_t num = 0;

	if (rng_chance(r, 15))
		return rng_below(r, end);
	for (uint32_t i = 0; i < w->num_log && w->log[i].time <= end; i++)
		if (!rng_below(r, ++num))
			found = w->log[i].time;
	return found + rng_magnitude(r, 1000, 200 * MS);
}

/* Several: copies, where all is well, come shortly after both sides are done, while they may send data. */
static void draw_several(struct forgery *f, const struct world *w, struct rng *r)
{
	uint64_t end = end_of(w);

	f->count = rng_range(r, 2, 5);
	f->gap_ns = rng_range(r, 100 * MS, 3 * SECOND);
	if (f->kind == FORGERY_FINISHED_AND_DATA)
		return;
	f->from = w->script->flights[w->script->handshake_end - (f->kind == FORGERY_COPIES)].from;
	if (!w->fault_begun)
		f->time = end + rng_below(r, 2 * SECOND);
}

static void draw_forgery(struct forgery *f, const struct world *w, enum forgery_kind kind, struct rng *r)
{
	f->kind = kind;
	f->from = forgery_side(kind);
	if (f->from == PARTY_MAX)
		f->from = rng_below(r, PARTY_MAX);
	else if (rng_chance(r, 15) && kind != FORGERY_CLIENT_HELLO_OF_SERVER)
		f->from = party_peer(f->from);
	f->acts = rng_chance(r, 40) && !w->fault_begun;
	f->rng.state = rng_u64(r);
	f->time = draw_time(w, r);
	f->count = 1;
	f->gap_ns = 0;
	if (kind == FORGERY_COPIES || kind == FORGERY_EARLIER_COPIES || kind == FORGERY_FINISHED_AND_DATA)
		draw_several(f, w, r);
}

/* --- what it did --- */

static bool same(const struct said *a, const struct said *b)
{
	return a->state == b->state && a->code == b->code && a->side == b->side;
}

static bool was_said(const struct observed *seen, const struct said *what)
{
	for (uint32_t i = 0; i < seen->num_said && i < OBSERVED_MAX_CHANGES; i++)
		if (seen->said[i].code == what->code && seen->said[i].side == what->side)
			return true;
	return false;
}

static bool is_new_fault(const struct observed *before, const struct observed *after)
{
	for (uint32_t i = 0; i < after->num_said && i < OBSERVED_MAX_CHANGES; i++)
		if (after->said[i].severity == SEVERITY_FAULT && !was_said(before, &after->said[i]))
			return true;
	return false;
}



static uint32_t damage_to_healthy(const struct observed *before, const struct observed *after)
{
	if (after->last.severity == SEVERITY_FAULT && before->last.severity != SEVERITY_FAULT)
		return BIT(DAMAGE_FAULTY);
	if (before->last.state == HANDSHAKE_COMPLETED && after->last.state != HANDSHAKE_COMPLETED)
		return BIT(DAMAGE_UNFINISHED);
	return is_new_fault(before, after) ? BIT(DAMAGE_PROVISIONAL) : 0;
}

static uint32_t damage_to_stuck(const struct world *w, const struct observed *before, const struct observed *after)
{
	const struct said *a = &before->last, *b = &after->last;

	if (b->state == HANDSHAKE_COMPLETED)
		return a->state == HANDSHAKE_COMPLETED ? 0 : BIT(DAMAGE_COMPLETED);
	if (a->severity == SEVERITY_FAULT && b->severity != SEVERITY_FAULT)
		return BIT(DAMAGE_HIDDEN);
	if (b->severity != SEVERITY_FAULT || b->code == a->code)
		return 0;
	return truth_sides(w, after) >> b->side & 1 ? BIT(DAMAGE_CAUSE) : BIT(DAMAGE_SIDE);
}

/* An endpoint took the stranger's word: it has failed, and whose word it was nobody knows. */
static uint32_t damage_to_acted(const struct world *w, const struct observed *after)
{
	enum party_role victim = party_peer(w->forgery->from);
	const struct said *last = &after->last;
	uint32_t damage = 0;

	if (w->ep[victim].completed)
		return 0;
	/* Once the last flight was sent it looks complete from where it was sent. */
	if (last->state == HANDSHAKE_COMPLETED &&
	    !truth_has_happened(w, LOG_SENT, w->script->handshake_end, UINT64_MAX))
		damage |= BIT(DAMAGE_ACTED_COMPLETED);
	if (last->state == HANDSHAKE_IN_PROGRESS && observer_is_at(after->observer, victim))
		damage |= BIT(DAMAGE_ACTED_HIDDEN);
	if (last->code == VERDICT_ALERT && last->confidence == CONFIDENCE_CERTAIN &&
	    last->side == (victim == PARTY_CLIENT ? VERDICT_SIDE_SERVER : VERDICT_SIDE_CLIENT))
		damage |= BIT(DAMAGE_CERTAIN);
	return damage;
}

/* Nobody can tell from there: that is no damage, as long as it is not said to be certain on a stranger's word. */
static uint32_t excuse(const struct world *w, const struct observed *seen, uint32_t damage)
{
	if (damage & BIT(DAMAGE_COMPLETED) && undecidable_sent(w, seen->observer))
		return (damage & ~(BIT(DAMAGE_COMPLETED) | BIT(DAMAGE_CERTAIN))) | BIT(DAMAGE_UNTOLD_COMPLETED);
	if (seen->last.confidence == CONFIDENCE_CERTAIN)
		return damage;
	if (damage & BIT(DAMAGE_FAULTY) && (undecidable_ended(w, seen->observer) || undecidable_waits(w, seen->observer)))
		damage ^= BIT(DAMAGE_FAULTY) | BIT(DAMAGE_UNTOLD_FAULTY);
	if (damage & BIT(DAMAGE_COMPLETED) && (undecidable_completed(w, seen->observer) || undecidable_replayed(w, seen->observer)))
		damage ^= BIT(DAMAGE_COMPLETED) | BIT(DAMAGE_UNTOLD_COMPLETED);
	return damage;
}

static uint32_t damage_of(const struct world *w, enum truth before, const struct observed *seen_before,
			  const struct observed *seen)
{
	uint32_t damage = 0;

	if (w->acted_ns)
		return damage_to_acted(w, seen);
	if (seen->any_phantom && seen->phantom.severity == SEVERITY_FAULT)
		damage |= BIT(DAMAGE_PHANTOM);
	if (before == TRUTH_COMPLETED && truth_of(w) == TRUTH_COMPLETED)
		damage |= damage_to_healthy(seen_before, seen);
	else if (before == TRUTH_STUCK && truth_of(w) == TRUTH_STUCK)
		damage |= damage_to_stuck(w, seen_before, seen);
	if (damage & ~BIT(DAMAGE_PHANTOM) && !same(&seen_before->last, &seen->last) &&
	    seen->last.confidence == CONFIDENCE_CERTAIN && seen->last.code != VERDICT_NONE &&
	    !(damage & BIT(DAMAGE_PROVISIONAL)))
		damage |= BIT(DAMAGE_CERTAIN);
	return excuse(w, seen, damage);
}

/* --- counting --- */

static void tally(struct adversary *adv, enum forgery_kind kind, uint64_t seed, enum observer observer,
		  uint32_t damage)
{
	struct adversary_tally *t = &adv->tally[kind];

	for (int i = 0; i < DAMAGE_MAX; i++) {
		if (!(damage >> i & 1))
			continue;
		if (!t->views[i]++) {
			t->first_seed[i] = seed;
			t->first_observer[i] = observer;
		}
		if (adv->trace)
			fprintf(adv->trace, "DAMAGE %s, %s\n", damage_names[i], observer_name(observer));
		/* There has to be none. */
		if (i == DAMAGE_FAULTY || i == DAMAGE_COMPLETED)
			printf("# FAILED, --adversary=%s --seed %" PRIu64 ", %s: %s\n", forgery_name(kind), seed,
			       observer_name(observer), damage_names[i]);
	}
}

static void look(struct world *w, struct observed seen[OBSERVER_MAX], FILE *trace)
{
	for (int i = 0; i < OBSERVER_MAX; i++) {
		if (trace)
			fprintf(trace, "seen %s:\n", observer_name(i));
		observe(w, i, false, &seen[i], trace, NULL);
	}
}

#define MUCH_DATA 150

static void draw_scenario(struct scenario *sc, uint64_t seed, enum forgery_kind kind, struct rng *r)
{
	scenario_draw(sc, seed, rng_chance(r, 50) ? FAULT_NONE : rng_range(r, 1, FAULT_DRAWN));
	/* Of two attempts either may be meant. */
	sc->peers[PARTY_CLIENT] &= ~(1u << PEER_RESTARTS | 1u << PEER_MOVES);
	sc->peers[PARTY_SERVER] &= ~(1u << PEER_SECOND_SERVER);
	/* Else the two runs are not seen alike. */
	sc->loses_events = false;
	sc->disorder = 0;
	/* One side sends data for long, or both do. */
	if (kind != FORGERY_COPIES && kind != FORGERY_EARLIER_COPIES)
		return;
	for (uint32_t role = 0, senders = rng_range(r, 1, 3); role < PARTY_MAX; role++)
		sc->num_data[role] = senders >> role & 1 ? MUCH_DATA : 0;
}

void adversary_case(struct adversary *adv, struct world *w, uint64_t seed)
{
	static struct observed before[OBSERVER_MAX], after[OBSERVER_MAX];
	enum forgery_kind kind = adv->only < FORGERY_MAX ? adv->only : seed % FORGERY_MAX;
	struct rng r = { ~seed * 3 };
	static struct script script;
	struct scenario sc;
	struct forgery forgery;
	enum truth truth;

	draw_scenario(&sc, seed, kind, &r);
	script_build(&script, &sc);
	sim_run(w, &sc, &script, NULL);
	truth = truth_of(w);
	if (truth != TRUTH_COMPLETED && truth != TRUTH_STUCK)
		return;
	draw_forgery(&forgery, w, kind, &r);
	look(w, before, NULL);
	sim_run(w, &sc, &script, &forgery);
	if (truth_of(w) == TRUTH_VOID)
		return;
	if (adv->trace) {
		scenario_print(&sc, adv->trace);
		trace_world(adv->trace, w);
	}
	look(w, after, adv->trace);
	*(w->acted_ns ? &adv->tally[kind].acted : truth == TRUTH_STUCK ? &adv->tally[kind].stuck :
	  &adv->tally[kind].healthy) += 1;
	for (int i = 0; i < OBSERVER_MAX; i++) {
		if (adv->trace) {
			fprintf(adv->trace, "%s, without:\n", observer_name(i));
			trace_said(adv->trace, &before[i].last);
		}
		tally(adv, kind, seed, i, damage_of(w, truth, &before[i], &after[i]));
	}
}

/* --- for people --- */

static void print_kind(const struct adversary_tally *t, const char *name, FILE *out)
{
	fprintf(out, "# %-27s %5" PRIu64 " %5" PRIu64 " %5" PRIu64 " |", name, t->healthy, t->stuck, t->acted);
	for (int i = 0; i < DAMAGE_MAX; i++)
		if (t->views[i])
			fprintf(out, " %7" PRIu64, t->views[i]);
		else
			fprintf(out, "       .");
	fputc('\n', out);
}

static void print_seeds(const struct adversary_tally *t, const char *name, FILE *out)
{
	for (int i = 0; i < DAMAGE_MAX; i++)
		if (t->views[i])
			fprintf(out, "#   %s %s: --adversary=%s --seed %" PRIu64 ", %s\n", name, damage_names[i], name,
				t->first_seed[i], observer_name(t->first_observer[i]));
}

static void print_untold(uint64_t views, const char *handshakes, const char *why, FILE *out)
{
	if (views)
		fprintf(out, "# cannot be told: %" PRIu64 " views of %s, %s\n", views, handshakes, why);
}

static uint64_t sum(const struct adversary *adv, enum damage damage)
{
	uint64_t views = 0;

	for (int i = 0; i < FORGERY_MAX; i++)
		views += adv->tally[i].views[damage];
	return views;
}

bool adversary_holds(const struct adversary *adv, FILE *out)
{
	uint64_t views = 0, faulty = sum(adv, DAMAGE_FAULTY), completed = sum(adv, DAMAGE_COMPLETED);

	for (int i = 0; i < FORGERY_MAX; i++)
		views += OBSERVER_MAX * (adv->tally[i].healthy + adv->tally[i].stuck);
	print_untold(sum(adv, DAMAGE_UNTOLD_COMPLETED), "stuck handshakes that end completed",
		     "since neither side is seen to send an earlier flight after the forged datagram, which completes it, or only copies that "
		     "look like replays", out);
	print_untold(sum(adv, DAMAGE_UNTOLD_FAULTY), "healthy handshakes that end faulty",
		     "since nothing at all is seen after the forged datagram, which ends it, or after copies of a flight by their alleged sender",
		     out);
	fprintf(out, "%sok 1 - of %" PRIu64 " views of handshakes with a forged datagram, %" PRIu64 " of healthy ones end faulty, %"
		PRIu64 " of stuck ones completed, where that can be told\n1..1\n", faulty || completed ? "not " : "", views,
		faulty, completed);
	return !faulty && !completed;
}

void adversary_print(const struct adversary *adv, FILE *out)
{
	fprintf(out, "# %-27s %5s %5s %5s |", "forged", "heal.", "stuck", "acted");
	for (int i = 0; i < DAMAGE_MAX; i++)
		fprintf(out, " %7s", damage_names[i]);
	fputc('\n', out);
	for (int i = 0; i < FORGERY_MAX; i++)
		if (adv->tally[i].healthy + adv->tally[i].stuck + adv->tally[i].acted)
			print_kind(&adv->tally[i], forgery_name(i), out);
	for (int i = 0; i < FORGERY_MAX; i++)
		print_seeds(&adv->tally[i], forgery_name(i), out);
}
