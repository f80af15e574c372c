// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "watch.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "capture.h"
#include "icmp.h"

struct event_buffer {
	bool built;
	struct capture_event event;
};

/* Of the datagrams of the world that is looked at. */
static struct event_buffer buffers[SIM_MAX_DATAGRAMS];

void watch_begin(const struct world *w)
{
	for (uint32_t i = 0; i < w->num_datagrams; i++)
		buffers[i].built = false;
}

/* --- what is seen --- */

/*
 * It overtakes the hello, and tells nobody whose it is: data, or a Finished that a
 * connection ID makes look like data of an association before (RFC 6347 s4.2.8).
 */
static bool is_nobodys(const struct world *w, const struct sim_datagram *dg)
{
	for (uint32_t i = 0; i < dg->num_fragments; i++) {
		const struct sim_fragment *f = &dg->fragments[i];

		if (w->script->dtls13 || !w->script->cid[dg->from] ||
		    !w->script->flights[f->flight].messages[f->message].epoch)
			return false;
	}
	return dg->data || dg->num_fragments;
}

/*
 * Does it show that the client has begun its second attempt? It has to have the random; and what arrives once may be
 * from anybody, and so may replays of it.
 */
static bool shows_restart(struct watch *watch, const struct sim_datagram *dg, bool at_sender)
{
	if (!dg->attempt || dg->from != PARTY_CLIENT)
		return false;
	if (at_sender)
		return true;
	watch->random_seen |= dg->num_fragments && !dg->fragments[0].off;
	/* Nor do the fragments of one ClientHello tell more than it does. */
	if (dg->copy != watch->last_restarted || !dg->copy)
		watch->num_restarted += !dg->first;
	watch->last_restarted = dg->copy;
	return watch->random_seen && watch->num_restarted > 1;
}

static bool is_encrypted(const struct world *w, const struct sim_datagram *dg)
{
	for (uint32_t i = 0; i < dg->num_fragments; i++)
		if (w->script->flights[dg->fragments[i].flight].messages[dg->fragments[i].message].epoch)
			return true;
	return false;
}

/* Data that overtakes the keys of the client's second attempt looks like data of the first one (RFC 6347 s4.2.8). */
static bool is_earlier_data(struct watch *watch, const struct sim_datagram *dg)
{
	watch->has_keys[dg->from] |= is_encrypted(watch->w, dg);
	return watch->w->restarted_ns && dg->data && !watch->has_keys[dg->from];
}

static void note_seen(struct watch *watch, const struct log_entry *entry)
{
	const struct sim_datagram *dg = &watch->w->datagrams[entry->datagram];
	struct seen *seen = &watch->seen[dg->from];
	bool at_sender = observer_is_at(watch->out->observer, dg->from);
	bool at_client = observer_is_at(watch->out->observer, PARTY_CLIENT);

	/* The server that the client goes on with has not sent it. */
	if (dg->second_server)
		return;
	watch->restart_seen |= shows_restart(watch, dg, at_sender);
	if (dg->from == PARTY_CLIENT && dg->port && dg->copy && dg->copy != watch->last_moved) {
		watch->num_moved++;
		watch->last_moved = dg->copy;
	}
	/* Where the sender is seen to send it, what arrives is no news of it. */
	if (dg->forged || (watch->w->restarted_ns && !dg->attempt) || entry->kind == (at_sender ? LOG_QUEUED : LOG_SENT))
		return;
	if ((seen->flight < 0 && is_nobodys(watch->w, dg)) || is_earlier_data(watch, dg))
		return;
	/* To the port that the client has left: nobody hears it there. */
	if (!(watch->num_moved && dg->from == PARTY_SERVER && !dg->port && !at_client)) {
		memset(watch->seen[party_peer(dg->from)].copies, 0, sizeof(seen->copies));
		memset(watch->seen[party_peer(dg->from)].last_unheard, 0, sizeof(seen->last_unheard));
	}
	/* An alert that DTLS 1.3 encrypts may be another copy, as far as anybody can see. */
	if (dg->goodbye && dg->epoch > 1) {
		seen->copies[0]++;
		seen->total[0]++;
	}
	for (uint32_t i = 0; i < dg->num_fragments; i++) {
		const struct sim_fragment *f = &dg->fragments[i];

		if (f->flight > seen->flight) {
			memset(seen, 0, sizeof(*seen));
			seen->flight = f->flight;
		}
		if (f->flight != seen->flight)
			continue;
		seen->copies[f->message] += dg->copy != seen->last_unheard[f->message];
		seen->total[f->message] += dg->copy != seen->last_copy[f->message];
		seen->last_unheard[f->message] = seen->last_copy[f->message] = dg->copy;
	}
}

/* Behind its NAT the client has the port that it had from the beginning. */
static void set_address(struct event_endpoint *e, enum party_role role, uint8_t port)
{
	static const uint8_t prefix[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 0 };

	memset(e, 0, sizeof(*e));
	memcpy(e->ip, prefix, sizeof(prefix));
	e->ip[15] = role == PARTY_CLIENT ? 5 : 9;
	e->port = role == PARTY_SERVER ? SERVER_PORT : port ? MOVED_PORT : CLIENT_PORT;
}

