// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "begin.h"

#include <string.h>

#include "attribute.h"
#include "relations.h"
#include "report.h"
#include "table.h"
#include "unsent.h"

#include "core.h"

/* Make room for another handshake; if the table is full, evict one. */
static void make_room(struct analysis *a)
{
	if (!table_is_full(a->table))
		return;
	if (a->callbacks.settled || !table_remove_ended(a->table))
		report_forget(a, table_victim(a->table));
}

/* A new handshake with this identity and first event `ev`; NULL if memory is short. */
static struct handshake *begin_handshake(struct analysis *a, const struct event *ev,
					 const struct identity *id)
{
	struct handshake *h;

	make_room(a);
	h = table_add(a->table, id);
	if (!h)
		return NULL;
	h->party[PARTY_CLIENT].ipv4 = h->party[PARTY_SERVER].ipv4 = ev->flags & EVENT_IPV4;
	h->started_ns = h->last_ns = a->now;
	h->assemblies = a->assemblies;
	h->hosts = a->opts.hosts;
	h->num_hosts = a->opts.num_hosts;
	h->sees_reads = a->opts.sees_reads;
	h->sees_drops = a->opts.sees_drops;
	h->sees_send_failures = a->opts.sees_send_failures;
	h->filters_sockets = a->opts.filters_sockets;
	a->stats.handshakes++;
	a->stats.by_state[h->state]++;
	return h;
}

/* Fill in the addresses, but not yet the random. */
static void identity_init(struct identity *id, const struct event *ev, enum party_role from)
{
	bool sent = event_is_outgoing(ev);

	memset(id, 0, sizeof(*id));
	id->address[from] = sent ? ev->local : ev->remote;
	id->address[party_peer(from)] = sent ? ev->remote : ev->local;
}

/* Did its server give this cookie, and wait for it? Or can that be what the tracer has lost? */
static bool may_have_given(const struct handshake *h, uint64_t cookie_hash)
{
	if (h->events_lost && !h->party[PARTY_SERVER].flight && h->party[PARTY_CLIENT].flight == FLIGHT_CLIENT_HELLO)
		return true;
	return (h->party[PARTY_SERVER].flight == FLIGHT_RETRY_REQUEST ||
		h->party[PARTY_CLIENT].flight == FLIGHT_CLIENT_HELLO || h->events_lost) &&
	       h->retry_request.hello.cookie_hash == cookie_hash;
}

/*
 * Some old clients make a new random for the ClientHello with the cookie. The cookie ties the two
 * together: nobody else has received it (RFC 6347 s4.2.1).
 */
static struct handshake *find_by_cookie(const struct flow *flow, const struct identity *id, const struct hello *hello)
{
	struct handshake *h;

	for (uint32_t i = 0; flow && hello->cookie_hash && (h = flow_handshake(flow, i)); i++)
		if (handshake_is_open(h) && may_have_given(h, hello->cookie_hash) &&
		    endpoint_equals(&h->party[PARTY_CLIENT].address, &id->address[PARTY_CLIENT]))
			return h;
	return NULL;
}

/*
 * A datagram of a handshake that nothing was seen of yet may be a repeat of what was sent before the
 * trace only for so long: a side that waits repeats its flight within its timer. Some copies may be lost.
 */
#define YOUNG_NS (4 * HANDSHAKE_LONGEST_TIMER_NS)

/* May earlier datagrams of a handshake have come before the trace, or been left out by the rate limit? */
static bool is_young(const struct analysis *a, const struct event *ev)
{
	uint64_t since = a->began_ns;

	if (ev->host && ev->host <= a->opts.num_hosts)
		since = a->opts.hosts[ev->host - 1].start_ns;
	if (since > a->now)
		since = a->now;
	if (a->limited_until > since)
		since = a->limited_until < a->now ? a->limited_until : a->now;
	return a->now - since <= YOUNG_NS;
}

/* The client numbers its records from 0. */
static bool has_earlier_records(const struct event *ev)
{
	const struct dtls_record *first = &ev->items[0].record;

	return first->kind == DTLS_ITEM_RECORD && !(first->flags & DTLS_RECORD_UNIFIED) && !first->epoch &&
	       first->sequence;
}

/* A datagram is not delayed by more than this. */
#define OVERTAKEN_NS (4 * SECOND)

/*
 * The handshake between these addresses whose ClientHello was not seen, if this is its ClientHello: sent again,
 * since the server has answered it, or late, since the client has sent records with higher numbers. The
 * client's first record may begin another handshake. If its client came from another port, the random is known.
 */
static struct handshake *find_midway(struct analysis *a, const struct event *ev, const struct identity *id)
{
	struct identity midway = *id;
	const struct view *view;
	struct handshake *h;
	bool is_recent;

