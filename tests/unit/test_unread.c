// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sockets whose queues had datagrams when the trace began: who is reported, when, and in which words. */
#include "sinks.h"

#define SOCKET 77

static struct event unread_event(uint64_t now, uint64_t socket, uint32_t num)
{
	struct event ev = {
		.size = sizeof(ev), .abi = EVENT_ABI, .kind = EVENT_UNREAD, .time_ns = now, .socket = socket,
		.flags = EVENT_IPV4 | EVENT_OWNER | EVENT_DTLS, .pid = 7, .tid = 7, .comm = "coap-server",
		.unread = num, .length = 768 * num, .netns = 1,
		.local = { .ip = { [10] = 0xff, 0xff, 127, 0, 0, 1 }, .port = 5684 },
	};

	return ev;
}

static void tell(struct stream *s, uint64_t socket, uint32_t num)
{
	struct event ev = unread_event(s->now, socket, num);

	analysis_event(s->analysis, &ev, sizeof(ev));
}

static void left_alone_is_told_soon_at_the_floor_and_at_the_end(void **state)
{
	struct stream s STREAM_ENDS;

	stream_init(&s, AT_SERVER);
	tell(&s, SOCKET, 2);
	stream_until(&s, START + 499 * MS);
	assert_int_equal(s.num_unread, 0);
	stream_until(&s, START + 500 * MS);
	assert_int_equal(s.num_unread, 1);
	assert_int_equal(s.unread_ns, START + 500 * MS);
	assert_false(s.unread.is_past_floor);
	stream_until(&s, START + FLOOR - MS);
	assert_int_equal(s.num_unread, 1);
	stream_until(&s, START + FLOOR);
	assert_int_equal(s.num_unread, 2);
	assert_true(s.unread.is_past_floor);
	assert_int_equal(s.unread.sockets[0].ev.unread, 2);
	stream_until(&s, START + HOUR);
	assert_int_equal(s.num_unread, 2);
	analysis_finish(s.analysis, s.now);
	assert_int_equal(s.num_unread, 3);
	assert_int_equal(s.unread_ns, START + HOUR);
	/* It is no event of a handshake. */
	assert_int_equal(s.num_seen, 0);
	assert_int_equal(analysis_stats(s.analysis)->no_handshake, 0);
}

static void the_end_repeats_nothing(void **state)
{
	static const struct { uint64_t end; uint32_t told; } cases[] = {
		{ 499 * MS, 0 }, { 500 * MS, 1 }, { 1499 * MS, 1 }, { 1500 * MS, 2 },
		{ FLOOR, 2 }, { FLOOR + 999 * MS, 2 }, { FLOOR + SEC, 3 },
	};
	struct stream s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stream_init(&s, AT_SERVER);
		tell(&s, SOCKET, 1);
		stream_until(&s, START + cases[i].end);
		analysis_finish(s.analysis, s.now);
		assert_int_equal(s.num_unread, cases[i].told);
		stream_fini(&s);
	}
}

/* What has a queue for a moment when the trace begins, or reads late, is not told from then on. */
static void read_or_closed_is_told_no_more(void **state)
{
	struct stream s STREAM_ENDS;

	stream_init(&s, AT_SERVER);
	tell(&s, SOCKET, 2);
	tell(&s, SOCKET + 1, 1);
	stream_until(&s, START + 100 * MS);
	tell(&s, SOCKET, 0);
	stream_until(&s, START + SEC);
	assert_int_equal(s.num_unread, 1);
	assert_int_equal(s.unread.num, 1);
	assert_int_equal(s.unread.sockets[0].ev.socket, SOCKET + 1);
	tell(&s, SOCKET + 1, 0);
	stream_until(&s, START + HOUR);
	analysis_finish(s.analysis, s.now);
	assert_int_equal(s.num_unread, 1);
}

static void without_reads_nothing_is_known(void **state)
{
	struct stream s STREAM_ENDS;

	stream_init_blind(&s, AT_SERVER);
	tell(&s, SOCKET, 2);
	stream_until(&s, START + HOUR);
	analysis_finish(s.analysis, s.now);
	assert_int_equal(s.num_unread, 0);
}

