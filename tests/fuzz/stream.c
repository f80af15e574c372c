// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "stream.h"

#include "capture.h"
#include "datagram.h"
#include "heap.h"

#define NUM_PAIRS 4
#define NUM_SOCKETS 8
#define NUM_HISTORY 16
#define MAX_STEPS 3000
#define MS 1000000ULL
#define HOUR (3600 * 1000 * MS)

/* What happens in one step: the low half of its first byte. */
enum step {
	STEP_BUILT, STEP_BYTES, STEP_AGAIN, STEP_WAIT, STEP_DEADLINE, STEP_LOST, STEP_READ, STEP_DROP,
	STEP_SEND_FAILED, STEP_ICMP, STEP_CLOSE, STEP_RAW, STEP_SOCKET, STEP_BUILT_MORE, STEP_BYTES_MORE,
	STEP_WAIT_MORE,
};

/* Who sees a datagram, and what becomes of it. */
enum seen {
	SEEN_SENT = 1 << 0, SEEN_QUEUED = 1 << 1, SEEN_READ = 1 << 2, SEEN_DROPPED_IN = 1 << 3,
	SEEN_DROPPED_OUT = 1 << 4, SEEN_BEFORE = 1 << 5,
};

struct past {
	struct datagram datagram;
	uint8_t pair, from;
};

struct stream {
	struct analysis *analysis;
	struct check *check;
	const struct stream_listener *listener;
	struct fuzz_cursor c;
	uint64_t now;
	uint64_t fed;
	uint64_t changes;	/* of a state or a verdict */
	bool is_capture, both_ways;	/* what the source is, and what it holds */
	uint64_t arrived[NUM_SOCKETS];
	uint8_t socket[NUM_PAIRS][PARTY_MAX];
	struct datagram_sender sender[NUM_PAIRS][PARTY_MAX];
	struct past history[NUM_HISTORY];
	unsigned num_history;
	struct past now_sent;
	struct event_other others[NUM_PAIRS][PARTY_MAX];	/* as each end tells them */
};

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
	struct stream *s = ctx;

	check_datagram(s->check, facts);
	if (s->listener)
		s->listener->datagram(s->listener->ctx, facts);
}

static void on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	struct stream *s = ctx;

	s->changes++;
	check_handshake(s->check, h, now);
	if (s->listener)
		s->listener->handshake(s->listener->ctx, h, now);
}

static void on_unread(void *ctx, const struct unread *u, uint64_t now)
{
	struct stream *s = ctx;

	if (s->listener)
		s->listener->unread(s->listener->ctx, u, now);
}

static void on_settled(void *ctx, const struct handshake *h, uint64_t now)
{
	struct stream *s = ctx;

	check_settled(s->check, h, now);
	if (s->listener)
		s->listener->settled(s->listener->ctx, h, now);
}

static void on_library_error(void *ctx, const struct library_error_facts *facts)
{
	struct stream *s = ctx;

	check_library_error(s->check, facts);
	if (s->listener)
		s->listener->library_error(s->listener->ctx, facts);
}

static void on_library(void *ctx, const struct event *ev)
{
	struct stream *s = ctx;

	if (s->listener)
		s->listener->library(s->listener->ctx, ev);
}

const char *stream_drop_reason(void *ctx, uint32_t reason)
{
	static const char *const names[] = { "NO_SOCKET", "SOCKET_RCVBUFF", "\x1b[31m%s%n\xff", "", NULL };

	(void)ctx;
	return names[reason % 5];
}

/* --- events --- */

/* Pairs 0 and 1 have one server; 2 is IPv6; 3 is the addresses of 0 in another network namespace. */
static void fill_addresses(const struct stream *s, struct event *ev, unsigned pair, enum party_role at)
{
	struct event_endpoint ends[PARTY_MAX] = { { .port = pair == 1 ? 30042 : 30041 }, { .port = 4433 } };

	for (int role = 0; role < PARTY_MAX; role++) {
		ends[role].ip[pair == 2 ? 0 : 10] = ends[role].ip[11] = 0xff;
		ends[role].ip[12] = 10;
		ends[role].ip[15] = role ? 9 : 5;
	}
	ev->local = ends[at];
	ev->remote = ends[party_peer(at)];
	ev->flags |= pair == 2 ? 0 : EVENT_IPV4;
	ev->netns = pair == 3 ? 2 : 1;
	ev->socket = s->socket[pair][at] + 1;
}

