/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Simulated hosts for the tests of the analysis: two endpoints exchange DTLS
 * datagrams, observers at either end turn them into events, and a collector
 * keeps what the analysis called back. Time moves only when a test moves it.
 *
 *	test -> dtls_*() -> datagram -> sent / queued / read events -> analysis -> collector
 *
 * Nothing here but the test program may include this; it includes cmocka.
 */
#ifndef DTLSNOOP_TEST_STREAM_H
#define DTLSNOOP_TEST_STREAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis.h"
#include "flights.h"

#define MS 1000000ULL
#define SEC 1000000000ULL
#define HOUR (3600 * SEC)
#define FLOOR (5 * SEC)		/* the general profile */
#define START (1000 * SEC)	/* CLOCK_MONOTONIC when a test begins */

#define AT_CLIENT (1 << PARTY_CLIENT)
#define AT_SERVER (1 << PARTY_SERVER)
#define AT_BOTH (AT_CLIENT | AT_SERVER)
#define ON_WIRE (1 << PARTY_MAX)	/* a capture, where nothing is lost yet; alone */
#define FOR_EACH_OBSERVER(at) for (unsigned at = AT_CLIENT; at <= AT_BOTH; at++)

#define STREAM_MAX_CHANGES 64
#define STREAM_MAX_SEEN 256
/* The server's, and one for each port of the client's host: a UDP socket has one port. */
#define STREAM_MAX_SOCKETS (2 + 65536)
#ifndef STREAM_MAX_FOLLOWED
#define STREAM_MAX_FOLLOWED 64
#endif
#define PAIR_MAX_HELD 16

/* Room for the largest event. */
struct datagram {
	union {
		struct event ev;	/* and the items and the hello body behind it */
		uint8_t bytes[EVENT_SIZE_LARGE];
	};
};

static inline struct event *datagram_event(struct datagram *d)
{
	return &d->ev;
}

/* One handshake callback. */
struct change {
	uint64_t id, now;
	enum handshake_state state;
	uint64_t events_lost;
	struct verdict verdict;
};

/* One datagram callback. */
struct seen {
	uint64_t id;		/* 0: of no handshake */
	uint8_t kind;
	enum party_role from;
	bool begins;
	uint32_t num_items;
	struct item_facts items[EVENT_MAX_ITEMS];
};

struct pair;

struct stream {
	struct analysis *analysis;
	unsigned observers;
	uint64_t now;
	uint64_t transit_ns;		/* from one socket to the other */
	unsigned uncaptured;		/* bit n: what that party sends is not in the capture */
	uint64_t arrived[STREAM_MAX_SOCKETS];	/* datagrams, by socket cookie */
	struct pair *current;		/* whose event is being taken in */
	struct change changes[STREAM_MAX_CHANGES];	/* the first */
	uint32_t num_changes;
	struct seen seen[STREAM_MAX_SEEN];	/* the first */
	uint32_t num_seen;
	uint32_t faults;		/* changes of severity fault */
	struct unread unread;		/* as it was told last ... */
	uint64_t unread_ns;		/* ... and when */
	uint32_t num_unread;		/* how often */
	uint32_t num_library_errors;	/* that were told ... */
	uint64_t library_error_id;	/* ... the latest of which handshake ... */
	enum party_role library_error_of;	/* ... and of which side */
	uint32_t num_settled;		/* handshakes that had ended, and of which nothing more is reported */
	uint64_t settled_ns;		/* when the latest of them was */
	uint32_t wrong;			/* datagrams given to another handshake, or to none */
	uint64_t digest;		/* over everything that was called back */
};

enum fate {
	ARRIVES,
	LOST,		/* on the way */
	HELD,		/* until pair_release() */
	DROPPED_IN,	/* queued, and at once dropped by the receiver's kernel */
	REFUSED,	/* dropped by the receiver's kernel before it is queued */
	NO_SOCKET,	/* likewise: nobody listens there */
	DROPPED_OUT,	/* sent, then dropped by the sender's kernel */
	UNSENT,		/* likewise, before it was seen to be sent */
};