void watch_set_thread(const struct watch *watch, struct event *ev, enum party_role at)
{
	const struct libraries *l = &watch->libraries;

	ev->pid = ev->tid = at == PARTY_CLIENT || l->one_thread ? 812 : 900;
	memcpy(ev->comm, at == PARTY_CLIENT ? "client" : "server", 7);
	if (l->of[at].is_nonblocking && (ev->kind == EVENT_SENT || ev->kind == EVENT_READ))
		ev->flags |= EVENT_NONBLOCKING;
}

static void set_place(struct event *ev, enum party_role at, uint8_t port)
{
	ev->flags = EVENT_IPV4 | EVENT_OWNER;
	ev->socket = 1 + at;
	ev->pid = at == PARTY_CLIENT ? 812 : 900;
	ev->tid = ev->pid;
	ev->netns = 4026531840u + at;
	memcpy(ev->comm, at == PARTY_CLIENT ? "client" : "server", 7);
	set_address(&ev->local, at, 0);
	set_address(&ev->remote, party_peer(at), port);
}

static void set_captured(struct event *ev, enum party_role from, uint8_t port, bool both_ways)
{
	ev->kind = EVENT_CAPTURED;
	ev->flags = EVENT_IPV4 | (both_ways ? EVENT_BOTH_WAYS : 0);
	ev->socket = 0;
	ev->pid = ev->tid = ev->netns = 0;
	memset(ev->comm, 0, sizeof(ev->comm));
	set_address(&ev->local, from, port);
	set_address(&ev->remote, party_peer(from), port);
}

/* The walker of the kernel makes the event, as it does of a captured packet. */
static void build(const struct sim_datagram *dg, struct capture_event *out)
{
	struct packet packet = { .ipv4 = true, .payload = dg->bytes, .length = dg->len, .captured = dg->len };

	capture_event(&packet, 0, out);
}

/* An event without items, of a datagram or of none. */
static struct event *bare_event(struct event *ev, const struct log_entry *entry, uint8_t kind, uint8_t port)
{
	memset(ev, 0, sizeof(*ev));
	ev->size = sizeof(*ev);
	ev->abi = EVENT_ABI;
	ev->kind = kind;
	set_place(ev, entry->at, port);
	if (kind == EVENT_CLOSED) {
		memset(&ev->local, 0, sizeof(ev->local));
		memset(&ev->remote, 0, sizeof(ev->remote));
	}
	return ev;
}

static void set_icmp(struct event *ev, const struct log_entry *entry, bool tap)
{
	ev->icmp_type = entry->icmp_type;
	ev->icmp_code = entry->icmp_code;
	ev->error = icmp_errno(ev->icmp_type, ev->icmp_code);
	if (!tap)
		return;
	set_captured(ev, entry->at, 0, false);
	ev->kind = EVENT_ICMP_ERROR;
	ev->flags = EVENT_IPV4 | EVENT_FROM_CAPTURE;
}

uint64_t watch_world_time(const struct watch *watch, uint64_t now)
{
	return watch->clock ? host_world_time(watch->clock, now) : now - START;
}

void watch_note(struct watch *watch, const struct log_entry *entry)
{
	if (watch->trace)
		trace_event(watch->trace, watch->w, entry);
	watch->out->events++;
	watch->event_ns = entry->time;
	if (entry->kind == LOG_SENT || entry->kind == LOG_QUEUED || entry->kind == LOG_TAPPED)
		note_seen(watch, entry);
}

static void feed(struct watch *watch, struct event *ev, const struct log_entry *entry)
{
	ev->time_ns = START + entry->time;
	if (watch->host) {
		host_event(watch->host, ev, entry);
		return;
	}
	if (ev->time_ns > watch->now)
		watch->now = ev->time_ns;
	watch_note(watch, entry);
	if (watch->recording)
		recording_event(watch->recording, ev, ev->size);
	analysis_event(watch->analysis, ev, ev->size);
}

/* The event of a datagram that is sent, comes, or passes. */
static struct event *datagram_event(struct watch *watch, const struct log_entry *entry)
{
	const struct sim_datagram *dg = &watch->w->datagrams[entry->datagram];
	struct event_buffer *buffer = &buffers[entry->datagram];
	struct event *ev = &buffer->event.ev;

	if (!buffer->built)
		build(dg, &buffer->event);
	buffer->built = true;
	ev->kind = entry->kind == LOG_SENT ? EVENT_SENT : EVENT_QUEUED;
	if (entry->kind == LOG_TAPPED)
		set_captured(ev, entry->at, dg->port, watch->out->observer == OBSERVER_TAP);
	else
		set_place(ev, entry->at, dg->port);
	return ev;
}

