// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines; dtlsnoop.schema.json describes them. Unknown values are absent. */
#include "sink_json.h"

#include <string.h>

#include "flights.h"
#include "names.h"

#define SCHEMA_VERSION 1
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
	put_string(obj, "host", info->host);
	put_string(obj, "boot_id", info->boot_id);
	put_string(obj, "trace_id", info->trace_id);
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
	put_known(filter, "netns", info->netns);
	put(obj, "filter", filter);
	if (info->unseen[0]) {
		list = json_object_new_array();
		for (uint32_t i = 0; info->unseen[i]; i++)
			json_object_array_add(list, json_object_new_string(info->unseen[i]));
		put(obj, "not_seen", list);
	}
	line_write(s, obj);
}

static struct json_object *party_object(const struct sink *s, const struct handshake *h,
					enum party_role role)
{
	const struct party *party = &h->party[role];
	const struct others_seen *others = others_of(h, role);
	struct json_object *obj = json_object_new_object();
	char path[512];

	put_endpoint(obj, "address", &party->address, party->ipv4);
	/* With a filter, an unseen end may still be on this host. A capture cannot tell. */
	if (party->local || !(h->captured || trace_info_is_filtered(s->info)))
		put_bool(obj, "local", party->local);
	if (party->has_owner)
		put_process(obj, party->pid, party->ns_pid, party->tid, party->uid, party->comm);
	if (party->cgroup_id) {
		put_number(obj, "cgroup_id", party->cgroup_id);
		if (s->info->cgroup_path &&
		    s->info->cgroup_path(s->info->cgroup_ctx, party->cgroup_id, path, sizeof(path)))
			put_bytes(obj, "cgroup", path, strlen(path));
	}
	put_known(obj, "netns", party->netns);
	if (others)
		put_others(obj, "other", others->total);
	return obj;
}

static struct json_object *flights_array(const struct sink *s, const struct handshake *h)
{
	struct json_object *flights = json_object_new_array();

	FOR_EACH_FLIGHT(n) {
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
		if (!flight_rule(h, n)->encrypted)
			put_bool(obj, "complete", flight->complete);
		put_number(obj, "datagrams", flight->datagrams);
		put_number(obj, "bytes", flight->bytes);
		json_object_array_add(flights, obj);
	}
	return flights;
}

static struct json_object *verdict_object(const struct handshake *h, uint64_t now)
{
	struct verdict words, *v = &words;
	struct json_object *obj = json_object_new_object(), *evidence = json_object_new_array();

	verdict_describe(h, now, v);
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
	if (v->hint[0])
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

/* { "client": ..., "server": ... }. A side that is 0 is left out unless `zeros` is set. */
static struct json_object *sides_object(uint64_t client, uint64_t server, bool zeros)
{
	struct json_object *obj = json_object_new_object();

	if (client || zeros)
		put_number(obj, "client", client);
	if (server || zeros)
		put_number(obj, "server", server);
	return obj;
}

static struct json_object *ended_object(const struct handshake *h)
{
	struct json_object *obj = json_object_new_object();

