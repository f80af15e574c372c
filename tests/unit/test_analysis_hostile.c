// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Events that break the rules of event.h, numbers chosen by an enemy, storms, determinism. */
#include "stream_dtls.h"

/* --- invalid events --- */

static bool has_items(uint8_t kind)
{
	return kind == EVENT_SENT || kind == EVENT_QUEUED || kind == EVENT_DROPPED || kind == EVENT_CAPTURED;
}

static struct event *new_event(const struct stream *s, size_t size)
{
	struct event *ev = calloc(1, size);

	assert_non_null(ev);
	ev->size = size;
	ev->abi = EVENT_ABI;
	ev->kind = EVENT_QUEUED;
	ev->time_ns = s->now;
	ev->local = endpoint(5, 30041);
	ev->remote = endpoint(9, 4433);
	ev->socket = 1;
	ev->datagram = 1;
	return ev;
}

/* Taken in, the event is refused, and nobody hears of it. Frees it. */
static void expect_invalid(struct stream *s, struct event *ev, size_t len)
{
	uint64_t invalid = analysis_stats(s->analysis)->invalid;
	uint64_t events = analysis_stats(s->analysis)->events;
	uint32_t seen = s->num_seen, changes = s->num_changes;

	analysis_event(s->analysis, ev, len);
	assert_int_equal(analysis_stats(s->analysis)->invalid, invalid + 1);
	assert_int_equal(analysis_stats(s->analysis)->events, events);
	assert_int_equal(s->num_seen, seen);
	assert_int_equal(s->num_changes, changes);
	free(ev);
}

static void short_events_are_refused(void **state)
{
	struct event *ev;
	struct stream s STREAM_ENDS;

	stream_init(&s, AT_BOTH);
	for (size_t len = 0; len < sizeof(*ev); len++)
		expect_invalid(&s, new_event(&s, sizeof(*ev)), len);
	ev = new_event(&s, sizeof(*ev));
	ev->size = sizeof(*ev) + 8;
	expect_invalid(&s, ev, sizeof(*ev));
	for (unsigned size = 0; size < sizeof(*ev); size++) {
		ev = new_event(&s, sizeof(*ev));
		ev->size = size;
		expect_invalid(&s, ev, sizeof(*ev));
	}
}

static void wrong_abi_and_kind_are_refused(void **state)
{
	struct event *ev;
	struct stream s STREAM_ENDS;

	stream_init(&s, AT_BOTH);
	for (unsigned value = 0; value < 256; value++) {
		if (value != EVENT_ABI) {
			ev = new_event(&s, sizeof(*ev));
			ev->abi = value;
			expect_invalid(&s, ev, sizeof(*ev));
		}
		if (value == 0 || value > EVENT_KIND_LAST) {
			ev = new_event(&s, sizeof(*ev));
			ev->kind = value;
			expect_invalid(&s, ev, sizeof(*ev));
		}
	}
}

static void items_out_of_bounds_are_refused(void **state)
{
	struct event *ev;
	struct stream s STREAM_ENDS;

	stream_init(&s, AT_BOTH);
	ev = new_event(&s, EVENT_SIZE(40, 0));
	ev->num_items = EVENT_MAX_ITEMS + 1;
	expect_invalid(&s, ev, EVENT_SIZE(40, 0));
	ev = new_event(&s, EVENT_SIZE(2, 0));
	ev->num_items = 3;
	expect_invalid(&s, ev, EVENT_SIZE(2, 0));
	ev = new_event(&s, EVENT_SIZE(2, 0));
	ev->num_items = 255;
	expect_invalid(&s, ev, EVENT_SIZE(2, 0));
}