static void fill(const struct stream *s, struct event *ev, unsigned pair, enum party_role at, uint8_t kind)
{
	ev->abi = EVENT_ABI;
	ev->kind = kind;
	ev->time_ns = s->now;
	ev->flags = 0;
	fill_addresses(s, ev, pair, at);
	if (ev->socket == 3)
		return;	/* its owner is not known */
	ev->flags |= EVENT_OWNER;
	ev->pid = ev->tid = 800 + at;
	ev->uid = 1000 * ev->socket;
	ev->flags |= pair & 1 && (kind == EVENT_SENT || kind == EVENT_READ) ? EVENT_NONBLOCKING : 0;
	ev->cgroup_id = 7;
	memcpy(ev->comm, at ? "srv\x1b[2J\"\\\n\xc3" : "sixteen bytes ok", at ? 11 : 16);
}

static void feed(struct stream *s, const struct event *ev, size_t len)
{
	struct event *copy = fuzz_copy(ev, len);
	uint64_t changes = s->changes;

	s->fed++;
	check_given(s->check, copy, len);
	analysis_event(s->analysis, copy, len);
	/* What is not DTLS changes nothing that is said. */
	fuzz_check(len < sizeof(*ev) || ev->kind != EVENT_OTHER || s->changes == changes);
	free(copy);
	check_stats(s->check, analysis_stats(s->analysis));
	fuzz_check(analysis_stats(s->analysis)->events + analysis_stats(s->analysis)->invalid == s->fed);
}

/* Its items and hello body are made as for a capture. */
static void feed_datagram(struct stream *s, const struct past *sent, enum party_role at, uint8_t kind,
			  uint16_t flags, uint64_t number)
{
	struct packet packet = {
		.payload = sent->datagram.data, .length = sent->datagram.len, .captured = sent->datagram.len,
	};
	struct capture_event out;

	capture_event(&packet, s->now, &out);
	flags |= out.ev.flags;
	fill(s, &out.ev, sent->pair, at, kind);
	out.ev.flags |= flags;
	out.ev.datagram = number;
	if (kind == EVENT_READ) {
		out.ev.copied = out.ev.length;
		out.ev.size = sizeof(out.ev);
		out.ev.num_items = out.ev.malformed = 0;
		out.ev.hello_off = out.ev.hello_len = out.ev.hello_item = 0;
	}
	feed(s, &out.ev, out.ev.size);
}

/* In a capture there are no sockets (event.h): `local` is who sent it. */
static void feed_captured(struct stream *s, const struct past *sent)
{
	struct packet packet = {
		.payload = sent->datagram.data, .length = sent->datagram.len, .captured = sent->datagram.len,
	};
	struct capture_event out;
	uint16_t flags;

	capture_event(&packet, s->now, &out);
	flags = out.ev.flags | (s->both_ways ? EVENT_BOTH_WAYS : 0);
	out.ev.flags = 0;
	fill_addresses(s, &out.ev, sent->pair, sent->from);
	out.ev.flags |= flags;
	out.ev.socket = out.ev.netns = 0;
	feed(s, &out.ev, out.ev.size);
}

/* --- steps --- */

