// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "unsent.h"

#include "flights.h"

#include "core.h"

/* Older records are not in the window. */
#define WINDOW_LEN 64

static bool has_sent_number(const struct view *sent, const struct dtls_record *rec)
{
	const struct seq_window *win = view_numbers(sent, rec->epoch);

	/* A later epoch belongs to a renegotiation; a connection ID hides the number. */
	if (!win || rec->content_type == DTLS_CT_CID)
		return true;
	if (win->any && rec->sequence + WINDOW_LEN <= win->highest)
		return true;
	return seq_window_has(win, rec->sequence);
}

/* Did it send a record with this number and content? Of the content, only what is known for certain counts. */
static bool has_sent_record(const struct handshake *h, enum party_role from, const struct dtls_record *rec)
{
	const struct view *sent = &h->party[from].view[POINT_SENT];

	if (rec->flags & DTLS_RECORD_UNIFIED)
		return true;
	if (!has_sent_number(sent, rec))
		return false;
	if (rec->content_type == DTLS_CT_CHANGE_CIPHER_SPEC && !rec->epoch)
		return sent->ccs_ns;
	if (rec->content_type == DTLS_CT_ALERT && !rec->epoch && rec->alert_level == DTLS_ALERT_FATAL)
		return h->alert.is_local && h->alert.from == from;
	return true;
}

/*
 * Messages that belong to no flight, and more messages than are kept, are not known. Nor is
 * each fragment of a message: see COVERAGE_MAX_RANGES.
 */
static bool has_sent_message(const struct party *from, const struct dtls_message *msg)
{
	const struct message *known = flight_known_message(from, msg->message_seq, msg->msg_type);

	if (msg->msg_type == DTLS_MT_HELLO_REQUEST || from->num_messages == HANDSHAKE_MAX_MESSAGES)
		return true;
	return known && known->length == msg->length &&
	       (known->seen[POINT_SENT].num_ranges || known->seen[POINT_SENT].empty_seen);
}

/* Which flight has this item of a datagram from `from`? FLIGHT_NONE: none for certain. */
static uint8_t flight_of_item(const struct handshake *h, const struct dtls_item *item, enum party_role from)
{
	if (item->kind == DTLS_ITEM_MESSAGE)
		/* A client may answer a cookie request that was sent before the trace began. */
		return item->message.msg_type == DTLS_MT_CLIENT_HELLO ? FLIGHT_NONE :
		       flight_of_message(h, from, &item->message);
	return item->record.flags & DTLS_RECORD_UNIFIED ? FLIGHT_NONE : flight_of_record(h, from, &item->record);
}

/* It answers a flight that its receiver, on this host, has not sent yet. */
static bool is_premature(const struct handshake *h, const struct event *ev, enum party_role from)
{
	const struct party *receiver = &h->party[party_peer(from)];

	if (!receiver->local || !receiver->view[POINT_SENT].any)
		return false;
	for (uint32_t i = 0; i < ev->num_items; i++)
		if (flight_rule(h, flight_of_item(h, &ev->items[i], from))->answers > receiver->flight)
			return true;
	return false;
}

static bool is_unsent(const struct handshake *h, const struct event *ev, enum party_role from)
{
	const struct party *sender = &h->party[from];

	if (!sender->local || !sender->view[POINT_SENT].any)
		return false;
	for (uint32_t i = 0; i < ev->num_items; i++)
		if (ev->items[i].kind == DTLS_ITEM_RECORD ? !has_sent_record(h, from, &ev->items[i].record) :
							    !has_sent_message(sender, &ev->items[i].message))
			return true;
	return false;
}

bool unsent_is(const struct handshake *h, const struct event *ev, enum party_role from, enum point point)
{
	/* What was not seen may have been sent all the same. */
	if (point == POINT_SENT || h->captured || h->events_lost || h->missing || h->midway ||
	    !(handshake_is_open(h) || h->state == HANDSHAKE_ABANDONED))
		return false;
	return is_unsent(h, ev, from) || is_premature(h, ev, from);
}
