// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "scenario.h"

#include <string.h>

#include "dtls_wire.h"
#include "script.h"

/* Percentages that decide how often something is drawn. */
#define PERCENT_FAULT 25
#define PERCENT_QUIET 25	/* of networks lose nothing */

static const char *const fault_names[FAULT_MAX] = {
	[FAULT_NONE] = "none",
	[FAULT_NO_TIMER] = "no-timer",
	[FAULT_STOPS_READING] = "stops-reading",
	[FAULT_SILENT] = "silent",
	[FAULT_DIES] = "dies",
	[FAULT_LAST_FLIGHT] = "last-flight",
	[FAULT_ONE_WAY] = "one-way",
	[FAULT_PATH_DEAD] = "path-dead",
	[FAULT_SIZE] = "size",
	[FAULT_HELLO_IGNORED] = "hello-ignored",
	[FAULT_ALERT] = "alert",
	[FAULT_CLOSES] = "closes",
	[FAULT_IGNORES] = "ignores",
	[FAULT_WRONG_KEY] = "wrong-key",
	[FAULT_SEQ_AGAIN] = "seq-again",
	[FAULT_NO_CID] = "no-cid",
	[FAULT_COOKIE] = "cookie",
	[FAULT_SAME_NUMBERS] = "same-numbers",
	[FAULT_BORDERS] = "borders",
	[FAULT_RESTART] = "restart",
	[FAULT_MOVED] = "moved",
};

const char *fault_name(enum fault_kind fault)
{
	return fault < FAULT_MAX ? fault_names[fault] : "unknown";
}

/* --- the handshake --- */

static void draw_version(struct scenario *sc, struct rng *r)
{
	uint64_t die = rng_below(r, 100);

	sc->version = die < 70 ? DTLS_VERSION_1_2 : die < 95 ? DTLS_VERSION_1_0 : DTLS_VERSION_BAD;
	if (sc->version == DTLS_VERSION_1_2 && rng_chance(r, 15)) {
		sc->cid[PARTY_CLIENT] = rng_chance(r, 70);
		sc->cid[PARTY_SERVER] = !sc->cid[PARTY_CLIENT] || rng_chance(r, 60);
	}
}

/* DTLS 1.3 knows fewer variants; a resumption is a pre-shared key. */
static void draw_13(struct scenario *sc, struct rng *r)
{
	sc->dtls13 = true;
	sc->variant = VARIANT_FULL;
	sc->renegotiates = sc->status = false;
	sc->key_update = rng_chance(r, 20);
	sc->keys = rng_chance(r, 30) ? KEYS_PSK : rng_chance(r, 20) ? KEYS_RAW : KEYS_CERTIFICATE;
	sc->client_certificate = sc->keys != KEYS_PSK && rng_chance(r, 30);
	sc->large_hello = rng_chance(r, 30);
}

static void draw_handshake(struct scenario *sc, struct rng *r)
{
	draw_version(sc, r);
	sc->random = rng_range(r, 1, 255);
	sc->server_random = 0xee;
	sc->cookie = rng_chance(r, 50);
	if (rng_chance(r, 25))
		sc->variant = rng_range(r, VARIANT_RESUMED_ID, VARIANT_RESUMED_TICKET);
	if (sc->version == DTLS_VERSION_BAD)	/* AnyConnect resumes what TLS has negotiated */
		sc->variant = VARIANT_RESUMED_ID;
	sc->keys = rng_below(r, KEYS_MAX);
	if (sc->keys == KEYS_CERTIFICATE || sc->keys == KEYS_RSA || sc->keys == KEYS_RAW)
		sc->client_certificate = rng_chance(r, 30);
	/* Without extensions there are no tickets. */
	sc->ticket = rng_chance(r, 30) && sc->version != DTLS_VERSION_BAD;
	sc->status = rng_chance(r, 15);
	sc->srtp = rng_chance(r, 30);
	sc->large_hello = sc->version != DTLS_VERSION_BAD && rng_chance(r, 10);
	sc->renegotiates = rng_chance(r, 8);
	for (int role = 0; role < PARTY_MAX; role++) {
		sc->false_start[role] = rng_chance(r, 15);
		sc->num_data[role] = rng_below(r, 4);
	}
	sc->certificate_len = rng_magnitude(r, 300, 4000);
	if (sc->version == DTLS_VERSION_1_2 && rng_chance(r, 40))
		draw_13(sc, r);
}

