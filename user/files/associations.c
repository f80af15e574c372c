// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "associations.h"

#include <stdlib.h>
#include <string.h>

#include "dtls_has.h"
#include "keyed_hash.h"

/*
 * A hash chooses a row. If the row is full, its least recently used place is reused. The fuzz targets have fewer rows. A row
 * has only the numbers of its places, so that a capture with few associations touches little memory.
 */
#ifndef ASSOCIATION_ROWS
#define ASSOCIATION_ROWS 16384
#endif
#define ROW_PLACES 4
/* Ports that have sent handshake records of DTLS 1.3 lately. A new one may replace another. */
#define NUM_MOVERS 1024
/* Most ICMP errors of an association that are reported, as in bpf/fate.bpf.h. */
#define ICMP_MAX 64

struct pair {
	struct event_endpoint low, high;	/* the addresses, ordered by their bytes */
};

struct association {
	struct pair pair;
	uint64_t used;		/* time of the last use, counted in datagrams */
	uint8_t data[2];	/* enum data_shown, by direction */
	uint8_t num_hidden[2];
	uint8_t num_sealed[2];
	uint8_t num_icmp;	/* ICMP errors that were reported */
	uint32_t others[2][EVENT_OTHER_KINDS];	/* since the last ClientHello, by direction */
	__u64 others_told_until;	/* see event_other_is_told() */
};

/* Clients of this port may come from another port of their NAT, see bpf/flow.bpf.h. */
struct movers {
	struct event_endpoint port;
	uint32_t left;		/* so many datagrams of such clients are reported */
};

struct associations {
	uint64_t clock;
	uint32_t num;		/* places that were used so far */
	uint32_t rows[ASSOCIATION_ROWS][ROW_PLACES];	/* numbers of places from 1; 0: none. The used ones come first. */
	struct association places[ASSOCIATION_ROWS * ROW_PLACES];
	struct movers movers[NUM_MOVERS];
};

struct associations *associations_new(void)
{
	return calloc(1, sizeof(struct associations));
}

void associations_free(struct associations *as)
{
	free(as);
}

/* Returns the direction: 0 is from low to high. */
static int pair_init(struct pair *pair, const struct event *ev)
{
	bool swap = memcmp(&ev->local, &ev->remote, sizeof(ev->local)) > 0;

	pair->low = swap ? ev->remote : ev->local;
	pair->high = swap ? ev->local : ev->remote;
	return swap;
}

/* Without a secret, so that a capture gives the same result on every machine. */
static uint32_t *row_of(struct associations *as, const struct pair *pair)
{
	return as->rows[keyed_hash(0, pair, sizeof(*pair)) % ASSOCIATION_ROWS];
}

static struct association *place_of(struct associations *as, uint32_t number)
{
	return &as->places[number - 1];
}

static struct association *find_in(struct associations *as, const uint32_t *row, const struct pair *pair)
{
	for (int i = 0; i < ROW_PLACES && row[i]; i++)
		if (!memcmp(&place_of(as, row[i])->pair, pair, sizeof(*pair)))
			return place_of(as, row[i]);
	return NULL;
}

static struct association *find(struct associations *as, const struct pair *pair)
{
	return find_in(as, row_of(as, pair), pair);
}

/* The place of the row that is free, or was least recently used. */
static struct association *victim_of(struct associations *as, uint32_t *row)
{
	struct association *victim = NULL;

	for (int i = 0; i < ROW_PLACES; i++) {
		if (!row[i])
			row[i] = ++as->num;
		if (!victim || place_of(as, row[i])->used < victim->used)
			victim = place_of(as, row[i]);
		if (!victim->used)
			break;
	}
	return victim;
}

static void make(struct associations *as, const struct pair *pair)
{
	uint32_t *row = row_of(as, pair);
	struct association *place = find_in(as, row, pair);

	if (!place)
		place = victim_of(as, row);
	*place = (struct association){ .pair = *pair, .used = as->clock };
}

/* The rules of handshake_is_wanted() in bpf/scan.bpf.h. */
static enum association_wants wants_handshake(struct association *known, int dir, uint32_t has)
{
	if (!known)
		return ASSOCIATION_WANTED;
	if (has & WALK_UNIFIED && !(has & WALK_MESSAGE)) {
		if (known->num_sealed[dir] >= SEALED_MAX)
			return ASSOCIATION_DATA;
		known->num_sealed[dir]++;
	}
	known->num_hidden[0] = known->num_hidden[1] = 0;
	data_is_wanted_again(known->data);
	return ASSOCIATION_WANTED;
}