static void pass(struct stream *s, struct past *sent, uint8_t seen)
{
	enum party_role from = sent->from, to = party_peer(from);
	uint64_t *arrived = &s->arrived[s->socket[sent->pair][to]];

	if (s->is_capture)
		return feed_captured(s, sent);
	if (seen & SEEN_SENT)
		feed_datagram(s, sent, from, EVENT_SENT, 0, 0);
	if (seen & SEEN_DROPPED_OUT)
		feed_datagram(s, sent, from, EVENT_DROPPED, EVENT_TX, 0);
	if (seen & SEEN_QUEUED)
		feed_datagram(s, sent, to, EVENT_QUEUED, 0, ++*arrived);
	if (seen & SEEN_DROPPED_IN)
		feed_datagram(s, sent, to, EVENT_DROPPED, 0, seen & SEEN_QUEUED ? *arrived : 0);
	if (seen & SEEN_READ)
		feed_datagram(s, sent, to, EVENT_READ, 0, *arrived);
}

static void step_packet(struct stream *s, enum step step, unsigned pair, enum party_role from)
{
	struct past *sent = &s->now_sent;
	uint8_t seen = fuzz_u8(&s->c);
	const uint8_t *bytes;
	size_t len;

	s->now += (seen >> 6) * 20 * MS;
	if (step == STEP_AGAIN) {
		*sent = s->history[fuzz_u8(&s->c) % NUM_HISTORY];
		if (!(seen & SEEN_BEFORE))
			datagram_again(&sent->datagram, &sent->datagram, &s->sender[sent->pair][sent->from]);
		return pass(s, sent, seen);
	}
	sent->pair = pair;
	sent->from = from;
	if (step == STEP_BYTES || step == STEP_BYTES_MORE) {
		bytes = fuzz_take(&s->c, fuzz_u16(&s->c) % DATAGRAM_MAX, &len);
		memcpy(sent->datagram.data, bytes, len);
		sent->datagram.len = len;
	} else {
		datagram_build(&sent->datagram, &s->sender[pair][from], &s->c);
	}
	pass(s, sent, seen);
	s->history[s->num_history++ % NUM_HISTORY] = *sent;
}

/* What has no items: its numbers are the fuzzer's. */
static void step_bare(struct stream *s, enum step step, unsigned pair, enum party_role at)
{
	static const uint8_t kinds[] = {
		[STEP_READ] = EVENT_READ, [STEP_DROP] = EVENT_DROPPED, [STEP_SEND_FAILED] = EVENT_SEND_FAILED,
		[STEP_ICMP] = EVENT_ICMP_ERROR, [STEP_CLOSE] = EVENT_CLOSED,
	};
	struct event ev = { .size = sizeof(ev) };
	uint8_t how = fuzz_u8(&s->c);

	fill(s, &ev, pair, at, kinds[step]);
	ev.datagram = how & 1 ? fuzz_u8(&s->c) : s->arrived[s->socket[pair][at]];
	ev.error = fuzz_u8(&s->c);
	ev.length = fuzz_u16(&s->c);
	ev.copied = ev.unread = how & 2 ? fuzz_u16(&s->c) : ev.length;
	ev.drop_reason = ev.icmp_type = how >> 4;
	ev.icmp_code = ev.error;
	ev.flags |= how & 4 ? EVENT_TX : 0;
	if (how & 8)
		memset(ev.error & 1 ? &ev.remote : &ev.local, 0, sizeof(ev.local));
	if (ev.kind == EVENT_CLOSED) {
		memset(&ev.local, 0, sizeof(ev.local));
		memset(&ev.remote, 0, sizeof(ev.remote));
	} else if (ev.error == 0xff) {
		ev.socket = 0;
	}
	feed(s, &ev, sizeof(ev));
}

/* What is not DTLS: counts that go up a little, or are anything. */
static void step_other(struct stream *s, unsigned pair, enum party_role at)
{
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_OTHER];
	} u = { .ev = { .size = EVENT_SIZE_OTHER } };
	struct event_other *count = &s->others[pair][at];
	uint8_t how = fuzz_u8(&s->c);

	fill(s, &u.ev, pair, at, EVENT_OTHER);
	if (how & 0x80)
		memset(count, how & 0x40 ? 0xff : 0, sizeof(*count));
	count->received[how % EVENT_OTHER_KINDS] += how >> 2 & 3;
	count->sent[how % EVENT_OTHER_KINDS] += how >> 4 & 3;
	memcpy(u.ev.items, count, sizeof(*count));
	if (s->is_capture) {
		u.ev.flags &= EVENT_IPV4;
		u.ev.socket = u.ev.netns = 0;
	}
	feed(s, &u.ev, sizeof(u));
}

