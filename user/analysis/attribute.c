// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "attribute.h"

#include <string.h>

#include "attempts.h"
#include "contested.h"
#include "drop_reasons.h"
#include "fit.h"
#include "flights.h"
#include "handshake_hello.h"
#include "other_server.h"
#include "outcome.h"

#include "core.h"

#define RANDOM_OFF 2		/* in a hello (RFC 5246 s7.4.1.2) */
#define MIN_RANDOM_LEN 16	/* enough to tell handshakes apart */

/* The event's first fragment of a ClientHello, if it has its random: who begins a handshake? */
bool attribute_client_hello(const struct event *ev, struct hello *hello)
{
	struct hello_fragment first;

	if (!handshake_hello_fragment(ev, ev->hello_item, PARTY_CLIENT, &first) ||
	    first.msg->msg_type != DTLS_MT_CLIENT_HELLO || first.msg->fragment_offset)
		return false;
	hello_parse(DTLS_MT_CLIENT_HELLO, first.bytes, first.len, hello);
	/* A first fragment that ends inside the random: the part of the random in it is enough. */
	if (!hello->has_random && first.len >= RANDOM_OFF + MIN_RANDOM_LEN &&
	    first.len < RANDOM_OFF + HELLO_RANDOM_LEN) {
		memcpy(hello->random, first.bytes + RANDOM_OFF, first.len - RANDOM_OFF);
		return true;
	}
	return hello->has_random;
}

static bool is_at(const struct party *party, const struct event_endpoint *address)
{
	return endpoint_equals(&party->address, address);
}

enum party_role attribute_sender(const struct handshake *h, const struct event *ev)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	bool tx = event_is_outgoing(ev);

	if (is_at(client, tx ? &ev->local : &ev->remote))
		return PARTY_CLIENT;
	/* A send may fail before the local address is known, or the remote one. */
	if (ev->kind == EVENT_SEND_FAILED && !is_at(server, &ev->local) &&
	    (is_at(server, &ev->remote) || (!ev->remote.port && client->socket == ev->socket)))
		return PARTY_CLIENT;
	return PARTY_SERVER;
}

enum point attribute_point(const struct event *ev)
{
	return event_is_outgoing(ev) && ev->kind != EVENT_CAPTURED ? POINT_SENT : POINT_ARRIVED;
}

/* --- which handshake? --- */

/*
 * Since when has the receiver of this datagram been waiting for its sender?
 * UINT64_MAX: the sender has not answered its latest flight for longer than the receiver's first
 * timer: it answers another handshake, if that began later.
 */
static uint64_t waiting_since(const struct handshake *h, const struct event *ev, uint64_t now)
{
	enum party_role from = attribute_sender(h, ev), waiting = party_peer(from);
	uint64_t since = h->party[waiting].last_sent_ns;

	if (h->party[from].flight < h->party[waiting].flight && now - since > handshake_first_timer_ns(h, waiting))
		return UINT64_MAX;
	return since;
}

/* Has its client begun it after `than`, and its server answered it? Then an alert of the client is for this one. */
static bool is_latest_answered(const struct handshake *h, const struct handshake *than)
{
	return h->started_ns > than->started_ns && h->party[PARTY_SERVER].flight &&
	       is_at(&than->party[PARTY_CLIENT], &h->party[PARTY_CLIENT].address);
}

/* A datagram fits two handshakes equally: is `h` more likely than `than`? */
static bool is_likelier(const struct handshake *h, const struct handshake *than,
			const struct event *ev, uint64_t now)
{
	if (ev->num_items && ev->items[0].record.content_type == DTLS_CT_ALERT && attribute_sender(h, ev) == PARTY_CLIENT &&
	    (is_latest_answered(h, than) || is_latest_answered(than, h)))
		return is_latest_answered(h, than);
	/* Ciphertext continues the flight that its sender has begun: a flight comes in one burst. */
	if (ev->num_items && ev->items[0].record.flags & DTLS_RECORD_UNIFIED)
		return h->party[attribute_sender(h, ev)].last_sent_ns >
		       than->party[attribute_sender(than, ev)].last_sent_ns;
	/* If both wait for this side, the one that has waited longer is more likely. */
	return waiting_since(h, ev, now) < waiting_since(than, ev, now);
}

/* Within its client's first timer, an attempt that the client has left may be the one that the server answers. */
static bool may_be_answered(const struct handshake *h, const struct event *ev, enum party_role from, uint64_t now)
{
	return from == PARTY_SERVER && handshake_is_open(h) && !h->party[PARTY_SERVER].flight &&
	       waiting_since(h, ev, now) != UINT64_MAX;
}

/* Is all of it one datagram, which no socket of this host has sent? */
static bool is_lone(const struct handshake *h)
{
	uint32_t datagrams = 0;

	if (h->party[PARTY_CLIENT].view[POINT_SENT].any || h->party[PARTY_SERVER].view[POINT_SENT].any)
		return false;
	FOR_EACH_FLIGHT(n)
		datagrams += h->flights[n].datagrams;
	return datagrams <= 1;
}

/*
 * It would turn the two roles of another handshake of this flow round, in which both sides have sent. Anybody
 * can send a single datagram, so it gets nothing that the other takes.
 */
static bool is_turned_round(const struct handshake *h, const struct flow *flow)
{
	const struct handshake *other;

	for (uint32_t i = 0; is_lone(h) && (other = flow_handshake(flow, i)); i++)
		if (other->party[PARTY_SERVER].flight &&
		    endpoint_equals(&h->party[PARTY_CLIENT].address, &other->party[PARTY_SERVER].address))
			return true;
	return false;
}

