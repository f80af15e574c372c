// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "begin.h"

#include <string.h>

#include "attribute.h"
#include "relations.h"
#include "table.h"

#include "core.h"

/* Room for another handshake, if need be that of the one that was idle for longest. */
static void make_room(struct analysis *a)
{
	struct handshake *oldest;

	if (!table_is_full(a->table))
		return;
	oldest = table_oldest(a->table);
	if (handshake_is_open(oldest)) {
		a->stats.evicted++;
		verdict_write(oldest, VERDICT_EVICTED, VERDICT_SIDE_UNKNOWN, a->now);
		analysis_report(a, oldest);
	}
	table_remove(a->table, oldest);
}

/* One whose identity is that of `like`; NULL if memory is short. */
static struct handshake *begin_handshake(struct analysis *a, struct handshake *like)
{
	struct handshake *h;

	make_room(a);
	like->started_ns = like->last_ns = a->now;
	like->assemblies = a->assemblies;
	like->sees_reads = a->opts.sees_reads;
	like->sees_drops = a->opts.sees_drops;
	like->sees_send_failures = a->opts.sees_send_failures;
	h = table_add(a->table, like);
	if (!h)
		return NULL;
	a->stats.handshakes++;
	a->stats.by_state[h->state]++;
	return h;
}

static void set_addresses(struct handshake *like, const struct event *ev, enum party_role from)
{
	bool sent = event_is_outgoing(ev);

	like->party[from].address = sent ? ev->local : ev->remote;
	like->party[party_peer(from)].address = sent ? ev->remote : ev->local;
	like->party[PARTY_CLIENT].ipv4 = like->party[PARTY_SERVER].ipv4 = ev->flags & EVENT_IPV4;
}

struct handshake *begin_with_client_hello(struct analysis *a, const struct event *ev,
					  const struct hello *hello)
{
	struct handshake like, *h;
	const struct flow *flow;

	memset(&like, 0, sizeof(like));
	set_addresses(&like, ev, PARTY_CLIENT);
	memcpy(like.client_random, hello->random, sizeof(like.client_random));
	h = table_find(a->table, &like);
	if (!h) {
		h = begin_handshake(a, &like);
		if (!h)
			return NULL;
		flow = table_flow(a->table, ev);
		relations_begin(&a->relations, h, ev, flow ? flow : table_flow_by_addresses(a->table, ev));
	}
	table_link(a->table, ev, h);
	return h;
}

/* A handshake that is under way repeats itself within this, or it is dead. */
#define MIDWAY_TIME_NS 60000000000ULL

/*
 * Is there a message in it that only one side of a handshake sends, and sends
 * after a ClientHello? Then *out_from sent it, and it is of *out_flight.
 */
static bool find_under_way(const struct event *ev, enum party_role *out_from, uint8_t *out_flight)
{
	for (uint32_t i = 0; i < ev->num_items; i++) {
		if (ev->items[i].kind != DTLS_ITEM_MESSAGE)
			continue;
		switch (ev->items[i].message.msg_type) {
		case DTLS_MT_SERVER_HELLO:
		case DTLS_MT_SERVER_KEY_EXCHANGE:
		case DTLS_MT_CERTIFICATE_REQUEST:
		case DTLS_MT_SERVER_HELLO_DONE:
			*out_from = PARTY_SERVER;
			*out_flight = 4;
			return true;
		case DTLS_MT_CLIENT_KEY_EXCHANGE:
		case DTLS_MT_CERTIFICATE_VERIFY:
			*out_from = PARTY_CLIENT;
			*out_flight = 5;
			return true;
		}
	}
	return false;
}

struct handshake *begin_under_way(struct analysis *a, const struct event *ev)
{
	enum party_role from;
	struct handshake like, *h;
	uint8_t flight;

	if (a->now - a->began_ns > MIDWAY_TIME_NS || table_is_full(a->table) ||
	    ev->kind == EVENT_DROPPED || !find_under_way(ev, &from, &flight))
		return NULL;
	memset(&like, 0, sizeof(like));
	set_addresses(&like, ev, from);
	if (relations_has_asked(&a->relations, &like.party[PARTY_CLIENT].address))
		return NULL;
	h = table_find(a->table, &like);
	if (!h) {
		like.midway = true;
		like.midway_flight = flight;
		h = begin_handshake(a, &like);
	}
	if (h)
		table_link(a->table, ev, h);
	return h;
}
