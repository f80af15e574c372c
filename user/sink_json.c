// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines; dtlsnoop.schema.json describes them. What is not known is absent. */
#include "sink.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "flights.h"
#include "names.h"
#include "text.h"

#define SCHEMA_VERSION 1
#define NS_PER_SECOND UINT64_C(1000000000)
/* Every byte of a name may become three of U+FFFD. */
#define SAFE_LEN(bytes) (3 * (bytes) + 1)

static void put(struct json_object *obj, const char *key, struct json_object *value)
{
	json_object_object_add(obj, key, value);
}

static void put_string(struct json_object *obj, const char *key, const char *text)
{
	if (text)
		put(obj, key, json_object_new_string(text));
}

static void put_bytes(struct json_object *obj, const char *key, const char *bytes, size_t len)
{
	char safe[SAFE_LEN(HELLO_SERVER_NAME_MAX)];

	text_utf8(safe, sizeof(safe), bytes, len);
	put_string(obj, key, safe);
}

static void put_number(struct json_object *obj, const char *key, uint64_t number)
{
	put(obj, key, json_object_new_uint64(number));
}

static void put_bool(struct json_object *obj, const char *key, bool value)
{
	put(obj, key, json_object_new_boolean(value));
}

static void put_endpoint(struct json_object *obj, const char *key, const struct event_endpoint *ep,
			 bool ipv4)
{
	char text[TEXT_ENDPOINT_LEN];

	text_endpoint(text, ep, ipv4);
	put_string(obj, key, text);
}

/* RFC 3339 with nanoseconds, UTC */
static void put_time(struct json_object *obj, const char *key, const struct sink *s, uint64_t ns)
{
	uint64_t wall = s->info->start_wall_ns + (ns - s->info->start_ns);
	time_t whole = wall / NS_PER_SECOND;
	char text[64];
	struct tm tm;
	size_t len;

	gmtime_r(&whole, &tm);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%09" PRIu64 "Z", wall % NS_PER_SECOND);
	put_string(obj, key, text);
}

/* Events may be older than the trace by the time it took to attach. */
static uint64_t since_start(const struct sink *s, uint64_t ns)
{
	return ns > s->info->start_ns ? ns - s->info->start_ns : 0;
}

static struct json_object *line_new(const char *type)
{
	struct json_object *obj = json_object_new_object();

	put_string(obj, "type", type);
	return obj;
}

static void line_write(struct sink *s, struct json_object *obj)
{
	int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

	fputs(json_object_to_json_string_ext(obj, flags), s->out);
	fputc('\n', s->out);
	json_object_put(obj);
}

static void json_begin(struct sink *s)
{
	const struct trace_info *info = s->info;
	struct json_object *obj = line_new("trace"), *filter = json_object_new_object();
	struct json_object *list;

	put_number(obj, "schema", SCHEMA_VERSION);
	put_string(obj, "version", info->version);
	put_string(obj, "source", info->source);
	put_string(obj, "hooks", info->hooks);
	put_string(obj, "kernel", info->kernel);
	put_time(obj, "started", s, info->start_ns);
	if (info->num_pids) {
		list = json_object_new_array();
		for (uint32_t i = 0; i < info->num_pids; i++)
			json_object_array_add(list, json_object_new_int64(info->pids[i]));
		put(filter, "pid", list);
	}
	if (info->num_ports) {
		list = json_object_new_array();
		for (uint32_t i = 0; i < info->num_ports; i++)
			json_object_array_add(list, json_object_new_int64(info->ports[i]));
		put(filter, "port", list);
	}
	if (info->follow_forks)
		put(filter, "follow_forks", json_object_new_boolean(true));
	put_string(filter, "comm", info->comm);
	put_string(filter, "cgroup", info->cgroup);
	if (info->netns)
		put_number(filter, "netns", info->netns);
	put(obj, "filter", filter);
	if (info->unseen[0]) {
		list = json_object_new_array();
		for (uint32_t i = 0; info->unseen[i]; i++)
			json_object_array_add(list, json_object_new_string(info->unseen[i]));
		put(obj, "not_seen", list);
	}
	line_write(s, obj);
}

