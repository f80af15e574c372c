// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the timeline counts: copies of a flight are one line, and so is the same verdict for many handshakes of a process. */
#include "sinks.h"
#include "stream_verdict.h"

/* The number of lines that have this in them. */
static unsigned lines_with(const char *text, const char *part)
{
	unsigned num = 0;

	for (const char *at = text; (at = strstr(at, part)); at = strchr(at, '\n'))
		num++;
	return num;
}

/* What happened is told in the order of its times. */
static void expect_in_order(const char *text)
{
	double before = 0, at;

	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "%lf #", &at) != 1 || line[0] != ' ' || line[10] != ' ')
			continue;
		assert_true(at >= before);
		before = at;
	}
}

static void a_copy_is_one_line(void **state)
{
	struct shown shown;
	struct stream s;
	struct pair p;

	FOR_EACH_OBSERVER(at) {
		for (int verbosity = 0; verbosity < 2; verbosity++) {
			shown_begin(&shown, &sink_timeline, &s, &p, at);
			shown.sink.verbosity = verbosity;
			dtls_flight1(&p);
			p.mtu = 300;
			for (int i = 0; i < 3; i++) {
				dtls_flight4(&p);
				stream_wait(&s, SEC << i);
			}
			shown_end(&shown, &s);
			assert_int_equal(lines_with(shown.text, "server > client  flight 4 again, copy 2: "), !verbosity);
			assert_int_equal(lines_with(shown.text, "server > client  flight 4 again, copy 3: "), !verbosity);
			assert_int_equal(lines_with(shown.text, " again, "), verbosity ? 0 : 2);
			assert_int_equal(!!lines_with(shown.text, "  retransmission"), verbosity);
			expect_in_order(shown.text);
			free(shown.text);
		}
	}
}

/* With the number of its datagrams, and what became of them: the kernel drops them at either end. */
static void what_is_dropped_of_a_copy(void **state)
{
	static const struct { enum fate fate; unsigned at; const char *text; } cases[] = {
		{ DROPPED_IN, AT_CLIENT, "; 4 dropped by the kernel: " },
		{ REFUSED, AT_CLIENT, "; 4 dropped by the kernel: " },
		{ DROPPED_IN, AT_BOTH, "; 4 dropped by the kernel: " },
		{ DROPPED_OUT, AT_SERVER, "; 4 dropped by the kernel on its way out: " },
		{ LOST, AT_SERVER, "\n" },
	};
	struct shown shown;
	struct stream s;
	struct pair p;
	char wanted[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		shown_begin(&shown, &sink_timeline, &s, &p, cases[i].at);
		dtls_flight1(&p);
		p.mtu = 300;
		dtls_flight4(&p);
		stream_wait(&s, SEC);
		p.fate = cases[i].fate;
		p.drop_reason = REASON_NETFILTER;
		dtls_flight4(&p);
		stream_wait(&s, SEC);
		shown_end(&shown, &s);
		assert_int_equal(lines_with(shown.text, "flight 4 again, copy 2: 4 datagrams, "), 1);
		assert_int_equal(lines_with(shown.text, " dropped by the kernel"), cases[i].fate != LOST);
		snprintf(wanted, sizeof(wanted), " bytes%s", cases[i].text);
		assert_non_null(strstr(strstr(shown.text, "again, copy 2"), wanted));
		free(shown.text);
	}
}

#define NUM_BUSY 40

/* Many handshakes repeat their flights at the same time, a datagram of each in turn. */
static void copies_at_the_same_time(void **state)
{
	static struct pair pairs[NUM_BUSY];
	struct shown shown;
	struct stream s;
	unsigned num;

	for (num = 2; num <= NUM_BUSY; num += NUM_BUSY - 2) {
		shown_begin(&shown, &sink_timeline, &s, &pairs[0], AT_SERVER);
		for (unsigned i = 0; i < num; i++) {
			pair_init(&pairs[i], &s, 31000 + i, 0x20 + i);
			dtls_flight1(&pairs[i]);
			dtls_flight4(&pairs[i]);
		}
		stream_wait(&s, SEC);
		/* A datagram for each message; after a wait, its copy is the next. */
		for (unsigned i = 0; i < num; i++) {
			dtls_server_hello(&pairs[i]);
			pair_flush(&pairs[i]);
		}
		for (unsigned i = 0; i < num; i++) {
			dtls_message_add(&pairs[i], PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 3, 0, NULL);
			pair_flush(&pairs[i]);
		}
		shown_end(&shown, &s);
		assert_int_equal(lines_with(shown.text, " flight 4 again, copy 2: 2 datagrams, "), num == 2 ? 2 : 0);
		assert_int_equal(lines_with(shown.text, " flight 4 again, copy 2: 1 datagram, "), num == 2 ? 0 : 2 * num);
		expect_in_order(shown.text);
		free(shown.text);
	}
}