/* A library says something of one of four sessions of this side's process; all of it may be, but the parts do not always fit. */
static void step_library(struct stream *s, unsigned pair, enum party_role at)
{
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LIBRARY];
	} u = { .ev = { .size = EVENT_SIZE_LIBRARY } };
	uint8_t how = fuzz_u8(&s->c), more = fuzz_u8(&s->c);
	struct event_library said = {
		.call = 1 + how % LIBRARY_CALL_LAST, .step = how >> 4 & 1 ? LIBRARY_ENTERED : LIBRARY_RETURNED, .object = how >> 5 & 3,
		.library = how & 0x80 ? 1 + more % LIBRARY_LAST : LIBRARY_OPENSSL, .area = more & 0x10 ? 20 : 0,
		.version = more & 0x20 ? 0x03000f00 : 0,
	};

	fill(s, &u.ev, pair, at, EVENT_LIBRARY);
	memset(&u.ev.local, 0, sizeof(u.ev.local));
	memset(&u.ev.remote, 0, sizeof(u.ev.remote));
	u.ev.socket = u.ev.netns = 0;
	u.ev.flags |= EVENT_OWNER;
	u.ev.pid = u.ev.tid = 800 + at;
	if (said.call >= LIBRARY_ERROR) {
		said.step = LIBRARY_ONCE;
		said.reason = fuzz_u16(&s->c);
		memset(said.function, more & 0x40 ? 0x9b : 'f', more % (sizeof(said.function) + 1) % sizeof(said.function));
		memset(said.file, more & 0x80 ? '"' : 'c', more & 0x80 ? sizeof(said.file) : 3);
	} else if (said.step == LIBRARY_RETURNED) {
		said.result = (int16_t)fuzz_u16(&s->c);
		said.timer_ns = more & 0x80 ? LIBRARY_NO_TIMER - (more & 1) : (uint64_t)more << 28;
	}
	memcpy(u.ev.items, &said, sizeof(said));
	feed(s, &u.ev, sizeof(u));
}

/* Bytes that nobody promised to be an event; some of it set right, so that it gets in. */
static void step_raw(struct stream *s, unsigned fix)
{
	union {
		struct event ev;
		uint8_t bytes[EVENT_SIZE_LARGE];
	} u = { .bytes = { 0 } };
	size_t len;
	const uint8_t *bytes = fuzz_take(&s->c, fuzz_u16(&s->c) % sizeof(u), &len);

	memcpy(&u, bytes, len);
	if (fix & 1) {
		u.ev.abi = EVENT_ABI;
		u.ev.size = len;
		u.ev.kind = u.ev.kind % EVENT_KIND_LAST + 1;
	}
	if (fix & 2) {
		fill_addresses(s, &u.ev, fix >> 2, PARTY_CLIENT);
		u.ev.time_ns = s->now;
	}
	feed(s, &u.ev, len);
}

static void step_wait(struct stream *s, uint64_t until)
{
	uint64_t next;

	while (s->now < until) {
		next = analysis_advance(s->analysis, s->now);
		fuzz_check(next == UINT64_MAX || next > s->now);
		s->now = next < until ? next : until;
	}
	analysis_advance(s->analysis, s->now);
	check_stats(s->check, analysis_stats(s->analysis));
}

static void step_deadline(struct stream *s)
{
	uint64_t next = analysis_advance(s->analysis, s->now);

	if (next < s->now + HOUR)
		s->now = next;
	analysis_advance(s->analysis, s->now);
}

