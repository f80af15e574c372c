// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "crossings.h"

#include "analysis.h"
#include "dtls_has.h"
#include "fnv.h"
#include "hosts.h"

#include "core.h"

_Static_assert(CROSSINGS_MAX_FLIGHTS == HANDSHAKE_MAX_FLIGHT + 1, "a place for each");

/* After a connection ID of unknown length, nobody sees the record number of DTLS 1.3: all records of a length look alike. */
static bool has_no_number(const struct event *ev)
{
	for (uint32_t i = 0; i < ev->num_items; i++)
		if (ev->items[i].kind == DTLS_ITEM_RECORD && ev->items[i].record.unified & DTLS_UNIFIED_CID)
			return true;
	return false;
}

uint64_t crossings_identity(const struct event *ev)
{
	uint64_t hash;

	if (!ev->num_items || ev->malformed == DTLS_MALFORMED_UNREADABLE || has_no_number(ev))
		return 0;
	hash = fnv_hash(ev->items, ev->num_items * sizeof(ev->items[0])) ^ ev->length;
	return hash ? hash : 1;
}

/* The latest with this state; NULL: none. */
static struct crossing *find(struct crossings *c, uint64_t identity, enum crossing_state state)
{
	for (uint32_t i = 1; i <= CROSSINGS_MAX; i++) {
		struct crossing *each = &c->each[(c->next - i) % CROSSINGS_MAX];

		if (each->state == state && each->identity == identity)
			return each;
	}
	return NULL;
}

/* The delays of other datagrams may differ so much from those that were seen. */
#define JITTER 3
#define LEAST_JITTER_NS (2 * SECOND)

uint64_t crossings_wait_ns(const struct handshake *h)
{
	uint64_t longest = 0, wait = LEAST_JITTER_NS, error = hosts_error_ns(h), known = hosts_longest_ns(h);

	for (int role = 0; role < PARTY_MAX; role++)
		if (h->party[role].crossings.delay_max_ns > longest)
			longest = h->party[role].crossings.delay_max_ns;
	if (longest > wait / JITTER)
		wait = JITTER * (longest < HANDSHAKE_LONGEST_TIMER_NS ? longest : HANDSHAKE_LONGEST_TIMER_NS);
	/* No other one of the whole trace took longer. */
	if (known > wait - LEAST_JITTER_NS)
		wait = LEAST_JITTER_NS + (known < HANDSHAKE_LONGEST_TIMER_NS ? known : HANDSHAKE_LONGEST_TIMER_NS);
	wait += error < HANDSHAKE_LONGEST_TIMER_NS ? error : HANDSHAKE_LONGEST_TIMER_NS;
	return wait > CROSSINGS_LEAST_WAIT_NS ? wait : CROSSINGS_LEAST_WAIT_NS;
}

/* What comes after the socket of its receiver was closed is not shown there. */
static uint64_t heard_until(const struct handshake *h, enum party_role from, uint64_t now)
{
	uint64_t until = hosts_until(h, now), closed = h->party[party_peer(from)].closed_ns, unheard = h->party[from].crossings.unheard_ns;

	if (closed && closed < until)
		until = closed;
	return unheard && unheard < until ? unheard : until;
}

/* What was sent by then and has not arrived by `now` is lost. */
static uint64_t known_until(const struct handshake *h, enum party_role from, uint64_t now)
{
	uint64_t until = heard_until(h, from, now), wait = crossings_wait_ns(h);

	return until > wait ? until - wait : 0;
}

static void add(struct crossings *c, struct crossing new)
{
	struct crossing *place = &c->each[c->next++ % CROSSINGS_MAX];

	/* Whether it arrives will not be known. */
	c->is_blurred |= place->state == CROSSING_SENT && new.ns < place->ns + CROSSINGS_LEAST_WAIT_NS;
	c->has_forgotten |= place->state == CROSSING_SENT;
	*place = new;
}

static void count_arrival(struct crossings *c, uint8_t flights, uint64_t now)
{
	FOR_EACH_FLIGHT_IN(n, flights)
		c->arrived[n]++;
	c->all_arrived++;
	c->arrived_ns = now;
}

static void note_delay(struct crossings *c, uint64_t delay_ns)
{
	if (!c->has_delay || delay_ns < c->delay_min_ns)
		c->delay_min_ns = delay_ns;
	if (delay_ns > c->delay_max_ns)
		c->delay_max_ns = delay_ns;
	c->has_delay = true;
}

/* Is the type of all its records encrypted? Each host shows a few of these in a row (HIDDEN_MAX), and not the same ones. */
static bool is_hidden(const struct event *ev)
{
	for (uint32_t i = 0; i < ev->num_items; i++) {
		const struct dtls_record *rec = &ev->items[i].record;
		bool is_legacy = ev->items[i].kind == DTLS_ITEM_RECORD && !rec->unified;

		if (ev->items[i].kind == DTLS_ITEM_MESSAGE || (is_legacy && rec->content_type != DTLS_CT_CID) ||
		    (rec->unified && rec->epoch == 2))
			return false;
	}
	return true;
}

