// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Notes: each when it is said, and what comes close to it. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static void expect_note(const struct pair *p, enum note_code code, const char *text)
{
	char note[VERDICT_TEXT_LEN];

	if (!note_write(p->h, code, note))
		fail_msg("no note %s", note_name(code));
	if (!strstr(note, text))
		fail_msg("'%s' lacks '%s'", note, text);
}

static void expect_no_note(const struct pair *p, enum note_code code)
{
	char note[VERDICT_TEXT_LEN];

	if (note_write(p->h, code, note))
		fail_msg("%s: %s", note_name(code), note);
}

/* A healthy handshake gives no note at all. */
static void nothing_to_note(void **state)
{
	FOR_EACH_OBSERVER(at) {
		for (int resumed = 0; resumed < 2; resumed++) {
			STORY(s, p, at);
			p.cookie = p.ticket = true;
			p.mtu = 256;
			(resumed ? dtls_resumed : dtls_full)(&p);
			dtls_data(&p, PARTY_CLIENT);
			dtls_data(&p, PARTY_SERVER);
			for (int code = 0; code < NOTE_MAX; code++)
				expect_no_note(&p, code);
			expect_completed_only(&s, &p);
		}
	}
}

static void slow_answer(void **state)
{
	for (int slow = 0; slow < 2; slow++) {
		STORY(s, p, AT_SERVER);
		dtls_flight1(&p);
		stream_wait(&s, slow ? 700 * MS : 400 * MS);
		dtls_flight4(&p);
		stream_wait(&s, 2 * SEC);	/* the client is elsewhere: the path may be slow */
		dtls_flight5(&p);
		dtls_flight6(&p);
		if (slow)
			expect_note(&p, NOTE_SLOW_ANSWER, "the server read flight 1 and answered it 0.7 s later");
		else
			expect_no_note(&p, NOTE_SLOW_ANSWER);
		expect_completed_only(&s, &p);
	}
}

static void duplicated(void **state)
{
	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight1(&p);	/* a repeat is none */
		expect_no_note(&p, NOTE_DUPLICATED);
		pair_duplicate(&p);
		expect_note(&p, NOTE_DUPLICATED, "client 1, server 0");
		expect_no_note(&p, NOTE_REORDERED);
	}
}

static void reordered(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	p.fate = HELD;
	dtls_server_hello(&p);
	pair_flush(&p);
	p.fate = ARRIVES;
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 1, 0, NULL);
	pair_flush(&p);
	expect_no_note(&p, NOTE_REORDERED);	/* it may be lost as well */
	pair_release(&p, 0);
	expect_note(&p, NOTE_REORDERED, "client 0, server 1");
}

/* A stateless server answers with the ClientHello's record number, and begins anew at 0. */
static void cookies_are_not_reordered(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		p.cookie = true;
		dtls_flight1(&p);
		dtls_flight1(&p);
		p.seq[PARTY_SERVER][0] = 1;
		dtls_flight2(&p);
		dtls_flight3(&p);
		p.seq[PARTY_SERVER][0] = 0;
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_no_note(&p, NOTE_REORDERED);
		expect_no_note(&p, NOTE_DUPLICATED);
		expect_completed_only(&s, &p);
	}
}

