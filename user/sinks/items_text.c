// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "items_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "handshake_hello.h"
#include "names.h"

struct writing {
	char *out;
	size_t room, len;
};

__attribute__((format(printf, 2, 3)))
static void say(struct writing *w, const char *format, ...)
{
	size_t room = w->room - w->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(w->out + w->len, room, format, args);
	va_end(args);
	w->len += (size_t)len < room ? (size_t)len : room - 1;
}

/* The same for a text as it is: most of what is said. */
static void say_text(struct writing *w, const char *text)
{
	size_t len = strlen(text), room = w->room - w->len - 1;

	if (len > room)
		len = room;
	memcpy(w->out + w->len, text, len);
	w->len += len;
	w->out[w->len] = 0;
}

static void say_message(struct writing *w, const struct handshake *h, const struct dtls_message *msg)
{
	const char *title = dtls_msg_type_title(msg->msg_type);

	if (handshake_is_retry_request(h, msg))
		say_text(w, "HelloRetryRequest");
	else if (title)
		say_text(w, title);
	else
		say(w, "handshake type %u", msg->msg_type);
	if (msg->fragment_length != msg->length && msg->fragment_length)
		say(w, " bytes %" PRIu32 "-%" PRIu32 " of %" PRIu32, msg->fragment_offset,
		    msg->fragment_offset + msg->fragment_length - 1, msg->length);
}

static void say_alert(struct writing *w, const struct dtls_record *rec)
{
	const char *name = dtls_alert_name(rec->alert_description);

	say(w, "%s alert ", rec->alert_level == DTLS_ALERT_FATAL ? "fatal" : "warning");
	if (name)
		say(w, "%s", name);
	else
		say(w, "%u", rec->alert_description);
}

static void say_record(struct writing *w, const struct dtls_record *rec, const struct item_facts *facts)
{
	if (rec->flags & DTLS_RECORD_UNIFIED)
		say(w, "DTLS 1.3 ciphertext, epoch bits %u%s", rec->epoch, facts->may_be_alert ? ", as short as an alert" : "");
	else if (rec->flags & DTLS_RECORD_ALERT)
		say_alert(w, rec);
	else if (rec->content_type == DTLS_CT_CHANGE_CIPHER_SPEC)
		say_text(w, "ChangeCipherSpec");
	else if (rec->content_type == DTLS_CT_HANDSHAKE)
		say_text(w, "encrypted handshake message");
	else if (rec->content_type == DTLS_CT_APPLICATION_DATA)
		say_text(w, "application data");
	else
		say(w, "%s%s", rec->epoch ? "encrypted " : "", dtls_content_type_name(rec->content_type));
}

/* The messages of a plaintext handshake record are shown instead of the record. */
static bool is_shown(const struct event *ev, uint32_t i)
{
	return ev->items[i].kind == DTLS_ITEM_MESSAGE || i + 1 == ev->num_items ||
	       ev->items[i + 1].kind != DTLS_ITEM_MESSAGE;
}

static void say_times(struct writing *w, uint32_t times)
{
	if (times > 1)
		say(w, " (%" PRIu32 " records)", times);
}

static void write_item(char text[ITEM_TEXT_LEN], const struct datagram_facts *facts, uint32_t i)
{
	const struct dtls_item *item = &facts->ev->items[i];
	struct writing w = { text, ITEM_TEXT_LEN, 0 };

	if (item->kind == DTLS_ITEM_MESSAGE)
		say_message(&w, facts->handshake, &item->message);
	else
		say_record(&w, &item->record, &facts->items[i]);
}

const char *items_text(char out[ITEMS_TEXT_LEN], const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	struct writing w = { out, ITEMS_TEXT_LEN, 0 };
	char text[ITEM_TEXT_LEN], before[ITEM_TEXT_LEN] = "";
	uint32_t times = 1;

	out[0] = 0;
	for (uint32_t i = 0; i < ev->num_items; i++) {
		if (!is_shown(ev, i))
			continue;
		write_item(text, facts, i);
		/* What reads as the record before is only counted. */
		if (ev->items[i].kind != DTLS_ITEM_MESSAGE && !strcmp(text, before)) {
			times++;
			continue;
		}
		say_times(&w, times);
		if (w.len)
			say_text(&w, ", ");
		say_text(&w, text);
		strcpy(before, text);
		times = 1;
	}
	say_times(&w, times);
	return out;
}

uint8_t items_only_flight(const struct datagram_facts *facts, bool *is_copy)
{
	const struct event *ev = facts->ev;
	uint8_t flight = items_flight(facts);

	*is_copy = flight;
	for (uint32_t i = 0; i < ev->num_items; i++) {
		if (!is_shown(ev, i))
			continue;
		if (facts->items[i].flight != flight)
			return 0;
		*is_copy &= facts->items[i].retransmission;
	}
	return flight;
}

bool items_were_sent_here(const struct datagram_facts *facts)
{
	const struct handshake *h = facts->handshake;

	return facts->ev->kind == EVENT_QUEUED && !facts->is_unsent &&
	       (h->party[facts->from].view[POINT_SENT].any || (facts->from == PARTY_SERVER && h->relations.echo.is_sent_here));
}

bool items_are_cut(const struct event *ev)
{
	return ev->kind == EVENT_READ && ev->copied < ev->length;
}

uint8_t items_flight(const struct datagram_facts *facts)
{
	for (uint32_t i = 0; i < facts->ev->num_items; i++)
		if (facts->items[i].flight)
			return facts->items[i].flight;
	return 0;
}
