// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The verdict about datagrams that are too large for the path. */
#include "conditions.h"

#include <stdio.h>

#include "acks.h"
#include "errors.h"
#include "flights.h"
#include "holes.h"
#include "hosts.h"
#include "phrases.h"

#include "core.h"

/* Every path carries this: IPv4 guarantees 576 (RFC 791 s3.1), less headers. */
#define LEAST_LEN 500

/* Both ends are seen: is there a size above which no datagram arrives? */
static bool separates_arriving(const struct standing *s, struct path_mtu *out)
{
	const struct sizes *sizes = &s->self->sizes;
	uint32_t large = 0;

	if (!s->self->view[POINT_SENT].any || !path_shows_arrivals(s->h, party_peer(s->role)))
		return false;
	/* A part of the latest flight must arrive: then the path and the peer work. */
	if (s->self->flight_at[POINT_ARRIVED] != s->self->flight)
		return false;
	*out = (struct path_mtu){ .basis = MTU_BY_ARRIVAL, .passed = sizes->largest_arrived };
	for (uint32_t i = 0; i < sizes->num; i++) {
		bool is_small = sizes->each[i].length < out->passed || sizes->each[i].length < LEAST_LEN;

		if (sizes->each[i].arrived)
			continue;
		if (is_small && sizes->each[i].sent >= PARTY_MANY_COPIES)
			return false;
		/* A library that divides its flight otherwise from the second copy on sends each large size less often. */
		if (is_small || (sizes->each[i].sent < PARTY_MANY_COPIES && sizes->each[i].length <= SAFE_LEN))
			continue;
		large += sizes->each[i].sent;
		if (!out->lost || sizes->each[i].length < out->lost)
			out->lost = sizes->each[i].length;
	}
	/* A sender that now uses smaller datagrams will get through. */
	return out->passed && out->lost && large >= PARTY_MANY_COPIES && sizes->largest_in_copy >= out->lost;
}

/*
 * The traces of two hosts show what became of each datagram: is all that is lost larger than all that arrived? If nothing
 * arrived after the first of those was sent, only their size tells; if all of them have one length, that may be chance.
 */
static bool separates_between_hosts(const struct standing *s, uint64_t from, struct path_mtu *out)
{
	const struct crossings *c = &s->self->crossings;
	struct lost_datagrams lost;

	if (!hosts_are_apart(s->h) || from == NEVER || !crossings_lost(s->h, s->role, 0, from + crossings_wait_ns(s->h), &lost) ||
	    lost.lost < PARTY_MANY_COPIES)
		return false;
	*out = (struct path_mtu){ .basis = MTU_BY_ARRIVAL, .passed = s->self->sizes.largest_arrived, .lost = lost.shortest };
	if (!out->passed || out->lost <= out->passed || s->self->sizes.largest_in_copy < out->lost)
		return false;
	return out->lost > SAFE_LEN || (lost.longest > lost.shortest && c->arrived_ns > lost.first_ns);
}

/*
 * Perhaps a copy of this side's flight arrived whole, and only the answer to it was lost. A retransmission
 * of the peer's earlier flight refutes that from this time on: since the last copy that began before the
 * floor passed, a round trip and the time to read it have passed.
 */
static uint64_t refuted_from(const struct standing *s)
{
	const struct flight *flight = s->own;
	uint64_t until = flight->first_ns + s->floor_ns, latest = flight->first_ns;

	/* Only the start of the first copies is kept. */
	if (flight->copies > FLIGHT_MAX_COPY_TIMES && flight->copy_ns[FLIGHT_MAX_COPY_TIMES - 1] < until)
		latest = until;
	for (uint32_t i = 0; latest < until && i < flight->copies && i < FLIGHT_MAX_COPY_TIMES; i++)
		if (flight->copy_ns[i] < until)
			latest = flight->copy_ns[i];
	return latest + flight_round_trip_ns(s->h, s->role) + UNREAD_NS;
}

/* When did the peer begin its latest repeat? Later datagrams of the same copy prove no more than its first. */
static uint64_t repeated_ns(const struct standing *s)
{
	return s->asked_rule->encrypted ? s->asked->burst_ns : s->asked->latest_copy_ns;
}

/*
 * How large are the datagrams that the side sends now? The latest copy may have just begun, so for a moment
 * the previous one counts, too, unless an ACK came: its large records may be acknowledged (RFC 9147 s7).
 */
static uint32_t largest_of_late(const struct standing *s, struct claim *claim, uint32_t lost)
{
	const struct sizes *sizes = &s->self->sizes;

	if (acks_are_latest(s->h, s->role))
		return 0;
	if (sizes->largest_in_copy >= lost || s->peer->acks.last_ns > s->own->first_ns)
		return sizes->largest_in_copy;
	claim->until_ns = s->own->latest_copy_ns + COPY_NS;
	return sizes->largest_before;
}