bool watch_shows(struct watch *watch, const struct log_entry *entry)
{
	const struct sim_datagram *dg = &watch->w->datagrams[entry->datagram];
	bool *hidden = &watch->hidden[entry->at][entry->number], shows, tapped = entry->kind == LOG_TAPPED;
	/* See set_address(). */
	uint8_t port = tapped || entry->at == PARTY_SERVER ? dg->port : 0;
	struct shown *here = watch->shown[tapped ? 0 : entry->at];

	if (entry->kind == LOG_ICMP || entry->kind == LOG_CLOSED)
		return true;
	if (entry->kind == LOG_READ)
		return !*hidden;
	shows = shown_takes(&here[port], &here[!port], datagram_event(watch, entry), dg->from);
	if (entry->kind == LOG_QUEUED)
		*hidden = !shows;
	return shows;
}

void watch_entry(struct watch *watch, const struct log_entry *entry)
{
	const struct sim_datagram *dg = &watch->w->datagrams[entry->datagram];
	struct event other, *ev;

	if (entry->kind == LOG_READ) {
		ev = bare_event(&other, entry, EVENT_READ, dg->port);
		ev->length = dg->len;
		ev->copied = entry->copied;
	} else if (entry->kind == LOG_ICMP) {
		ev = bare_event(&other, entry, EVENT_ICMP_ERROR, 0);
		set_icmp(ev, entry, observer_is_tap(watch->out->observer));
	} else if (entry->kind == LOG_CLOSED) {
		ev = bare_event(&other, entry, EVENT_CLOSED, 0);
		ev->unread = watch->w->ep[entry->at].num_arrived - watch->w->ep[entry->at].num_read;
	} else {
		ev = datagram_event(watch, entry);
	}
	ev->datagram = entry->number;
	if (ev->flags & EVENT_OWNER)
		watch_set_thread(watch, ev, entry->at);
	feed(watch, ev, entry);
}

/* The ClientHello of another client begins with the bytes of this one's. */
#define HELLO_RANDOM_OFF (DTLS_RECORD_HEADER_LEN + DTLS_MESSAGE_HEADER_LEN + 2)

void watch_neighbour(struct watch *watch)
{
	static struct capture_event buffer;
	struct sim_datagram dg = watch->w->datagrams[0];
	struct event *ev = &buffer.ev;

	memset(dg.bytes + HELLO_RANDOM_OFF, ~watch->w->sc->random, 8);
	build(&dg, &buffer);
	ev->kind = EVENT_QUEUED;
	if (observer_is_tap(watch->out->observer))
		set_captured(ev, PARTY_CLIENT, 0, watch->out->observer == OBSERVER_TAP);
	else
		set_place(ev, PARTY_SERVER, 0);
	(ev->kind == EVENT_CAPTURED ? &ev->local : &ev->remote)->port = NEIGHBOUR_PORT;
	ev->time_ns = watch->now;
	ev->datagram = 1u << 20;
	if (watch->host) {
		host_event(watch->host, ev, NULL);
		return;
	}
	if (watch->recording)
		recording_event(watch->recording, ev, ev->size);
	analysis_event(watch->analysis, ev, ev->size);
}

void watch_advance(struct watch *watch, uint64_t until)
{
	uint64_t next;

	while ((next = analysis_advance(watch->analysis, watch->now)) < until) {
		assert(next > watch->now);
		watch->now = next;
	}
	if (until > watch->now)
		watch->now = until;
}

/* --- what is not DTLS --- */

/* Some more, or counted anew. A capture tells them as their source would. */
static void count_others(struct watch *watch, struct event_other *told, enum party_role at)
{
	bool tap = observer_is_tap(watch->out->observer);
	struct event_other *count = &watch->others[tap ? PARTY_CLIENT : at];

	if (rng_chance(&watch->others_rng, 5))
		memset(count, 0, sizeof(*count));
	count->sent[rng_below(&watch->others_rng, EVENT_OTHER_KINDS)] += rng_below(&watch->others_rng, 4);
	count->received[rng_below(&watch->others_rng, EVENT_OTHER_KINDS)] += rng_below(&watch->others_rng, 4);
	*told = *count;
	if (tap && at == PARTY_SERVER) {
		memcpy(told->sent, count->received, sizeof(told->sent));
		memcpy(told->received, count->sent, sizeof(told->received));
	}
}

static void feed_other(struct watch *watch, uint64_t time)
{
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_OTHER];
	} u = { .ev = { .size = EVENT_SIZE_OTHER, .abi = EVENT_ABI, .time_ns = time } };
	enum party_role at = rng_below(&watch->others_rng, PARTY_MAX);
	struct event_other told;

	if (!observer_is_tap(watch->out->observer) && !observer_is_at(watch->out->observer, at))
		return;
	if (observer_is_tap(watch->out->observer))
		set_captured(&u.ev, at, 0, false);
	else
		set_place(&u.ev, at, 0);
	u.ev.kind = EVENT_OTHER;
	count_others(watch, &told, at);
	memcpy(u.ev.items, &told, sizeof(told));
	watch_advance(watch, time);
	analysis_event(watch->analysis, &u.ev, u.ev.size);
}

void watch_others(struct watch *watch, uint64_t from, uint64_t to)
{
	if (to <= from)
		to = from + 1;
	for (uint64_t num = rng_below(&watch->others_rng, 3); num; num--) {
		uint64_t time = from + rng_below(&watch->others_rng, to - from);

		feed_other(watch, time > watch->now ? time : watch->now);
	}
}
