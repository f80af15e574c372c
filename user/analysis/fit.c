// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "fit.h"

#include "contested.h"
#include "dtls13.h"
#include "flights.h"
#include "handshake_hello.h"
#include "hello_assembly.h"

#include "core.h"

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
	/* It is complete: a part of a ClientHello that overtook its beginning, which has the random, begins another one. */
	if (msg->msg_type == DTLS_MT_CLIENT_HELLO && h->state == HANDSHAKE_COMPLETED)
		return -1;
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

int fit_datagram(const struct handshake *h, const struct event *ev, enum party_role from, enum point point)
{
	int fit = handshake_is_open(h), message_fit;
	struct hello_fragment fragment;

	/* A newer handshake ended this one, whose beginning was not seen: it gets no more datagrams. */
	if (h->midway && h->ending.how == ENDING_REPLACED)
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