/*
 * The receiver is on another host. It had the time to answer three copies, and still repeats its flight.
 * Is there a size such that all smaller datagrams were in flights that it answered, and all larger ones in
 * flights that it did not answer? Nearly every path carries datagrams up to SAFE_LEN. So such a size counts
 * only before the sender's Finished, and not in DTLS 1.3: a receiver with the wrong keys is silent, too.
 */
static bool separates_answered(const struct standing *s, struct claim *claim, struct path_mtu *out)
{
	const struct party *party = s->self, *peer = s->peer;
	const struct sizes *sizes = &party->sizes;
	uint32_t least = party->view[POINT_SENT].finished_ns || s->h->is_dtls13 ? SAFE_LEN : LEAST_LEN;

	if (!party->view[POINT_SENT].any || peer->local || s->own->copies < PARTY_MANY_COPIES || !peer->flight ||
	    repeated_ns(s) < s->own->copy_ns[PARTY_MANY_COPIES - 1] + flight_round_trip_ns(s->h, s->role) +
			     UNREAD_NS)
		return false;
	*out = (struct path_mtu){ .basis = MTU_BY_ANSWER };
	for (uint32_t i = 0; i < sizes->num; i++) {
		uint8_t answered = sizes->each[i].flights & ((1u << peer->flight) - 1);
		uint32_t length = sizes->each[i].length;

		if (answered && length > out->passed)
			out->passed = length;
		if (!answered && length > least && sizes->each[i].sent >= PARTY_MANY_COPIES &&
		    (!out->lost || length < out->lost))
			out->lost = length;
	}
	/* If a copy in smaller datagrams was not answered either, size is not the reason. */
	return out->passed && out->lost > out->passed && largest_of_late(s, claim, out->lost) >= out->lost;
}

/* The sender is on another host: would the hole fill a larger datagram than any that arrived? */
static bool separates_holes(const struct standing *s, struct path_mtu *out)
{
	struct hole hole;

	if (s->self->view[POINT_SENT].any || !path_find_hole(s, &hole) || hole.kind != HOLE_BYTES)
		return false;
	*out = (struct path_mtu){
		.basis = MTU_BY_HOLE, .passed = s->self->sizes.largest_arrived,
		.lost = hole.end - hole.begin + HEADERS_LEN,
	};
	return out->lost > SAFE_LEN && out->lost > out->passed;
}

/* Of an IP packet with a UDP datagram. */
static uint32_t headers_len(const struct party *sender)
{
	return (sender->ipv4 ? 20 : 40) + 8;
}

bool mtu_fits(const struct party *sender, uint32_t length)
{
	if (!sender->icmp.other.mtu)
		return length < LEAST_LEN;
	return length + headers_len(sender) <= sender->icmp.other.mtu;
}

/* A router reported it (RFC 1191, RFC 8201), and the retransmissions were not answered. */
static bool was_told(const struct standing *s, struct path_mtu *out)
{
	*out = (struct path_mtu){ .basis = MTU_BY_ICMP, .lost = s->self->sizes.largest_in_copy };
	/* Its latest copy fits: it did as it was told, or the ICMP error is forged. */
	if (s->self->icmp.other.mtu && mtu_fits(s->self, out->lost))
		return false;
	return errors_too_big_ns(&s->self->icmp) && s->is_waiting && s->own->copies > 1;
}

static uint64_t condition_mtu_blackhole(const struct standing *s, struct claim *claim)
{
	uint64_t from = many_copies_from(s->own, s->floor_ns);
	struct path_mtu *mtu = &claim->evidence.mtu;

	if (!s->self->flight || s->is_answered || (s->peer->local && s->own->arrived))
		return NEVER;
	if (was_told(s, mtu))
		return s->own->first_ns + s->floor_ns;
	if (from == NEVER)
		return NEVER;
	if (separates_between_hosts(s, from, mtu))
		return max_u64(from, s->own->copy_ns[PARTY_MANY_COPIES - 1] + crossings_wait_ns(s->h));
	/* A gap of an observer is no loss. */
	if (hosts_are_apart(s->h) && (s->h->events_lost || s->h->missing))
		return NEVER;
	if (!separates_arriving(s, mtu) && !separates_answered(s, claim, mtu) && !separates_holes(s, mtu))
		return NEVER;
	if (mtu->basis == MTU_BY_ANSWER && repeated_ns(s) < refuted_from(s))
		return NEVER;
	return from;
}

/* Is no datagram lost that needs no IP fragments? */
static bool is_fragmented(const struct handshake *h, const struct path_mtu *mtu)
{
	return mtu->basis != MTU_BY_ICMP && mtu->lost > ETHERNET_LEN;
}

