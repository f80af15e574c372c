// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "intake.h"

#include <string.h>

#include "answers.h"
#include "attribute.h"
#include "begin.h"
#include "crossings.h"
#include "diverted.h"
#include "early_data.h"
#include "echoed.h"
#include "errors.h"
#include "fate.h"
#include "handshake_hello.h"
#include "hello.h"
#include "hosts.h"
#include "other_server.h"
#include "place.h"
#include "relations.h"
#include "sighting.h"
#include "table.h"
#include "unheard.h"
#include "unsent.h"

#include "core.h"

/* Update the model of a handshake with its datagram, seen at `now`. Returns whether its sender did send it, as far as is known. */
static bool model_datagram(struct analysis *a, struct handshake *h, const struct event *ev,
			   uint64_t now, struct item_facts *items)
{
	struct sighting seen = {
		.h = h, .ev = ev, .now = now, .from = attribute_sender(h, ev), .point = attribute_point(ev),
		.items = items,
	};

	if (h->state == HANDSHAKE_ABANDONED)
		table_lost_since(a->table, h);
	if (seen.point == POINT_ARRIVED)
		crossings_arrived(h, ev, seen.from, now);
	if (echoed_is(h, ev, seen.from) && (seen.point == POINT_SENT || h->relations.echo.is_sent_here ||
					    !unsent_is(h, ev, seen.from, seen.point))) {
		memset(items, 0, ev->num_items * sizeof(*items));
		echoed_take(&seen);
		if (ev->kind == EVENT_QUEUED)
			fate_queued(&seen);
		return true;
	}
	if (unsent_is(h, ev, seen.from, seen.point) || unsent_is_overdue(h, ev, seen.from, seen.point, now) ||
	    other_server_sent(&seen)) {
		memset(items, 0, ev->num_items * sizeof(*items));
		h->unsent[seen.from]++;
		alerts_unsent(&seen);
		/* It will be read all the same. */
		if (ev->kind == EVENT_QUEUED)
			fate_queued(&seen);
		return false;
	}
	handshake_datagram(&seen);
	if (seen.point == POINT_SENT)
		crossings_sent(h, ev, seen.from, seen.flights, now);
	alerts_datagram(&seen);
	answers_datagram(&seen);
	others_dtls(&seen);
	sizes_datagram(&seen);
	oddities_datagram(&seen);
	early_data_datagram(&seen);
	relations_datagram(a->table, &seen, table_flow(a->table, ev));
	relations_follow(&a->relations, a->table, &seen);
	diverted_datagram(&seen);
	return true;
}

/*
 * A datagram between the addresses of a handshake, from a socket that is new to
 * it: a server may answer from a separate connected socket.
 */
static struct handshake *take_over(struct analysis *a, const struct event *ev)
{
	struct flow *flow = table_flow_by_addresses(a->table, ev);
	struct handshake *h = flow ? attribute_to_flow(ev, flow, a->now) : NULL;

	if (!h || !(handshake_is_open(h) || place_goes_on_elsewhere(h, ev) ||
		    diverted_concerns(h, place_role(h, ev), ev)))
		return NULL;
	if (ev->socket)
		table_link(a->table, ev, h);
	return h;
}

/*
 * Add the fragments of its ClientHello that came before the first one, which is in
 * `ev`, to the handshake. Returns whether there are any.
 */
static bool take_early(struct analysis *a, struct handshake *h, const struct event *ev, bool begins)
{
	const struct early_fragment *kept;
	bool any = false;

	while ((kept = early_take(&a->early, ev, a->now))) {
		struct datagram_facts facts = { .ev = &kept->ev, .handshake = h, .early = true };
		struct hello_fragment fragment;

		facts.from = attribute_sender(h, facts.ev);
		if (handshake_hello_fragment(facts.ev, facts.ev->hello_item, facts.from, &fragment) &&
		    hello_assembly_contradicts(a->assemblies, h->id, &fragment))
			continue;
		facts.begins = begins && !any;
		if (kept->since_ns < h->started_ns)
			h->started_ns = kept->since_ns;
		if (facts.begins)
			table_lost_before(a->table, h, kept->lost);
		place_note(a, h, facts.ev);
		model_datagram(a, h, facts.ev, kept->since_ns, facts.items);
		if (kept->read_ns) {
			struct event read = kept->ev;

			read.kind = EVENT_READ;
			read.num_items = read.hello_len = 0;
			read.copied = kept->copied;
			fate_read(h, party_peer(facts.from), &read, kept->read_ns);
		}
		a->stats.no_handshake -= kept->read_ns ? 2 : 1;
		a->callbacks.datagram(a->callbacks.ctx, &facts);
		any = true;
	}
	/* An answer to these, such as a DTLS 1.3 ACK, was not recorded: do not count them as unanswered. */
	if (any && begins) {
		unheard_reset(h, PARTY_CLIENT, a->now);
		unheard_copy(&h->party[PARTY_CLIENT], a->now);
	}
	return any;
}

