// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flights.h"
#include "names.h"
#include "text.h"

#include "core.h"

#define SECOND 1000000000ULL

static double seconds(uint64_t ns)
{
	return (double)ns / SECOND;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* --- conditions --- */

/* Is somebody bound to answer this flight? (RFC 6347 s4.2.4 figures 1 and 2) */
static bool expects_answer(const struct handshake *h, uint8_t flight)
{
	switch (flight) {
	case 1: case 3: case 4:
		return true;
	case 5:
		return !h->resumed;
	}
	return false;	/* 2 is sent from no state; 6 and 5' are the last */
}

/*
 * Has the whole next flight of the peer got to this side? Until then its timer
 * runs (s4.2.4). If the tracer may have missed some of it, its beginning is enough.
 */
static bool is_answered(const struct handshake *h, enum party_role role)
{
	enum party_role peer = party_peer(role);
	enum point point = handshake_receiving_point(h, peer);
	bool lossy = h->events_lost || h->party[peer].num_messages == HANDSHAKE_MAX_MESSAGES;

	if (lossy)
		return h->party[peer].flight_at[point] > h->party[role].flight;
	for (int n = h->party[role].flight + 1; n <= HANDSHAKE_MAX_FLIGHT; n++)
		if (h->flights[n].copies && h->flights[n].from == peer &&
		    (point == POINT_ARRIVED ? h->flights[n].arrived : h->flights[n].complete))
			return true;
	return false;
}

/* The last time that this side moved, or that a part of what it waits for was on its way. */
static uint64_t idle_since(const struct handshake *h, enum party_role role)
{
	uint64_t since = h->party[role].last_sent_ns;

	for (int n = h->party[role].flight + 1; n <= HANDSHAKE_MAX_FLIGHT; n++)
		if (h->flights[n].copies && h->flights[n].last_ns > since)
			since = h->flights[n].last_ns;
	return since;
}

/* The peer of `role` was not heard through so many copies of its flight that it is silent. */
static uint64_t peer_is_silent_from(const struct handshake *h, const struct verdict_options *opts,
				    enum party_role role)
{
	const struct party *party = &h->party[role];

	if (party->unheard_copies < PARTY_MANY_COPIES)
		return UINT64_MAX;
	/* The last of them is given a second to be answered. */
	return max_u64(party->unheard_ns[0] + opts->floor_ns,
		       party->unheard_ns[PARTY_MANY_COPIES - 1] + SECOND);
}

/* `role` sent its flight, got no answer and lets its timer pass. Seen at its own socket only. */
static uint64_t not_retransmitting_from(const struct handshake *h,
					const struct verdict_options *opts, enum party_role role)
{
	const struct party *party = &h->party[role];
	const struct flight *flight = &h->flights[party->flight];

	if (flight->copies >= PARTY_MANY_COPIES || !party->view[POINT_SENT].any)
		return UINT64_MAX;
	return idle_since(h, role) +
	       max_u64(2 * handshake_timer_ns(h, role), opts->floor_ns);
}

static enum verdict_side side_of(enum party_role role)
{
	return role == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER;
}

enum verdict_code verdict_stuck(const struct handshake *h, const struct verdict_options *opts,
				uint64_t now, enum verdict_side *side, uint64_t *due_ns)
{
	*due_ns = UINT64_MAX;
	if (h->is_dtls13)
		return VERDICT_NONE;
	for (int i = 0; i < PARTY_MAX; i++) {
		enum party_role role = i, peer = party_peer(role);
		uint64_t silent, idle;

		if (!h->party[role].flight || !expects_answer(h, h->party[role].flight) ||
		    is_answered(h, role))
			continue;
		silent = peer_is_silent_from(h, opts, role);
		if (silent <= now) {
			*side = side_of(peer);
			return h->party[peer].last_sent_ns ? VERDICT_PEER_SILENT : VERDICT_NO_RESPONSE;
		}
		idle = not_retransmitting_from(h, opts, role);
		if (idle <= now) {
			*side = side_of(role);
			return VERDICT_NOT_RETRANSMITTING;
		}
		if (silent < *due_ns)
			*due_ns = silent;
		if (idle < *due_ns)
			*due_ns = idle;
	}
	return VERDICT_NONE;
}

/* --- sentences --- */

__attribute__((format(__printf__, 2, 3)))
static void say(char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, VERDICT_TEXT_LEN, format, args);
	va_end(args);
}

#define EVIDENCE(v, ...) \
	do { \
		if ((v)->num_evidence < VERDICT_MAX_EVIDENCE) \
			say((v)->evidence[(v)->num_evidence++], __VA_ARGS__); \
	} while (0)

const char *verdict_party(char out[VERDICT_PARTY_LEN], const struct handshake *h, int role)
{
	const struct party *party = &h->party[role];
	char address[TEXT_ENDPOINT_LEN], comm[4 * EVENT_COMM_LEN + 1];
	int len;

	text_endpoint(address, &party->address, party->ipv4);
	len = snprintf(out, VERDICT_PARTY_LEN, "%s %s", party_role_name(role), address);
	if (party->has_owner) {
		text_escape(comm, sizeof(comm), party->comm, strnlen(party->comm, EVENT_COMM_LEN));
		snprintf(out + len, VERDICT_PARTY_LEN - len, " (%s pid %u)", comm, party->pid);
	}
	return out;
}