/* Live, the line of a copy waits for no other: at the next tick it is there. */
static void a_copy_does_not_wait(void **state)
{
	struct shown shown;
	struct stream s;
	struct pair p;

	shown_begin(&shown, &sink_timeline, &s, &p, AT_CLIENT);
	dtls_flight1(&p);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	shown.sink.ops->tick(&shown.sink, s.now);
	fflush(shown.sink.out);
	assert_int_equal(lines_with(shown.text, " again"), 0);
	shown.sink.ops->tick(&shown.sink, s.now + SEC / 10);
	fflush(shown.sink.out);
	assert_int_equal(lines_with(shown.text, "  1.000000 #1   client > server  flight 1 again, copy 2: 1 datagram, "), 1);
	/* Once. */
	shown.sink.ops->tick(&shown.sink, s.now + SEC);
	shown_end(&shown, &s);
	assert_int_equal(lines_with(shown.text, " again"), 1);
	free(shown.text);
}

#define NUM_CLIENTS 34

/* A server goes down: so many clients get no answer, each a little later. */
static void no_answers(struct shown *shown, struct stream *s, struct pair *pairs, const struct sink_ops *ops, int verbosity)
{
	shown_begin(shown, ops, s, &pairs[0], AT_CLIENT);
	shown->sink.verbosity = verbosity;
	for (int i = 1; i < NUM_CLIENTS; i++)
		pair_init(&pairs[i], s, 31000 + i, 0x20 + i);
	for (int copy = 0; copy < 3; copy++) {
		for (int i = 0; i < NUM_CLIENTS; i++) {
			dtls_flight1(&pairs[i]);
			stream_wait(s, SEC / 100);
		}
		stream_wait(s, SEC);
	}
	stream_wait(s, 4 * SEC);
}

static void the_same_verdict_is_told_once(void **state)
{
	static struct pair pairs[NUM_CLIENTS];
	struct shown shown;
	struct stream s;

	no_answers(&shown, &s, pairs, &sink_timeline, 0);
	shown_end(&shown, &s);
	assert_int_equal(lines_with(shown.text, " #1   STUCK  no response from server 10.0.0.9:4433"), 1);
	assert_int_equal(lines_with(shown.text, "  STUCK  the same for 33 more handshakes of licode (pid 812) to 10.0.0.9:4433 since 5."), 1);
	assert_int_equal(lines_with(shown.text, " (#2 to #34, see #1): no-response, side server, likely: the server's socket is not on this host\n"), 2);
	assert_int_equal(lines_with(shown.text, "  STUCK  "), 2);
	assert_int_equal(lines_with(shown.text, "hint: "), 1);
	/* That they are stuck in the end, too. */
	assert_int_equal(lines_with(shown.text, "  STILL STUCK  "), 2);
	assert_int_equal(lines_with(shown.text, "  STILL STUCK  the same for 33 more handshakes of licode (pid 812) to 10.0.0.9:4433 since "), 1);
	expect_in_order(shown.text);
	free(shown.text);

	no_answers(&shown, &s, pairs, &sink_timeline, 1);
	shown_end(&shown, &s);
	assert_int_equal(lines_with(shown.text, "  STUCK  no response from server 10.0.0.9:4433"), NUM_CLIENTS);
	assert_int_equal(lines_with(shown.text, "hint: "), NUM_CLIENTS);
	free(shown.text);

	/* JSON has each of them. */
	no_answers(&shown, &s, pairs, &sink_json, 0);
	shown_end(&shown, &s);
	assert_int_equal(lines_with(shown.text, "\"code\":\"no-response\""), 2 * NUM_CLIENTS);
	free(shown.text);
}

/* What was counted is told within two seconds and a tick, and what comes later is told in full again. */
static void what_was_counted_does_not_wait(void **state)
{
	static struct pair pairs[NUM_CLIENTS];
	struct shown shown;
	struct stream s;
	struct pair later;

	no_answers(&shown, &s, pairs, &sink_timeline, 0);
	shown.sink.ops->tick(&shown.sink, s.now);
	fflush(shown.sink.out);
	assert_int_equal(lines_with(shown.text, "  STUCK  the same for 33 more handshakes "), 1);
	stream_wait(&s, 60 * SEC);
	pair_init(&later, &s, 32000, 0x70);
	repeat(&later, dtls_flight1, 3);
	stream_wait(&s, 10 * SEC);
	shown_end(&shown, &s);
	assert_int_equal(lines_with(shown.text, " #35  STUCK  no response from server 10.0.0.9:4433"), 1);
	assert_int_equal(lines_with(shown.text, "hint: "), 2);
	free(shown.text);
}