/* Where this comes first, it may not be known yet whose it is. */
static bool is_later_fragment(const struct event *ev)
{
	return event_has_message(ev) && ev->items[1].message.msg_type == DTLS_MT_CLIENT_HELLO && ev->items[1].message.fragment_offset;
}

/* Would it be seen for certain if it arrived? What it arrived at may have shown enough of such records (SEALED_MAX). */
static bool is_seen_there(const struct crossings *c, const struct event *ev, uint8_t flights)
{
	return flights && !is_hidden(ev) && !is_later_fragment(ev) && c->num_sealed < SEALED_MAX;
}

/* A copy came of what has come: the network doubled it, or its sender uses the bytes again, and that is seen later. */
static void note_again(struct crossings *c, uint64_t identity)
{
	struct crossing *before = find(c, identity, CROSSING_AHEAD);

	if (!before)
		before = find(c, identity, CROSSING_ARRIVED);
	if (before && before->again < UINT8_MAX)
		before->again++;
}

static bool has_come_again(struct crossings *c, uint64_t identity)
{
	struct crossing *before = find(c, identity, CROSSING_ARRIVED);

	if (!before || !before->again)
		return false;
	before->again--;
	return true;
}

void crossings_sent(struct handshake *h, const struct event *ev, enum party_role from, uint8_t flights, uint64_t now)
{
	struct crossings *c = &h->party[from].crossings;
	struct crossing new = { .identity = crossings_identity(ev), .ns = now, .length = ev->length, .flights = flights, .state = CROSSING_SENT };
	struct crossing *ahead;

	if (!ev->host || !is_seen_there(c, ev, flights))
		return;
	c->is_blurred |= !new.identity;
	ahead = find(c, new.identity, CROSSING_AHEAD);
	FOR_EACH_FLIGHT_IN(n, flights)
		c->sent[n]++;
	c->all_sent++;
	if (ahead) {
		count_arrival(c, flights, now);
		note_delay(c, 0);
		new.again = ahead->again;
		*ahead = new;
		ahead->state = CROSSING_ARRIVED;
	} else if (has_come_again(c, new.identity)) {
		count_arrival(c, flights, now);
		new.state = CROSSING_ARRIVED;
		add(c, new);
	} else {
		add(c, new);
	}
}

static void uncount(struct crossings *c, struct crossing *each)
{
	each->state = CROSSING_UNCOUNTED;
	FOR_EACH_FLIGHT_IN(n, each->flights)
		c->sent[n]--;
	c->all_sent--;
}

/* Of what was sent later, it is not known whether it arrived. */
static void forget_since(struct crossings *c, uint64_t ns)
{
	for (uint32_t i = 0; i < CROSSINGS_MAX; i++)
		if (c->each[i].state == CROSSING_SENT && c->each[i].ns > ns)
			uncount(c, &c->each[i]);
}

/* Another socket shows again what arrives there. */
static void hear_again(struct handshake *h, enum party_role from, uint64_t now)
{
	struct crossings *c = &h->party[from].crossings;

	if (!c->unheard_ns)
		return;
	forget_since(c, known_until(h, from, now));
	c->unheard_ns = 0;
}

/* The network's duplicates count, too: what is on its way may not be shown any more. */
static void note_sealed(struct handshake *h, const struct event *ev, enum party_role from, uint64_t now)
{
	struct crossings *c = &h->party[from].crossings;

	c->num_sealed += ev->num_items && ev->items[0].kind == DTLS_ITEM_RECORD && ev->items[0].record.unified;
	if (c->num_sealed == SEALED_MAX)
		forget_since(c, known_until(h, from, now));
}

void crossings_closed(struct handshake *h, enum party_role from, uint64_t now)
{
	h->party[from].crossings.unheard_ns = now;
}

/*
 * Some libraries send the same bytes again: which of these came is not known, but that one did. The first of those that are on their
 * way comes next; if all should have come before, the latest has.
 */
static struct crossing *find_awaited(struct handshake *h, enum party_role from, uint64_t identity, uint64_t now)
{
	struct crossings *c = &h->party[from].crossings;
	struct crossing *found = find(c, identity, CROSSING_SENT);
	uint64_t until = known_until(h, from, now);

	for (uint32_t i = 0; found && i < CROSSINGS_MAX; i++) {
		struct crossing *each = &c->each[i];

		if (each->state == CROSSING_SENT && each->identity == identity && each->ns > until && each->ns < found->ns)
			found = each;
	}
	return found;
}

void crossings_arrived(struct handshake *h, const struct event *ev, enum party_role from, uint64_t now)
{
	struct crossings *c = &h->party[from].crossings;
	uint64_t identity = crossings_identity(ev);
	struct crossing *sent;

	if (!ev->host)
		return;
	c->is_blurred |= !identity;
	hear_again(h, from, now);
	note_sealed(h, ev, from, now);
	sent = find_awaited(h, from, identity, now);
	if (sent) {
		sent->state = CROSSING_ARRIVED;
		count_arrival(c, sent->flights, now);
		if (!find(c, identity, CROSSING_SENT))
			note_delay(c, now - sent->ns);
	} else if (find(c, identity, CROSSING_ARRIVED) || find(c, identity, CROSSING_AHEAD)) {
		note_again(c, identity);
	} else if (identity) {
		/* It may be one that was sent long ago, and counts as lost. */
		c->is_blurred |= c->has_forgotten;
		add(c, (struct crossing){ .identity = identity, .ns = now, .length = ev->length, .state = CROSSING_AHEAD });
	}
}

