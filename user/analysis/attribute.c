// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "attribute.h"

#include <string.h>

#include "attempts.h"
#include "contested.h"
#include "dtls13.h"
#include "flights.h"
#include "handshake_hello.h"
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

/* --- how well does a datagram continue a handshake? Higher is better, < 0: it is not of this one --- */

static int fit_sequence(const struct seq_window *win, uint64_t seq)
{
	uint64_t next;

	if (!win)
		return 0;
	next = win->any ? win->highest + 1 : 0;
	if (seq_window_has(win, seq))
		return 1;
	if (seq == next)
		return 6;
	if (seq > next)
		return win->any ? 3 : 1;
	return 0;
}

static int fit_record(const struct party *from, enum point point, const struct dtls_record *rec)
{
	const struct view *sent = &from->view[POINT_SENT], *view = &from->view[point];
	int fit = fit_sequence(view_numbers(view, rec->epoch), rec->sequence);

	/* If the sends were seen, a datagram that arrives must be one of them. */
	if (point == POINT_ARRIVED && sent->any &&
	    seq_window_has(view_numbers(sent, rec->epoch), rec->sequence))
		fit += 4;
	return fit;
}

/* Has the peer sent the flight that this one answers, and something that was not answered yet? */
static bool is_turn(const struct handshake *h, enum party_role from, uint8_t flight)
{
	uint8_t asked = h->party[party_peer(from)].flight, sent = h->party[from].flight;

	return asked >= flight_rule(h, flight)->answers && (flight <= sent || asked > sent);
}

/* Some stacks count the messages after the hellos of a cookie exchange, or after all hellos, from 0: see odd_flight.h. */
static bool counts_anew(const struct handshake *h, enum party_role from, uint8_t known_type, const struct dtls_message *msg)
{
	if (from == PARTY_SERVER)
		return contested_counts_anew(known_type, msg);
	return known_type == DTLS_MT_CLIENT_HELLO && is_turn(h, from, flight_of_message(h, from, msg));
}

/*
 * How well does this message, which is new, follow those of this handshake? Only the side that sends next has one. A
 * stranger can choose the numbers of his records, but not what the other side answers: that counts more than numbers
 * that continue, unless the sender's own socket was seen.
 */
static int fit_new_message(const struct handshake *h, const struct dtls_message *msg, enum party_role from)
{
	uint32_t seq = h->client_hello.message_seq;

	if (!is_turn(h, from, flight_of_message(h, from, msg)))
		return 0;
	/* A server numbers its hello like the ClientHello that it answers (RFC 6347 s4.2.2). */
	if (from == PARTY_SERVER)
		return 3 + (msg->msg_type == DTLS_MT_SERVER_HELLO && msg->message_seq == seq);
	return h->party[from].view[POINT_SENT].any ? 3 : 8;
}

static int fit_message(const struct handshake *h, const struct dtls_message *msg,
		       enum party_role from)
{
	const struct party *party = &h->party[from];
	const struct message *known = flight_known_message(party, msg->message_seq, msg->msg_type);

	if (msg->msg_type == DTLS_MT_HELLO_REQUEST)
		return 0;
	if (msg->message_seq >= CONTESTED_MAX_SEQ || !flight_may_have(from, msg->msg_type))
		return -1;
	if (known)
		return known->length == msg->length ? 2 : -1;
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].message_seq == msg->message_seq)
			return counts_anew(h, from, party->messages[i].msg_type, msg) ? 0 : -1;
	return fit_new_message(h, msg, from);
}