/* --- endpoints and network --- */

static void draw_network(struct scenario *sc, struct rng *r)
{
	if (!rng_chance(r, PERCENT_QUIET))
		for (int role = 0; role < PARTY_MAX; role++)
			sc->loss[role] = rng_range(r, 0, 40);
	sc->doubled = rng_chance(r, 50) ? rng_range(r, 1, 20) : 0;
	sc->late = rng_chance(r, 50) ? rng_range(r, 1, 20) : 0;
	sc->delay_ns[PARTY_CLIENT] = rng_magnitude(r, 30000, 3 * SECOND);
	sc->delay_ns[PARTY_SERVER] = rng_chance(r, 80) ? sc->delay_ns[PARTY_CLIENT] :
				     rng_magnitude(r, 30000, 3 * SECOND);
	if (rng_chance(r, 50))
		sc->jitter_ns = rng_below(r, sc->delay_ns[PARTY_CLIENT] + 1);
	if (sc->delay_ns[PARTY_CLIENT] + sc->jitter_ns > 3 * SECOND)
		sc->jitter_ns = 3 * SECOND - sc->delay_ns[PARTY_CLIENT];
	sc->late_ns = rng_magnitude(r, MS, SECOND);
	sc->tap = rng_chance(r, 50) ? rng_below(r, 101) : rng_chance(r, 50) ? 0 : 100;
}

/* Twice the round trip, within what libwebrtc allows. */
static uint64_t webrtc_timer(const struct scenario *sc)
{
	uint64_t twice = 2 * (sc->delay_ns[PARTY_CLIENT] + sc->delay_ns[PARTY_SERVER]);

	return twice < 50 * MS ? 50 * MS : twice > 3000 * MS ? 3000 * MS : twice;
}

static void draw_endpoint(struct scenario *sc, struct rng *r, enum party_role role)
{
	static const uint32_t mtus[] = { 1500 - 28, 1200, 1400, 1200, 1024, 548, 256 };
	struct stack *s = &sc->stack[role];

	do {
		*s = stacks[rng_below(r, NUM_STACKS)];
	} while (sc->dtls13 && (s->stops_at_first || s->timer_per_message));
	if (!s->first_ns)
		s->first_ns = webrtc_timer(sc);
	sc->mtu[role] = mtus[rng_below(r, sizeof(mtus) / sizeof(mtus[0]))];
	if (sc->mtu[role] < s->mtu_fallback)
		sc->mtu[role] = 1200;
	sc->read_ns[role] = rng_magnitude(r, 20000, 20 * MS);
}

/* The profile that a reasonable user of these stacks has chosen, and what is quick enough for it. */
static void draw_profile(struct scenario *sc, struct rng *r)
{
	uint64_t slowest = sc->stack[PARTY_CLIENT].first_ns;

	if (sc->stack[PARTY_SERVER].first_ns > slowest)
		slowest = sc->stack[PARTY_SERVER].first_ns;
	sc->floor_ns = slowest <= SECOND && rng_chance(r, 30) ? 2500 * MS : 5 * SECOND;
	if (slowest > 2500 * MS || rng_chance(r, 10))
		sc->floor_ns = 20 * SECOND;
	for (int role = 0; role < PARTY_MAX; role++) {
		sc->slow_read_ns[role] = rng_magnitude(r, 30 * MS, 450 * MS);
		sc->crypto_ns[role] = rng_magnitude(r, MS, sc->floor_ns / 5);
	}
}

static void draw_observers(struct scenario *sc, struct rng *r)
{
	sc->sees_reads = rng_chance(r, 75);
	sc->sees_drops = rng_chance(r, 75);
	sc->disorder = rng_chance(r, 30) ? rng_range(r, 1, 30) : 0;
	sc->loses_events = rng_chance(r, 10);
}

/* --- the fault --- */

/* The flight of this index does not begin a timer of its sender: nothing repeats it but a request. */
static bool is_timerless(const struct script *s, int flight)
{
	return s->flights[flight].stateless || script_is_last(s, flight);
}

/* Of a handshake whose keys come from a PSK, and in which the flights before show nothing of it. */
static bool is_psk(const struct scenario *sc)
{
	return (sc->keys == KEYS_PSK || sc->keys == KEYS_PSK_HINT) && !sc->dtls13;
}