static void hello_out_of_bounds_is_refused(void **state)
{
	const struct {
		uint16_t off, len, item;
	} wrong[] = {
		{ EVENT_SIZE(2, 0), 65, 1 },
		{ EVENT_SIZE(2, 0) + 1, 64, 1 },
		{ EVENT_SIZE(2, 0) - 1, 8, 1 },
		{ 0, 8, 1 },
		{ 0xffff, 0xffff, 1 },
		{ 0xffff, 1, 1 },
		{ EVENT_SIZE(2, 0), 0xffff, 1 },
		{ EVENT_SIZE(2, 0), 8, 2 },
		{ EVENT_SIZE(2, 0), 8, 0xffff },
	};
	struct event *ev;
	struct stream s STREAM_ENDS;

	stream_init(&s, AT_BOTH);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ev = new_event(&s, EVENT_SIZE(2, 64));
		ev->num_items = 2;
		ev->items[0].kind = DTLS_ITEM_RECORD;
		ev->items[1].message.kind = DTLS_ITEM_MESSAGE;
		ev->items[1].message.msg_type = DTLS_MT_CLIENT_HELLO;
		ev->hello_off = wrong[i].off;
		ev->hello_len = wrong[i].len;
		ev->hello_item = wrong[i].item;
		expect_invalid(&s, ev, EVENT_SIZE(2, 64));
	}
}

static void items_where_there_must_be_none_are_refused(void **state)
{
	struct event *ev;
	struct stream s STREAM_ENDS;

	stream_init(&s, AT_BOTH);
	for (unsigned kind = EVENT_SENT; kind <= EVENT_KIND_LAST; kind++) {
		ev = new_event(&s, EVENT_SIZE(1, 0));
		ev->kind = kind;
		ev->num_items = 1;
		ev->items[0].kind = DTLS_ITEM_RECORD;
		if (has_items(kind)) {
			analysis_event(s.analysis, ev, ev->size);
			free(ev);
			assert_int_equal(s.num_seen, 1);
			s.num_seen = 0;
		} else {
			expect_invalid(&s, ev, EVENT_SIZE(1, 0));
		}
	}
}

/* A body whose item is a record, or no first fragment, begins nothing. */
static void hello_of_no_first_fragment_begins_nothing(void **state)
{
	struct stream s STREAM_ENDS;
	struct event *ev;

	stream_init(&s, AT_BOTH);
	for (uint16_t item = 0; item < 2; item++) {
		ev = new_event(&s, EVENT_SIZE(2, 64));
		ev->num_items = 2;
		ev->items[0].kind = DTLS_ITEM_RECORD;
		ev->items[1].message = (struct dtls_message){
			.kind = DTLS_ITEM_MESSAGE, .msg_type = DTLS_MT_CLIENT_HELLO,
			.length = 128, .fragment_offset = 64, .fragment_length = 64,
		};
		ev->hello_off = EVENT_SIZE(2, 0);
		ev->hello_len = 64;
		ev->hello_item = item;
		analysis_event(s.analysis, ev, ev->size);
		free(ev);
	}
	assert_int_equal(analysis_stats(s.analysis)->events, 2);
	assert_int_equal(analysis_stats(s.analysis)->no_handshake, 2);
	assert_int_equal(analysis_stats(s.analysis)->handshakes, 0);
	assert_int_equal(s.num_seen, 2);
}

/* Malformed from its first record on: there is no item to look at. The sanitizers look at this test, too. */
static void datagram_without_items_disturbs_nothing(void **state)
{
	struct event *ev;
	STORY(s, p, AT_BOTH);

	dtls_flight1(&p);
	for (unsigned kind = EVENT_SENT; kind <= EVENT_KIND_LAST; kind++) {
		if (!has_items(kind) || kind == EVENT_CAPTURED)
			continue;
		ev = new_event(&s, sizeof(*ev));
		ev->kind = kind;
		ev->malformed = DTLS_MALFORMED_RECORD_LENGTH;
		ev->local = p.address[PARTY_SERVER];
		ev->remote = p.address[PARTY_CLIENT];
		ev->flags = EVENT_IPV4;
		analysis_event(s.analysis, ev, ev->size);
		free(ev);
	}
	dtls_flight4(&p);
	dtls_flight5(&p);
	dtls_flight6(&p);
	expect_completed_only(&s, &p);
}

/* --- hostile numbers --- */

