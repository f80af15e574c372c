// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "analysis.h"

#include <string.h>

#include "attribute.h"
#include "hello.h"
#include "table.h"

#include "core.h"

/* Deadlines are rounded up to this, so that many handshakes are looked at in one go. */
#define DEADLINE_STEP_NS 50000000ULL

struct analysis {
	struct analysis_options opts;
	struct analysis_callbacks callbacks;
	struct analysis_stats stats;
	struct table *table;
	uint64_t now;
	uint64_t deadline;	/* no handshake can become stuck before, UINT64_MAX: none */
};

struct analysis *analysis_new(const struct analysis_options *opts,
			      const struct analysis_callbacks *callbacks)
{
	struct analysis *a = opts->allocate(sizeof(*a));

	if (!a)
		return NULL;
	memset(a, 0, sizeof(*a));
	a->opts = *opts;
	a->callbacks = *callbacks;
	a->deadline = UINT64_MAX;
	a->table = table_new(opts);
	if (a->table)
		return a;
	opts->release(a);
	return NULL;
}

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	table_free(a->table);
	a->opts.release(a);
}

const struct analysis_stats *analysis_stats(const struct analysis *a)
{
	return &a->stats;
}

/* --- states --- */

static void report(struct analysis *a, struct handshake *h)
{
	a->callbacks.handshake(a->callbacks.ctx, h, a->now);
}

/* Change state and verdict, keep count, tell the sinks. */
static void set_state(struct analysis *a, struct handshake *h, enum handshake_state state,
		      enum verdict_code code, enum verdict_side side)
{
	a->stats.by_state[h->state]--;
	a->stats.by_state[state]++;
	h->state = state;
	h->was_stuck |= state == HANDSHAKE_STUCK;
	if (state != HANDSHAKE_IN_PROGRESS && state != HANDSHAKE_STUCK)
		h->ended_ns = a->now;
	verdict_write(h, code, side, a->now);
	table_touch(a->table, h);
	report(a, h);
}

/* Both Finished, or application data both ways, got where they were going. */
static bool is_completed(const struct handshake *h)
{
	const struct view *client, *server;

	client = &h->party[PARTY_CLIENT].view[handshake_receiving_point(h, PARTY_CLIENT)];
	server = &h->party[PARTY_SERVER].view[handshake_receiving_point(h, PARTY_SERVER)];
	return (client->finished_ns && server->finished_ns) ||
	       (client->data_ns && server->data_ns);
}

/*
 * The client has begun another handshake from the same socket since it last
 * moved in this one: it may have given this one up on purpose.
 */
static bool is_superseded(const struct handshake *h)
{
	uint64_t last_moved = h->party[PARTY_CLIENT].last_sent_ns;
	const struct handshake *other;
	const struct flow *flow;

	/* So many came after it on its address pair that it was pushed out. */
	if (!table_flow_of(h, PARTY_CLIENT) && !table_flow_of(h, PARTY_SERVER))
		return true;
	for (int end = 0; end < PARTY_MAX; end++) {
		flow = table_flow_of(h, end);
		for (uint32_t i = 0; flow && (other = flow_handshake(flow, i)); i++)
			if (other != h && other->started_ns > last_moved)
				return true;
	}
	return false;
}

/* Is it stuck now, or no more? When is it to be looked at again? */
static void check_stuck(struct analysis *a, struct handshake *h)
{
	enum verdict_side side = VERDICT_SIDE_UNKNOWN;
	enum verdict_code code;
	uint64_t due;

	if (!handshake_is_open(h))
		return;
	code = verdict_stuck(h, &a->opts.verdict, a->now, &side, &due);
	if (code != VERDICT_NONE && is_superseded(h))
		code = VERDICT_NONE;
	if (due != UINT64_MAX && due + DEADLINE_STEP_NS < a->deadline)
		a->deadline = due + DEADLINE_STEP_NS;
	if (code == VERDICT_NONE && h->state == HANDSHAKE_STUCK)
		set_state(a, h, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, side);
	else if (code != VERDICT_NONE && (h->verdict.code != code || h->verdict.side != side))
		set_state(a, h, HANDSHAKE_STUCK, code, side);
}