/* "once", "twice", "3 times" */
static const char *times_text(char out[24], uint32_t times)
{
	if (times == 1)
		return "once";
	if (times == 2)
		return "twice";
	snprintf(out, 24, "%u times", times);
	return out;
}

/* " (0.0, 1.0, 3.0 s)": when the copies began, since the handshake did. */
static const char *copies_text(char out[80], const struct handshake *h, const struct flight *flight)
{
	uint32_t num = flight->copies;
	int len = 0;

	if (num > FLIGHT_MAX_COPY_TIMES)
		num = FLIGHT_MAX_COPY_TIMES;
	for (uint32_t i = 0; i < num; i++)
		len += snprintf(out + len, 80 - len, "%s%.1f", i ? ", " : "",
				seconds(flight->copy_ns[i] - h->started_ns));
	snprintf(out + len, 80 - len, "%s s", flight->copies > num ? ", ..." : "");
	return out;
}

static void evidence_copies(struct verdict *v, const struct handshake *h, enum party_role role)
{
	const struct party *receiver = &h->party[party_peer(role)];
	uint8_t number = h->party[role].flight;
	const struct flight *flight = &h->flights[number];
	char times[24], copies[80];
	const char *fate = "";

	if (!number)
		return;
	if (flight->arrived && receiver->last_read >= flight->last_datagram)
		fate = "; all of it reached this host and was read";
	else if (flight->arrived)
		fate = "; all of it reached this host";
	EVIDENCE(v, "%s sent flight %u %s (at %s)%s", party_role_name(role), number,
		 times_text(times, flight->copies), copies_text(copies, h, flight), fate);
}

static void evidence_no_errors(struct verdict *v, const struct handshake *h, enum party_role role)
{
	if (h->flights[4].copies > 1 && flight_sent_type(&h->party[role], DTLS_MT_CERTIFICATE))
		EVIDENCE(v, "the repeated Certificate fragments are retransmissions, not errors");
}

static void write_not_retransmitting(struct verdict *v, const struct handshake *h,
				     enum party_role role, uint64_t now)
{
	const struct party *party = &h->party[role];
	const struct flight *flight = &h->flights[party->flight];
	uint64_t timer = handshake_timer_ns(h, role);
	char text[VERDICT_PARTY_LEN], times[24];

	say(v->summary, "%s is not retransmitting", verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "%s sent flight %u %s, %.1f s ago, and nothing since; its timer (%s %.1f s) was due %.1f s ago",
		 party_role_name(role), party->flight, times_text(times, flight->copies),
		 seconds(now - party->last_sent_ns), party->timer_ns ? "seen:" : "assumed:",
		 seconds(timer), seconds(now - party->last_sent_ns - timer));
	evidence_no_errors(v, h, party_peer(role));
}

static void write_no_response(struct verdict *v, const struct handshake *h, enum party_role role,
			      uint64_t now)
{
	char text[VERDICT_PARTY_LEN];

	say(v->summary, "no response from %s", verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "nothing from %s was seen in %.1f s", party_role_name(role),
		 seconds(now - h->started_ns));
}

static void write_peer_silent(struct verdict *v, const struct handshake *h, enum party_role role,
			      uint64_t now)
{
	const struct party *party = &h->party[role];
	char text[VERDICT_PARTY_LEN];

	say(v->summary, "%s answered before and is silent now: %s", verdict_party(text, h, role),
	    party->view[POINT_SENT].any ? "it sends nothing" : "the peer or the path");
	evidence_copies(v, h, party_peer(role));
	EVIDENCE(v, "the last of %s was flight %u, %.1f s ago", party_role_name(role),
		 party->flight, seconds(now - party->last_sent_ns));
}

static void write_alert(struct verdict *v, const struct handshake *h, enum party_role role,
			uint64_t now)
{
	const char *name = dtls_alert_name(h->alert_description);
	char text[VERDICT_PARTY_LEN];

	(void)now;
	say(v->summary, "%s ended the handshake with the fatal alert %s (%u)",
	    verdict_party(text, h, role), name ? name : "unassigned", h->alert_description);
	EVIDENCE(v, "alert level %u, description %u, in plaintext, %.3f s after the first ClientHello",
		 h->alert_level, h->alert_description, seconds(h->ended_ns - h->started_ns));
}

static void write_completed(struct verdict *v, const struct handshake *h, enum party_role role,
			    uint64_t now)
{
	(void)role;
	say(v->summary, "completed in %.3f s%s", seconds(now - h->started_ns),
	    h->resumed ? ", session resumed" : "");
}