/* Is it encrypted, and the ClientHello of `h` a stranger's? Then it belongs to the association that goes on. */
static bool is_of_association(const struct handshake *h, const struct event *ev)
{
	const struct dtls_record *rec = &ev->items[0].record;

	return h->relations.is_of_stranger && ev->num_items && rec->kind == DTLS_ITEM_RECORD &&
	       (rec->flags & DTLS_RECORD_UNIFIED || rec->epoch);
}

/* More than a datagram fits a handshake by its numbers. */
#define OF_ITS_OWN 100

/* Which of the handshakes on this flow does a datagram without a ClientHello continue? */
struct handshake *attribute_to_flow(const struct event *ev, const struct flow *flow,
					   uint64_t now)
{
	struct handshake *h, *best = NULL;
	int fit, best_fit = 0, random;
	bool tie = false, may_be_earlier = false;

	for (uint32_t i = 0; (h = flow_handshake(flow, i)); i++) {
		enum party_role from = attribute_sender(h, ev);
		enum point point = attribute_point(ev);

		fit = is_turned_round(h, flow) || is_of_association(h, ev) ? -1 : fit_datagram(h, ev, from, point);
		if (fit < 0)
			continue;
		random = attempts_compare_random(h, ev, from);
		if (!random && attempts_is_left(h, flow, ev, from, point, now)) {
			may_be_earlier |= !outcome_is_unproven(h) && may_be_answered(h, ev, from, now);
			continue;
		}
		fit += handshake_is_open(h) && attempts_is_again(h, flow, ev, from, point) ? 4 : 0;
		/* The ServerHello of another handshake, or a copy of the one that is known: nobody else has its random. */
		fit = random < 0 ? 0 : fit + OF_ITS_OWN * random;
		/* The peer refused it and began a handshake itself: the next alert is for that one. */
		if (h->alert.ns && h->alert.level && h->relations.both_ways_ns)
			fit = 0;
		/* It has left this one to serve another: what it says now is of that. */
		if (fit && outcome_is_turned(h))
			fit = 0;
		if (best && attempts_is_beside(h, best, flow, ev, from, point))
			continue;
		if (!best || fit > best_fit || attempts_is_beside(best, h, flow, ev, from, point)) {
			best = h;
			best_fit = fit;
			tie = false;
		} else if (fit == best_fit) {
			tie = handshake_is_open(h) && handshake_is_open(best);
			if (tie && is_likelier(h, best, ev, now))
				best = h;
		}
	}
	if (best && (tie || may_be_earlier))
		best->ambiguous = true;
	for (uint32_t i = 0; !best && (h = flow_handshake(flow, i)); i++)
		if (contested_fits(h, ev, attribute_sender(h, ev)) || other_server_contradicts(h, ev, attribute_sender(h, ev)) ||
		    fit_datagram(h, ev, attribute_sender(h, ev), attribute_point(ev)) >= 0)
			best = h;
	return best;
}

struct handshake *attribute_to_sent(const struct event *ev, const struct flow *flow)
{
	struct handshake *h;

	for (uint32_t i = 0; (h = flow_handshake(flow, i)); i++)
		if (handshake_has_seen(h, ev, attribute_sender(h, ev), POINT_SENT))
			return h;
	return NULL;
}

/* An ICMP error is for something that its side has sent. */
static uint64_t sent_before(const struct handshake *h, const struct event *ev)
{
	return ev->kind == EVENT_ICMP_ERROR ? h->party[attribute_sender(h, ev)].last_sent_ns : 0;
}

struct handshake *attribute_error(const struct flow *flow, const struct event *ev)
{
	struct handshake *h, *found = NULL, *latest = flow_handshake(flow, 0);
	uint32_t num = 0;

	for (uint32_t i = 0; (h = flow_handshake(flow, i)); i++) {
		num += handshake_is_open(h);
		if (handshake_is_open(h) && (!found || sent_before(h, ev) > sent_before(found, ev)))
			found = h;
	}
	if (num > 1)
		found->ambiguous = true;
	/* An alert ends a handshake only as long as nothing shows that it did not. */
	return found || !latest || latest->ending.how != ENDING_ALERT ? found : latest;
}

/* A handshake that is not the latest of its flow has a new datagram: they are interleaved. */
void attribute_interleaved(struct handshake *h, const struct flow *flow, const struct event *ev, uint64_t now)
{
	struct handshake *latest = flow ? flow_handshake(flow, 0) : NULL;

	if (!latest || latest == h)
		return;
	if (attribute_sender(h, ev) == PARTY_SERVER && h->started_ns < latest->started_ns && !latest->party[PARTY_SERVER].flight &&
	    is_at(&latest->party[PARTY_CLIENT], &h->party[PARTY_CLIENT].address)) {
		latest->relations.kept_id = h->id;
		latest->relations.kept_ns = now;
	}
	if (!handshake_is_open(h))
		return;
	h->interleaved = true;
	latest->interleaved = true;
}

bool attribute_is_unproven(const struct handshake *h, const struct event *ev, const char *name)
{
	enum party_role from = attribute_sender(h, ev);

	/* Of another host, a copy of what its socket sent may come from anybody on the way. */
	return !(ev->flags & EVENT_TX) && drop_reason_is_of_sender(name) &&
	       (!handshake_has_seen(h, ev, from, POINT_SENT) || h->party[from].host != ev->host);
}