	memset(midway.client_random, 0, sizeof(midway.client_random));
	h = table_find(a->table, &midway);
	if (h && h->relations.moved_id && !memcmp(h->relations.moved.client_random, id->client_random, sizeof(id->client_random)))
		return h;
	/* The beginning of its ClientHello did not arrive until now. */
	if (h && h->party[PARTY_CLIENT].flight == FLIGHT_CLIENT_HELLO && !h->client_hello.hello.has_random)
		return handshake_is_open(h) ? h : NULL;
	if (!h || !has_earlier_records(ev))
		return NULL;
	is_recent = a->now - h->started_ns < OVERTAKEN_NS;
	view = &h->party[PARTY_CLIENT].view[attribute_point(ev)];
	if (h->party[PARTY_SERVER].flight)
		return handshake_is_open(h) || is_recent ? h : NULL;
	return is_recent && view->plain.any && ev->items[0].record.sequence < view->plain.highest ? h : NULL;
}

/* A late copy of the first ClientHello of such a client. */
static struct handshake *find_by_first_random(const struct flow *flow, const struct identity *id)
{
	struct handshake *h;

	for (uint32_t i = 0; flow && (h = flow_handshake(flow, i)); i++)
		if (h->has_first_random && !memcmp(h->first_random, id->client_random, sizeof(h->first_random)) &&
		    endpoint_equals(&h->party[PARTY_CLIENT].address, &id->address[PARTY_CLIENT]))
			return h;
	return NULL;
}

/* Its ClientHello has this random, although it had another before, or none. */
static void rename_to(struct analysis *a, struct handshake *h, const struct identity *id)
{
	table_rename(a->table, h, id);
	relations_renamed(&a->relations, a->table, h);
}

/* The handshake of an earlier ClientHello of this client with another random; NULL: none. */
static struct handshake *find_renamed(struct analysis *a, const struct flow *flow, const struct identity *id,
				      const struct hello *hello)
{
	struct handshake *h = find_by_cookie(flow, id, hello);

	if (!h)
		return find_by_first_random(flow, id);
	if (!h->has_first_random)
		memcpy(h->first_random, h->client_random, sizeof(h->first_random));
	h->has_first_random = true;
	rename_to(a, h, id);
	return h;
}

/*
 * The handshake of a client on this host which did not send this ClientHello: it does not begin another
 * one. The sends of a client in another network namespace are seen at its own flow.
 */
static struct handshake *find_unsent(struct analysis *a, const struct event *ev, const struct flow *flow)
{
	struct handshake *h = table_sent_to(a->table, ev);

	if (h && unsent_is(h, ev, attribute_sender(h, ev), attribute_point(ev)))
		return h;
	for (uint32_t i = 0; flow && (h = flow_handshake(flow, i)); i++)
		if (unsent_is(h, ev, attribute_sender(h, ev), attribute_point(ev)))
			return h;
	return NULL;
}

/* The handshake whose ClientHello this is, sent back by the server's address; NULL: none. */
static struct handshake *find_echoed(struct analysis *a, const struct event *ev, const struct identity *id)
{
	struct identity reversed;

	identity_init(&reversed, ev, PARTY_SERVER);
	memcpy(reversed.client_random, id->client_random, sizeof(reversed.client_random));
	return table_find(a->table, &reversed);
}

/*
 * Another socket of the client's address sends this ClientHello. What its server repeats of the handshake before comes
 * to it, too, since the socket of that is closed.
 */
static void follow_address(struct analysis *a, const struct event *ev, const struct flow *flow)
{
	struct handshake *before = flow ? flow_handshake(flow, 0) : NULL;

	if (before && before->party[PARTY_CLIENT].closed_ns && attribute_point(ev) == POINT_SENT)
		table_link(a->table, ev, before);
}

/* So many copies of a ClientHello, a second apart, may be unanswered on a path that delays each direction by DELAYED_NS. */
#define MAX_UNSEEN 8

struct handshake *begin_with_client_hello(struct analysis *a, const struct event *ev,
					  const struct hello *hello)
{
	const struct flow *flow;
	struct handshake *h;
	struct identity id;

	identity_init(&id, ev, PARTY_CLIENT);
	memcpy(id.client_random, hello->random, sizeof(id.client_random));
	h = table_find(a->table, &id);
	flow = table_flow(a->table, ev);
	if (!flow)
		flow = table_flow_by_addresses(a->table, ev);
	if (!h)
		h = find_echoed(a, ev, &id);
	if (!h)
		h = find_renamed(a, flow, &id, hello);
	if (!h) {
		h = find_midway(a, ev, &id);
		if (h)
			rename_to(a, h, &id);
	}
	if (!h)
		h = find_unsent(a, ev, flow);
	if (!h) {
		h = begin_handshake(a, ev, &id);
		if (!h)
			return NULL;
		/* What came from this address before would have been seen: its earlier records belong to that. */
		h->late = !flow && has_earlier_records(ev) && (attribute_point(ev) == POINT_SENT || is_young(a, ev));
		if (h->late)
			h->cookies.unseen = ev->items[0].record.sequence < MAX_UNSEEN ? ev->items[0].record.sequence : MAX_UNSEEN;
		relations_begin(&a->relations, a->table, h, ev, flow);
		follow_address(a, ev, flow);
	}
	table_link(a->table, ev, h);
	return h;
}

