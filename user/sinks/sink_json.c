// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines; dtlsnoop.schema.json describes them. Unknown values are absent. */
#include "sink_json.h"

#include <string.h>

#include "flights.h"
#include "names.h"
#include "text.h"

/* What the server's host sees instead of the addresses of both ends. */
static void put_translated(const struct sink *s, const struct handshake *h)
{
	struct json_writer *w = writer_of(s);
	struct event_endpoint seen[2];

	if (!sink_translated(s, h, seen))
		return;
	json_open_object(w, "translated");
	for (int role = PARTY_CLIENT; role <= PARTY_SERVER; role++)
		put_endpoint(w, party_role_name(role), &seen[role], text_is_mapped(seen[role].ip));
	json_close_object(w);
}

static void put_flights(const struct sink *s, const struct handshake *h)
{
	struct json_writer *w = writer_of(s);

	json_open_array(w, "flights");
	FOR_EACH_FLIGHT(n) {
		const struct flight *flight = &h->flights[n];

		if (!flight->copies)
			continue;
		json_open_object(w, NULL);
		json_put_number(w, "flight", n);
		put_string(w, "from", party_role_name(flight->from));
		json_put_number(w, "first_ns", since_start(s, flight->first_ns));
		json_put_number(w, "last_ns", since_start(s, flight->last_ns));
		json_put_number(w, "copies", flight->copies);
		if (!flight_rule(h, n)->encrypted)
			json_put_bool(w, "complete", flight->complete);
		json_put_number(w, "datagrams", flight->datagrams);
		json_put_number(w, "bytes", flight->bytes);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_verdict(struct json_writer *w, const struct handshake *h, uint64_t now)
{
	struct verdict words, *v = &words;

	verdict_describe(h, now, v);
	json_open_object(w, "verdict");
	put_string(w, "code", verdict_code_name(v->code));
	if (v->side != VERDICT_SIDE_UNKNOWN) {
		put_string(w, "side", verdict_side_name(v->side));
		if (!h->captured)
			json_put_bool(w, "side_local", verdict_side_is_local(h));
	}
	put_string(w, "severity", verdict_severity_name(v->severity));
	put_string(w, "confidence", verdict_confidence_name(v->confidence));
	if (v->doubt)
		put_string(w, "doubt", v->doubt);
	put_string(w, "witness", verdict_witness_name(h->verdict.witness));
	put_string(w, "summary", v->summary);
	json_open_array(w, "evidence");
	for (uint32_t i = 0; i < v->num_evidence; i++)
		put_string(w, NULL, v->evidence[i]);
	json_close_array(w);
	if (v->hint[0])
		put_string(w, "hint", v->hint);
	if (v->filter[0])
		put_string(w, "filter", v->filter);
	json_close_object(w);
}

static void put_notes(struct json_writer *w, const struct handshake *h)
{
	char text[VERDICT_TEXT_LEN];

	json_open_array(w, "notes");
	for (int code = 0; code < NOTE_MAX; code++) {
		if (!note_write(h, code, text))
			continue;
		json_open_object(w, NULL);
		put_string(w, "code", note_name(code));
		put_string(w, "summary", text);
		json_close_object(w);
	}
	json_close_array(w);
}

/* { "client": ..., "server": ... }. A side that is 0 is left out unless `zeros` is set. */
static void put_sides(struct json_writer *w, const char *key, uint64_t client, uint64_t server, bool zeros)
{
	json_open_object(w, key);
	if (client || zeros)
		json_put_number(w, "client", client);
	if (server || zeros)
		json_put_number(w, "server", server);
	json_close_object(w);
}

static void put_ended(struct json_writer *w, const struct handshake *h)
{
	json_open_object(w, "ended");
	put_string(w, "how", ending_name(h));
	if (h->ending.how != ENDING_REPLACED && h->ending.how != ENDING_EVICTED)
		put_string(w, "by", party_role_name(h->ending.by));
	json_put_number(w, "after_ns", (h->ending.how == ENDING_ALERT ? h->alert.ns : h->ended_ns) - h->started_ns);
	json_close_object(w);
}

static void write_handshake(struct sink *s, const struct handshake *h, uint64_t now)
{
	struct json_writer *w = line_begin_at(s, "handshake", now);
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	uint64_t end = h->ended_ns ? h->ended_ns : now;

	json_put_number(w, "id", h->id);
	put_true(w, "final", handshake_is_last(h));
	put_string(w, "state", handshake_state_name(h->state));
	sink_json_party(s, h, PARTY_CLIENT, now);
	sink_json_party(s, h, PARTY_SERVER, now);
	put_translated(s, h);
	if (h->version_negotiated)
		put_string(w, "version", dtls_version_name(h->version));
	sink_json_hellos(w, h);
	if (h->party[PARTY_SERVER].flight >= FLIGHT_SERVER_HELLO && !h->midway)
		json_put_bool(w, "resumed", h->resumed);
	if (!h->midway) {
		put_time(s, "started", h->started_ns);
		json_put_number(w, "duration_ns", end - h->started_ns);
	}
	put_sides(w, "retransmissions", client->retransmissions, server->retransmissions, true);
	if (client->timer_ns || server->timer_ns)
		put_sides(w, "timer_ns", client->timer_ns, server->timer_ns, false);
	put_flights(s, h);
	if (ending_name(h))
		put_ended(w, h);
	if (h->verdict.code != VERDICT_NONE)
		put_verdict(w, h, now);
	put_notes(w, h);
	line_end(w);
}

static void put_capture(struct json_writer *w, const uint64_t counters[CAPTURE_MAX])
{
	static const char *const names[CAPTURE_MAX] = {
		[CAPTURE_PACKETS] = "packets", [CAPTURE_UDP] = "udp", [CAPTURE_OTHER] = "other",
		[CAPTURE_FRAGMENTS] = "fragments", [CAPTURE_MALFORMED] = "malformed",
		[CAPTURE_UNKNOWN] = "unknown", [CAPTURE_CUT] = "cut",
		[CAPTURE_REASSEMBLED] = "reassembled", [CAPTURE_INCOMPLETE] = "incomplete",
		[CAPTURE_BACKWARDS] = "backwards",
	};

	json_open_object(w, "capture");
	for (int i = 0; i < CAPTURE_MAX; i++)
		json_put_number(w, names[i], counters[i]);
	json_close_object(w);
}

/* What is missing, and why. */
static void put_missing(struct json_writer *w, const uint64_t counters[COUNTER_MAX])
{
	json_put_number(w, "lost", counters_lost(counters));
	json_put_number(w, "lost_ring_full", counters[COUNTER_LOST_RING_FULL]);
	json_put_number(w, "lost_unreadable", counters[COUNTER_LOST_UNREADABLE]);
	json_put_number(w, "lost_no_state", counters[COUNTER_LOST_NO_STATE]);
	json_put_number(w, "lost_missed", counters[COUNTER_LOST_MISSED]);
	json_put_number(w, "rate_limited", counters[COUNTER_RATE_LIMITED]);
}

static void write_lost(struct sink *s, uint64_t num, uint64_t limited, const struct trace_stats *stats,
		      uint64_t now)
{
	struct json_writer *w = line_begin_at(s, "loss", now);

	put_missing(w, stats->counters);
	line_end(w);
}

/* A line for each socket. */
static void write_unread(struct sink *s, const struct unread *u, uint64_t now)
{
	char text[UNREAD_TEXT_LEN];

	for (uint32_t i = 0; i < u->num; i++) {
		const struct event *ev = &u->sockets[i].ev;
		struct json_writer *w = line_begin_at(s, "unread", now);

		put_owner(w, ev);
		put_endpoint(w, "local", &ev->local, ev->flags & EVENT_IPV4);
		if (ev->remote.port)
			put_endpoint(w, "remote", &ev->remote, ev->flags & EVENT_IPV4);
		json_put_number(w, "datagrams", ev->unread);
		json_put_number(w, "bytes", ev->length);
		if (ev->flags & EVENT_DTLS)
			json_put_bool(w, "dtls", true);
		json_put_number(w, "dtls_came", u->sockets[i].num_came);
		json_put_number(w, "unread_ns", now - u->began_ns);
		put_string(w, "summary", unread_write(text, &u->sockets[i], now - u->began_ns));
		put_string(w, "hint", unread_hint);
		if (u->num_more)
			json_put_number(w, "more_sockets", u->num_more);
		line_end(w);
	}
}

static void put_otlp(struct json_writer *w, const struct trace_stats *stats)
{
	json_open_object(w, "otlp");
	json_put_number(w, "delivered", stats->otlp.delivered);
	json_put_number(w, "lost", stats->otlp.lost);
	json_put_number(w, "waiting", stats->otlp.waiting);
	json_close_object(w);
}

static void write_stats(struct sink *s, const struct trace_stats *stats)
{
	struct json_writer *w = line_begin_at(s, "stats", stats->end_ns);
	const uint64_t *n = stats->counters;

	json_put_number(w, "events", stats->analysis->events);
	json_put_number(w, "event_bytes", stats->analysis->event_bytes);
	put_missing(w, n);
	json_put_number(w, "lost_rest", counters_lost_rest(n));
	json_put_number(w, "foreign_unreadable", n[COUNTER_FOREIGN_UNREADABLE]);
	json_put_number(w, "drops_unreadable", n[COUNTER_DROPS_UNREADABLE]);
	json_put_number(w, "drops_missed", n[COUNTER_DROPS_MISSED]);
	json_put_number(w, "not_dtls", n[COUNTER_NOT_DTLS]);
	json_put_number(w, "application_data", n[COUNTER_APPLICATION_DATA]);
	json_put_number(w, "filtered", n[COUNTER_FILTERED]);
	json_put_number(w, "owner_unknown", n[COUNTER_OWNER_UNKNOWN]);
	put_known(w, "library_limited", n[COUNTER_LIBRARY_LIMITED]);
	if (s->info->sees_sockets)
		json_put_number(w, "sockets", n[COUNTER_SOCKETS]);
	put_true(w, "truncated", stats->truncated);
	if (stats->has_capture)
		put_capture(w, stats->capture);
	if (stats->otlp.is_wanted)
		put_otlp(w, stats);
	json_put_number(w, "invalid", stats->analysis->invalid);
	json_put_number(w, "no_handshake", stats->analysis->no_handshake);
	json_put_number(w, "evicted", stats->analysis->evicted);
	json_open_object(w, "handshakes");
	for (int state = 0; state <= HANDSHAKE_ABANDONED; state++)
		if (stats->analysis->by_state[state])
			json_put_number(w, handshake_state_name(state), stats->analysis->by_state[state]);
	json_close_object(w);
	json_open_object(w, "verdicts");
	for (int code = VERDICT_NONE + 1; code < VERDICT_MAX; code++)
		put_known(w, verdict_code_name(code), stats->analysis->by_verdict[code]);
	json_close_object(w);
	line_end(w);
}

static bool begin(struct sink *s)
{
	json_begin(writer_of(s), s->out);
	sink_json_trace(s);
	return true;
}

const struct sink_ops sink_json = {
	.name = "json",
	.help = "one JSON object a line, for programs",
	.state_size = sizeof(struct json_state),
	.begin = begin,
	.datagram = sink_json_datagram,
	.handshake = write_handshake,
	.settled = write_handshake,
	.library_error = sink_json_library_error,
	.library = sink_json_library,
	.unread = write_unread,
	.lost = write_lost,
	.gap = sink_json_gap,
	.stats = write_stats,
	.end = write_stats,
};
