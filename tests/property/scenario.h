/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One case, drawn from a seed: which handshake, between which stacks, through
 * which network, with which fault, and how it is looked at.
 */
#ifndef DTLSNOOP_PROPERTY_SCENARIO_H
#define DTLSNOOP_PROPERTY_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "peers.h"
#include "rng.h"
#include "state.h"

#define MS 1000000ULL
#define SECOND 1000000000ULL

/* What an endpoint does when its peer repeats the flight that its own has answered. */
enum on_repeat {
	REPEAT_IGNORED,		/* its own timer decides */
	REPEAT_ANSWERED,	/* sends its flight again */
	REPEAT_GATED,		/* the same if its timer is due */
	REPEAT_NOT_RECENT,	/* the same unless sent less than a quarter of the timer ago */
};

/* How a DTLS library behaves; the table of stacks.c. */
struct stack {
	const char *name;
	uint64_t first_ns;	/* first timeout */
	uint32_t backoff;	/* factor at each timeout */
	uint64_t cap_ns;
	uint32_t max_timeouts;	/* with the one after these it gives up */
	uint64_t total_ns;	/* or after this time, 0: never */
	enum on_repeat on_repeat;
	uint32_t mtu_after, mtu_every, mtu_fallback;	/* smaller datagrams after so many timeouts; 0: never */
	bool timer_per_message;	/* each in a datagram and on a timer of its own */
	bool stops_at_first;	/* its timer, at the first message of the next flight */
	bool any_repeat;	/* any handshake record of the peer makes it repeat its last flight */
	bool buffers_ahead;	/* keeps what comes before its turn */
	bool one_record;	/* in each datagram */
	bool packs;		/* several messages in a record */
	bool answers_sequence;	/* takes over the ClientHello's record number (s4.2.1) */
	uint64_t floor_ns;	/* the profile for it: needs at least this */
};

#define NUM_STACKS 14
extern const struct stack stacks[NUM_STACKS];

enum dtls_variant {
	VARIANT_FULL,
	VARIANT_RESUMED_ID,
	VARIANT_RESUMED_TICKET,
	VARIANT_MAX,
};

enum key_exchange {
	KEYS_CERTIFICATE,	/* Certificate, ServerKeyExchange */
	KEYS_RSA,		/* Certificate alone */
	KEYS_PSK,		/* neither */
	KEYS_PSK_HINT,		/* ServerKeyExchange alone */
	KEYS_ECJPAKE,		/* ServerKeyExchange alone, larger */
	KEYS_RAW,		/* a Certificate that is a raw public key (RFC 7250) */
	KEYS_MAX,
};

/* What goes wrong, for `fault_side` and from `fault_flight` on. */
enum fault_kind {
	FAULT_NONE,
	FAULT_NO_TIMER,		/* never retransmits; a flight of its own, or the answer, is lost once */
	FAULT_STOPS_READING,	/* from this flight of its peer on; no timer either: the thread is blocked */
	FAULT_SILENT,		/* reads this flight of its peer and does nothing from then on */
	FAULT_DIES,		/* its host is gone before it gets this flight of its peer */
	FAULT_LAST_FLIGHT,	/* sends the last flight once, it is lost, and is not sent again */
	FAULT_ONE_WAY,		/* the path loses all it sends from this flight of its own on */
	FAULT_PATH_DEAD,	/* the path loses everything from this flight of its own on */
	FAULT_SIZE,		/* the path loses what it sends in datagrams of `fault_size` or more */
	FAULT_HELLO_IGNORED,	/* the server takes no ClientHello of several fragments */
	FAULT_ALERT,		/* sends a fatal alert instead of answering this flight */
	FAULT_CLOSES,		/* closes its socket instead of answering this flight */
	FAULT_IGNORES,		/* discards this flight of its peer, and goes on repeating its own */
	FAULT_WRONG_KEY,	/* the same of what is encrypted in it: the two have different PSKs */
	FAULT_SEQ_AGAIN,	/* PEER_SEQ_AGAIN, and the client discards this flight as old */
	FAULT_NO_CID,		/* PEER_NO_CID, and its peer discards what has no connection ID */
	FAULT_COOKIE,		/* PEER_TWO_SERVERS, and each ClientHello with a cookie reaches the other one */
	FAULT_SAME_NUMBERS,	/* PEER_SAME_NUMBERS, the answer to this flight is lost, and its peer takes the copies for replays */
	FAULT_DRAWN = FAULT_SAME_NUMBERS + 1,	/* the last that draw_fault() draws; those after it are peers_draw()'s */
	FAULT_BORDERS = FAULT_DRAWN,	/* its peer is PEER_BORDERS, a part of this flight is lost, and it takes no overlapping fragments */
	FAULT_RESTART,		/* PEER_RESTARTS, and the server takes no new ClientHello from that port */
	FAULT_MOVED,		/* PEER_MOVES, and the server that has sent its ServerHello takes nothing from the new port */
	FAULT_MAX,
};