/* Drop reasons of the kernel that is simulated; the others have no name. */
#define REASON_NO_SOCKET 3
#define REASON_RCVBUFF 6
#define REASON_NETFILTER 8
#define REASON_FILTER 5
#define REASON_CHECKSUM 7
#define REASON_XFRM 14
#define REASON_NEIGH 44
#define REASON_NAMELESS 77

/* One client and one server that do one handshake. Set the fields below before or between flights. */
struct pair {
	struct stream *s;
	struct event_endpoint address[PARTY_MAX];
	struct event_endpoint sent_as[PARTY_MAX];	/* what a NAT on its host makes of it on the way out; port 0: nothing */
	uint64_t socket[PARTY_MAX];
	uint32_t pid[PARTY_MAX];	/* 0: the usual one */
	uint32_t tid[PARTY_MAX];	/* 0: the only one of that process */
	unsigned nonblocking;		/* bit n: the socket of that party is */
	uint32_t netns;			/* of both ends; 0: each has its own */
	uint16_t host[PARTY_MAX];	/* whose traces are merged; 0: both are on one host */
	uint64_t id;			/* of the handshake, once begun */
	const struct handshake *h;	/* valid while the table holds it */
	uint8_t random;			/* fills the ClientHello's random */
	uint16_t version;
	uint8_t draft;			/* of DTLS 1.3; 0: the RFC */
	uint32_t path_mtu;		/* what ICMP errors say, if they say from whom they are; 0: nothing */
	bool ipv6;			/* what events say; the addresses stay those of pair_init() */
	uint32_t mtu;			/* datagrams are at most this long */
	uint32_t max_fragment;		/* of a message, bytes; 0: as the mtu has it */
	bool cookie, client_certificate, ticket;
	bool no_certificate;		/* the Certificate message of the client is empty */
	enum fate fate;			/* of what is sent from now on */
	uint32_t drop_reason;
	bool unread;			/* the applications do not read */
	uint32_t buffer;		/* they read into so many bytes; 0: as many as needed */
	uint64_t seq[PARTY_MAX][2];	/* next record sequence number, by epoch */
	uint16_t cipher_seq[PARTY_MAX];	/* DTLS 1.3: next number of an encrypted record, any epoch */
	uint8_t cid_len[PARTY_MAX];	/* of the connection IDs in what each side sends; 0: none */

	enum party_role from;		/* of the datagram being built */
	struct datagram datagram;
	uint8_t hello[EVENT_HELLO_MAX];
	struct datagram last, held[PAIR_MAX_HELD];
	enum party_role last_from, held_from[PAIR_MAX_HELD];
	uint32_t num_held;
};

/* --- collector --- */

static inline void stream_mix(struct stream *s, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		s->digest = (s->digest ^ p[i]) * 0x100000001b3ULL;
}

static inline void stream_on_datagram(void *ctx, const struct datagram_facts *facts)
{
	struct stream *s = ctx;
	struct seen seen = { .kind = facts->ev->kind, .from = facts->from, .begins = facts->begins };
	struct pair *p = s->current;

	if (facts->handshake)
		seen.id = facts->handshake->id;
	seen.num_items = facts->ev->num_items;
	memcpy(seen.items, facts->items, seen.num_items * sizeof(seen.items[0]));
	if (p && facts->begins)
		p->id = seen.id;
	if (p && seen.id && seen.id == p->id)
		p->h = facts->handshake;
	else if (p)
		s->wrong++;
	stream_mix(s, &seen.id, sizeof(seen.id));
	stream_mix(s, &seen.begins, sizeof(seen.begins));
	for (uint32_t i = 0; i < seen.num_items; i++)
		stream_mix(s, &seen.items[i], sizeof(seen.items[i]));
	if (s->num_seen < STREAM_MAX_SEEN)
		s->seen[s->num_seen] = seen;
	s->num_seen++;
}