/* When the latest handshake of a flow completes, what was begun before it is over. */
static void abandon_older(struct analysis *a, struct handshake *completed, const struct flow *flow)
{
	struct handshake *other;

	for (uint32_t i = 0; flow && (other = flow_handshake(flow, i)); i++)
		if (other != completed && handshake_is_open(other) &&
		    other->party[PARTY_CLIENT].last_sent_ns < completed->started_ns)
			set_state(a, other, HANDSHAKE_ABANDONED, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
}

/*
 * One side's socket is gone. If the handshake was stuck, that remains what is
 * to be said of it: giving up is what follows from hanging.
 */
static void close_side(struct analysis *a, struct handshake *h, enum party_role role)
{
	h->party[role].closed_ns = a->now;
	if (h->is_dtls13) {	/* whether it was complete is hidden */
		h->ended_ns = a->now;
		table_touch(a->table, h);
		report(a, h);
	} else if (h->state == HANDSHAKE_STUCK) {
		h->ended_ns = a->now;
		set_state(a, h, HANDSHAKE_STUCK, h->verdict.code, h->verdict.side);
	} else {
		set_state(a, h, HANDSHAKE_ABANDONED, VERDICT_CLOSED_BY_APPLICATION,
			  role == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
	}
}

static void update_state(struct analysis *a, struct handshake *h, const struct flow *flow)
{
	enum party_role from = h->alert_from;

	/* What seemed to be over may complete after all. */
	if (!handshake_is_open(h) && h->state != HANDSHAKE_ABANDONED)
		return;
	if (is_completed(h)) {
		set_state(a, h, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
		abandon_older(a, h, flow);
	} else if (h->alert_level) {
		set_state(a, h, HANDSHAKE_FAILED, VERDICT_ALERT,
			  from == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
	} else {
		check_stuck(a, h);
	}
}

/* --- from events to handshakes --- */

/* Does the event keep the promises of event.h? */
static bool is_valid(const struct event *ev, size_t len)
{
	if (len < sizeof(*ev) || ev->size > len || ev->abi != EVENT_ABI)
		return false;
	if (ev->kind < EVENT_SENT || ev->kind > EVENT_KIND_LAST || ev->num_items > EVENT_MAX_ITEMS)
		return false;
	if (EVENT_SIZE(ev->num_items, 0) > ev->size)
		return false;
	if (ev->hello_len && (ev->hello_off < EVENT_SIZE(ev->num_items, 0) ||
			      ev->hello_off + ev->hello_len > ev->size ||
			      ev->hello_item >= ev->num_items))
		return false;
	return true;
}

/* The handshake that this ClientHello belongs to; a new one if its random is new. */
static struct handshake *handshake_of_client_hello(struct analysis *a, const struct event *ev,
						   const struct hello *hello)
{
	struct handshake like, *h, *oldest;
	bool sent = ev->kind == EVENT_SENT;

	memset(&like, 0, sizeof(like));
	like.party[PARTY_CLIENT].address = sent ? ev->local : ev->remote;
	like.party[PARTY_SERVER].address = sent ? ev->remote : ev->local;
	like.party[PARTY_CLIENT].ipv4 = like.party[PARTY_SERVER].ipv4 = ev->flags & EVENT_IPV4;
	memcpy(like.client_random, hello->random, sizeof(like.client_random));
	h = table_find(a->table, &like);
	if (!h) {
		if (table_is_full(a->table)) {
			oldest = table_oldest(a->table);
			if (handshake_is_open(oldest)) {
				a->stats.evicted++;
				verdict_write(oldest, VERDICT_EVICTED, VERDICT_SIDE_UNKNOWN, a->now);
				report(a, oldest);
			}
			table_remove(a->table, oldest);
		}
		like.started_ns = like.last_ns = a->now;
		h = table_add(a->table, &like);
		if (!h)
			return NULL;
		a->stats.handshakes++;
		a->stats.by_state[h->state]++;
	}
	table_link(a->table, ev, h);
	return h;
}

static void note_owner(struct handshake *h, const struct event *ev)
{
	bool client = !memcmp(&ev->local, &h->party[PARTY_CLIENT].address, sizeof(ev->local));
	struct party *party = &h->party[client ? PARTY_CLIENT : PARTY_SERVER];

	party->local = true;
	party->socket = ev->socket;
	if (ev->netns)
		party->netns = ev->netns;
	if (!(ev->flags & EVENT_OWNER))
		return;
	party->has_owner = true;
	party->pid = ev->pid;
	party->tid = ev->tid;
	party->cgroup_id = ev->cgroup_id;
	memcpy(party->comm, ev->comm, EVENT_COMM_LEN);
}

/* A read names the datagram by its number. */
static struct handshake *take_read(const struct event *ev, const struct flow *flow)
{
	struct handshake *h;

	for (uint32_t i = 0; (h = flow_handshake(flow, i)); i++) {
		note_owner(h, ev);
		if (handshake_read(h, party_peer(attribute_sender(h, ev)), ev->datagram))
			return h;
	}
	return NULL;
}

/* A socket has many peers; it is closed once, so all that is open is looked through. */
static void take_closed(struct analysis *a, const struct event *ev)
{
	struct handshake *h, *next;

	for (h = table_first_open(a->table); h; h = next) {
		next = table_next_open(h);
		for (int role = 0; role < PARTY_MAX; role++)
			if (handshake_is_open(h) && h->party[role].local &&
			    h->party[role].socket == ev->socket)
				close_side(a, h, role);
	}
}

static struct handshake *take_datagram(struct analysis *a, struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	struct flow *flow = table_flow(a->table, ev);
	struct handshake *h = NULL;
	struct hello hello;

	if (attribute_client_hello(ev, &hello))
		h = handshake_of_client_hello(a, ev, &hello);
	else if (flow)
		h = attribute_to_flow(ev, flow, a->now);
	if (!h)
		return NULL;
	flow = table_flow(a->table, ev);
	attribute_interleaved(h, flow);
	note_owner(h, ev);
	handshake_datagram(h, ev, a->now, attribute_sender(h, ev), attribute_point(ev), facts->items);
	return h;
}

void analysis_event(struct analysis *a, const struct event *ev, size_t len)
{
	struct datagram_facts facts = { .ev = ev };
	uint64_t known = a->stats.handshakes;
	struct flow *flow;
	struct handshake *h = NULL;

	if (!is_valid(ev, len)) {
		a->stats.invalid++;
		return;
	}
	a->stats.events++;
	a->stats.event_bytes += ev->size;
	/* Events that two CPUs wrote at once may come a little out of order. */
	if (ev->time_ns > a->now)
		a->now = ev->time_ns;
	if (ev->kind == EVENT_READ) {
		flow = table_flow(a->table, ev);
		h = flow ? take_read(ev, flow) : NULL;
	} else if (ev->kind != EVENT_CLOSED) {
		h = take_datagram(a, &facts);
	}
	if (!h && ev->kind != EVENT_CLOSED)
		a->stats.no_handshake++;
	facts.handshake = h;
	facts.begins = a->stats.handshakes > known;
	facts.from = h ? attribute_sender(h, ev) : PARTY_CLIENT;
	a->callbacks.datagram(a->callbacks.ctx, &facts);
	if (ev->kind == EVENT_CLOSED)
		take_closed(a, ev);
	if (!h)
		return;
	table_touch(a->table, h);
	update_state(a, h, table_flow(a->table, ev));
}

/* --- time --- */

void analysis_lost(struct analysis *a, uint64_t num)
{
	for (struct handshake *h = table_first_open(a->table); h; h = table_next_open(h))
		h->events_lost += num;
}

uint64_t analysis_advance(struct analysis *a, uint64_t now)
{
	struct handshake *h, *next;

	if (now > a->now)
		a->now = now;
	if (a->now < a->deadline)
		return a->deadline;
	a->deadline = UINT64_MAX;
	for (h = table_first_open(a->table); h; h = next) {
		next = table_next_open(h);
		check_stuck(a, h);
	}
	return a->deadline;
}

void analysis_finish(struct analysis *a, uint64_t now)
{
	struct handshake *h, *next;

	a->deadline = 0;
	analysis_advance(a, now);
	for (h = table_first_open(a->table); h; h = next) {
		next = table_next_open(h);
		h->is_final = true;
		verdict_write(h, h->verdict.code, h->verdict.side, a->now);
		report(a, h);
	}
}