/* What became of a record or a message. */
static void put_facts(struct json_object *obj, const struct item_facts *facts)
{
	if (facts->flight)
		put_number(obj, "flight", facts->flight);
	if (facts->retransmission)
		put_bool(obj, "retransmission", true);
	if (facts->duplicate)
		put_bool(obj, "duplicate", true);
}

static struct json_object *message_object(const struct dtls_message *msg,
					  const struct item_facts *facts)
{
	struct json_object *obj = json_object_new_object();
	const char *name = dtls_msg_type_name(msg->msg_type);

	put_string(obj, "msg_type", name ? name : "unassigned");
	if (!name)
		put_number(obj, "msg_type_number", msg->msg_type);
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
	if (rec->flags & DTLS_RECORD_CID)
		put_bool(obj, "connection_id", true);
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
		json_object_array_add(messages, message_object(&ev->items[i].message, &facts->items[i]));
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

/* What only events of some kinds have. */
static void put_fate(struct json_object *obj, const struct sink *s, const struct datagram_facts *facts)
{
	const struct event *ev = facts->ev;

	switch (ev->kind) {
	case EVENT_READ:
		if (ev->copied < ev->length)
			put_number(obj, "buffer", ev->copied);
		break;
	case EVENT_CLOSED:
		if (ev->unread)
			put_number(obj, "unread", ev->unread);
		break;
	case EVENT_DROPPED:
		put_drop_reason(obj, s, ev->drop_reason);
		break;
	case EVENT_ICMP_ERROR:
		if (ev->icmp_type) {
			put_number(obj, "icmp_type", ev->icmp_type);
			put_number(obj, "icmp_code", ev->icmp_code);
		}
		put_errno(obj, ev->error);
		break;
	case EVENT_SEND_FAILED:
		put_errno(obj, ev->error);
		break;
	}
}

static void put_owner(struct json_object *obj, const struct event *ev)
{
	if (ev->flags & EVENT_OWNER) {
		put_number(obj, "pid", ev->pid);
		put_number(obj, "tid", ev->tid);
		put_number(obj, "uid", ev->uid);
		put_bytes(obj, "comm", ev->comm, strnlen(ev->comm, sizeof(ev->comm)));
	}
	if (ev->netns)
		put_number(obj, "netns", ev->netns);
}

static void json_datagram(struct sink *s, const struct datagram_facts *facts)
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
		bool captured = ev->kind == EVENT_CAPTURED;

		put_known_endpoint(obj, captured ? "source" : "local", &ev->local, ipv4);
		put_known_endpoint(obj, captured ? "destination" : "remote", &ev->remote, ipv4);
		if (!captured)
			put_string(obj, "direction", event_is_outgoing(ev) ? "tx" : "rx");
		if (ev->kind != EVENT_ICMP_ERROR)
			put_number(obj, "length", ev->length);
	}
	if (ev->datagram)
		put_number(obj, "datagram", ev->datagram);
	put_fate(obj, s, facts);
	if (event_has_items(ev->kind))
		put(obj, "records", records_array(facts));
	if (ev->malformed)
		put_string(obj, "malformed", dtls_malformed_name(ev->malformed));
	line_write(s, obj);
}

static struct json_object *party_object(const struct sink *s, const struct handshake *h,
					enum party_role role)
{
	const struct party *party = &h->party[role];
	struct json_object *obj = json_object_new_object();
	char path[512];

	put_endpoint(obj, "address", &party->address, party->ipv4);
	/* With a filter, an end that was not seen may be on this host all the same; a capture cannot tell. */
	if (party->local || !(h->captured || trace_info_is_filtered(s->info)))
		put_bool(obj, "local", party->local);
	if (party->has_owner) {
		put_number(obj, "pid", party->pid);
		put_number(obj, "tid", party->tid);
		put_number(obj, "uid", party->uid);
		put_bytes(obj, "comm", party->comm, strnlen(party->comm, EVENT_COMM_LEN));
	}
	if (party->cgroup_id) {
		put_number(obj, "cgroup_id", party->cgroup_id);
		if (s->info->cgroup_path &&
		    s->info->cgroup_path(s->info->cgroup_ctx, party->cgroup_id, path, sizeof(path)))
			put_bytes(obj, "cgroup", path, strlen(path));
	}
	if (party->netns)
		put_number(obj, "netns", party->netns);
	return obj;
}

