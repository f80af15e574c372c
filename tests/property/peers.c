// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "peers.h"

#include "dtls_wire.h"
#include "scenario.h"

/* Of the sides that can have a trait so many have it, per cent. */
#define FEW 5
#define SOME 25

static const uint32_t chances[PEER_MAX] = {
	[PEER_NEW_RANDOM] = FEW, [PEER_SAME_NUMBERS] = FEW, [PEER_SEQ_AGAIN] = FEW, [PEER_NO_CID] = FEW,
	[PEER_BORDERS] = FEW, [PEER_IMPATIENT] = FEW, [PEER_CLOSE_NOTIFY] = SOME, [PEER_USER_CANCELED] = SOME,
	[PEER_HEEDS_NO_GOODBYE] = SOME, [PEER_CLOSED_PORT] = SOME, [PEER_ROUTER_ERRORS] = FEW,
};

static const char *const names[PEER_MAX] = {
	[PEER_IMPATIENT] = "impatient",
	[PEER_CLOSED_PORT] = "closed-port",
	[PEER_TWO_SERVERS] = "two-servers",
	[PEER_ROUTER_ERRORS] = "router-errors",
	[PEER_CLOSE_NOTIFY] = "close-notify",
	[PEER_USER_CANCELED] = "user-canceled",
	[PEER_HEEDS_NO_GOODBYE] = "heeds-no-goodbye",
	[PEER_NEW_RANDOM] = "new-random",
	[PEER_SAME_NUMBERS] = "same-numbers",
	[PEER_SEQ_AGAIN] = "seq-again",
	[PEER_NO_CID] = "no-cid",
	[PEER_BORDERS] = "borders",
	[PEER_RESTARTS] = "restarts",
	[PEER_MOVES] = "moves",
	[PEER_SECOND_SERVER] = "second-server",
	[PEER_SHORT_RECORDS] = "short-records",
};

const char *peer_name(enum peer_kind kind)
{
	return kind < PEER_MAX ? names[kind] : "unknown";
}

bool peer_is(const struct scenario *sc, enum party_role role, enum peer_kind kind)
{
	return sc->peers[role] >> kind & 1;
}

/* Between two attempts that are both on their way, and far apart, nobody can tell to which a datagram belongs. */
static bool is_near(const struct scenario *sc)
{
	return sc->delay_ns[PARTY_CLIENT] <= 200 * MS && sc->delay_ns[PARTY_SERVER] <= 200 * MS && sc->jitter_ns <= 50 * MS && (!sc->late || sc->late_ns <= 90 * MS);
}

static bool can_be(const struct scenario *sc, enum party_role role, enum peer_kind kind)
{
	switch (kind) {
	case PEER_NEW_RANDOM:
		return role == PARTY_CLIENT && sc->cookie && !sc->dtls13;
	case PEER_SEQ_AGAIN: case PEER_TWO_SERVERS:
		return role == PARTY_SERVER && sc->cookie && !sc->dtls13;
	case PEER_SAME_NUMBERS:
		return !sc->dtls13 && !sc->stack[role].timer_per_message;
	case PEER_RESTARTS:
		return role == PARTY_CLIENT && is_near(sc) && !peer_is(sc, role, PEER_NEW_RANDOM) && !peer_is(sc, role, PEER_MOVES) &&
		       !peer_is(sc, PARTY_SERVER, PEER_SECOND_SERVER) && !sc->renegotiates && !sc->loses_events &&
		       !peer_is(sc, PARTY_CLIENT, PEER_IMPATIENT) && !peer_is(sc, PARTY_SERVER, PEER_IMPATIENT);
	case PEER_MOVES:
		return role == PARTY_CLIENT && !sc->renegotiates && !sc->loses_events && !peer_is(sc, role, PEER_RESTARTS) &&
		       !peer_is(sc, PARTY_SERVER, PEER_SECOND_SERVER);
	case PEER_SECOND_SERVER:
		return role == PARTY_SERVER && sc->fault == FAULT_NONE && !peer_is(sc, PARTY_CLIENT, PEER_RESTARTS) && !peer_is(sc, PARTY_CLIENT, PEER_MOVES);
	case PEER_SHORT_RECORDS:
		return sc->dtls13;
	case PEER_NO_CID:
		return sc->cid[role] && !sc->dtls13;
	default:
		return true;
	}
}