static inline void stream_on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	struct stream *s = ctx;
	struct change change = { .id = h->id, .now = now, .state = h->state, .events_lost = h->events_lost };

	verdict_describe(h, now, &change.verdict);
	stream_mix(s, &change.id, sizeof(change.id));
	stream_mix(s, &now, sizeof(now));
	stream_mix(s, &change.state, sizeof(change.state));
	stream_mix(s, change.verdict.summary, strlen(change.verdict.summary));
	for (uint32_t i = 0; i < change.verdict.num_evidence; i++)
		stream_mix(s, change.verdict.evidence[i], strlen(change.verdict.evidence[i]));
	s->faults += h->verdict.code != VERDICT_NONE && h->verdict.severity == SEVERITY_FAULT;
	if (s->num_changes < STREAM_MAX_CHANGES)
		s->changes[s->num_changes] = change;
	s->num_changes++;
}

static inline void stream_on_unread(void *ctx, const struct unread *u, uint64_t now)
{
	struct stream *s = ctx;

	s->unread = *u;
	s->unread_ns = now;
	s->num_unread++;
}

static inline void stream_on_settled(void *ctx, const struct handshake *h, uint64_t now)
{
	struct stream *s = ctx;

	assert_true(h->is_settled && !handshake_is_open(h));
	s->num_settled++;
	s->settled_ns = now;
}

static inline void stream_on_library_error(void *ctx, const struct library_error_facts *facts)
{
	struct stream *s = ctx;
	char text[APPLICATION_ERROR_LEN];

	application_error_write(text, facts->application, facts->error);
	stream_mix(s, text, strlen(text));
	s->num_library_errors++;
	s->library_error_id = facts->handshake->id;
	s->library_error_of = facts->role;
}

/* --- streams and time --- */

static inline const char *stream_drop_reason(void *ctx, uint32_t reason)
{
	(void)ctx;
	switch (reason) {
	case REASON_NO_SOCKET: return "NO_SOCKET";
	case REASON_RCVBUFF: return "SOCKET_RCVBUFF";
	case REASON_NETFILTER: return "NETFILTER_DROP";
	case REASON_FILTER: return "SOCKET_FILTER";
	case REASON_CHECKSUM: return "UDP_CSUM";
	case REASON_XFRM: return "XFRM_POLICY";
	case REASON_NEIGH: return "NEIGH_FAILED";
	}
	return NULL;
}

static inline struct analysis_options stream_options(void)
{
	return (struct analysis_options){
		.verdict = { .floor_ns = FLOOR }, .max_handshakes = STREAM_MAX_FOLLOWED, .hash_seed = 1,
		.max_ready = 64,
		.sees_reads = true, .sees_drops = true, .sees_send_failures = true,
		.drop_reason_name = stream_drop_reason,
		.allocate = malloc, .release = free,
	};
}

/* False if the analysis could not be made. */
static inline bool stream_init_with(struct stream *s, unsigned observers,
				    const struct analysis_options *opts)
{
	struct analysis_callbacks callbacks = {
		.ctx = s, .datagram = stream_on_datagram, .handshake = stream_on_handshake, .unread = stream_on_unread,
		.settled = stream_on_settled, .library_error = stream_on_library_error,
	};

	memset(s, 0, sizeof(*s));
	s->observers = observers;
	s->now = START;
	s->digest = 0xcbf29ce484222325ULL;
	s->analysis = analysis_new(opts, &callbacks);
	return s->analysis;
}

static inline void stream_init(struct stream *s, unsigned observers)
{
	struct analysis_options opts = stream_options();

	assert_true(stream_init_with(s, observers, &opts));
}

/* From a source that shows what was sent and what arrived, and nothing else. */
static inline void stream_init_blind(struct stream *s, unsigned observers)
{
	struct analysis_options opts = stream_options();

	opts.sees_reads = opts.sees_drops = opts.sees_send_failures = false;
	assert_true(stream_init_with(s, observers, &opts));
}