static void hostile_numbers_disturb_nothing(void **state)
{
	const uint32_t numbers[] = { 0, 1, 2, 0x7fffff, 0xfffffe, 0xffffff, 0xffffffff };
	const size_t num = sizeof(numbers) / sizeof(numbers[0]);
	struct dtls_message msg;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		for (size_t i = 0; i < num * num * num; i++) {
			msg = (struct dtls_message){
				.msg_type = i % 26, .message_seq = 1000 + i,
				.length = numbers[i % num],
				.fragment_offset = numbers[i / num % num],
				.fragment_length = numbers[i / num / num],
			};
			p.seq[i & 1][0] = i % 5 ? 0xffffffffffff - i : i;
			dtls_fragment_add(&p, i & 1, msg, NULL);
			pair_flush(&p);
		}
		stream_wait(&s, HOUR);
		/* Another client is not touched by it. */
		pair_init(&p, &s, 30042, 0x11);
		dtls_full(&p);
		assert_string_equal(handshake_state_name(p.h->state), "completed");
	}
}

/* Every number of every kind of event at its extremes, in the middle of a handshake. */
static void extreme_events_disturb_nothing(void **state)
{
	const uint64_t numbers[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, UINT64_MAX };
	const size_t num = sizeof(numbers) / sizeof(numbers[0]);
	struct event ev;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		for (size_t i = 0; i < num * num * (EVENT_KIND_LAST + 1) * 4; i++) {
			uint64_t a = numbers[i % num], b = numbers[i / num % num];

			ev = pair_bare(&p, i & 1, 1 + i / num / num % (EVENT_KIND_LAST + 1));
			if (ev.kind == EVENT_CLOSED)	/* that would be the end of it */
				ev.socket = 0;
			ev.flags = a;
			ev.malformed = b;
			ev.datagram = a;
			ev.length = ev.pid = ev.tid = ev.uid = b;
			ev.copied = ev.unread = ev.drop_reason = a;
			ev.error = a ^ b;
			ev.icmp_type = a;
			ev.icmp_code = b;
			ev.cgroup_id = a;
			if (i & 2)
				ev.netns = b;
			if (i % 5 == 0)
				ev.socket = a;
			if (i % 7 == 0)
				memset(&ev.remote, i, sizeof(ev.remote));
			if (i % 11 == 0)
				memset(&ev.local, i, sizeof(ev.local));
			memset(ev.comm, i, sizeof(ev.comm));
			analysis_event(s.analysis, &ev, sizeof(ev));
			if (i % 64 == 0)
				stream_wait(&s, SEC);
		}
		for (int code = 0; code < NOTE_MAX; code++) {
			char text[VERDICT_TEXT_LEN];

			note_write(p.h, code, text);
		}
		stream_wait(&s, HOUR);
		/* Another client is not touched by it. */
		pair_init(&p, &s, 30042, 0x11);
		p.socket[PARTY_SERVER] = 60;
		dtls_full(&p);
		assert_string_equal(handshake_state_name(p.h->state), "completed");
	}
}

/* The clock at its ends. */
static void extreme_times_disturb_nothing(void **state)
{
	const uint64_t times[] = { 0, 1, UINT64_MAX / 2, UINT64_MAX - SEC, UINT64_MAX };
	struct event ev;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		STORY(s, p, AT_BOTH);
		dtls_flight1(&p);
		for (unsigned kind = EVENT_SENT; kind <= EVENT_KIND_LAST; kind++) {
			ev = pair_bare(&p, PARTY_CLIENT, kind);
			ev.time_ns = times[i];
			ev.error = 1;
			analysis_event(s.analysis, &ev, sizeof(ev));
			analysis_advance(s.analysis, times[i]);
		}
		analysis_finish(s.analysis, times[i]);
	}
}

/* Time that steps back a little, as between two CPUs. */
static void time_does_not_run_backwards(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		s.now -= MS;
		dtls_flight4(&p);
		s.now -= MS;
		dtls_flight5(&p);
		s.now -= MS;
		dtls_flight6(&p);
		assert_int_equal(p.h->started_ns, START);
		assert_int_equal(p.h->ended_ns, START);
		assert_int_equal(handshake_waited_ns(p.h), 0);
		s.now = START;
		expect_completed_only(&s, &p);
	}
}