/* Decides for a DTLS 1.3 record by its epoch (RFC 9147 s6.1). */
static int fit_epoch(const struct handshake *h, const struct dtls_record *rec, enum party_role from)
{
	bool open = handshake_is_open(h);

	/* See dtls13_take(): the handshake epoch may show that it is DTLS 1.3 all the same. */
	if (dtls13_is_excluded(h))
		return open && rec->epoch == 2 ? 0 : -1;
	if (h->is_dtls13 && rec->epoch == 2)
		return open ? 3 : 0;
	if (h->is_dtls13)
		return open && h->party[PARTY_CLIENT].flight < FLIGHT_CLIENT_FINISHED && rec->epoch != 3 ? 0 : 2;
	if (h->party[PARTY_SERVER].flight >= FLIGHT_SERVER_HELLO || h->events_lost || h->late ||
	    h->party[party_peer(from)].uncaptured)
		return 0;
	/* Early data comes before the ServerHello; a record that overtakes the ServerHello is in epoch 2. */
	return open && rec->epoch == (from == PARTY_CLIENT ? 1 : 2) ? 0 : -1;
}

/* A HelloVerifyRequest has the record number of the ClientHello that it answers (s4.2.1). */
static bool is_reply_to(const struct handshake *h, const struct dtls_message *msg,
			const struct dtls_record *rec)
{
	const struct party *client = &h->party[PARTY_CLIENT];
	const struct seq_window *hellos = &client->view[handshake_counting_point(h, PARTY_CLIENT)].plain;

	return msg->msg_type == DTLS_MT_HELLO_VERIFY_REQUEST && hellos->any &&
	       hellos->highest == rec->sequence;
}

/*
 * The Finished of flight 4 of a resumption, which overtook the ServerHello or arrived
 * without it. It has to be the first record of its epoch. If there is no previous
 * association that it may belong to, a later copy will do, too.
 */
static bool is_early_finished(const struct handshake *h, const struct dtls_record *rec,
			      enum party_role from)
{
	if (from != PARTY_SERVER || rec->epoch != 1)
		return false;
	if (rec->content_type == DTLS_CT_HANDSHAKE)
		return !rec->sequence || !h->relations.established_ns;
	return rec->content_type == DTLS_CT_CID && !rec->sequence;
}

static int fit_unified(const struct handshake *h, const struct event *ev, enum party_role from,
		       enum point point)
{
	struct cipher_record id = dtls13_identity(ev, &ev->items[0].record);
	const struct cipher_window *seen = h->party[from].cipher;
	int fit = fit_epoch(h, &ev->items[0].record, from);

	/* A record that arrives was seen when it was sent; another match would be chance. */
	if (fit >= 0 && point == POINT_ARRIVED && cipher_window_has(&seen[POINT_SENT], id))
		fit += 4;
	return fit;
}

static int fit_datagram(const struct handshake *h, const struct event *ev, enum party_role from,
		  enum point point)
{
	int fit = handshake_is_open(h), message_fit;
	struct hello_fragment fragment;