/* The client does not wait for the server's Finished (RFC 7918). */
static void early_application_data(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_data(&p, PARTY_CLIENT);
		expect_note(&p, NOTE_EARLY_APPLICATION_DATA, "application data of the client came before");
		dtls_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* It overtakes the Finished on the way: what arrives is of an epoch that has not begun there. */
static void data_overtakes_the_finished(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_flight1(&p);
	dtls_flight4_resumed(&p);
	p.fate = HELD;
	dtls_finished(&p, PARTY_CLIENT);
	p.fate = ARRIVES;
	dtls_data(&p, PARTY_CLIENT);
	/* It may as well be lost, and come again. */
	expect_no_note(&p, NOTE_EARLY_APPLICATION_DATA);
	pair_release(&p, 0);
	expect_note(&p, NOTE_EARLY_APPLICATION_DATA, "application data of the client came before");
	expect_completed_only(&s, &p);
}

/* A proxy on this host sends it so: its datagrams keep their record numbers. */
static void a_socket_here_sends_data_first(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_flight4_resumed(&p);
	p.seq[PARTY_CLIENT][1] = 1;
	dtls_data(&p, PARTY_CLIENT);
	expect_no_note(&p, NOTE_EARLY_APPLICATION_DATA);
	p.seq[PARTY_CLIENT][1] = 0;
	dtls_finished(&p, PARTY_CLIENT);
	expect_note(&p, NOTE_EARLY_APPLICATION_DATA, "application data of the client came before");
}

/* A capture, or the path, lacks the flight with a Finished, or all of one side, or a copy of it comes after the data. */
static void a_finished_that_is_missing(void **state)
{
	for (int n = 0; n < 3 * 2 * 2; n++) {
		const unsigned at[] = { AT_CLIENT, AT_SERVER, ON_WIRE };
		bool comes_again = n / 3 & 1, resumed = n / 6;

		STORY(s, p, at[n % 3]);
		dtls_flight1(&p);
		resumed ? dtls_flight4_resumed(&p) : dtls_flight4(&p);
		s.observers = s.observers == ON_WIRE ? 0 : s.observers;
		p.fate = resumed ? LOST : ARRIVES;
		resumed ? dtls_finished(&p, PARTY_CLIENT) : dtls_flight5(&p);
		p.fate = ARRIVES;
		s.observers = at[n % 3];
		if (!resumed)
			dtls_flight6(&p);
		stream_wait(&s, 10 * MS);
		dtls_data(&p, PARTY_CLIENT);
		dtls_data(&p, PARTY_SERVER);
		if (comes_again)
			dtls_finished(&p, PARTY_CLIENT);
		/* A server on this host has not got the client's Finished, and sends data: that is known to be early. */
		if (!resumed || at[n % 3] != AT_SERVER)
			expect_no_note(&p, NOTE_EARLY_APPLICATION_DATA);
		else
			expect_note(&p, NOTE_EARLY_APPLICATION_DATA, "application data of the server came before");
	}
}

static void one_direction_of_data(void **state)
{
	struct stream s;
	struct pair p;

	for (int side = 0; side < PARTY_MAX; side++) {
		stream_init_blind(&s, ON_WIRE);
		s.uncaptured = 1 << side;
		pair_init(&p, &s, 30041, 0x11);
		dtls_full(&p);
		dtls_data(&p, PARTY_CLIENT);
		dtls_data(&p, PARTY_SERVER);
		if (p.h)
			expect_no_note(&p, NOTE_EARLY_APPLICATION_DATA);
		stream_fini(&s);
	}
}

/* Near: data of the association before, while a new one begins. */
static void data_of_the_association_before(void **state)
{
	struct pair q;
	STORY(s, p, AT_SERVER);

	dtls_full(&p);
	pair_init(&q, &s, 30041, 0x22);
	dtls_flight1(&q);
	dtls_flight4(&q);
	q.seq[PARTY_CLIENT][1] = 1000;
	dtls_data(&q, PARTY_CLIENT);
	expect_no_note(&q, NOTE_EARLY_APPLICATION_DATA);
}

static void first_flight_ignored(void **state)
{
	struct stream s;
	struct pair p;

	FOR_EACH_OBSERVER(at) {
		stream_begin(&s, &p, at);
		dtls_flight1(&p);
		stream_wait(&s, SEC);
		dtls_flight1(&p);
		stream_wait(&s, 500 * MS);
		dtls_flight4(&p);
		expect_note(&p, NOTE_FIRST_FLIGHT_IGNORED, "sent its first ClientHello twice before an answer of the server was seen, 1.5 s after");
		stream_fini(&s);

		stream_begin(&s, &p, at);
		dtls_flight1(&p);
		expect_no_note(&p, NOTE_FIRST_FLIGHT_IGNORED);
		dtls_flight4(&p);	/* answered at once; the ClientHello comes again since that was lost */
		stream_wait(&s, SEC);
		dtls_flight1(&p);
		expect_no_note(&p, NOTE_FIRST_FLIGHT_IGNORED);
		stream_fini(&s);
	}
}

static void fell_back(void **state)
{
	struct stream s;
	struct pair p;

	stream_begin(&s, &p, AT_CLIENT);
	dtls13_flight1(&p);
	expect_no_note(&p, NOTE_FELL_BACK_TO_1_2);	/* not yet */
	dtls_flight4(&p);
	expect_note(&p, NOTE_FELL_BACK_TO_1_2, "offered DTLS 1.3, and the server chose DTLS 1.2");
	stream_fini(&s);

	stream_begin(&s, &p, AT_CLIENT);
	dtls13_full(&p);
	expect_no_note(&p, NOTE_FELL_BACK_TO_1_2);
	stream_fini(&s);
}

/* A ClientHello of so many bytes; what is behind its first fields does not matter. */
static void hello_of(struct pair *p, uint32_t len)
{
	struct body b = body_begin(p, p->random);

	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_HELLO, 0, len, b.bytes);
	pair_flush(p);
}

static void large_client_hello(void **state)
{
	struct stream s;
	struct pair p;

	stream_begin(&s, &p, AT_CLIENT);
	hello_of(&p, 1201);
	expect_note(&p, NOTE_LARGE_CLIENT_HELLO, "the ClientHello has 1201 bytes");
	stream_fini(&s);
	stream_begin(&s, &p, AT_CLIENT);
	hello_of(&p, 1200);
	expect_no_note(&p, NOTE_LARGE_CLIENT_HELLO);
	stream_fini(&s);
}

static void mid_handshake(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		p.cookie = true;
		dtls_flight3(&p);
		dtls_flight4(&p);
		expect_note(&p, NOTE_MID_HANDSHAKE, "a ClientHello with a cookie");
	}
}