/* --- storms --- */

/* xorshift64: the same numbers everywhere. */
static uint64_t storm_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void storm_item(struct dtls_item *item, uint64_t r)
{
	static const uint32_t lengths[] = { 0, 1, 100, 469, 0xffffff };

	if (r & 1) {
		item->record = (struct dtls_record){
			.kind = DTLS_ITEM_RECORD, .content_type = 20 + (r >> 8) % 7,
			.flags = (r >> 16) % 16 ? 0 : r >> 20, .alert_level = (r >> 24) % 40,
			.version = DTLS_VERSION_1_2, .epoch = (r >> 32) % 3,
			.length = r >> 40, .sequence = (r >> 48) % 100,
		};
		return;
	}
	item->message = (struct dtls_message){
		.kind = (r >> 1) % 50 ? DTLS_ITEM_MESSAGE : r >> 8,
		.msg_type = (r >> 8) % 22, .message_seq = (r >> 16) % 8,
		.length = lengths[(r >> 20) % 5],
		.fragment_offset = lengths[(r >> 24) % 5],
		.fragment_length = lengths[(r >> 28) % 5],
	};
}

/* Numbers of the kinds of event that have no items, extreme ones among them. */
static void storm_numbers(struct event *ev, uint64_t r)
{
	static const uint32_t numbers[] = { 0, 1, 100, 1400, 65535, 0xffffffff };
	static const uint16_t errors[] = { 0, 1, 11, 90, 101, 111, 113, 0xffff };

	ev->length = numbers[r % 6];
	ev->copied = numbers[(r >> 8) % 6];
	ev->unread = numbers[(r >> 16) % 6];
	ev->drop_reason = (r >> 20) % 8 ? (r >> 24) % 8 : numbers[(r >> 24) % 6];
	ev->error = errors[(r >> 32) % 8];
	ev->icmp_type = (r >> 36) % 5;
	ev->icmp_code = (r >> 40) % 5;
	ev->uid = r >> 44;
}

/* Mostly well-formed, of four clients and two servers; about one in 30 breaks event.h's rules. */
static size_t storm_event(struct datagram *d, uint64_t *seed, uint64_t *now)
{
	uint64_t r = storm_random(seed);
	struct event *ev = datagram_event(d);

	memset(d, 0, sizeof(*d));
	ev->abi = EVENT_ABI;
	ev->kind = r % 100 ? 1 + r % 3 : (r >> 8) % 9;	/* 0 and 8 are none */
	if (r % 5 == 0)
		ev->kind = EVENT_DROPPED + (r >> 8) % 3;
	ev->flags = r >> 16;
	ev->num_items = (r >> 24) % 50 ? (r >> 24) % 8 : r >> 32;
	if (!has_items(ev->kind) && (r >> 30) % 40)
		ev->num_items = 0;
	*now += (r >> 40) % 64 ? (r >> 48) * 1000 : 10 * SEC;
	ev->time_ns = *now - ((r >> 46) % 4 ? 0 : 1000000);
	r = storm_random(seed);
	ev->socket = 1 + r % 3;
	ev->datagram = (r >> 4) % 64;
	ev->local = endpoint(1 + (r >> 10) % 4, 1 + (r >> 12) % 2);
	ev->remote = endpoint(1 + (r >> 14) % 4, 1 + (r >> 16) % 2);
	memset(ev->comm, r >> 18, sizeof(ev->comm));
	storm_numbers(ev, storm_random(seed));
	if ((r >> 56) % 16 == 0)
		ev->remote.port = ev->local.port = 0;
	if ((r >> 60) == 0)
		ev->socket = 0;
	for (unsigned i = 0; i < ev->num_items && i < EVENT_MAX_ITEMS; i++)
		storm_item(&ev->items[i], storm_random(seed));
	ev->size = EVENT_SIZE(ev->num_items % EVENT_MAX_ITEMS, 0);
	if ((r >> 26) % 3 == 0 && ev->num_items > 1) {
		ev->hello_off = ev->size;
		ev->hello_item = (r >> 30) % 40 ? 1 : r >> 36;
		ev->hello_len = (r >> 40) % 40 ? 64 : (r >> 44) % 256;
		ev->items[1].message.kind = DTLS_ITEM_MESSAGE;
		ev->items[1].message.msg_type = 1 + (r >> 52) % 2;
		ev->items[1].message.fragment_offset = 0;
		memset(d->bytes + ev->hello_off, (r >> 54) % 8, 64);
		ev->size += 64;
	}
	return ev->size;
}