struct scenario {
	uint64_t seed;
	/* the handshake */
	bool dtls13;
	uint16_t version;
	enum dtls_variant variant;
	enum key_exchange keys;
	bool cookie;			/* HelloVerifyRequest; DTLS 1.3: HelloRetryRequest */
	bool client_certificate, ticket, status, srtp, renegotiates, large_hello, key_update;
	bool false_start[PARTY_MAX];	/* data before the peer's Finished is there */
	uint32_t num_data[PARTY_MAX];	/* datagrams of application data after completion */
	bool cid[PARTY_MAX];
	uint8_t random, server_random;	/* fill those of ClientHello and ServerHello */
	uint32_t certificate_len, hello_len;
	/* the endpoints */
	struct stack stack[PARTY_MAX];
	uint32_t mtu[PARTY_MAX];
	uint64_t read_ns[PARTY_MAX], slow_read_ns[PARTY_MAX];	/* usual, and worst */
	uint64_t crypto_ns[PARTY_MAX];				/* worst */
	uint32_t peers[PARTY_MAX];	/* bit n: enum peer_kind */
	uint64_t patience_ns[PARTY_MAX];	/* see PEER_IMPATIENT */
	uint64_t change_ns;		/* see PEER_RESTARTS, PEER_MOVES */
	/* the network */
	uint32_t loss[PARTY_MAX];	/* per cent, of what this side sends */
	uint32_t doubled, late;		/* per cent */
	uint64_t delay_ns[PARTY_MAX], jitter_ns, late_ns;
	uint32_t tap;			/* per cent of the way from client to server */
	bool outage[PARTY_MAX];		/* all that this side sends is lost for a while: */
	uint64_t outage_ns, outage_end_ns;
	/* the fault */
	enum fault_kind fault;
	enum party_role fault_side;
	int fault_flight;		/* index in the script */
	uint32_t fault_size;
	/* the observers */
	uint64_t floor_ns;
	bool sees_reads, sees_drops;
	uint32_t disorder;		/* per cent of neighbouring events that change places */
	bool loses_events;
};

/* `only`: FAULT_MAX: any, and mostly none; else this one. */
void scenario_draw(struct scenario *sc, uint64_t seed, enum fault_kind only);
void scenario_print(const struct scenario *sc, FILE *out);

/* Fills the random of the second ClientHello: see PEER_NEW_RANDOM. */
static inline uint8_t scenario_new_random(const struct scenario *sc)
{
	return sc->random ^ 0x80 ? sc->random ^ 0x80 : 1;
}

/* Fills the random of the ClientHello of the second attempt: see PEER_RESTARTS. */
static inline uint8_t scenario_second_random(const struct scenario *sc)
{
	return sc->random ^ 0x40 ? sc->random ^ 0x40 : 2;
}

const char *fault_name(enum fault_kind fault);

#endif
