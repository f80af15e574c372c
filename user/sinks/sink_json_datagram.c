// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The line of an event: a datagram and its records, or what became of a datagram. */
#include "sink_json.h"

#include <string.h>

#include "handshake_hello.h"
#include "names.h"
#include "text.h"

/* What became of a record or a message. */
static void put_facts(struct json_object *obj, const struct item_facts *facts)
{
	put_known(obj, "flight", facts->flight);
	put_true(obj, "retransmission", facts->retransmission);
	put_true(obj, "duplicate", facts->duplicate);
}

static struct json_object *message_object(const struct handshake *h, const struct dtls_message *msg,
					  const struct item_facts *facts)
{
	struct json_object *obj = json_object_new_object();
	const char *name = dtls_msg_type_name(msg->msg_type);

	put_string(obj, "msg_type", name ? name : "unassigned");
	if (!name)
		put_number(obj, "msg_type_number", msg->msg_type);
	put_true(obj, "hello_retry_request", h && handshake_is_retry_request(h, msg));
	put_number(obj, "message_seq", msg->message_seq);
	put_number(obj, "length", msg->length);
	put_number(obj, "fragment_offset", msg->fragment_offset);
	put_number(obj, "fragment_length", msg->fragment_length);
	put_facts(obj, facts);
	return obj;
}

static struct json_object *record_object(const struct dtls_record *rec,
					 const struct item_facts *facts)
{
	struct json_object *obj = json_object_new_object();

	if (rec->flags & DTLS_RECORD_UNIFIED) {
		put_string(obj, "content_type", "dtls13_ciphertext");
		put_number(obj, "epoch_bits", rec->epoch);
	} else {
		put_string(obj, "content_type", dtls_content_type_name(rec->content_type));
		put_string(obj, "version", dtls_version_name(rec->version));
		put_number(obj, "epoch", rec->epoch);
		put_number(obj, "seq", rec->sequence);
	}
	if (!(rec->flags & DTLS_RECORD_CID))
		put_number(obj, "length", rec->length);
	put_true(obj, "connection_id", rec->flags & DTLS_RECORD_CID);
	if (rec->flags & DTLS_RECORD_CAPWAP)
		put_string(obj, "encapsulation", "capwap");
	if (rec->flags & DTLS_RECORD_ALERT) {
		put_number(obj, "alert_level", rec->alert_level);
		put_number(obj, "alert_description", rec->alert_description);
		put_string(obj, "alert", dtls_alert_name(rec->alert_description));
	}
	put_facts(obj, facts);
	return obj;
}

static struct json_object *records_array(const struct datagram_facts *facts)
{
	struct json_object *records = json_object_new_array(), *record = NULL, *messages = NULL;
	const struct event *ev = facts->ev;

	for (uint32_t i = 0; i < ev->num_items; i++) {
		if (ev->items[i].kind == DTLS_ITEM_RECORD) {
			record = record_object(&ev->items[i].record, &facts->items[i]);
			json_object_array_add(records, record);
			messages = NULL;
			continue;
		}
		if (!record)
			continue;
		if (!messages) {
			messages = json_object_new_array();
			put(record, "messages", messages);
		}
		json_object_array_add(messages, message_object(facts->handshake, &ev->items[i].message,
							       &facts->items[i]));
	}
	return records;
}

/* An address is unknown while its port is 0. */
static void put_known_endpoint(struct json_object *obj, const char *key,
			       const struct event_endpoint *ep, bool ipv4)
{
	if (ep->port)
		put_endpoint(obj, key, ep, ipv4);
}

static void put_errno(struct json_object *obj, uint16_t error)
{
	const char *name = errno_name(error);
	char number[8];

	snprintf(number, sizeof(number), "%u", error);
	if (error)
		put_string(obj, "errno", name ? name : number);
}

static void put_drop_reason(struct json_object *obj, const struct sink *s, uint32_t reason)
{
	const char *name = NULL;

	if (reason && s->info->drop_reason_name)
		name = s->info->drop_reason_name(s->info->drop_reason_ctx, reason);
	if (name)
		put_bytes(obj, "drop_reason", name, strnlen(name, DROP_NAME_LEN));
}

static void put_both_ways(struct json_object *obj, const struct event *ev)
{
	struct event_other other = event_other_of(ev);

	put_others(obj, "sent", other.sent);
	put_others(obj, "received", other.received);
}

static void put_icmp(struct json_object *obj, const struct event *ev)
{
	struct event_reporter reporter = event_reporter_of(ev);
	bool ipv4 = ev->flags & EVENT_IPV4;
	char address[TEXT_ADDRESS_LEN];

	if (ev->icmp_type) {
		put_number(obj, "icmp_type", ev->icmp_type);
		put_number(obj, "icmp_code", ev->icmp_code);
		put_string(obj, "icmp_name", icmp_error_name(ipv4, ev->icmp_type, ev->icmp_code));
	}
	if (!event_has_reporter(ev))
		return;
	text_address(address, reporter.ip, ipv4);
	put_string(obj, "icmp_from", address);
	put_known(obj, "icmp_mtu", reporter.mtu);
}

/* Fields that only some kinds of events have. */
static void put_fate(struct json_object *obj, const struct sink *s, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;

	switch (ev->kind) {
	case EVENT_READ:
		if (ev->copied < ev->length)
			put_number(obj, "buffer", ev->copied);
		break;
	case EVENT_CLOSED:
		put_known(obj, "unread", ev->unread);
		break;
	case EVENT_DROPPED:
		put_drop_reason(obj, s, ev->drop_reason);
		break;
	case EVENT_ICMP_ERROR:
		put_icmp(obj, ev);
		put_errno(obj, ev->error);
		break;
	case EVENT_SEND_FAILED:
		put_errno(obj, ev->error);
		break;
	case EVENT_OTHER:
		put_both_ways(obj, ev);
		break;
	}
}

void sink_json_datagram(struct sink *s, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;
	bool ipv4 = ev->flags & EVENT_IPV4;
	struct json_object *obj;

	if (facts->early)	/* a line for each event */
		return;
	obj = line_new("datagram");
	put_time(obj, "time", s, ev->time_ns);
	put_number(obj, "ns", since_start(s, ev->time_ns));
	if (facts->handshake)
		put_number(obj, "handshake", facts->handshake->id);
	put_string(obj, "event", event_kind_name(ev->kind));
	put_owner(obj, ev);
	if (ev->kind != EVENT_CLOSED) {
		bool captured = event_is_captured(ev);

		put_known_endpoint(obj, captured ? "source" : "local", &ev->local, ipv4);
		put_known_endpoint(obj, captured ? "destination" : "remote", &ev->remote, ipv4);
		if (!captured && ev->kind != EVENT_LIMITED && ev->kind != EVENT_OTHER)
			put_string(obj, "direction", event_is_outgoing(ev) ? "tx" : "rx");
		if (ev->kind != EVENT_ICMP_ERROR && ev->kind != EVENT_LIMITED && ev->kind != EVENT_OTHER)
			put_number(obj, "length", ev->length);
	}
	put_known(obj, "datagram", ev->datagram);
	put_fate(obj, s, facts);
	if (event_has_items(ev->kind))
		put(obj, "records", records_array(facts));
	if (ev->malformed)
		put_string(obj, "malformed", dtls_malformed_name(ev->malformed));
	line_write(s, obj);
}
