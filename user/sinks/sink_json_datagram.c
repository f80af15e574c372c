// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The line of an event: a datagram and its records, or what became of a datagram. */
#include "sink_json.h"

#include <string.h>

#include "handshake_hello.h"
#include "names.h"
#include "text.h"

/* What became of a record or a message. */
static void put_facts(struct json_writer *w, const struct item_facts *facts)
{
	put_known(w, "flight", facts->flight);
	put_true(w, "retransmission", facts->retransmission);
	put_true(w, "duplicate", facts->duplicate);
}

static void put_message(struct json_writer *w, const struct handshake *h, const struct dtls_message *msg,
			const struct item_facts *facts)
{
	const char *name = dtls_msg_type_name(msg->msg_type);

	json_open_object(w, NULL);
	put_string(w, "msg_type", name ? name : "unassigned");
	if (!name)
		json_put_number(w, "msg_type_number", msg->msg_type);
	put_true(w, "hello_retry_request", h && handshake_is_retry_request(h, msg));
	json_put_number(w, "message_seq", msg->message_seq);
	json_put_number(w, "length", msg->length);
	json_put_number(w, "fragment_offset", msg->fragment_offset);
	json_put_number(w, "fragment_length", msg->fragment_length);
	put_facts(w, facts);
	json_close_object(w);
}

/* The fields of a record, within its object. */
static void put_record(struct json_writer *w, const struct dtls_record *rec, const struct item_facts *facts)
{
	if (rec->flags & DTLS_RECORD_UNIFIED) {
		put_string(w, "content_type", "dtls13_ciphertext");
		json_put_number(w, "epoch_bits", rec->epoch);
	} else {
		put_string(w, "content_type", dtls_content_type_name(rec->content_type));
		put_string(w, "version", dtls_version_name(rec->version));
		json_put_number(w, "epoch", rec->epoch);
		json_put_number(w, "seq", rec->sequence);
	}
	if (!(rec->flags & DTLS_RECORD_CID))
		json_put_number(w, "length", rec->length);
	put_true(w, "connection_id", rec->flags & DTLS_RECORD_CID);
	if (rec->flags & DTLS_RECORD_CAPWAP)
		put_string(w, "encapsulation", "capwap");
	put_true(w, "may_be_alert", facts->may_be_alert);
	if (rec->flags & DTLS_RECORD_ALERT) {
		json_put_number(w, "alert_level", rec->alert_level);
		json_put_number(w, "alert_description", rec->alert_description);
		put_string(w, "alert", dtls_alert_name(rec->alert_description));
	}
	put_facts(w, facts);
}

/* The messages that follow the record at `i`. Returns how many there are. */
static uint32_t put_messages(struct json_writer *w, const struct datagram_facts *facts, uint32_t i)
{
	const struct event *ev = facts->ev;
	uint32_t first = ++i;

	for (; i < ev->num_items && ev->items[i].kind != DTLS_ITEM_RECORD; i++) {
		if (i == first)
			json_open_array(w, "messages");
		put_message(w, facts->handshake, &ev->items[i].message, &facts->items[i]);
	}
	if (i > first)
		json_close_array(w);
	return i - first;
}

static void put_records(struct json_writer *w, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;

	json_open_array(w, "records");
	for (uint32_t i = 0; i < ev->num_items; i++) {
		if (ev->items[i].kind != DTLS_ITEM_RECORD)
			continue;
		json_open_object(w, NULL);
		put_record(w, &ev->items[i].record, &facts->items[i]);
		i += put_messages(w, facts, i);
		json_close_object(w);
	}
	json_close_array(w);
}

/* An address is unknown while its port is 0. */
static void put_known_endpoint(struct json_writer *w, const char *key,
			       const struct event_endpoint *ep, bool ipv4)
{
	if (ep->port)
		put_endpoint(w, key, ep, ipv4);
}