/* A socket of several processes comes once for each: the last is named. */
static void a_shared_socket_is_one(void **state)
{
	struct event ev = unread_event(START, SOCKET, 3);
	struct stream s STREAM_ENDS;

	stream_init(&s, AT_SERVER);
	tell(&s, SOCKET, 3);
	ev.pid = 8;
	analysis_event(s.analysis, &ev, sizeof(ev));
	stream_until(&s, START + SEC);
	assert_int_equal(s.unread.num, 1);
	assert_int_equal(s.unread.num_more, 0);
	assert_int_equal(s.unread.sockets[0].ev.pid, 8);
}

static void too_many_are_counted(void **state)
{
	struct stream s STREAM_ENDS;

	stream_init(&s, AT_SERVER);
	for (uint64_t i = 0; i < UNREAD_MAX + 3; i++)
		tell(&s, SOCKET + i, 1);
	tell(&s, SOCKET + UNREAD_MAX, 0);
	stream_until(&s, START + SEC);
	assert_int_equal(s.unread.num, UNREAD_MAX);
	assert_int_equal(s.unread.num_more, 2);
}

static void at_any_time(void **state)
{
	static const uint64_t times[] = { 0, 1, UINT64_MAX - 1, UINT64_MAX };
	struct stream s;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct event ev = unread_event(times[i], SOCKET, 1);

		stream_init(&s, AT_SERVER);
		analysis_event(s.analysis, &ev, sizeof(ev));
		analysis_advance(s.analysis, times[i]);
		analysis_finish(s.analysis, times[i]);
		stream_fini(&s);
	}
}

/* --- words --- */

static const char *words(const struct event *ev, uint32_t num_came)
{
	static char text[UNREAD_TEXT_LEN];
	struct unread_socket socket = { .ev = *ev, .num_came = num_came };

	return unread_write(text, &socket, 5 * SEC);
}

static void the_words(void **state)
{
	struct event ev = unread_event(START, SOCKET, 2);

	assert_string_equal(words(&ev, 0), "socket 127.0.0.1:5684 (coap-server pid 7): 2 datagrams (1536 bytes of receive "
			    "buffer, DTLS among them) were unread when the trace began; in the 5.0 s since, none was "
			    "read and no DTLS handshake datagram came");
	ev.flags = EVENT_OWNER;
	ev.unread = 1;
	ev.ns_pid = 3;
	ev.remote = (struct event_endpoint){ .ip = { 0x20, 1 }, .port = 9 };
	ev.local = (struct event_endpoint){ .port = 5684 };
	memcpy(ev.comm, "\x1b[2J\"\xff no\0end...", sizeof(ev.comm));
	assert_string_equal(words(&ev, 1), "socket [::]:5684 > [2001::]:9 (\\x1b[2J\"\\xff no pid 7, 3 in its PID "
			    "namespace): 1 datagram (1536 bytes of receive buffer) was unread when the trace began; in "
			    "the 5.0 s since, none was read and 1 DTLS datagram came");
	/* The longest fits. */
	memset(ev.comm, 0xff, sizeof(ev.comm));
	memset(ev.local.ip, 0xff, sizeof(ev.local.ip));
	ev.remote = ev.local = (struct event_endpoint){ .ip = { 0xff, 0xff, [14] = 0xff, 0xff }, .port = UINT16_MAX };
	ev.flags |= EVENT_DTLS;
	ev.pid = ev.length = ev.unread = UINT32_MAX;
	ev.ns_pid = UINT32_MAX - 1;
	assert_non_null(strstr(words(&ev, UINT32_MAX), "4294967295 DTLS datagrams came"));
}

static char *shown_of(const struct sink_ops *ops, uint32_t num_sockets)
{
	struct shown shown;
	struct stream s;
	struct pair p;

	shown_begin(&shown, ops, &s, &p, AT_SERVER);
	shown.info.sees_sockets = true;
	for (uint64_t i = 0; i < num_sockets; i++)
		tell(&s, SOCKET + i, 1);
	stream_until(&s, START + SEC);
	shown_end(&shown, &s);
	return shown.text;
}