static struct json_object *flights_array(const struct sink *s, const struct handshake *h)
{
	struct json_object *flights = json_object_new_array();

	for (int n = 1; n <= HANDSHAKE_MAX_FLIGHT; n++) {
		const struct flight *flight = &h->flights[n];
		struct json_object *obj;

		if (!flight->copies)
			continue;
		obj = json_object_new_object();
		put_number(obj, "flight", n);
		put_string(obj, "from", party_role_name(flight->from));
		put_number(obj, "first_ns", since_start(s, flight->first_ns));
		put_number(obj, "last_ns", since_start(s, flight->last_ns));
		put_number(obj, "copies", flight->copies);
		if (!flight_is_hidden(h, n))
			put_bool(obj, "complete", flight->complete);
		put_number(obj, "datagrams", flight->datagrams);
		put_number(obj, "bytes", flight->bytes);
		json_object_array_add(flights, obj);
	}
	return flights;
}

static struct json_object *verdict_object(const struct handshake *h)
{
	const struct verdict *v = &h->verdict;
	struct json_object *obj = json_object_new_object(), *evidence = json_object_new_array();

	put_string(obj, "code", verdict_code_name(v->code));
	if (v->side != VERDICT_SIDE_UNKNOWN) {
		put_string(obj, "side", verdict_side_name(v->side));
		if (!h->captured)
			put_bool(obj, "side_local", verdict_side_is_local(h));
	}
	put_string(obj, "severity", verdict_severity_name(v->severity));
	put_string(obj, "confidence", verdict_confidence_name(v->confidence));
	put_string(obj, "summary", v->summary);
	for (uint32_t i = 0; i < v->num_evidence; i++)
		json_object_array_add(evidence, json_object_new_string(v->evidence[i]));
	put(obj, "evidence", evidence);
	put_string(obj, "hint", v->hint);
	if (v->filter[0])
		put_string(obj, "filter", v->filter);
	return obj;
}

static struct json_object *notes_array(const struct handshake *h)
{
	struct json_object *notes = json_object_new_array(), *obj;
	char text[VERDICT_TEXT_LEN];

	for (int code = 0; code < NOTE_MAX; code++) {
		if (!note_write(h, code, text))
			continue;
		obj = json_object_new_object();
		put_string(obj, "code", note_name(code));
		put_string(obj, "summary", text);
		json_object_array_add(notes, obj);
	}
	return notes;
}

/* { "client": ..., "server": ... }, each only if it is not 0 or `zeros` are wanted. */
static struct json_object *sides_object(uint64_t client, uint64_t server, bool zeros)
{
	struct json_object *obj = json_object_new_object();

	if (client || zeros)
		put_number(obj, "client", client);
	if (server || zeros)
		put_number(obj, "server", server);
	return obj;
}