static inline void stream_fini(struct stream *s)
{
	analysis_free(s->analysis);
}

/* `struct stream s STREAM_ENDS;` ends with the block that it is declared in. It must have begun by then. */
#define STREAM_ENDS __attribute__((cleanup(stream_fini)))

/* Let time pass up to `until`, calling the analysis at every deadline it asks for. */
static inline void stream_until(struct stream *s, uint64_t until)
{
	uint64_t next;

	while ((next = analysis_advance(s->analysis, s->now)) < until) {
		assert_true(next > s->now);
		s->now = next;
	}
	s->now = until;
	analysis_advance(s->analysis, until);
}

static inline void stream_wait(struct stream *s, uint64_t ns)
{
	stream_until(s, s->now + ns);
}

/* Until a verdict that the latest datagram has made true is told: the rest of its flight may show more. */
#define SETTLED_NS (150 * MS)
static inline void stream_settle(struct stream *s)
{
	stream_wait(s, SETTLED_NS);
}

static inline const struct change *stream_change(const struct stream *s, uint32_t index)
{
	assert_true(index < s->num_changes && index < STREAM_MAX_CHANGES);
	return &s->changes[index];
}

/* The index-th change was to this. */
static inline void expect_change(const struct stream *s, uint32_t index, const struct pair *p,
				 enum handshake_state state, enum verdict_code code,
				 enum verdict_side side)
{
	const struct change *c = stream_change(s, index);

	assert_int_equal(c->id, p->id);
	assert_string_equal(handshake_state_name(c->state), handshake_state_name(state));
	assert_string_equal(verdict_code_name(c->verdict.code), verdict_code_name(code));
	assert_string_equal(verdict_side_name(c->verdict.side), verdict_side_name(side));
}

/* Is the socket seen that sends the last flight? */
static inline bool stream_sees_last(const struct pair *p)
{
	return p->h->party[flight_rule(p->h, flight_last(p->h))->from].view[POINT_SENT].any;
}

/* So many handshakes have begun. */
static inline uint64_t stream_num_handshakes(const struct stream *s)
{
	return analysis_stats(s->analysis)->handshakes;
}