	put_string(obj, "how", ending_name(h));
	if (h->ending.how != ENDING_REPLACED && h->ending.how != ENDING_EVICTED)
		put_string(obj, "by", party_role_name(h->ending.by));
	put_number(obj, "after_ns", (h->ending.how == ENDING_ALERT ? h->alert.ns : h->ended_ns) - h->started_ns);
	return obj;
}

static void json_handshake(struct sink *s, const struct handshake *h, uint64_t now)
{
	struct json_object *obj = line_new("handshake");
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	uint64_t end = h->ended_ns ? h->ended_ns : now;

	put_time(obj, "time", s, now);
	put_number(obj, "ns", since_start(s, now));
	put_number(obj, "id", h->id);
	put_string(obj, "state", handshake_state_name(h->state));
	put(obj, "client", party_object(s, h, PARTY_CLIENT));
	put(obj, "server", party_object(s, h, PARTY_SERVER));
	if (h->version_negotiated)
		put_string(obj, "version", dtls_version_name(h->version));
	sink_json_hellos(obj, h);
	if (h->party[PARTY_SERVER].flight >= FLIGHT_SERVER_HELLO && !h->midway)
		put_bool(obj, "resumed", h->resumed);
	if (!h->midway) {
		put_time(obj, "started", s, h->started_ns);
		put_number(obj, "duration_ns", end - h->started_ns);
	}
	put(obj, "retransmissions",
	    sides_object(client->retransmissions, server->retransmissions, true));
	if (client->timer_ns || server->timer_ns)
		put(obj, "timer_ns", sides_object(client->timer_ns, server->timer_ns, false));
	put(obj, "flights", flights_array(s, h));
	if (ending_name(h))
		put(obj, "ended", ended_object(h));
	if (h->verdict.code != VERDICT_NONE)
		put(obj, "verdict", verdict_object(h, now));
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

/* What is missing, and why. */
static void put_missing(struct json_object *obj, const uint64_t counters[COUNTER_MAX])
{
	put_number(obj, "lost", counters_lost(counters));
	put_number(obj, "lost_ring_full", counters[COUNTER_LOST_RING_FULL]);
	put_number(obj, "lost_unreadable", counters[COUNTER_LOST_UNREADABLE]);
	put_number(obj, "lost_no_state", counters[COUNTER_LOST_NO_STATE]);
	put_number(obj, "lost_missed", counters[COUNTER_LOST_MISSED]);
	put_number(obj, "rate_limited", counters[COUNTER_RATE_LIMITED]);
}

static void json_lost(struct sink *s, uint64_t num, uint64_t limited, const struct trace_stats *stats,
		      uint64_t now)
{
	struct json_object *obj = line_new("loss");

	put_time(obj, "time", s, now);
	put_number(obj, "ns", since_start(s, now));
	put_missing(obj, stats->counters);
	line_write(s, obj);
}

/* A line for each socket. */
static void json_unread(struct sink *s, const struct unread *u, uint64_t now)
{
	char text[UNREAD_TEXT_LEN];

	for (uint32_t i = 0; i < u->num; i++) {
		const struct event *ev = &u->sockets[i].ev;
		struct json_object *obj = line_new("unread");

		put_time(obj, "time", s, now);
		put_number(obj, "ns", since_start(s, now));
		put_owner(obj, ev);
		put_endpoint(obj, "local", &ev->local, ev->flags & EVENT_IPV4);
		if (ev->remote.port)
			put_endpoint(obj, "remote", &ev->remote, ev->flags & EVENT_IPV4);
		put_number(obj, "datagrams", ev->unread);
		put_number(obj, "bytes", ev->length);
		if (ev->flags & EVENT_DTLS)
			put_bool(obj, "dtls", true);
		put_number(obj, "dtls_came", u->sockets[i].num_came);
		put_number(obj, "unread_ns", now - u->began_ns);
		put_string(obj, "summary", unread_write(text, &u->sockets[i], now - u->began_ns));
		put_string(obj, "hint", unread_hint);
		if (u->num_more)
			put_number(obj, "more_sockets", u->num_more);
		line_write(s, obj);
	}
}

static void json_end(struct sink *s, const struct trace_stats *stats)
{
	struct json_object *obj = line_new("stats"), *states = json_object_new_object();
	const uint64_t *n = stats->counters;

	put_number(obj, "ns", since_start(s, stats->end_ns));
	put_number(obj, "events", stats->analysis->events);
	put_number(obj, "event_bytes", stats->analysis->event_bytes);
	put_missing(obj, n);
	put_number(obj, "foreign_unreadable", n[COUNTER_FOREIGN_UNREADABLE]);
	put_number(obj, "drops_unreadable", n[COUNTER_DROPS_UNREADABLE]);
	put_number(obj, "drops_missed", n[COUNTER_DROPS_MISSED]);
	put_number(obj, "not_dtls", n[COUNTER_NOT_DTLS]);
	put_number(obj, "application_data", n[COUNTER_APPLICATION_DATA]);
	put_number(obj, "filtered", n[COUNTER_FILTERED]);
	put_number(obj, "owner_unknown", n[COUNTER_OWNER_UNKNOWN]);
	if (s->info->sees_sockets)
		put_number(obj, "sockets", n[COUNTER_SOCKETS]);
	put_true(obj, "truncated", stats->truncated);
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
	.datagram = sink_json_datagram,
	.handshake = json_handshake,
	.unread = json_unread,
	.lost = json_lost,
	.end = json_end,
};
