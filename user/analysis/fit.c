// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Choosing between several handshakes on one address pair: handshake_fit(). */
#include "flights.h"

#include "core.h"

static int fit_sequence(const struct seq_window *win, uint64_t seq)
{
	uint64_t next = win->any ? win->highest + 1 : 0;

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
	int fit = fit_sequence(rec->epoch ? &view->encrypted : &view->plain, rec->sequence);

	/* What arrives is what was sent, if that was seen. */
	if (point == POINT_ARRIVED && sent->any &&
	    seq_window_has(rec->epoch ? &sent->encrypted : &sent->plain, rec->sequence))
		fit += 4;
	return fit;
}

static int fit_message(const struct handshake *h, const struct dtls_message *msg,
		       enum party_role from)
{
	const struct party *party = &h->party[from];
	const struct message *known = flight_find_message(party, msg->message_seq, msg->msg_type);
	uint8_t flight = flight_of_message(h, from, msg);

	if (known)
		return known->length == msg->length ? 2 : -1;
	for (uint32_t i = 0; i < party->num_messages; i++)
		if (party->messages[i].message_seq == msg->message_seq)
			return -1;	/* this number is another message's */
	/* Something new is expected of the side whose turn it is. */
	return h->party[party_peer(from)].flight + 1 >= flight ? 3 : 0;
}

int handshake_fit(const struct handshake *h, const struct event *ev, enum party_role from,
		  enum point point)
{
	int fit = handshake_is_open(h), message_fit;

	for (uint32_t i = 0; i < ev->num_items; i++) {
		const struct dtls_record *rec = &ev->items[i].record;

		if (ev->items[i].kind == DTLS_ITEM_MESSAGE) {
			message_fit = fit_message(h, &ev->items[i].message, from);
			return message_fit < 0 ? message_fit : fit + message_fit;
		}
		if (i > 0 || rec->flags & DTLS_RECORD_UNIFIED)
			break;
		/* Nobody encrypts before both sides have said hello. */
		if (rec->epoch && !h->party[PARTY_SERVER].flight)
			return -1;
		fit += fit_record(&h->party[from], point, rec);
		/* Not its turn: its peer has not sent what this would answer. */
		if (flight_of_record(h, from, rec) > h->party[party_peer(from)].flight + 1)
			fit -= 3;
	}
	return fit;
}