void peer_add(struct scenario *sc, enum party_role role, enum peer_kind kind)
{
	if (can_be(sc, role, kind))
		sc->peers[role] |= 1u << kind;
}

/* What one side discards has one reason: of two nobody could tell which it is. */
static bool is_another_reason(const struct scenario *sc, enum peer_kind kind)
{
	return sc->fault >= FAULT_IGNORES && (kind == PEER_SEQ_AGAIN || kind == PEER_NO_CID || kind == PEER_SAME_NUMBERS);
}

#define FEW_CHANGES 6

/* What changes in the middle of a handshake: healthy, or a fault. */
static void draw_change(struct scenario *sc, bool may_be_faulty)
{
	/* Of its own: what was drawn before there was this stays as it is. */
	struct rng r = { ~sc->seed * 0xd6e8feb86659fd93ULL };
	bool drawn = rng_chance(&r, FEW_CHANGES), stuck = rng_chance(&r, 30) && may_be_faulty, moves;
	uint64_t trip = sc->delay_ns[PARTY_CLIENT] + sc->delay_ns[PARTY_SERVER] + sc->crypto_ns[PARTY_SERVER];

	sc->change_ns = rng_chance(&r, 50) ? 1 + rng_below(&r, 4 * trip) : rng_magnitude(&r, MS, 30 * SECOND);
	if (sc->fault <= FAULT_DRAWN && (sc->fault != FAULT_NONE || !drawn))
		return;
	sc->renegotiates = sc->loses_events = false;
	for (int role = 0; role < PARTY_MAX; role++) {
		sc->peers[role] &= ~(1u << PEER_NEW_RANDOM | 1u << PEER_IMPATIENT);
		if (stuck || sc->fault != FAULT_NONE)
			sc->loss[role] = 0;
	}
	moves = sc->fault == FAULT_MOVED || (sc->fault == FAULT_NONE && rng_chance(&r, 50));
	peer_add(sc, PARTY_CLIENT, moves ? PEER_MOVES : PEER_RESTARTS);
	if (stuck)
		sc->fault = moves ? FAULT_MOVED : FAULT_RESTART;
	sc->fault_side = PARTY_SERVER;
}

static void draw_second_server(struct scenario *sc)
{
	/* Of its own, like draw_change()'s. */
	struct rng r = { ~sc->seed * 0xa0761d6478bd642fULL };

	if (rng_chance(&r, FEW_CHANGES))
		peer_add(sc, PARTY_SERVER, PEER_SECOND_SERVER);
}

void peers_draw(struct scenario *sc, bool may_be_faulty)
{
	/* Of its own: what else is drawn stays as it is. */
	struct rng r = { sc->seed * 0x9e3779b97f4a7c15ULL }, other = { sc->seed * 0xbf58476d1ce4e5b9ULL };

	for (int role = 0; role < PARTY_MAX; role++)
		if (rng_chance(&other, SOME))
			peer_add(sc, role, PEER_SHORT_RECORDS);
	for (int kind = 0; kind <= PEER_MOVES; kind++)
		for (int role = 0; role < PARTY_MAX; role++)
			if (rng_chance(&r, chances[kind]) && !is_another_reason(sc, kind))
				peer_add(sc, role, kind);
	for (int role = 0; role < PARTY_MAX; role++)
		sc->patience_ns[role] = rng_magnitude(&r, 300 * MS, 60 * SECOND);
	switch (sc->fault) {
	case FAULT_SEQ_AGAIN: peer_add(sc, sc->fault_side, PEER_SEQ_AGAIN); break;
	case FAULT_COOKIE: peer_add(sc, sc->fault_side, PEER_TWO_SERVERS); break;
	case FAULT_NO_CID: peer_add(sc, sc->fault_side, PEER_NO_CID); break;
	case FAULT_SAME_NUMBERS: peer_add(sc, sc->fault_side, PEER_SAME_NUMBERS); break;
	case FAULT_BORDERS: peer_add(sc, party_peer(sc->fault_side), PEER_BORDERS); break;
	default: break;
	}
	draw_change(sc, may_be_faulty);
	draw_second_server(sc);
}