/* Exactly one change, to completed, and then never another. */
static inline void expect_completed_only(struct stream *s, const struct pair *p)
{
	assert_int_equal(s->num_changes, 1);
	expect_change(s, 0, p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	assert_int_equal(s->changes[0].verdict.severity, SEVERITY_OK);
	assert_int_equal(s->changes[0].verdict.confidence, stream_sees_last(p) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	stream_wait(s, HOUR);
	analysis_finish(s->analysis, s->now);
	assert_int_equal(s->num_changes, 1);
	assert_int_equal(s->faults, 0);
	assert_int_equal(s->wrong, 0);
}

/* --- endpoints --- */

static inline struct event_endpoint endpoint(uint8_t host, uint16_t port)
{
	struct event_endpoint e = { .port = port };

	memcpy(e.ip, (uint8_t[16]){ [10] = 0xff, [11] = 0xff, 10, 0, 0, host }, sizeof(e.ip));
	return e;
}

/* A client at 10.0.0.5:port and the server at 10.0.0.9:4433, which has one socket for all. */
static inline void pair_init(struct pair *p, struct stream *s, uint16_t port, uint8_t random)
{
	memset(p, 0, sizeof(*p));
	p->s = s;
	p->address[PARTY_CLIENT] = endpoint(5, port);
	p->address[PARTY_SERVER] = endpoint(9, 4433);
	p->socket[PARTY_CLIENT] = 2 + port;
	p->socket[PARTY_SERVER] = 1;
	p->random = random;
	p->version = DTLS_VERSION_1_2;
	p->mtu = 1400;
}

static inline void stream_begin(struct stream *s, struct pair *p, unsigned observers)
{
	stream_init(s, observers);
	pair_init(p, s, 30041, 0x11);
}

/* Declares a stream and a pair of its own for this block, and begins them; with another function in place of stream_begin(). */
#define STORY(s, p, ...) STORY_WITH(stream_begin, s, p, __VA_ARGS__)
#define STORY_WITH(begin, s, p, ...) struct stream s STREAM_ENDS; struct pair p; begin(&s, &p, ##__VA_ARGS__)

/* The same two sockets, the other way round. */
static inline void pair_reverse(struct pair *q, const struct pair *p)
{
	pair_init(q, p->s, 30041, 0x22);
	for (int role = 0; role < PARTY_MAX; role++) {
		q->address[role] = p->address[party_peer(role)];
		q->socket[role] = p->socket[party_peer(role)];
	}
}

/* Who observes the ends of `p`, observes those of the reversed pair the other way round. */
static inline void stream_swap(struct stream *s)
{
	s->observers = (s->observers & ~AT_BOTH) | (s->observers & AT_CLIENT ? AT_SERVER : 0) | (s->observers & AT_SERVER ? AT_CLIENT : 0);
}

/* What an event says of the socket at one end. */
static inline void pair_fill(const struct pair *p, struct event *ev, enum party_role at)
{
	ev->abi = EVENT_ABI;
	ev->flags |= (p->ipv6 ? 0 : EVENT_IPV4) | EVENT_OWNER;
	ev->time_ns = p->s->now;
	ev->socket = p->socket[at];
	ev->pid = p->pid[at] ? p->pid[at] : at == PARTY_CLIENT ? 812 : 900;
	ev->tid = p->tid[at] ? p->tid[at] : ev->pid + 1;
	if (p->nonblocking >> at & 1 && (ev->kind == EVENT_SENT || ev->kind == EVENT_READ))
		ev->flags |= EVENT_NONBLOCKING;
	ev->ns_pid = ev->pid;
	ev->uid = 1000 + at;
	ev->netns = p->netns ? p->netns : 4026531840u + at;
	ev->cgroup_id = 70 + at;
	ev->host = p->host[at];
	memcpy(ev->comm, at == PARTY_CLIENT ? "licode" : "server", 7);
	ev->local = p->sent_as[at].port && ev->kind == EVENT_SENT ? p->sent_as[at] : p->address[at];
	ev->remote = p->address[party_peer(at)];
}

static inline void pair_take(struct pair *p, const struct event *ev, enum party_role at)
{
	if (!(p->s->observers >> at & 1))
		return;
	p->s->current = p;
	analysis_event(p->s->analysis, ev, ev->size);
	p->s->current = NULL;
}

/* An event of a datagram that `from` sent; of its drop if `kind` says so, on the side of `at`. */
static inline void pair_emit_at(struct pair *p, const struct datagram *d, enum party_role at,
				enum party_role from, uint8_t kind, uint64_t number)
{
	const struct event *built = &d->ev;
	size_t size = kind == EVENT_READ ? sizeof(*built) : built->size;
	struct event *ev;

	/* Its own memory, so that a sanitizer sees a read beyond its end. */
	ev = malloc(size);
	assert_non_null(ev);
	memcpy(ev, built, size);
	ev->size = size;
	ev->kind = kind;
	ev->datagram = number;
	ev->flags = 0;
	pair_fill(p, ev, at);
	if (kind == EVENT_READ) {
		ev->num_items = ev->hello_off = ev->hello_len = ev->hello_item = 0;
		ev->copied = p->buffer && p->buffer < ev->length ? p->buffer : ev->length;
	} else if (kind == EVENT_DROPPED) {
		ev->drop_reason = p->drop_reason;
		ev->flags |= at == from ? EVENT_TX : 0;
		if (p->fate == NO_SOCKET) {
			ev->socket = 0;
			ev->flags &= ~EVENT_OWNER;
		}
	}
	pair_take(p, ev, at);
	free(ev);
}

static inline void pair_emit(struct pair *p, const struct datagram *d, enum party_role from,
			     uint8_t kind, uint64_t number)
{
	pair_emit_at(p, d, kind == EVENT_SENT ? from : party_peer(from), from, kind, number);
}

static inline void pair_arrive(struct pair *p, const struct datagram *d, enum party_role from)
{
	uint64_t number = ++p->s->arrived[p->socket[party_peer(from)]];

	p->s->now += p->s->transit_ns;
	pair_emit(p, d, from, EVENT_QUEUED, number);
	if (p->fate == DROPPED_IN)
		pair_emit(p, d, from, EVENT_DROPPED, number);
	else if (!p->unread)
		pair_emit(p, d, from, EVENT_READ, number);
}

/* --- what is no datagram --- */

static inline struct event pair_bare(const struct pair *p, enum party_role at, uint8_t kind)
{
	struct event ev = { .size = sizeof(ev), .kind = kind };

	pair_fill(p, &ev, at);
	return ev;
}

/* The socket at one end is closed, with so many datagrams in its queue. */
static inline void pair_close(struct pair *p, enum party_role at, uint32_t unread)
{
	struct event ev = pair_bare(p, at, EVENT_CLOSED);

	memset(&ev.local, 0, sizeof(ev.local));
	memset(&ev.remote, 0, sizeof(ev.remote));
	ev.unread = unread;
	if (p->s->observers >> at & 1)
		analysis_event(p->s->analysis, &ev, sizeof(ev));
}

static inline void pair_send_failed(struct pair *p, enum party_role at, uint16_t error,
				    uint32_t len)
{
	struct event ev = pair_bare(p, at, EVENT_SEND_FAILED);

	ev.error = error;
	ev.length = len;
	pair_take(p, &ev, at);
}

/* An ICMP error from 10.0.0.`host` (0: not known) for what this end sent (type 0: not known), here or in the capture. */
static inline void pair_icmp_from(struct pair *p, enum party_role at, uint16_t error, uint8_t type,
				  uint8_t code, uint8_t host)
{
	struct event *ev = calloc(1, host ? EVENT_SIZE_REPORTER : EVENT_SIZE_BARE);	/* its own memory: see pair_emit_at() */
	struct event_reporter reporter = { .mtu = p->path_mtu };

	assert_non_null(ev);
	ev->kind = EVENT_ICMP_ERROR;
	ev->size = host ? EVENT_SIZE_REPORTER : EVENT_SIZE_BARE;
	pair_fill(p, ev, at);
	ev->error = error;
	ev->icmp_type = type;
	ev->icmp_code = code;
	if (host) {
		memcpy(reporter.ip, endpoint(host, 0).ip, sizeof(reporter.ip));
		memcpy(ev->items, &reporter, sizeof(reporter));
		ev->flags |= EVENT_REPORTER;
	}
	if (p->s->observers & ON_WIRE) {
		ev->socket = ev->netns = ev->pid = 0;
		ev->flags = (ev->flags & ~EVENT_OWNER) | EVENT_FROM_CAPTURE;
		p->s->current = p;
		analysis_event(p->s->analysis, ev, ev->size);
		p->s->current = NULL;
	} else {
		pair_take(p, ev, at);
	}
	free(ev);
}

static inline void pair_icmp(struct pair *p, enum party_role at, uint16_t error, uint8_t type,
			     uint8_t code)
{
	pair_icmp_from(p, at, error, type, code, 0);
}

/* The application at one end reads the n-th datagram of its socket, of `len` bytes. */
static inline void pair_read(struct pair *p, enum party_role at, uint64_t number, uint32_t len)
{
	struct event ev = pair_bare(p, at, EVENT_READ);

	ev.datagram = number;
	ev.length = len;
	ev.copied = p->buffer && p->buffer < len ? p->buffer : len;
	pair_take(p, &ev, at);
}

/* One end tells how many datagrams that are not DTLS have passed; a capture, as if `at` sent the latest. */
static inline void pair_other(struct pair *p, enum party_role at, struct event_other other)
{
	struct event *ev = calloc(1, EVENT_SIZE_OTHER);	/* its own memory: see pair_emit_at() */

	assert_non_null(ev);
	ev->kind = EVENT_OTHER;
	pair_fill(p, ev, at);
	ev->size = EVENT_SIZE_OTHER;
	memcpy(ev->items, &other, sizeof(other));
	if (p->s->observers & ON_WIRE) {
		ev->socket = ev->netns = ev->pid = 0;
		ev->flags = EVENT_IPV4;
		p->s->current = p;
		analysis_event(p->s->analysis, ev, ev->size);
		p->s->current = NULL;
	} else {
		pair_take(p, ev, at);
	}
	free(ev);
}

/* It passes where the capture is taken. */
static inline void pair_capture(struct pair *p)
{
	struct stream *s = p->s;
	struct event *ev;

	if (!(s->observers & ON_WIRE) || s->uncaptured >> p->last_from & 1)
		return;
	ev = malloc(p->last.ev.size);
	assert_non_null(ev);
	memcpy(ev, &p->last, p->last.ev.size);
	ev->abi = EVENT_ABI;
	ev->kind = EVENT_CAPTURED;
	ev->flags = (p->ipv6 ? 0 : EVENT_IPV4) | (s->uncaptured >> party_peer(p->last_from) & 1 ? 0 : EVENT_BOTH_WAYS);
	ev->time_ns = s->now;
	ev->local = p->address[p->last_from];
	ev->remote = p->address[party_peer(p->last_from)];
	s->current = p;
	analysis_event(s->analysis, ev, ev->size);
	s->current = NULL;
	free(ev);
}

/* Send the datagram that was built. */
static inline void pair_flush(struct pair *p)
{
	struct event *ev = datagram_event(&p->datagram);
	size_t items = EVENT_SIZE(ev->num_items, 0);

	if (!ev->num_items)
		return;
	if (ev->hello_len)
		ev->hello_off = items;
	memcpy(p->datagram.bytes + items, p->hello, ev->hello_len);
	ev->size = (items + ev->hello_len + 7) & ~7u;
	p->last = p->datagram;
	p->last_from = p->from;
	memset(&p->datagram, 0, sizeof(p->datagram));
	if (p->fate != UNSENT)
		pair_emit(p, &p->last, p->from, EVENT_SENT, 0);
	if (p->fate != UNSENT && p->fate != DROPPED_OUT)
		pair_capture(p);
	if (p->fate == UNSENT || p->fate == DROPPED_OUT) {
		pair_emit_at(p, &p->last, p->from, p->from, EVENT_DROPPED, 0);
	} else if (p->fate == REFUSED || p->fate == NO_SOCKET) {
		pair_emit(p, &p->last, p->from, EVENT_DROPPED, 0);
	} else if (p->fate == ARRIVES || p->fate == DROPPED_IN) {
		pair_arrive(p, &p->last, p->from);
	} else if (p->fate == HELD) {
		assert_true(p->num_held < PAIR_MAX_HELD);
		p->held[p->num_held] = p->last;
		p->held_from[p->num_held++] = p->from;
	}
}

/* What was held arrives now. */
static inline void pair_release(struct pair *p, uint32_t index)
{
	assert_true(index < p->num_held);
	pair_arrive(p, &p->held[index], p->held_from[index]);
}

/* What was held is dropped by its sender's kernel now. */
static inline void pair_drop_held(struct pair *p)
{
	for (uint32_t i = 0; i < p->num_held; i++)
		pair_emit_at(p, &p->held[i], p->held_from[i], p->held_from[i], EVENT_DROPPED, 0);
	p->num_held = 0;
}

/* The network delivers the last datagram once more. */
static inline void pair_duplicate(struct pair *p)
{
	pair_arrive(p, &p->last, p->last_from);
}

#endif