static struct movers *movers_of(struct associations *as, const struct event_endpoint *port)
{
	return &as->movers[keyed_hash(0, port, sizeof(*port)) % NUM_MOVERS];
}

/* The rules of movers_await() in bpf/flow.bpf.h, without its time: a capture is no flood. */
static void await_movers(struct associations *as, const struct event_endpoint *port)
{
	*movers_of(as, port) = (struct movers){ *port, MOVERS_LEFT };
}

/* May it be from a client that a NAT has moved? */
static bool takes_mover(struct associations *as, const struct event *ev, uint32_t has)
{
	struct movers *movers = movers_of(as, &ev->remote);

	if (ev->malformed || !(has & WALK_OTHER) || !movers->left ||
	    memcmp(&movers->port, &ev->remote, sizeof(movers->port)))
		return false;
	movers->left--;
	return true;
}

/* The rules of scan_is_wanted() in bpf/scan.bpf.h. */
static enum association_wants wants(struct association *known, int dir, const struct event *ev,
				    uint32_t has, bool is_mover)
{
	if (!known && (!ev->num_items || (has & WALK_UNIFIED && !is_mover)))
		return ASSOCIATION_NOT_DTLS;
	if (has & (WALK_MESSAGE | WALK_OTHER))
		return wants_handshake(known, dir, has);
	if (known && has & WALK_DATA && known->data[dir] != DATA_SHOWN) {
		known->data[dir] = DATA_SHOWN;
		return ASSOCIATION_WANTED;
	}
	if (known && has & WALK_HIDDEN && known->num_hidden[dir] < HIDDEN_MAX) {
		known->num_hidden[dir]++;
		return ASSOCIATION_WANTED;
	}
	return ev->num_items ? ASSOCIATION_DATA : ASSOCIATION_WANTED;	/* malformed, on an association */
}

enum association_wants associations_take(struct associations *as, const struct event *ev,
					 uint32_t has)
{
	enum association_wants result;
	struct association *known;
	struct pair pair;
	int dir = pair_init(&pair, ev);
	bool is_mover;

	as->clock++;
	known = find(as, &pair);
	if (known)
		known->used = as->clock;
	is_mover = !known && has & WALK_UNIFIED && takes_mover(as, ev, has);
	result = wants(known, dir, ev, has, is_mover);
	if (result != ASSOCIATION_WANTED)
		return result;
	/* A handshake header creates an association, and so does a client that moved. A ClientHello resets it. */
	if (is_mover || (has & WALK_MESSAGE && (!known || has & WALK_CLIENT_HELLO)))
		make(as, &pair);
	if (!is_mover && has & WALK_UNIFIED && has & WALK_OTHER)
		await_movers(as, &ev->local);
	return result;
}

/* --- what is not DTLS --- */

/* Was enough application data seen, or what may be that, to call the association established? */
static bool has_data(const struct association *as, int dir)
{
	return as->data[dir] || as->num_hidden[dir] >= HIDDEN_MAX || as->num_sealed[dir] >= SEALED_MAX;
}

bool associations_other(struct associations *as, const struct event *ev, enum event_other_kind kind,
			struct event_other *other)
{
	struct association *known;
	struct pair pair;
	int dir = pair_init(&pair, ev);

	known = find(as, &pair);
	if (!known || (has_data(known, 0) && has_data(known, 1)))
		return false;
	if (known->others[dir][kind] != UINT32_MAX)
		known->others[dir][kind]++;
	if (!event_other_is_told(&known->others_told_until, ev->time_ns))
		return false;
	memcpy(other->sent, known->others[dir], sizeof(other->sent));
	memcpy(other->received, known->others[!dir], sizeof(other->received));
	return true;
}

bool associations_icmp(struct associations *as, const struct event *ev)
{
	struct association *known;
	struct pair pair;
	int dir = pair_init(&pair, ev);

	known = find(as, &pair);
	if (!known || known->data[dir] || known->num_icmp >= ICMP_MAX)
		return false;
	known->num_icmp++;
	return true;
}