static bool is_first_encrypted(const struct script *s, int flight)
{
	for (int i = 0; i <= flight; i++)
		if (s->flights[i].messages[s->flights[i].num - 1].epoch)
			return i == flight;
	return false;
}

/* Is there a message in plaintext that takes several datagrams of the smallest MTU? */
static bool has_large_message(const struct script *s, int flight)
{
	const struct script_flight *f = &s->flights[flight];

	for (uint32_t i = 0; i < f->num; i++)
		if (!f->messages[i].epoch && f->messages[i].len > 600)
			return true;
	return false;
}

/* Can this fault strike here? See enum fault_kind for what the flight means. */
static bool is_fit(const struct scenario *sc, const struct script *s, int flight)
{
	bool own = s->flights[flight].from == sc->fault_side;

	switch (sc->fault) {
	case FAULT_NO_TIMER:
		return own ? !is_timerless(s, flight) : is_timerless(s, flight) && flight > 0;
	case FAULT_STOPS_READING: case FAULT_DIES:
		return !own;
	case FAULT_SILENT: case FAULT_CLOSES:
		/* After the last flight nothing is owed. */
		return !own && flight < s->handshake_end;
	case FAULT_ALERT:
		return !own && flight < s->handshake_end &&
		       (s->flights[flight].number != 5 || sc->variant == VARIANT_FULL);
	case FAULT_LAST_FLIGHT:
		return own && flight == s->handshake_end;
	case FAULT_ONE_WAY: case FAULT_PATH_DEAD:
		return own;
	case FAULT_SIZE:
		return own && flight == 0;
	case FAULT_HELLO_IGNORED:
		return sc->fault_side == PARTY_SERVER && flight == 0;
	case FAULT_IGNORES:
		return !own && flight > 0 && flight <= s->handshake_end && !is_timerless(s, flight - 1);
	case FAULT_WRONG_KEY:
		return !own && is_first_encrypted(s, flight) && is_psk(sc);
	case FAULT_SEQ_AGAIN:
		return own && sc->fault_side == PARTY_SERVER && sc->cookie && !sc->dtls13 && s->flights[flight].number == 4;
	case FAULT_COOKIE:
		return !own && sc->fault_side == PARTY_SERVER && sc->cookie && !sc->dtls13 && s->flights[flight].number == 3;
	case FAULT_NO_CID:
		return own && sc->cid[sc->fault_side] && !sc->dtls13 && s->flights[flight].messages[s->flights[flight].num - 1].epoch;
	case FAULT_SAME_NUMBERS:
		return own && flight + 1 == s->handshake_end && !sc->dtls13 && !sc->stack[sc->fault_side].timer_per_message;
	case FAULT_BORDERS:
		return !own && has_large_message(s, flight) && !sc->stack[party_peer(sc->fault_side)].timer_per_message;
	default:
		return false;
	}
}

static void draw_fault(struct scenario *sc, struct rng *r, enum fault_kind only)
{
	struct script script;
	int candidates[SCRIPT_MAX_FLIGHTS], num = 0;

	sc->fault = only != FAULT_MAX ? only :
		    rng_chance(r, PERCENT_FAULT) ? rng_range(r, 1, FAULT_DRAWN) : FAULT_NONE;
	sc->fault_side = rng_chance(r, 50) ? PARTY_CLIENT : PARTY_SERVER;
	if (sc->fault == FAULT_NONE || sc->fault > FAULT_DRAWN)
		return;
	sc->renegotiates = false;
	sc->loses_events = false;
	/* Little else goes wrong: it is to be this fault that it hangs by. */
	for (int role = 0; role < PARTY_MAX; role++)
		sc->loss[role] = 0;
	if (sc->fault == FAULT_HELLO_IGNORED || sc->fault == FAULT_SEQ_AGAIN || sc->fault == FAULT_COOKIE)
		sc->fault_side = PARTY_SERVER;
	/* Else hardly any handshake would fit. */
	if ((sc->fault == FAULT_SEQ_AGAIN || sc->fault == FAULT_COOKIE) && !sc->dtls13)
		sc->cookie = true;
	if (sc->fault == FAULT_WRONG_KEY && !sc->dtls13 && !sc->client_certificate)
		sc->keys = KEYS_PSK;
	if (sc->fault == FAULT_NO_CID && sc->version == DTLS_VERSION_1_2)
		sc->cid[sc->fault_side] = true;
	sc->fault_size = rng_range(r, 300, 1300);
	if (sc->fault == FAULT_LAST_FLIGHT)
		sc->fault_side = sc->variant == VARIANT_FULL ? PARTY_SERVER : PARTY_CLIENT;
	script_build(&script, sc);
	for (int i = 0; i < script.num_flights; i++)
		if (is_fit(sc, &script, i))
			candidates[num++] = i;
	if (!num)
		sc->fault = FAULT_NONE;
	else
		sc->fault_flight = candidates[rng_below(r, num)];
}