	/* A newer handshake ended this one, whose beginning was not seen: it gets no more datagrams. */
	if (h->midway && h->state == HANDSHAKE_ABANDONED)
		return -1;
	/* Its hello fragment has other bytes than this handshake's hello. */
	if (handshake_hello_fragment(ev, ev->hello_item, from, &fragment) &&
	    hello_assembly_contradicts(h->assemblies, h->id, &fragment))
		return -1;
	for (uint32_t i = 0; i < ev->num_items; i++) {
		const struct dtls_record *rec = &ev->items[i].record;

		if (ev->items[i].kind == DTLS_ITEM_MESSAGE) {
			message_fit = fit_message(h, &ev->items[i].message, from);
			if (i == 1 && is_reply_to(h, &ev->items[i].message, &ev->items[0].record))
				fit += 6;
			return message_fit < 0 ? message_fit : fit + message_fit;
		}
		if (i > 0)
			break;
		if (rec->flags & DTLS_RECORD_UNIFIED) {
			message_fit = fit_unified(h, ev, from, point);
			return message_fit < 0 ? message_fit : fit + message_fit;
		}
		/* No side encrypts before both have sent their hello. */
		if (rec->epoch && !h->party[PARTY_SERVER].flight && !h->late && !h->party[PARTY_SERVER].uncaptured)
			return is_early_finished(h, rec, from) ? 0 : -1;
		fit += fit_record(&h->party[from], point, rec);
		/* Unlikely, but the flights before may not have been seen. */
		if (!is_turn(h, from, flight_of_record(h, from, rec)))
			fit = fit > 3 ? fit - 3 : 0;
	}
	return fit;
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

/* A datagram fits two handshakes equally: is `h` more likely than `than`? */
static bool is_likelier(const struct handshake *h, const struct handshake *than,
			const struct event *ev, uint64_t now)
{
	/* A client that begins anew no longer continues what it began before. */
	if (attempts_is_doubtful(h, than) != attempts_is_doubtful(than, h))
		return attempts_is_doubtful(than, h);
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

/*
 * Some handshake of this flow may be no more than one ClientHello that anybody can have sent.
 * A datagram that this open handshake has seen before, record for record, is not for that.
 */
static int fit_again(const struct handshake *h, const struct event *ev, enum party_role from, enum point point)
{
	if (!handshake_is_open(h) || outcome_is_unproven(h) || h->party[from].flight < FLIGHT_SERVER_HELLO)
		return 0;
	return handshake_has_seen(h, ev, from, point) && attempts_compare_random(h, ev, from) >= 0 ? 4 : 0;
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

		fit = is_turned_round(h, flow) ? -1 : fit_datagram(h, ev, from, point);
		if (fit < 0)
			continue;
		random = attempts_compare_random(h, ev, from);
		if (!random && attempts_is_left(h, flow, ev, from, point, now)) {
			may_be_earlier |= !outcome_is_unproven(h) && may_be_answered(h, ev, from, now);
			continue;
		}
		fit += fit_again(h, ev, from, point);
		/* The ServerHello of another handshake, or a copy of the one that is known. */
		fit = random < 0 ? 0 : fit + 4 * random;
		/* The peer refused it and began a handshake itself: the next alert is for that one. */
		if (h->alert.ns && h->alert.level && h->relations.both_ways_ns)
			fit = 0;
		if (!best || fit > best_fit) {
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
		if (contested_fits(h, ev, attribute_sender(h, ev)) ||
		    fit_datagram(h, ev, attribute_sender(h, ev), attribute_point(ev)) >= 0)
			best = h;
	return best;
}

struct handshake *attribute_to_sent(const struct event *ev, const struct flow *flow)
{
	struct handshake *h, *best = NULL;
	uint64_t latest = 0;

	for (uint32_t i = 0; (h = flow_handshake(flow, i)); i++) {
		enum party_role from = attribute_sender(h, ev);

		if (handshake_has_seen(h, ev, from, POINT_SENT) &&
		    (!best || h->party[from].last_sent_ns > latest)) {
			best = h;
			latest = h->party[from].last_sent_ns;
		}
	}
	return best;
}

struct handshake *attribute_error(const struct flow *flow)
{
	struct handshake *h, *found = NULL, *latest = flow_handshake(flow, 0);

	for (uint32_t i = 0; (h = flow_handshake(flow, i)); i++) {
		if (!handshake_is_open(h))
			continue;
		if (found)
			found->ambiguous = true;
		else
			found = h;
	}
	/* An alert ends a handshake only as long as nothing shows that it did not. */
	return found || !latest || latest->ending.how != ENDING_ALERT ? found : latest;
}

/* A handshake that is not the latest of its flow has a new datagram: they are interleaved. */
void attribute_interleaved(struct handshake *h, const struct flow *flow)
{
	struct handshake *latest = flow ? flow_handshake(flow, 0) : NULL;

	if (!latest || latest == h || !handshake_is_open(h) ||
	    (latest->ended_ns && latest->ended_ns < h->started_ns))
		return;
	h->interleaved = true;
	latest->interleaved = true;
}
