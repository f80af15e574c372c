// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "alone.h"

#include <string.h>

#include "hosts.h"
#include "relations_pairs.h"
#include "table.h"

#include "core.h"

/* --- what they say --- */

bool alone_judges(const struct analysis *a, const struct handshake *h)
{
	return a->alone && hosts_are_apart(h) && (h->events_lost || h->missing || hosts_are_over(h, a->now));
}

/* The same handshake, as this host sees it; NULL: it does not. If its trace began later, it does not know the random. */
static const struct handshake *seen_alone(const struct analysis *a, const struct handshake *h, uint16_t host)
{
	struct identity name = relations_name(h);
	const struct handshake *own;

	if (!host || host > a->opts.num_hosts)
		return NULL;
	own = table_find(a->alone[host - 1]->table, &name);
	if (own)
		return own;
	memset(name.client_random, 0, sizeof(name.client_random));
	return table_find(a->alone[host - 1]->table, &name);
}

/* A host whose trace began later does not know the random. */
static struct handshake *of_addresses(const struct analysis *a, const struct handshake *own)
{
	struct handshake *h = NULL;

	for (int end = 0; end < PARTY_MAX && !h; end++) {
		const struct event ev = { .local = own->party[end].address, .remote = own->party[party_peer(end)].address };
		const struct flow *flow = table_flow_by_addresses(a->table, &ev);

		h = flow ? flow_handshake(flow, 0) : NULL;
	}
	return h;
}

struct handshake *alone_whole(const struct analysis *a, const struct handshake *own)
{
	const struct identity name = relations_name(own);
	struct handshake *h = table_find(a->table, &name);

	return h || !own->midway ? h : of_addresses(a, own);
}

enum { SAYS_NOTHING, SAYS_ENDED, SAYS_COMPLETED, SAYS_EARLY, SAYS_LIKELY, SAYS_CERTAIN };

/* A fault is never said of a healthy handshake, but that it is complete, perhaps of one that is not for the other side. */
static int worth_of(const struct handshake *own)
{
	if (handshake_is_faulty(own) && own->verdict.code != VERDICT_NONE) {
		if (own->verdict.severity != SEVERITY_FAULT)
			return SAYS_EARLY;
		return own->verdict.confidence == CONFIDENCE_CERTAIN ? SAYS_CERTAIN : SAYS_LIKELY;
	}
	if (own->state == HANDSHAKE_COMPLETED)
		return SAYS_COMPLETED;
	return own->ending.how == ENDING_ALERT || own->ending.how == ENDING_CLOSED ? SAYS_ENDED : SAYS_NOTHING;
}

/*
 * Does the other host show that it is not so? What did not get through has, or the side that is said to be silent has sent since: what
 * one host alone does not see, both may.
 */
static bool is_refuted(const struct handshake *own, const struct handshake *h)
{
	const struct claim *claim = &own->verdict;
	const struct flight *flight = &h->flights[h->party[claim->role].flight];

	switch (claim->code) {
	case VERDICT_REJECTED:
	case VERDICT_PORT_UNREACHABLE:
		return flight->queued_ns;
	case VERDICT_MTU_BLACKHOLE:
	case VERDICT_MISSING_FRAGMENT:
		return flight->arrived;
	case VERDICT_PEER_SILENT:
	case VERDICT_NO_RESPONSE:
		return !own->party[claim->role].local && h->party[claim->role].local &&
		       h->party[claim->role].last_sent_ns > own->party[claim->role].last_sent_ns + SECOND;
	default:
		return false;
	}
}

/* Has the accused side its socket on this very host? */
static bool is_witness(const struct handshake *own)
{
	enum party_role role = own->verdict.side == VERDICT_SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT;

	return own->verdict.side == side_of_role(role) && own->party[role].local;
}

/* Of two that know a fault: which is surer? */
static int weight_of(const struct handshake *own, const struct handshake *h)
{
	bool has_gap = own->events_lost || own->missing;

	return 4 * !is_refuted(own, h) + 2 * is_witness(own) + !has_gap;
}

/* Of two that are worth the same, the one nearest to the cause comes first: see VERDICTS(). */
static bool is_better(const struct handshake *own, const struct handshake *than, const struct handshake *h)
{
	int worth = worth_of(own), other = worth_of(than);

	if (worth >= SAYS_LIKELY && other >= SAYS_LIKELY && weight_of(own, h) != weight_of(than, h))
		return weight_of(own, h) > weight_of(than, h);
	return worth == other ? own->verdict.code < than->verdict.code : worth > other;
}

const struct handshake *alone_better(const struct analysis *a, const struct handshake *h, uint16_t *host)
{
	const struct handshake *best = NULL;

	for (int role = 0; role < PARTY_MAX; role++) {
		const struct handshake *own = seen_alone(a, h, hosts_of(h, role));

		if (!own || worth_of(own) == SAYS_NOTHING || (best && !is_better(own, best, h)))
			continue;
		best = own;
		*host = hosts_of(h, role);
	}
	return best;
}

bool alone_denies_completion(const struct analysis *a, const struct handshake *h)
{
	uint16_t host = 0;
	const struct handshake *best = alone_judges(a, h) ? alone_better(a, h, &host) : NULL;

	return best && handshake_is_faulty(best);
}

/* --- what is shown --- */

/* Its trace may have a gap, but who is at the other end is known. */
static void add_owner(struct party *to, const struct party *from)
{
	if (to->has_owner || !from->has_owner)
		return;
	to->has_owner = true;
	to->pid = from->pid;
	to->tid = from->tid;
	to->ns_pid = from->ns_pid;
	to->uid = from->uid;
	to->cgroup_id = from->cgroup_id;
	to->netns = from->netns;
	to->host = from->host;
	memcpy(to->comm, from->comm, sizeof(to->comm));
}

const struct handshake *alone_view(struct analysis *a, const struct handshake *h)
{
	const struct handshake *own = a->alone ? seen_alone(a, h, h->told_by) : NULL;
	struct handshake *v = a->view;

	if (!own)
		return h;
	*v = *own;
	v->id = h->id;
	v->state = h->state;
	v->started_ns = h->started_ns;
	v->ended_ns = h->ended_ns;
	v->ending = h->ending;
	memcpy(&v->told, &h->told, sizeof(v->told));
	v->was_stuck = h->was_stuck;
	v->was_faulty = h->was_faulty;
	v->was_early = h->was_early;
	v->is_final = h->is_final;
	v->is_settled = h->is_settled;
	if (own->verdict.code != h->verdict.code)
		v->verdict = h->verdict;
	for (int role = 0; role < PARTY_MAX; role++)
		add_owner(&v->party[role], &h->party[role]);
	if (h->ending.how == ENDING_CLOSED && !v->party[h->ending.by].closed_ns)
		v->party[h->ending.by].closed_ns = h->party[h->ending.by].closed_ns;
	return v;
}