/* That nothing answers, and that no answer was captured, look alike. */
static void one_direction(void **state)
{
	char note[VERDICT_TEXT_LEN];

	for (int role = 0; role <= PARTY_MAX; role++) {
		STORY(s, p, ON_WIRE);
		s.uncaptured = role < PARTY_MAX ? 1 << role : 0;
		dtls_full(&p);
		if (role < PARTY_MAX)
			expect_note(&p, NOTE_ONE_DIRECTION, role == PARTY_CLIENT ? "nothing that the client sends" :
										   "nothing that the server sends");
		else
			assert_false(note_write(p.h, NOTE_ONE_DIRECTION, note));
	}
}

/* In DTLS 1.2 with SRTP, within a second and before its data. */
static void left_at_once(void **state)
{
	enum when { AT_ONCE, ALMOST_LATE, LATE, AFTER_DATA, AFTER_THE_PEERS_DATA, NO_SRTP, NUM_WHEN };
	static const uint64_t wait[NUM_WHEN] = { [ALMOST_LATE] = 900 * MS, [LATE] = 1100 * MS };

	for (int n = 0; n < PARTY_MAX * NUM_WHEN; n++) {
		enum party_role from = n % PARTY_MAX;
		enum when when = n / PARTY_MAX;

		FOR_EACH_OBSERVER(at) {
			STORY(s, p, at);
			dtls_full(&p);
			stream_wait(&s, wait[when]);
			if (when == AFTER_DATA || when == AFTER_THE_PEERS_DATA)
				dtls_data(&p, when == AFTER_DATA ? from : party_peer(from));
			dtls_record_add(&p, from, DTLS_CT_ALERT, 1, 26);
			pair_flush(&p);
			/* Its peer says goodbye, too. */
			dtls_record_add(&p, party_peer(from), DTLS_CT_ALERT, 1, 26);
			pair_flush(&p);
			if (when == NO_SRTP)
				((struct handshake *)p.h)->client_hello.hello.has_use_srtp = false;
			if (when == AT_ONCE || when == ALMOST_LATE || when == AFTER_THE_PEERS_DATA)
				expect_note(&p, NOTE_LEFT_AT_ONCE, from == PARTY_CLIENT ? "the client leaves" : "the server leaves");
			else
				expect_no_note(&p, NOTE_LEFT_AT_ONCE);
		}
	}
}

static void events_lost(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	analysis_lost(s.analysis, 0, 7);
	expect_note(&p, NOTE_EVENTS_LOST, "lost 7 events");
	stream_wait(&s, HOUR);	/* now it is part of the evidence, and not said twice */
	assert_int_equal(s.num_changes, 1);
	expect_no_note(&p, NOTE_EVENTS_LOST);
}

static void same_verdict_for_process(void **state)
{
	struct pair p[4];
	struct stream s STREAM_ENDS;

	stream_begin(&s, &p[0], AT_CLIENT);
	for (int i = 0; i < 4; i++) {
		pair_init(&p[i], &s, 30041 + i, 0x11 + i);
		p[i].fate = LOST;
		dtls_flight1(&p[i]);
		stream_wait(&s, SEC);
	}
	p[3].fate = ARRIVES;
	dtls_full(&p[3]);
	stream_until(&s, START + FLOOR + 100 * MS);
	expect_no_note(&p[0], NOTE_SAME_VERDICT_FOR_PROCESS);
	stream_wait(&s, HOUR);
	expect_no_note(&p[0], NOTE_SAME_VERDICT_FOR_PROCESS);	/* it was said when it was the first */
	expect_note(&p[1], NOTE_SAME_VERDICT_FOR_PROCESS, "2 handshakes of process 812");
	expect_note(&p[2], NOTE_SAME_VERDICT_FOR_PROCESS, "3 handshakes of process 812");
	expect_no_note(&p[3], NOTE_SAME_VERDICT_FOR_PROCESS);
	/* One that moves again is not counted any more. */
	p[2].fate = ARRIVES;
	dtls_full(&p[2]);
	expect_no_note(&p[2], NOTE_SAME_VERDICT_FOR_PROCESS);
	pair_init(&p[3], &s, 30050, 0x33);
	p[3].fate = LOST;
	dtls_flight1(&p[3]);
	stream_wait(&s, HOUR);
	expect_note(&p[3], NOTE_SAME_VERDICT_FOR_PROCESS, "3 handshakes of process 812");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_note),
		cmocka_unit_test(slow_answer),
		cmocka_unit_test(duplicated),
		cmocka_unit_test(reordered),
		cmocka_unit_test(cookies_are_not_reordered),
		cmocka_unit_test(early_application_data),
		cmocka_unit_test(a_finished_that_is_missing),
		cmocka_unit_test(one_direction_of_data),
		cmocka_unit_test(data_overtakes_the_finished),
		cmocka_unit_test(a_socket_here_sends_data_first),
		cmocka_unit_test(data_of_the_association_before),
		cmocka_unit_test(first_flight_ignored),
		cmocka_unit_test(fell_back),
		cmocka_unit_test(large_client_hello),
		cmocka_unit_test(mid_handshake),
		cmocka_unit_test(one_direction),
		cmocka_unit_test(left_at_once),
		cmocka_unit_test(events_lost),
		cmocka_unit_test(same_verdict_for_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