/* So many events were lost, or some may have been, until up to 1.3 s from now. */
static void step_lost(struct stream *s, bool is_number_known)
{
	uint8_t n = fuzz_u8(&s->c);

	if (is_number_known)
		analysis_lost(s->analysis, 0, n);
	else
		analysis_missing(s->analysis, 0, n & (MISSING_LOST | MISSING_LIMITED | MISSING_PART),
				 s->now + (n >> 3) * 40 * MS);
}

static void step(struct stream *s)
{
	uint8_t op = fuzz_u8(&s->c), n;
	unsigned pair = op >> 4 & 3;
	enum party_role role = op >> 6 & 1;

	switch (op & 0xf) {
	case STEP_WAIT: case STEP_WAIT_MORE:
		n = fuzz_u8(&s->c);	/* 1 ms to 36 minutes */
		return step_wait(s, s->now + ((n >> 4) + 1) * (MS << (n & 0xf)) * (op >> 7 ? 4 : 1));
	case STEP_DEADLINE:
		return op >> 7 ? step_library(s, pair, role) : step_deadline(s);
	case STEP_LOST:
		return step_lost(s, !(op >> 7));
	case STEP_RAW:
		return step_raw(s, op >> 4);
	case STEP_SOCKET:
		if (op >> 7)
			return step_other(s, pair, role);
		s->socket[pair][role] = fuzz_u8(&s->c) % NUM_SOCKETS;
		return;
	case STEP_READ: case STEP_DROP: case STEP_SEND_FAILED: case STEP_ICMP: case STEP_CLOSE:
		return step_bare(s, op & 0xf, pair, role);
	default:
		return step_packet(s, op & 0xf, pair, role);
	}
}

/* --- the trace --- */

static void init(struct stream *s, const struct stream_options *opts)
{
	uint8_t how = fuzz_u8(&s->c);
	struct analysis_options options = {
		.verdict = { .floor_ns = (how >> 3 & 1 ? 20000 : how >> 4 & 1 ? 2500 : 5000) * MS },
		.max_handshakes = 1 + fuzz_u8(&s->c) % STREAM_MAX_HANDSHAKES,
		.sees_reads = how & 1, .sees_drops = how & 2, .sees_send_failures = how & 4,
		.drop_reason_name = how & 0x20 ? NULL : stream_drop_reason,
		.hash_seed = opts->hash_seed, .max_ready = opts->max_ready,
		.allocate = heap_allocate, .release = heap_release,
	};
	struct analysis_callbacks callbacks = {
		.ctx = s, .datagram = on_datagram, .handshake = on_handshake, .unread = on_unread, .settled = on_settled,
		.library_error = on_library_error, .library = on_library,
	};

	s->is_capture = how & 0x40;
	s->both_ways = how & 0x80;
	s->now = STREAM_START;
	s->check = check_new();
	s->analysis = analysis_new(&options, &callbacks);
	fuzz_check(s->analysis);
	for (int pair = 0; pair < NUM_PAIRS; pair++) {
		s->socket[pair][PARTY_CLIENT] = pair;
		s->socket[pair][PARTY_SERVER] = pair > 1 ? pair + 3 : 4;
		for (int role = 0; role < PARTY_MAX; role++) {
			s->sender[pair][role].version = DTLS_VERSION_1_2;
			s->sender[pair][role].random = pair + 1;
		}
	}
}

uint64_t stream_run(const uint8_t *data, size_t size, const struct stream_options *opts,
		    const struct stream_listener *listener)
{
	struct stream *s = calloc(1, sizeof(*s));
	uint64_t digest;

	fuzz_check(s);
	s->c = (struct fuzz_cursor){ data, size };
	s->listener = listener;
	init(s, opts);
	for (unsigned i = 0; i < MAX_STEPS && s->c.left; i++)
		step(s);
	check_finish(s->check);
	analysis_finish(s->analysis, s->now);
	check_finished(s->check);
	check_stats(s->check, analysis_stats(s->analysis));
	if (listener)
		listener->end(listener->ctx, analysis_stats(s->analysis), s->now);
	digest = check_digest(s->check);
	analysis_free(s->analysis);
	heap_check();
	check_free(s->check);
	free(s);
	return digest;
}