/* Of another process, or to another server, it is not the same. */
static void others_are_not_the_same(void **state)
{
	struct shown shown;
	struct stream s;
	struct pair p, q, r;

	shown_begin(&shown, &sink_timeline, &s, &p, AT_CLIENT);
	pair_init(&q, &s, 31000, 0x22);
	q.pid[PARTY_CLIENT] = 4711;
	pair_init(&r, &s, 31001, 0x23);
	r.address[PARTY_SERVER].port++;
	for (int copy = 0; copy < 3; copy++) {
		dtls_flight1(&p);
		dtls_flight1(&q);
		dtls_flight1(&r);
		stream_wait(&s, SEC);
	}
	stream_wait(&s, 4 * SEC);
	shown_end(&shown, &s);
	assert_int_equal(lines_with(shown.text, "  STUCK  no response from server "), 3);
	assert_int_equal(lines_with(shown.text, "the same for"), 0);
	free(shown.text);
}

/* What takes a report back comes after the report, also if that was counted. */
static void taken_back_after_it_was_told(void **state)
{
	static struct pair pairs[NUM_CLIENTS];
	const char *counted, *back;
	struct shown shown;
	struct stream s;

	shown_begin(&shown, &sink_timeline, &s, &pairs[0], AT_CLIENT);
	pair_init(&pairs[1], &s, 31001, 0x21);
	for (int copy = 0; copy < 3; copy++) {
		dtls_flight1(&pairs[0]);
		dtls_flight1(&pairs[1]);
		stream_wait(&s, SEC);
	}
	stream_until(&s, START + 5 * SEC + SEC / 2);
	dtls_flight4(&pairs[1]);
	stream_wait(&s, 4 * SEC);
	shown_end(&shown, &s);
	counted = strstr(shown.text, " #2   STUCK  the same for 1 more handshake of licode (pid 812) to 10.0.0.9:4433 since 5.");
	back = strstr(shown.text, " #2   MOVES AGAIN");
	assert_non_null(counted);
	assert_non_null(back);
	assert_true(counted < back);
	expect_in_order(shown.text);
	free(shown.text);
}

/* A handshake that went on and is stuck again is not another one. */
static void the_same_handshake_again(void **state)
{
	struct shown shown;
	struct stream s;
	struct pair p;

	shown_begin(&shown, &sink_timeline, &s, &p, AT_SERVER);
	dtls_flight1(&p);
	for (int i = 0; i < 3; i++) {
		dtls_flight4(&p);
		dtls_flight5(&p);
		stream_wait(&s, SEC << i);
	}
	stream_wait(&s, 2 * SEC);
	dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_ALERT, 1, 26);
	pair_flush(&p);
	stream_wait(&s, SEC);
	dtls_flight5(&p);
	stream_wait(&s, SEC);
	dtls_flight4(&p);
	stream_wait(&s, 6 * SEC);
	shown_end(&shown, &s);
	assert_int_equal(lines_with(shown.text, " #1   ENDED  "), 1);
	assert_int_equal(lines_with(shown.text, " #1   MOVES AGAIN  "), 1);
	assert_int_equal(lines_with(shown.text, " #1   STUCK  server 10.0.0.9:4433"), 2);
	assert_int_equal(lines_with(shown.text, "the same for"), 0);
	free(shown.text);
}

/* On a terminal no line is wider, and the name of the process is only in the first line of a handshake. */
static void nothing_is_wider_than_the_terminal(void **state)
{
	static struct pair pairs[NUM_CLIENTS];
	struct shown shown;
	struct stream s;

	for (unsigned width = 60; width <= 140; width += 20) {
		no_answers(&shown, &s, pairs, &sink_timeline, 0);
		/* From the next line on. */
		shown.sink.width = width;
		dtls_full(&pairs[0]);
		pair_init(&pairs[1], &s, 33000, 0x71);
		dtls_full(&pairs[1]);
		stream_wait(&s, SEC);
		shown_end(&shown, &s);
		for (const char *line = strstr(shown.text, "#35"); *line; line = strchr(line, '\n') + 1)
			assert_true(strcspn(line, "\n") <= width);
		assert_non_null(strstr(shown.text, " #35  client 10.0.0.5:33000 (licode pid 812)"));
		assert_int_equal(lines_with(strstr(shown.text, "#35  COMPLETED"), "(licode pid 812)") > 0, width >= 100);
		free(shown.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_one_line),
		cmocka_unit_test(what_is_dropped_of_a_copy),
		cmocka_unit_test(copies_at_the_same_time),
		cmocka_unit_test(a_copy_does_not_wait),
		cmocka_unit_test(the_same_verdict_is_told_once),
		cmocka_unit_test(what_was_counted_does_not_wait),
		cmocka_unit_test(others_are_not_the_same),
		cmocka_unit_test(taken_back_after_it_was_told),
		cmocka_unit_test(the_same_handshake_again),
		cmocka_unit_test(nothing_is_wider_than_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