/* A copy of a ClientHello that lacks its beginning, as those that wait do. */
static struct handshake *begin_with_early(struct analysis *a, const struct event *ev, bool is_first)
{
	struct handshake *h = begin_without_beginning(a, ev, is_first);

	if (h)
		take_early(a, h, ev, true);
	return h;
}

/*
 * A ClientHello fragment, not the first, arrives at a socket where nothing of its
 * handshake was seen before. If the same fragment was seen at the client's socket, in
 * any network namespace, the handshake is known, and so is what the server received.
 */
static struct handshake *take_sent_fragment(struct analysis *a, const struct event *ev)
{
	struct handshake *h = table_sent_to(a->table, ev);
	struct hello_fragment fragment;

	if (ev->kind != EVENT_QUEUED || !h || !handshake_is_open(h) || h->party[PARTY_SERVER].local ||
	    !handshake_hello_fragment(ev, ev->hello_item, PARTY_CLIENT, &fragment) ||
	    fragment.msg->msg_type != DTLS_MT_CLIENT_HELLO ||
	    !handshake_has_seen(h, ev, PARTY_CLIENT, POINT_SENT))
		return NULL;
	table_link(a->table, ev, h);
	return h;
}

/*
 * Is this an answer to another handshake, from an unexpected address? The first such
 * answer sets a new deadline for that handshake, so it is checked soon.
 */
static bool note_stray(struct analysis *a, const struct event *ev)
{
	struct handshake *h = relations_stray(&a->relations, a->table, ev, a->now);

	if (h && h->relations.strays == 1)
		table_watch(a->table, h, a->now);
	return h;
}

static struct handshake *handshake_of_datagram(struct analysis *a, struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	struct flow *flow = table_flow(a->table, ev);
	uint64_t known = a->stats.handshakes;
	struct handshake *h;
	struct hello hello;
	bool is_first;

	if (!attribute_client_hello(ev, &hello)) {
		h = echoed_rest(flow, ev);
		if (h)
			return h;
		h = flow ? attribute_to_flow(ev, flow, a->now) : take_over(a, ev);
		if (!h && !flow)
			h = take_sent_fragment(a, ev);
		if (!h)
			h = begin_join(a, ev);
		if (!h && early_is_repeated(&a->early, ev, a->now, &is_first))
			return begin_with_early(a, ev, is_first);
		if (!h && ev->kind != EVENT_DROPPED)
			early_keep(&a->early, ev, a->now, table_num_lost(a->table));
		if (!h && !note_stray(a, ev))
			h = begin_under_way(a, ev);
		facts->begins = a->stats.handshakes > known;
		return h;
	}
	h = begin_with_client_hello(a, ev, &hello);
	facts->begins = a->stats.handshakes > known;
	if (h && take_early(a, h, ev, facts->begins))
		facts->begins = false;
	return h;
}

static void take_in(struct analysis *a, struct handshake *h, struct datagram_facts *facts)
{
	if (hosts_are_over(h, a->now)) {
		handshake_describe(h, facts->ev, attribute_sender(h, facts->ev), attribute_point(facts->ev), facts->items);
		return;
	}
	attribute_interleaved(h, table_flow(a->table, facts->ev), facts->ev, a->now);
	facts->is_unsent = !model_datagram(a, h, facts->ev, a->now, facts->items);
}

static struct handshake *take_datagram(struct analysis *a, struct datagram_facts *facts)
{
	struct handshake *h = handshake_of_datagram(a, facts);

	if (!h)
		return NULL;
	place_note(a, h, facts->ev);
	take_in(a, h, facts);
	return h;
}

/* A read event identifies the datagram by its number. */
static struct handshake *take_read(struct analysis *a, struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	const struct flow *flow = table_flow(a->table, ev);
	struct reader *reader = intake_reader(a, ev->socket);
	struct handshake *h;

	if (reader->socket != ev->socket)
		*reader = (struct reader){ .socket = ev->socket };
	if (ev->datagram > reader->last_read)
		reader->last_read = ev->datagram;
	table_note_read(a->table, ev->socket, reader->last_read, a->now);
	for (uint32_t i = 0; flow && (h = flow_handshake(flow, i)); i++) {
		place_note_owner(a, h, ev, place_role(h, ev));
		if (!fate_read(h, place_role(h, ev), ev, a->now))
			continue;
		alerts_read(h, place_role(h, ev), ev->datagram, a->now);
		return h;
	}
	early_read(&a->early, ev, a->now);
	return NULL;
}

static struct handshake *first_open(const struct flow *flow)
{
	struct handshake *h;