void scenario_draw(struct scenario *sc, uint64_t seed, enum fault_kind only)
{
	struct rng r = { .state = seed };

	memset(sc, 0, sizeof(*sc));
	sc->seed = seed;
	draw_handshake(sc, &r);
	draw_network(sc, &r);
	for (int role = 0; role < PARTY_MAX; role++)
		draw_endpoint(sc, &r, role);
	draw_profile(sc, &r);
	draw_observers(sc, &r);
	draw_fault(sc, &r, only);
	peers_draw(sc, only != FAULT_NONE);
}

/* --- for people --- */

static const char *const variant_names[VARIANT_MAX] = { "full", "resumed by id", "resumed by ticket" };
static const char *const keys_names[KEYS_MAX] = {
	"certificate", "RSA", "PSK", "PSK with hint", "ECJPAKE", "raw public key",
};

void scenario_print(const struct scenario *sc, FILE *out)
{
	fprintf(out, "seed %llu: %s, %s, keys: %s%s%s%s%s%s%s%s%s%s\n", (unsigned long long)sc->seed,
		sc->dtls13 ? "DTLS 1.3" : sc->version == DTLS_VERSION_1_2 ? "DTLS 1.2" :
		sc->version == DTLS_VERSION_1_0 ? "DTLS 1.0" : "0x0100", variant_names[sc->variant],
		keys_names[sc->keys], sc->cookie ? ", cookie" : "",
		sc->client_certificate ? ", client certificate" : "", sc->ticket ? ", ticket" : "",
		sc->status ? ", status" : "", sc->large_hello ? ", large ClientHello" : "",
		sc->renegotiates ? ", renegotiates" : "", sc->cid[PARTY_CLIENT] ? ", client has a CID" : "",
		sc->cid[PARTY_SERVER] ? ", server has a CID" : "",
		sc->false_start[PARTY_CLIENT] || sc->false_start[PARTY_SERVER] ? ", false start" : "");
	for (int role = 0; role < PARTY_MAX; role++)
		fprintf(out, "  %s: %s (first timeout %.3f s), mtu %u, loses %u %%, delay %.3f ms, reads within %.1f (%.0f) ms, thinks up to %.0f ms\n",
			role == PARTY_CLIENT ? "client" : "server", sc->stack[role].name,
			sc->stack[role].first_ns / 1e9, sc->mtu[role], sc->loss[role],
			sc->delay_ns[role] / 1e6, sc->read_ns[role] / 1e6, sc->slow_read_ns[role] / 1e6,
			sc->crypto_ns[role] / 1e6);
	for (int role = 0; role < PARTY_MAX; role++)
		for (int kind = 0; kind < PEER_MAX; kind++)
			if (peer_is(sc, role, kind))
				fprintf(out, "  %s: %s\n", role == PARTY_CLIENT ? "client" : "server", peer_name(kind));
	fprintf(out, "  network: jitter %.3f ms, %u %% doubled, %u %% late by up to %.1f ms, tap at %u %%\n",
		sc->jitter_ns / 1e6, sc->doubled, sc->late, sc->late_ns / 1e6, sc->tap);
	fprintf(out, "  observers: floor %.1f s%s%s, %u %% in disorder%s\n", sc->floor_ns / 1e9,
		sc->sees_reads ? "" : ", see no reads", sc->sees_drops ? "" : ", see no drops",
		sc->disorder, sc->loses_events ? ", lose events" : "");
	if (sc->fault != FAULT_NONE)
		fprintf(out, "  fault: %s, of the %s, at flight index %d, size %u\n", fault_name(sc->fault),
			sc->fault_side == PARTY_CLIENT ? "client" : "server", sc->fault_flight,
			sc->fault_size);
}