static const char *storm_reason(void *ctx, uint32_t reason)
{
	static const char *const names[] = { "NO_SOCKET", "SOCKET_RCVBUFF", "\x1b[31m%s%n\xff", "", NULL };

	(void)ctx;
	return names[reason % 5];
}

static void storm(struct stream *s, uint64_t seed, uint32_t hash_seed, uint32_t num)
{
	struct analysis_options opts = stream_options();
	struct datagram d;
	struct event *ev;
	size_t size;

	opts.max_handshakes = 8;
	opts.hash_seed = hash_seed;
	opts.drop_reason_name = storm_reason;
	assert_true(stream_init_with(s, AT_BOTH, &opts));
	for (uint32_t i = 0; i < num; i++) {
		size = storm_event(&d, &seed, &s->now);
		ev = malloc(size);
		assert_non_null(ev);
		memcpy(ev, &d, size);
		analysis_event(s->analysis, ev, size);
		free(ev);
		if (i % 16 == 0)
			analysis_advance(s->analysis, s->now);
		if (i % 1000 == 0)
			analysis_lost(s->analysis, 0, 1);
	}
	analysis_finish(s->analysis, s->now);
}

static void storm_is_weathered(void **state)
{
	const struct analysis_stats *stats;
	struct stream s STREAM_ENDS;
	uint64_t sum = 0;

	storm(&s, 0x9e3779b97f4a7c15ULL, 7, 100000);
	stats = analysis_stats(s.analysis);
	assert_int_equal(stats->events + stats->invalid, 100000);
	assert_int_equal(s.num_seen, stats->events);
	/* It was a storm: something of everything happened. */
	assert_true(stats->events > 80000 && stats->invalid > 100);
	assert_true(stats->handshakes > 100 && stats->evicted > 10 && stats->no_handshake > 1000);
	for (int i = 0; i <= HANDSHAKE_ABANDONED; i++)
		sum += stats->by_state[i];
	assert_int_equal(sum, stats->handshakes);
	assert_true(stats->by_state[HANDSHAKE_COMPLETED] > 0);
	assert_true(stats->by_state[HANDSHAKE_FAILED] > 0);
}

/* --- determinism --- */

static void same_events_same_callbacks(void **state)
{
	struct stream first, again;

	for (uint32_t seed = 1; seed < 6; seed++) {
		storm(&first, seed * 0x9e3779b97f4a7c15ULL, 1, 5000);
		storm(&again, seed * 0x9e3779b97f4a7c15ULL, 0xdeadbeef * seed, 5000);
		assert_int_equal(first.num_changes, again.num_changes);
		assert_int_equal(first.num_seen, again.num_seen);
		assert_int_equal(first.digest, again.digest);
		assert_true(first.num_changes > 10);
		stream_fini(&first);
		stream_fini(&again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_events_are_refused),
		cmocka_unit_test(wrong_abi_and_kind_are_refused),
		cmocka_unit_test(items_out_of_bounds_are_refused),
		cmocka_unit_test(hello_out_of_bounds_is_refused),
		cmocka_unit_test(hello_of_no_first_fragment_begins_nothing),
		cmocka_unit_test(items_where_there_must_be_none_are_refused),
		cmocka_unit_test(datagram_without_items_disturbs_nothing),
		cmocka_unit_test(hostile_numbers_disturb_nothing),
		cmocka_unit_test(extreme_events_disturb_nothing),
		cmocka_unit_test(extreme_times_disturb_nothing),
		cmocka_unit_test(time_does_not_run_backwards),
		cmocka_unit_test(storm_is_weathered),
		cmocka_unit_test(same_events_same_callbacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