/* The flight of a message that only one side sends, after a ClientHello. */
static uint8_t flight_under_way(const struct event *ev)
{
	for (uint32_t i = 0; i < ev->num_items; i++) {
		if (ev->items[i].kind != DTLS_ITEM_MESSAGE)
			continue;
		switch (ev->items[i].message.msg_type) {
		case DTLS_MT_SERVER_HELLO:
		case DTLS_MT_SERVER_KEY_EXCHANGE:
		case DTLS_MT_CERTIFICATE_REQUEST:
		case DTLS_MT_SERVER_HELLO_DONE:
			return FLIGHT_SERVER_HELLO;
		case DTLS_MT_CLIENT_KEY_EXCHANGE:
		case DTLS_MT_CERTIFICATE_VERIFY:
			return FLIGHT_CLIENT_FINISHED;
		}
	}
	return FLIGHT_NONE;
}

/* Does a handshake run between these addresses? Then a datagram that is not of it may be from anybody. */
static bool is_taken(const struct flow *flow)
{
	const struct handshake *h;

	for (uint32_t i = 0; flow && (h = flow_handshake(flow, i)); i++)
		if (handshake_is_open(h) && !h->midway)
			return true;
	return false;
}

struct handshake *begin_without_beginning(struct analysis *a, const struct event *ev, bool is_first)
{
	const struct flow *flow = table_flow(a->table, ev);
	struct handshake *h;
	struct identity id;

	if (table_is_full(a->table) || is_taken(flow))
		return NULL;
	identity_init(&id, ev, PARTY_CLIENT);
	if (table_find(a->table, &id))
		return NULL;
	h = begin_handshake(a, ev, &id);
	if (!h)
		return NULL;
	h->late = h->midway = !is_first && (attribute_point(ev) == POINT_SENT || is_young(a, ev));
	relations_begin(&a->relations, a->table, h, ev, flow);
	table_link(a->table, ev, h);
	return h;
}

struct handshake *begin_under_way(struct analysis *a, const struct event *ev)
{
	uint8_t flight = flight_under_way(ev);
	struct handshake *h, *before;
	struct identity id;

	if (table_is_full(a->table) || is_taken(table_flow(a->table, ev)) ||
	    is_taken(table_flow_by_addresses(a->table, ev)))
		return NULL;
	identity_init(&id, ev, PARTY_SERVER);
	before = relations_mover(&a->relations, a->table, id.address, ev);
	if (!before && flight != FLIGHT_SERVER_HELLO) {
		identity_init(&id, ev, PARTY_CLIENT);
		before = relations_mover(&a->relations, a->table, id.address, ev);
	}
	if (!before)
		relations_note_elsewhere(&a->relations, a->table, id.address, ev);
	if (before)
		flight = FLIGHT_CLIENT_FINISHED;
	else if (!flight || !is_young(a, ev) || ev->kind == EVENT_DROPPED)
		return NULL;
	if (relations_has_asked(&a->relations, &id.address[PARTY_CLIENT]))
		return NULL;
	h = table_find(a->table, &id);
	if (!h) {
		h = begin_handshake(a, ev, &id);
		if (!h)
			return NULL;
		h->late = h->midway = true;
		if (before)
			relations_moved(before, h);
	}
	table_link(a->table, ev, h);
	return h;
}

struct handshake *begin_join(struct analysis *a, const struct event *ev)
{
	struct handshake *h = table_sent_to(a->table, ev);
	enum party_role end;

	if (!h || !(h->late || is_young(a, ev)) || !handshake_is_open(h))
		return NULL;
	end = endpoint_equals(&h->party[PARTY_CLIENT].address, &ev->local) ? PARTY_CLIENT : PARTY_SERVER;
	if (h->party[end].local || (ev->kind != EVENT_SENT &&
	    ((ev->kind != EVENT_QUEUED && ev->kind != EVENT_DROPPED) || !handshake_has_seen(h, ev, party_peer(end), POINT_SENT))))
		return NULL;
	table_link(a->table, ev, h);
	return h;
}