static void the_sinks_name_the_first_and_count_the_rest(void **state)
{
	char *text = shown_of(&sink_timeline, UNREAD_MAX + 2);

	assert_non_null(strstr(text, "  0.500000 socket 127.0.0.1:5684 (coap-server pid 7): 1 datagram ("));
	assert_non_null(strstr(text, "and 2 more sockets\n"));
	assert_null(strstr(text, "hint: "));
	free(text);
	text = shown_of(&sink_json, 1);
	assert_non_null(strstr(text, "\n{\"type\":\"unread\",\"time\":\"2026-09-21T14:13:20.500000000Z\",\"unix\":1790000000,\"ns\":500000000,"
				     "\"pid\":7,\"tid\":7,\"uid\":0,\"comm\":\"coap-server\",\"netns\":1,"
				     "\"local\":\"127.0.0.1:5684\",\"datagrams\":1,\"bytes\":768,\"dtls\":true,"
				     "\"dtls_came\":0,\"unread_ns\":500000000,\"summary\":\"socket 127"));
	assert_null(strstr(text, "more_sockets"));
	assert_non_null(strstr(text, "\"sockets\":0,"));
	free(text);
}

/* What the end says of a filter on processes, with so many sockets. Not to be freed. */
static const char *last_words(const struct trace_info *filter, uint64_t num_sockets, uint64_t num_no_handshake)
{
	struct analysis_stats analysis = { .no_handshake = num_no_handshake, .events = num_no_handshake };
	struct trace_stats stats = {
		.analysis = &analysis, .counters[COUNTER_SOCKETS] = num_sockets, .end_ns = START + 12 * SEC,
	};
	struct sink sink = { .ops = &sink_timeline, .info = filter };
	static char text[512];

	memset(text, 0, sizeof(text));
	sink.out = fmemopen(text, sizeof(text) - 1, "w");
	assert_non_null(sink.out);
	assert_true(sink_begin(&sink));
	sink_end(&sink, &stats);
	fclose(sink.out);
	return text;
}

static void the_wrong_process_may_be_traced(void **state)
{
	static const uint32_t pids[] = { 7, 8 };
	static const uint16_t port = 5684;
	struct trace_info info = { .sees_sockets = true, .start_ns = START, .pids = pids, .num_pids = 1 };

	assert_non_null(strstr(last_words(&info, 0, 0), "\nthe traced process had no UDP socket in 12.0 s\n"));
	assert_non_null(strstr(last_words(&info, 1, 0),
			       "\nno DTLS handshake was seen on 1 UDP socket of the traced process in 12.0 s\n"));
	info.num_pids = 2;
	assert_non_null(strstr(last_words(&info, 3, 0), "on 3 UDP sockets of the traced processes in"));
	/* Something was seen; it is not known; others than processes were asked for. */
	assert_null(strstr(last_words(&info, 3, 1), "UDP socket"));
	info.sees_sockets = false;
	assert_null(strstr(last_words(&info, 0, 0), "UDP socket"));
	info.sees_sockets = true;
	info.ports = &port;
	info.num_ports = 1;
	assert_null(strstr(last_words(&info, 3, 0), "UDP socket"));
	info.num_ports = info.num_pids = 0;
	assert_null(strstr(last_words(&info, 3, 0), "UDP socket"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(left_alone_is_told_soon_at_the_floor_and_at_the_end),
		cmocka_unit_test(the_end_repeats_nothing),
		cmocka_unit_test(read_or_closed_is_told_no_more),
		cmocka_unit_test(without_reads_nothing_is_known),
		cmocka_unit_test(a_shared_socket_is_one),
		cmocka_unit_test(too_many_are_counted),
		cmocka_unit_test(at_any_time),
		cmocka_unit_test(the_words),
		cmocka_unit_test(the_sinks_name_the_first_and_count_the_rest),
		cmocka_unit_test(the_wrong_process_may_be_traced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