bool crossings_await(struct handshake *h, enum party_role from, const struct event *ev)
{
	uint64_t identity = crossings_identity(ev);

	return identity && h->party[from].local && h->party[from].host && h->party[from].host != ev->host &&
	       find(&h->party[from].crossings, identity, CROSSING_SENT);
}

void crossings_dropped(struct handshake *h, const struct event *ev, enum party_role from)
{
	struct crossings *c = &h->party[from].crossings;
	struct crossing *sent = ev->host ? find(c, crossings_identity(ev), CROSSING_SENT) : NULL;

	if (sent)
		uncount(c, sent);
}

void crossings_forget(struct handshake *h, enum party_role from, const struct event *ev)
{
	struct crossings *c = &h->party[from].crossings;
	uint64_t identity = crossings_identity(ev);

	for (uint32_t i = 0; i < CROSSINGS_MAX && i < c->next && c->each[i].identity != identity; i++)
		if (c->each[i].state == CROSSING_SENT)
			uncount(c, &c->each[i]);
	c->is_blurred |= c->next > CROSSINGS_MAX;
}

void crossings_blur(struct handshake *h)
{
	for (int role = 0; role < PARTY_MAX; role++)
		h->party[role].crossings.is_blurred = true;
}

static bool is_of(const struct crossing *each, uint8_t flight)
{
	return each->state == CROSSING_SENT && (!flight || each->flights >> flight & 1);
}

bool crossings_are_seen(const struct handshake *h, enum party_role from)
{
	const struct party *peer = &h->party[party_peer(from)];

	return hosts_are_apart(h) && h->party[from].local && (peer->local || !peer->host);
}

/* Is all known of what `from` sends, and of what of it arrived? */
static bool is_known(const struct handshake *h, enum party_role from)
{
	return crossings_are_seen(h, from) && !h->party[from].crossings.is_blurred && !h->events_lost && !h->missing &&
	       !h->late && !h->relations.moved_id && !h->relations.is_elsewhere && hosts_error_ns(h) != UINT64_MAX;
}

bool crossings_tell(const struct handshake *h, enum party_role from, uint64_t sent_ns, uint64_t now)
{
	return is_known(h, from) && sent_ns <= known_until(h, from, now);
}

bool crossings_lost(const struct handshake *h, enum party_role from, uint8_t flight, uint64_t now, struct lost_datagrams *out)
{
	const struct crossings *c = &h->party[from].crossings;
	uint64_t until;

	*out = (struct lost_datagrams){ .sent = flight ? c->sent[flight] : c->all_sent };
	if (!is_known(h, from))
		return false;
	until = known_until(h, from, now);
	out->lost = out->sent - (flight ? c->arrived[flight] : c->all_arrived);
	for (uint32_t i = 0; i < CROSSINGS_MAX; i++) {
		const struct crossing *each = &c->each[i];

		if (!is_of(each, flight))
			continue;
		if (each->ns > until) {
			out->sent--;
			out->lost--;
			continue;
		}
		if (!out->shortest || each->length < out->shortest)
			out->shortest = each->length;
		if (each->length > out->longest)
			out->longest = each->length;
		if (!out->first_ns || each->ns < out->first_ns)
			out->first_ns = each->ns;
	}
	return true;
}

/* The datagrams of a copy follow each other within this time, and no timer is as short. */
#define COPY_NS 20000000ULL

uint64_t crossings_vain_from(const struct handshake *h, enum party_role from, uint8_t flight, uint32_t num)
{
	const struct crossings *c = &h->party[from].crossings;
	uint64_t latest = 0, before = 0;
	uint32_t copies = 0;

	if (!is_known(h, from))
		return UINT64_MAX;
	for (uint32_t i = 1; i <= CROSSINGS_MAX && i <= c->next && copies < num; i++) {
		const struct crossing *each = &c->each[(c->next - i) % CROSSINGS_MAX];

		if (!(each->flights >> flight & 1))
			continue;
		if (each->state != CROSSING_SENT)
			return UINT64_MAX;
		latest = latest ? latest : each->ns;
		copies += !before || each->ns + COPY_NS < before;
		before = each->ns;
	}
	return copies < num ? UINT64_MAX : latest + crossings_wait_ns(h);
}

uint32_t crossings_lost_length(const struct handshake *h, enum party_role from, uint8_t flight, uint64_t now, uint32_t longer)
{
	const struct crossings *c = &h->party[from].crossings;
	uint64_t until = known_until(h, from, now);
	uint32_t longest = 0;

	for (uint32_t i = 0; i < CROSSINGS_MAX; i++)
		if (is_of(&c->each[i], flight) && c->each[i].ns <= until && c->each[i].length < longer &&
		    c->each[i].length > longest)
			longest = c->each[i].length;
	return longest;
}