	for (uint32_t i = 0; flow && (h = flow_handshake(flow, i)); i++)
		if (handshake_is_open(h))
			return h;
	return NULL;
}

/* The handshake with the datagram that was dropped. */
static struct handshake *handshake_of_dropped(struct analysis *a, struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	const struct flow *flow = table_flow(a->table, ev);
	struct handshake *h;

	if (flow && ev->flags & EVENT_TX && (h = attribute_to_sent(ev, flow)))
		return h;
	for (uint32_t i = 0; flow && ev->datagram && (h = flow_handshake(flow, i)); i++)
		if (fate_knows(&h->party[place_role(h, ev)], ev->datagram))
			return h;
	early_dropped(&a->early, ev);
	return handshake_of_datagram(a, facts);
}

static const char *drop_name(const struct analysis *a, const struct event *ev)
{
	return ev->drop_reason && a->opts.drop_reason_name ?
	       a->opts.drop_reason_name(a->opts.drop_reason_ctx, ev->drop_reason) : NULL;
}

static struct handshake *take_dropped(struct analysis *a, struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	struct handshake *h = first_open(table_flow(a->table, ev));
	struct dropped dropped = { .name = drop_name(a, ev) };
	/* Nobody but the kernel got what was not queued before: if anybody may have sent it, it moves no known handshake. */
	bool is_move = !h || !attribute_is_unproven(h, ev, dropped.name) ||
		       fate_knows(&h->party[place_role(h, ev)], ev->datagram);
	enum party_role from;

	if (is_move)
		h = handshake_of_dropped(a, facts);
	if (!h)
		return NULL;
	from = attribute_sender(h, ev);
	place_note_owner(a, h, ev, place_role(h, ev));
	dropped.is_unproven = attribute_is_unproven(h, ev, dropped.name);
	/* If the datagram was not seen before, the drop event shows where it was. */
	if (!is_move || handshake_has_seen(h, ev, from, attribute_point(ev)))
		handshake_describe(h, ev, from, attribute_point(ev), facts->items);
	else
		take_in(a, h, facts);
	for (uint32_t i = 0; is_move && i < ev->num_items; i++)
		dropped.flights |= 1 << facts->items[i].flight;
	dropped.flights &= ~(1 << FLIGHT_NONE);
	fate_dropped(h, from, ev, &dropped, a->now);
	if (ev->flags & EVENT_TX)
		crossings_dropped(h, ev, from);
	else
		crossings_arrived(h, ev, from, a->now);
	return h;
}

static struct handshake *take_error(struct analysis *a, const struct event *ev)
{
	const struct flow *flow = table_flow(a->table, ev);
	enum party_role from;
	struct handshake *h;

	if (!flow && ev->remote.port)
		flow = table_flow_by_addresses(a->table, ev);
	h = flow ? attribute_error(flow, ev) : NULL;
	/*
	 * A failed send may have no remote address, and a wildcard as its local one. Without a
	 * remote address it belongs to a handshake only if its socket has no other handshake.
	 */
	if (!h && ev->kind == EVENT_SEND_FAILED && ev->socket)
		h = table_find_on_socket(a->table, ev->socket, ev->remote.port ? &ev->remote : NULL);
	if (!h)
		return NULL;
	from = attribute_sender(h, ev);
	/* An error alone does not assign a new socket to the handshake. */
	if (h->party[from].socket == ev->socket)
		place_note_owner(a, h, ev, from);
	if (ev->kind == EVENT_ICMP_ERROR)
		errors_icmp(h, from, ev, a->now);
	else
		errors_send_failed(h, from, ev, a->now);
	return h;
}

/* The open handshake between these addresses, or the latest, which may prove not to be over. */
static struct handshake *take_other(struct analysis *a, const struct event *ev)
{
	const struct flow *flow = table_flow(a->table, ev);
	struct handshake *h;

	if (!flow)
		flow = table_flow_by_addresses(a->table, ev);
	h = first_open(flow);
	if (!h && flow)
		h = flow_handshake(flow, 0);
	if (h)
		others_take(h, ev);
	return h;
}

struct handshake *intake_event(struct analysis *a, struct datagram_facts *facts)
{
	switch (facts->ev->kind) {
	case EVENT_SENT: case EVENT_QUEUED: case EVENT_CAPTURED:
		return take_datagram(a, facts);
	case EVENT_DROPPED:
		return take_dropped(a, facts);
	case EVENT_READ:
		return take_read(a, facts);
	case EVENT_SEND_FAILED: case EVENT_ICMP_ERROR:
		return take_error(a, facts->ev);
	case EVENT_OTHER:
		return take_other(a, facts->ev);
	}
	return NULL;	/* a closed socket, or the rate limit, may concern any number of handshakes */
}
