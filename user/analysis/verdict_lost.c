// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The verdict about datagrams that left one host and did not reach the other, whose traces are merged. */
#include "conditions.h"

#include "hosts.h"
#include "late.h"

#include "core.h"

/* So many copies are enough if one side has given up at them. */
#define FEW_COPIES 2

static uint64_t enough_copies_from(const struct standing *s)
{
	uint64_t from = many_copies_from(s->own, s->floor_ns), wait = crossings_wait_ns(s->h);

	if (!s->floor_ns && s->own->copies == FEW_COPIES)
		return s->own->copy_ns[FEW_COPIES - 1] + wait;
	return from == NEVER ? NEVER : max_u64(from, s->own->copy_ns[PARTY_MANY_COPIES - 1] + wait);
}

/* Nothing but a copy that gets there whole can be answered. Of what is encrypted, it cannot be seen whether copies make up for each other. */
static bool has_arrived(const struct standing *s)
{
	const struct standing receiver = standing_of(s->h, party_peer(s->role), s->floor_ns);

	return (s->own->arrived && !s->own_rule->encrypted) || !path_loses(&receiver);
}

/*
 * It has arrived before, perhaps it was even answered: but then neither that answer nor any of the latest copies gets through. From when
 * on is that so?
 */
static uint64_t vain_from(const struct standing *s)
{
	const struct crossings *back = &s->peer->crossings;

	if (s->peer->flight > s->self->flight && back->arrived[s->peer->flight])
		return NEVER;
	return crossings_vain_from(s->h, s->role, s->self->flight, PARTY_MANY_COPIES);
}

static uint64_t condition_lost_on_path(const struct standing *s, struct claim *claim)
{
	struct hole *hole = &claim->evidence.hole;
	struct lost_datagrams lost;
	uint64_t from;

	if (!hosts_are_apart(s->h))
		return NEVER;
	from = enough_copies_from(s);
	if (from != NEVER && (s->is_answered || has_arrived(s)))
		from = max_u64(from, vain_from(s));
	if (from == NEVER || late_is_stale(s->h, s->self->flight) ||
	    !crossings_lost(s->h, s->role, s->self->flight, from, &lost) || !lost.lost)
		return NEVER;
	if (!path_find_hole(s, hole))
		hole->kind = HOLE_NONE;
	/* Its sender does not send all of it. */
	return hole->kind != HOLE_NONE && hole->is_unsent ? NEVER : from;
}

/* What else arrived of what it sends, and of what its peer does. */
static void evidence_rest(struct verdict *v, const struct handshake *h, enum party_role role, uint64_t now)
{
	const struct crossings *c = &h->party[role].crossings, *back = &h->party[party_peer(role)].crossings;
	const char *to = hosts_name(h, party_peer(role));

	if (c->all_arrived)
		EVIDENCE(v, "%u of all %u datagram%s that the %s sent reached %s, the latest %.1f s ago", c->all_arrived, c->all_sent,
			 c->all_sent == 1 ? "" : "s", party_role_name(role), to, phrase_seconds(now - c->arrived_ns));
	else
		EVIDENCE(v, "nothing that the %s sent has reached %s", party_role_name(role), to);
	if (back->all_sent)
		EVIDENCE(v, "in the other direction, %u of %u datagram%s arrived", back->all_arrived, back->all_sent,
			 back->all_sent == 1 ? "" : "s");
}

/* Every path carries this. */
#define LEAST_LEN 500

/* Are all that are lost larger than all that arrived? */
static bool may_be_size(const struct handshake *h, enum party_role role, const struct lost_datagrams *lost)
{
	return lost->shortest > LEAST_LEN && h->party[role].sizes.largest_arrived &&
	       lost->shortest > h->party[role].sizes.largest_arrived;
}

static void hint_path(struct verdict *v, const struct handshake *h, enum party_role role, const struct lost_datagrams *lost)
{
	const char *target = hosts_name(h, party_peer(role));

	HINT(v, "look between %s and %s for what drops datagrams in this direction%s: firewall, NAT, load balancer, tunnel; a capture at "
	     "each device on the way shows the first that they do not leave. The hooks do not see %sthe network cards and XDP programs of "
	     "these hosts, so that they count as the path: check those of %s, too (ip link, ethtool -S)", hosts_name(h, role), target,
	     may_be_size(h, role, lost) ? ", perhaps by their size" : lost->lost < lost->sent ? ", perhaps by their content" : "",
	     h->sees_drops ? "" : "the firewalls (netfilter), ", target);
}

static void sentence_lost_on_path(struct verdict *v, const struct handshake *h, const struct claim *claim, uint64_t now)
{
	enum party_role role = claim->role;
	uint8_t flight = h->party[role].flight;
	char text[VERDICT_PARTY_LEN], lengths[CROSSINGS_TEXT_LEN], what[PHRASE_LEN];
	const char *source = hosts_name(h, role), *target = hosts_name(h, party_peer(role));
	struct lost_datagrams lost;

	crossings_lost(h, role, flight, now, &lost);
	phrase_say(v->summary, "the path from %s to %s loses %s flight %u of %s", source, target,
		   lost.lost < lost.sent && crossings_vain_from(h, role, flight, PARTY_MANY_COPIES) > now ? "a part of" : "all of",
		   flight, verdict_party(text, h, role));
	evidence_copies(v, h, role);
	/* Of many, only the latest are known one by one. */
	if (lost.first_ns)
		EVIDENCE(v, "%u of its %u datagram%s left %s and did not reach %s (%s); the first of them was sent %.1f s ago", lost.lost,
			 lost.sent, lost.sent == 1 ? "" : "s", source, target, crossings_lengths(lengths, h, role, flight, now),
			 phrase_seconds(now - lost.first_ns));
	else
		EVIDENCE(v, "%u of its %u datagrams left %s and did not reach %s", lost.lost, lost.sent, source, target);
	if (claim->evidence.hole.kind != HOLE_NONE)
		EVIDENCE(v, "all copies lack %s", phrase_hole(what, &claim->evidence.hole, &h->party[role]));
	if (may_be_size(h, role, &lost))
		EVIDENCE(v, "the largest datagram that arrived had %u bytes, the smallest that is lost %u",
			 h->party[role].sizes.largest_arrived, lost.shortest);
	evidence_rest(v, h, role, now);
	evidence_copies(v, h, party_peer(role));
	hint_path(v, h, role, &lost);
}

static const char *doubt_path(const struct handshake *h, const struct claim *claim)
{
	if (!h->party[party_peer(claim->role)].local)
		return "the server's socket may be closed, or connected to another peer";
	if (h->filters_sockets)
		return "a filter may have left out what arrived";
	return h->sees_drops ? NULL : "drops by the two kernels cannot be seen";
}

const struct verdict_row row_lost_on_path = {
	.holds_from = condition_lost_on_path,
	.needs = FACT_REPEATS,
	.write = sentence_lost_on_path,
	.filter = "{flow} && {role}",
	.side = VERDICT_SIDE_NETWORK, .doubt = doubt_path,
};