static void json_handshake(struct sink *s, const struct handshake *h, uint64_t now)
{
	struct json_object *obj = line_new("handshake");
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	const struct hello *offered = &h->client_hello.hello, *chosen = &h->server_hello.hello;
	uint64_t end = h->ended_ns ? h->ended_ns : now;

	put_time(obj, "time", s, now);
	put_number(obj, "ns", since_start(s, now));
	put_number(obj, "id", h->id);
	put_string(obj, "state", handshake_state_name(h->state));
	put(obj, "client", party_object(s, h, PARTY_CLIENT));
	put(obj, "server", party_object(s, h, PARTY_SERVER));
	if (h->version_negotiated)
		put_string(obj, "version", dtls_version_name(h->version));
	if (chosen->has_cipher_suite) {
		put_string(obj, "cipher_suite", cipher_suite_name(chosen->cipher_suite));
		put_number(obj, "cipher_suite_number", chosen->cipher_suite);
	}
	if (offered->server_name_len)
		put_bytes(obj, "server_name", offered->server_name, offered->server_name_len);
	if (chosen->has_use_srtp)
		put_bool(obj, "srtp", true);
	if (h->party[PARTY_SERVER].flight >= 4)
		put_bool(obj, "resumed", h->resumed);
	put_time(obj, "started", s, h->started_ns);
	put_number(obj, "duration_ns", end - h->started_ns);
	put(obj, "retransmissions",
	    sides_object(client->retransmissions, server->retransmissions, true));
	if (client->timer_ns || server->timer_ns)
		put(obj, "timer_ns", sides_object(client->timer_ns, server->timer_ns, false));
	put(obj, "flights", flights_array(s, h));
	if (h->verdict.code != VERDICT_NONE)
		put(obj, "verdict", verdict_object(h));
	put(obj, "notes", notes_array(h));
	line_write(s, obj);
}

static struct json_object *capture_object(const uint64_t counters[CAPTURE_MAX])
{
	static const char *const names[CAPTURE_MAX] = {
		[CAPTURE_PACKETS] = "packets", [CAPTURE_UDP] = "udp", [CAPTURE_OTHER] = "other",
		[CAPTURE_FRAGMENTS] = "fragments", [CAPTURE_MALFORMED] = "malformed",
		[CAPTURE_UNKNOWN] = "unknown", [CAPTURE_CUT] = "cut",
		[CAPTURE_REASSEMBLED] = "reassembled", [CAPTURE_INCOMPLETE] = "incomplete",
		[CAPTURE_BACKWARDS] = "backwards",
	};
	struct json_object *obj = json_object_new_object();

	for (int i = 0; i < CAPTURE_MAX; i++)
		put_number(obj, names[i], counters[i]);
	return obj;
}

static void json_end(struct sink *s, const struct trace_stats *stats)
{
	struct json_object *obj = line_new("stats"), *states = json_object_new_object();
	const uint64_t *n = stats->counters;

	put_number(obj, "ns", since_start(s, stats->end_ns));
	put_number(obj, "events", stats->analysis->events);
	put_number(obj, "event_bytes", stats->analysis->event_bytes);
	put_number(obj, "lost", counters_lost(n));
	put_number(obj, "lost_ring_full", n[COUNTER_LOST_RING_FULL]);
	put_number(obj, "lost_unreadable", n[COUNTER_LOST_UNREADABLE]);
	put_number(obj, "lost_no_state", n[COUNTER_LOST_NO_STATE]);
	put_number(obj, "lost_missed", n[COUNTER_LOST_MISSED]);
	put_number(obj, "drops_unreadable", n[COUNTER_DROPS_UNREADABLE]);
	put_number(obj, "not_dtls", n[COUNTER_NOT_DTLS]);
	put_number(obj, "application_data", n[COUNTER_APPLICATION_DATA]);
	put_number(obj, "filtered", n[COUNTER_FILTERED]);
	put_number(obj, "owner_unknown", n[COUNTER_OWNER_UNKNOWN]);
	if (stats->truncated)
		put_bool(obj, "truncated", true);
	if (stats->has_capture)
		put(obj, "capture", capture_object(stats->capture));
	put_number(obj, "invalid", stats->analysis->invalid);
	put_number(obj, "no_handshake", stats->analysis->no_handshake);
	put_number(obj, "evicted", stats->analysis->evicted);
	for (int state = 0; state <= HANDSHAKE_ABANDONED; state++)
		if (stats->analysis->by_state[state])
			put_number(states, handshake_state_name(state), stats->analysis->by_state[state]);
	put(obj, "handshakes", states);
	line_write(s, obj);
}

const struct sink_ops sink_json = {
	.name = "json",
	.begin = json_begin,
	.datagram = json_datagram,
	.handshake = json_handshake,
	.end = json_end,
};