static void put_errno(struct json_writer *w, uint16_t error)
{
	const char *name = errno_name(error);
	char number[8];

	snprintf(number, sizeof(number), "%u", error);
	if (error)
		put_string(w, "errno", name ? name : number);
}

static void put_drop_reason(struct json_writer *w, const struct sink *s, uint32_t reason)
{
	const char *name = NULL;

	if (reason && s->info->drop_reason_name)
		name = s->info->drop_reason_name(s->info->drop_reason_ctx, reason);
	if (name)
		put_text(w, "drop_reason", name, strnlen(name, DROP_NAME_LEN));
}

static void put_both_ways(struct json_writer *w, const struct event *ev)
{
	struct event_other other = event_other_of(ev);

	put_others(w, "sent", other.sent);
	put_others(w, "received", other.received);
}

static void put_icmp(struct json_writer *w, const struct event *ev)
{
	struct event_reporter reporter = event_reporter_of(ev);
	bool ipv4 = ev->flags & EVENT_IPV4;
	char address[TEXT_ADDRESS_LEN];

	if (ev->icmp_type) {
		json_put_number(w, "icmp_type", ev->icmp_type);
		json_put_number(w, "icmp_code", ev->icmp_code);
		put_string(w, "icmp_name", icmp_error_name(ipv4, ev->icmp_type, ev->icmp_code));
	}
	if (!event_has_reporter(ev))
		return;
	text_address(address, reporter.ip, ipv4);
	put_string(w, "icmp_from", address);
	put_known(w, "icmp_mtu", reporter.mtu);
}

/* Fields that only some kinds of events have. */
static void put_fate(struct json_writer *w, const struct sink *s, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;

	switch (ev->kind) {
	case EVENT_READ:
		if (ev->copied < ev->length)
			json_put_number(w, "buffer", ev->copied);
		break;
	case EVENT_CLOSED:
		put_known(w, "unread", ev->unread);
		break;
	case EVENT_DROPPED:
		put_drop_reason(w, s, ev->drop_reason);
		break;
	case EVENT_ICMP_ERROR:
		put_icmp(w, ev);
		put_errno(w, ev->error);
		break;
	case EVENT_SEND_FAILED:
		put_errno(w, ev->error);
		break;
	case EVENT_OTHER:
		put_both_ways(w, ev);
		break;
	}
}

void sink_json_datagram(struct sink *s, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	bool ipv4 = ev->flags & EVENT_IPV4;
	struct json_writer *w;

	if (facts->early)	/* a line for each event */
		return;
	w = line_begin(s, "datagram");
	put_time(s, "time", ev->time_ns);
	put_unix(s, ev->time_ns);
	json_put_number(w, "ns", since_start(s, ev->time_ns));
	if (facts->handshake)
		json_put_number(w, "handshake", facts->handshake->id);
	put_string(w, "event", event_kind_name(ev->kind));
	put_host_label(s, ev->host);
	put_owner(w, ev);
	if (ev->kind != EVENT_CLOSED) {
		bool captured = event_is_captured(ev);

		put_known_endpoint(w, captured ? "source" : "local", &ev->local, ipv4);
		put_known_endpoint(w, captured ? "destination" : "remote", &ev->remote, ipv4);
		if (!captured && ev->kind != EVENT_LIMITED && ev->kind != EVENT_OTHER)
			put_string(w, "direction", event_is_outgoing(ev) ? "tx" : "rx");
		if (ev->kind != EVENT_ICMP_ERROR && ev->kind != EVENT_LIMITED && ev->kind != EVENT_OTHER)
			json_put_number(w, "length", ev->length);
	}
	put_known(w, "datagram", ev->datagram);
	put_fate(w, s, facts);
	if (event_has_items(ev->kind))
		put_records(w, facts);
	if (ev->malformed)
		put_string(w, "malformed", dtls_malformed_name(ev->malformed));
	if (s->verbosity && !s->info->num_hosts)
		put_raw(s, ev);
	line_end(w);
}