/* The size that helps is below the smallest that was lost; if that is not known to be small, SAFE_LEN is, on nearly all paths. */
static void hint_mtu(struct verdict *v, const struct handshake *h, const struct claim *claim)
{
	const struct path_mtu *mtu = &claim->evidence.mtu;
	uint32_t told = h->party[claim->role].icmp.other.mtu, headers = headers_len(&h->party[claim->role]);
	uint32_t limit = mtu->lost > SAFE_LEN ? SAFE_LEN : mtu->lost - 1;
	char smaller[PHRASE_LEN] = "";

	if (mtu->basis == MTU_BY_ICMP && told > headers && told - headers < limit)
		limit = told - headers;
	else if (limit == SAFE_LEN && mtu->passed < limit)
		snprintf(smaller, sizeof(smaller), ", or %u if these are lost too", mtu->passed > LEAST_LEN ? mtu->passed : LEAST_LEN);
	HINT(v, "lower the MTU of the sender's DTLS library, so that its datagrams have at most %u bytes of UDP payload%s (OpenSSL: "
	     "SSL_OP_NO_QUERY_MTU and SSL_set_mtu), and allow %sICMP 'too big' messages; tracepath finds the path's MTU", limit,
	     smaller, is_fragmented(h, mtu) ? "IP fragments and " : "");
}

/* A side that gave up at the error has sent no copy since. */
static void evidence_too_big(struct verdict *v, const struct handshake *h, const struct claim *claim)
{
	const struct party *party = &h->party[claim->role];
	char limit[PHRASE_LEN] = "";

	if (party->icmp.other.mtu)
		snprintf(limit, sizeof(limit), " (MTU %u)", party->icmp.other.mtu);
	EVIDENCE(v, "an ICMP error reported a datagram that was too big for the path%s; the latest copy %s datagrams of up to %u bytes",
		 limit, party->last_sent_ns > party->icmp.other_ns ? "still has" : "has", claim->evidence.mtu.lost);
	if (claim->side != VERDICT_SIDE_NETWORK)
		EVIDENCE(v, "%s: the ICMP error was wrong, or forged", party->icmp.other.mtu ? "all of these fit that MTU" :
			 "every path carries datagrams of that size");
}

static void sentence_mtu_blackhole(struct verdict *v, const struct handshake *h, const struct claim *claim,
				   uint64_t now)
{
	enum party_role role = claim->role;
	char text[VERDICT_PARTY_LEN];
	const struct path_mtu *mtu = &claim->evidence.mtu;
	const char *peer = party_role_name(party_peer(role));

	if (claim->side != VERDICT_SIDE_NETWORK)
		phrase_say(v->summary, "%s gave up at an ICMP error: a datagram was too big for the path", verdict_party(text, h, role));
	else
		phrase_say(v->summary, "large datagrams of %s do not reach the %s: %s", verdict_party(text, h, role), peer,
		   is_fragmented(h, mtu) ? "the path drops IP fragments, or its MTU is smaller" : "the path's MTU is smaller");
	evidence_copies(v, h, role);
	switch (mtu->basis) {
	case MTU_BY_ICMP:
		evidence_too_big(v, h, claim);
		break;
	case MTU_BY_ARRIVAL:
		EVIDENCE(v, "datagrams of up to %u bytes arrived; no datagram of %u bytes or more arrived",
			 mtu->passed, mtu->lost);
		break;
	case MTU_BY_ANSWER:
		EVIDENCE(v, "datagrams of up to %u bytes were answered; no datagram of %u bytes or more was answered",
			 mtu->passed, mtu->lost);
		EVIDENCE(v, "the %s is alive: it repeats flight %u; dtlsnoop cannot see from %s whether it receives "
			 "the large datagrams and ignores them", peer, h->party[party_peer(role)].flight, phrase_here(h));
		break;
	case MTU_BY_HOLE:
		EVIDENCE(v, "datagrams of up to %u bytes arrived; none of them brought the part of %u bytes that all copies lack",
			 mtu->passed, mtu->lost - HEADERS_LEN);
		break;
	}
	/* Several datagrams may have had it. */
	if (is_fragmented(h, mtu) && mtu->basis != MTU_BY_HOLE)
		evidence_ip_fragments(v);
	evidence_copies(v, h, party_peer(role));
	if (claim->side != VERDICT_SIDE_NETWORK)
		HINT(v, "find who sends ICMP errors about datagrams that fit (tcpdump icmp or icmp6): a router, a firewall, or an attacker; "
		     "DTLS libraries need not give up at one");
	else
		hint_mtu(v, h, claim);
}

static const char *doubt_sizes(const struct handshake *h, const struct claim *claim)
{
	if (claim->evidence.mtu.basis == MTU_BY_ICMP)
		return "anybody can send an ICMP error";
	if (claim->evidence.mtu.basis == MTU_BY_ARRIVAL && h->party[claim->role].flight_at[POINT_ARRIVED] != h->party[claim->role].flight)
		return "nothing of the latest flight arrived, which may have another reason than its size";
	return claim->evidence.mtu.basis != MTU_BY_ARRIVAL ? "only one end is seen, and sizes may have another reason" : NULL;
}

const struct verdict_row row_mtu_blackhole = {
	.holds_from = condition_mtu_blackhole,
	.needs = FACT_REPEATS,
	.write = sentence_mtu_blackhole,
	.filter = "{flow} && {role} && udp.length > {passed}",
	.side = VERDICT_SIDE_NETWORK, .doubt = doubt_sizes,
};