static void write_closed(struct verdict *v, const struct handshake *h, enum party_role role,
			 uint64_t now)
{
	char text[VERDICT_PARTY_LEN];

	say(v->summary, "%s closed its socket, or ended, before the handshake was complete",
	    verdict_party(text, h, role));
	evidence_copies(v, h, party_peer(role));
	evidence_copies(v, h, role);
	EVIDENCE(v, "closed %.1f s after the first ClientHello", seconds(now - h->started_ns));
}

static void write_evicted(struct verdict *v, const struct handshake *h, enum party_role role,
			  uint64_t now)
{
	(void)role;
	say(v->summary, "no longer followed: the table of handshakes is full");
	EVIDENCE(v, "its last datagram was %.1f s ago", seconds(now - h->last_ns));
}

/* --- the table --- */

static const struct row {
	const char *name;
	enum verdict_severity severity;
	void (*write)(struct verdict *v, const struct handshake *h, enum party_role role,
		      uint64_t now);
	const char *hint;
} rows[] = {
	[VERDICT_COMPLETED] = { "completed", SEVERITY_OK, write_completed, NULL },
	[VERDICT_NOT_RETRANSMITTING] = {
		"not-retransmitting", SEVERITY_FAULT, write_not_retransmitting,
		"the application has to drive the DTLS timer "
		"(OpenSSL: DTLSv1_get_timeout and DTLSv1_handle_timeout)",
	},
	[VERDICT_NO_RESPONSE] = {
		"no-response", SEVERITY_FAULT, write_no_response,
		"is the peer up, on this address and port, and does UDP pass both ways? "
		"Seen from one host, a peer that sends nothing and a path that loses everything look alike",
	},
	[VERDICT_PEER_SILENT] = {
		"peer-silent", SEVERITY_FAULT, write_peer_silent,
		"trace at the other end too: seen from one host, a peer that does not send "
		"and a path that loses its datagrams look alike",
	},
	[VERDICT_ALERT] = {
		"alert", SEVERITY_FAULT, write_alert,
		"the side that sent the alert refused: its log says why",
	},
	[VERDICT_CLOSED_BY_APPLICATION] = {
		"closed-by-application", SEVERITY_WARNING, write_closed,
		"did the application give up too early, or crash? Its log says why",
	},
	[VERDICT_EVICTED] = {
		"evicted", SEVERITY_INFO, write_evicted,
		"raise --max-handshakes, or trace less (-p, -P)",
	},
};

const char *verdict_code_name(enum verdict_code code)
{
	return code == VERDICT_NONE ? "none" : rows[code].name;
}

const char *verdict_severity_name(enum verdict_severity severity)
{
	switch (severity) {
	case SEVERITY_OK: return "ok";
	case SEVERITY_INFO: return "info";
	case SEVERITY_WARNING: return "warning";
	case SEVERITY_FAULT: return "fault";
	}
	return "unknown";
}

const char *verdict_confidence_name(enum verdict_confidence confidence)
{
	return confidence == CONFIDENCE_CERTAIN ? "certain" : "likely";
}

const char *verdict_side_name(enum verdict_side side)
{
	switch (side) {
	case VERDICT_SIDE_CLIENT: return "client";
	case VERDICT_SIDE_SERVER: return "server";
	case VERDICT_SIDE_UNKNOWN: break;
	}
	return "unknown";
}

void verdict_write(struct handshake *h, enum verdict_code code, enum verdict_side side,
		   uint64_t now)
{
	struct verdict *v = &h->verdict;
	enum party_role role = side == VERDICT_SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT;

	memset(v, 0, sizeof(*v));
	v->code = code;
	v->side = side;
	if (code == VERDICT_NONE)
		return;
	v->severity = rows[code].severity;
	v->hint = rows[code].hint;
	rows[code].write(v, h, role, now);
	if (h->events_lost)
		EVIDENCE(v, "the tracer lost %llu events meanwhile",
			 (unsigned long long)h->events_lost);
	if (h->party[role].closed_ns && code != VERDICT_CLOSED_BY_APPLICATION)
		EVIDENCE(v, "then its socket was closed, %.1f s after the first ClientHello",
			 seconds(h->party[role].closed_ns - h->started_ns));
	if (h->ambiguous)
		EVIDENCE(v, "another handshake on this address pair: some datagrams may be its own");
	if (h->events_lost || h->ambiguous)
		v->confidence = CONFIDENCE_LIKELY;
}

/* --- notes --- */

const char *note_name(enum note_code code)
{
	return code == NOTE_RETRANSMISSIONS ? "retransmissions" : "interleaved";
}

bool note_write(const struct handshake *h, enum note_code code, char text[VERDICT_TEXT_LEN])
{
	uint32_t client = h->party[PARTY_CLIENT].retransmissions;
	uint32_t server = h->party[PARTY_SERVER].retransmissions;
	uint64_t end = h->ended_ns ? h->ended_ns : h->last_ns;

	if (code == NOTE_INTERLEAVED) {
		say(text, "another handshake ran on this address pair at the same time");
		return h->interleaved;
	}
	say(text, "flights sent again: client %u, server %u; %.1f s of %.1f s passed waiting for a timer",
	    client, server, seconds(h->waited_ns), seconds(end - h->started_ns));
	return client || server;
}
