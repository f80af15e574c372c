// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "storm.h"

#include "conditions.h"
#include "flights.h"
#include "outcome.h"

#include "core.h"

/* No timer makes so many copies (RFC 6347 s4.2.4.1), ... */
#define STORM_COPIES 32
/* ... nor sends them so close together, on average. */
#define STORM_GAP_NS 20000000ULL

static bool is_fast(const struct flight *flight)
{
	return flight->copies >= STORM_COPIES &&
	       flight->latest_copy_ns - flight->copy_ns[1] <= (flight->copies - 1) * STORM_GAP_NS;
}

/* Where one copy of an encrypted flight ends is not known if the next one follows at once. */
static uint32_t num_sent(const struct handshake *h, uint8_t number)
{
	const struct flight *flight = &h->flights[number];

	return flight_rule(h, number)->encrypted ? flight->datagrams : flight->copies;
}

/* The side that repeats the flight before that of its peer. */
static enum party_role behind(const struct handshake *h)
{
	return h->party[PARTY_CLIENT].flight < h->party[PARTY_SERVER].flight ? PARTY_CLIENT : PARTY_SERVER;
}

/* When did the first copies begin? */
static uint64_t since_ns(const struct handshake *h)
{
	return h->flights[h->party[behind(h)].flight].copy_ns[1];
}

static void note_until(struct handshake *h, uint64_t ns)
{
	uint64_t ms = (ns - h->started_ns) / MILLISECOND;

	if (ns > storm_until_ns(h) && ms <= UINT32_MAX)
		h->storm_ms = ms;
}

uint64_t storm_until_ns(const struct handshake *h)
{
	return h->started_ns + h->storm_ms * MILLISECOND;
}

bool storm_begins(struct handshake *h, uint64_t now)
{
	enum party_role role = behind(h);
	uint8_t own = h->party[role].flight, peers = h->party[party_peer(role)].flight;

	/* Who floods a server with forged ClientHellos gets as many answers. */
	if (h->midway || !own || peers < FLIGHT_SERVER_HELLO || own >= peers || !outcome_is_reachable(h) ||
	    !is_fast(&h->flights[own]) || num_sent(h, peers) < STORM_COPIES ||
	    !(is_fast(&h->flights[peers]) || flight_rule(h, peers)->encrypted))
		return false;
	h->storm_flight = peers;
	note_until(h, now);
	return true;
}

bool storm_goes_on(struct handshake *h, uint64_t limited_until)
{
	if (!h->storm_flight)
		return false;
	note_until(h, limited_until);
	if (h->party[party_peer(behind(h))].flight != h->storm_flight)
		h->storm_flight = 0;
	return h->storm_flight;
}

struct claim storm_claim(const struct handshake *h, uint64_t floor_ns)
{
	enum party_role role = behind(h);
	const struct flight *answer = &h->flights[h->storm_flight];
	bool encrypted = h->storm_flight && (answer->has_finished || flight_rule(h, h->storm_flight)->encrypted);
	uint64_t from;

	if (!h->storm_flight || (!encrypted && !h->flights[h->party[role].flight].answers.copies))
		return (struct claim){ .code = VERDICT_NONE };
	from = since_ns(h) + floor_ns;
	if (storm_until_ns(h) < from)
		return (struct claim){ .code = VERDICT_NONE };
	return (struct claim){
		.code = encrypted ? VERDICT_CANNOT_DECRYPT : VERDICT_ANSWER_IGNORED, .role = role, .side = side_of_role(role),
		.since_ns = from, .until_ns = NEVER,
	};
}

void storm_tell(struct verdict *v, const struct handshake *h)
{
	enum party_role role = behind(h);
	uint8_t own = h->party[role].flight, peers = h->storm_flight;
	const struct flight *flight = &h->flights[own];

	EVIDENCE(v, "each side answers each copy at once, without a timer: %u copies of flight %u and %u %s of flight %u within %.3f s, and the "
		 "rate limit left out more for %.1f s", flight->copies, own, num_sent(h, peers),
		 flight_rule(h, peers)->encrypted ? "datagrams" : "copies", peers,
		 phrase_seconds(flight->latest_copy_ns - since_ns(h)), phrase_seconds(storm_until_ns(h) - since_ns(h)));
}
