// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Datagrams that are not DTLS beside a handshake: what is said of a silent side, and what they never change. */
#include "stream_verdict.h"

#define RECEIVED(...) ((struct event_other){ .received = { __VA_ARGS__ } })
#define SENT(...) ((struct event_other){ .sent = { __VA_ARGS__ } })

/* What the verdict says now has this line; NULL: it has none of others. */
static void expect_line(const struct pair *p, const char *line)
{
	struct verdict v;
	bool found = false;

	verdict_describe(p->h, p->s->now, &v);
	for (uint32_t i = 0; i < v.num_evidence; i++) {
		if (line && !strcmp(v.evidence[i], line))
			found = true;
		else if (strstr(v.evidence[i], "other datagram"))
			fail_msg("unexpected: %s", v.evidence[i]);
	}
	if (line && !found)
		fail_msg("missing: %s", line);
}

static bool has_evidence(const struct pair *p, const char *text)
{
	struct verdict v;

	verdict_describe(p->h, p->s->now, &v);
	for (uint32_t i = 0; i < v.num_evidence; i++)
		if (strstr(v.evidence[i], text))
			return true;
	return false;
}

/* --- a server that has not said a word of DTLS --- */

static void no_response(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	repeat(&p, dtls_flight1, 3);
	pair_other(&p, PARTY_CLIENT, RECEIVED(180, 20));
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
	expect_line(&p, "no DTLS came from the server, but 200 other datagrams did (180 STUN, 20 RTP)");
	assert_true(has_evidence(&p, "no DTLS from the server was seen in"));
	/* It was never heard: the path may lose what it sends. */
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
}

/* What the client itself sends says nothing of the server; nor does silence of all kinds. */
static void nothing_from_the_silent_side(void **state)
{
	for (int others = 0; others < 2; others++) {
		STORY(s, p, AT_CLIENT);
		p.fate = LOST;
		repeat(&p, dtls_flight1, 3);
		if (others)
			pair_other(&p, PARTY_CLIENT, SENT(180, 20, 3));
		stream_wait(&s, FLOOR);
		assert_int_equal(p.h->verdict.code, VERDICT_NO_RESPONSE);
		expect_line(&p, NULL);
		assert_true(has_evidence(&p, "nothing from the server was seen in"));
	}
}

/* Each ClientHello counts them anew: those of before are not forgotten. */
static void every_client_hello_counts_anew(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	dtls_flight1(&p);
	for (uint32_t i = 1; i <= 5; i++)
		pair_other(&p, PARTY_CLIENT, RECEIVED(i, 0, i));
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	pair_other(&p, PARTY_CLIENT, RECEIVED(1));
	pair_other(&p, PARTY_CLIENT, RECEIVED(2));
	stream_wait(&s, 2 * SEC);
	dtls_flight1(&p);
	stream_wait(&s, FLOOR);
	expect_line(&p, "no DTLS came from the server, but 12 other datagrams did (7 STUN, 5 of another protocol)");
}

static void one_alone(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	repeat(&p, dtls_flight1, 3);
	pair_other(&p, PARTY_CLIENT, RECEIVED(0, 0, 1));
	stream_wait(&s, FLOOR);
	expect_line(&p, "the server answered with 1 datagram of another protocol: this port probably does not speak DTLS");
}

/* --- since when --- */

static void only_those_since_the_last_dtls(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.cookie = true;
	dtls_flight1(&p);
	pair_other(&p, PARTY_CLIENT, RECEIVED(1));
	pair_other(&p, PARTY_CLIENT, RECEIVED(2));
	dtls_flight2(&p);
	p.fate = LOST;
	repeat(&p, dtls_flight3, 3);
	stream_wait(&s, FLOOR);
	assert_int_equal(p.h->verdict.code, VERDICT_PEER_SILENT);
	expect_line(&p, NULL);
	/* The counts of the flights since, told one by one. */
	for (uint32_t i = 1; i <= 4; i++)
		pair_other(&p, PARTY_CLIENT, RECEIVED(2, i));
	expect_line(&p, "no DTLS came from the server since, but 4 other datagrams did (4 RTP)");
}

/* Of several that are told at once, some may have come before the last DTLS datagram. */
static void those_of_which_it_is_not_known_are_not_named(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	pair_other(&p, PARTY_CLIENT, RECEIVED(70));
	dtls_flight4(&p);
	p.fate = LOST;
	repeat(&p, dtls_flight5, 3);
	pair_other(&p, PARTY_CLIENT, RECEIVED(75));
	stream_wait(&s, FLOOR);
	assert_int_equal(p.h->verdict.code, VERDICT_PEER_SILENT);
	expect_line(&p, NULL);
	/* From then on it is known of all. */
	pair_other(&p, PARTY_CLIENT, RECEIVED(85));
	expect_line(&p, "no DTLS came from the server since, but 10 other datagrams did (10 STUN)");
}

/* --- which end --- */

static void not_retransmitting_by_its_own_socket(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	for (uint32_t i = 1; i <= 3; i++)
		pair_other(&p, PARTY_CLIENT, (struct event_other){ .sent = { i }, .received = { 0, 9 * i } });
	stream_wait(&s, FLOOR + SEC);
	assert_int_equal(p.h->verdict.code, VERDICT_NOT_RETRANSMITTING);
	assert_int_equal(p.h->verdict.side, VERDICT_SIDE_CLIENT);
	/* The first was told along with nine of the other direction. */
	expect_line(&p, "the client sent no DTLS since, but 2 other datagrams (2 STUN)");
}

/* Each end tells its own; that one is told which got there, and the two are not added up. */
static void both_ends_on_one_host(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_hellos(&p);
	dtls_flight4(&p);
	p.fate = LOST;
	dtls_flight5(&p);
	pair_other(&p, PARTY_CLIENT, SENT(1));
	pair_other(&p, PARTY_SERVER, RECEIVED(1));
	pair_other(&p, PARTY_CLIENT, SENT(30));
	pair_other(&p, PARTY_SERVER, RECEIVED(28));
	stream_wait(&s, FLOOR + SEC);
	assert_int_equal(p.h->verdict.code, VERDICT_NOT_RETRANSMITTING);
	/* Nothing of flight 5 got to the server. */
	expect_line(&p, "no DTLS came from the client since, but 28 other datagrams did (28 STUN)");
}

static void silent_after_read(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_flight1(&p);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	pair_other(&p, PARTY_SERVER, SENT(0, 7));
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER);
	expect_line(&p, "the server sent no DTLS, but 7 other datagrams (7 RTP)");
}

static void not_reading(void **state)
{
	STORY(s, p, AT_SERVER);

	p.unread = true;
	dtls_flight1(&p);
	pair_other(&p, PARTY_SERVER, (struct event_other){ .sent = { 2 }, .received = { 500 } });
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
	expect_line(&p, "the server sent no DTLS, but 2 other datagrams (2 STUN)");
}

/* In a capture they are told as their source would: it does not matter whose turn it was. */
static void a_capture(void **state)
{
	for (int last = 0; last < PARTY_MAX; last++) {
		STORY(s, p, ON_WIRE);
		repeat(&p, dtls_flight1, 3);
		pair_other(&p, PARTY_CLIENT, (struct event_other){ .sent = { 4 }, .received = { 3 } });
		pair_other(&p, last, last == PARTY_CLIENT ?
			   (struct event_other){ .sent = { 6 }, .received = { 5 } } :
			   (struct event_other){ .sent = { 5 }, .received = { 6 } });
		stream_wait(&s, FLOOR);
		assert_int_equal(p.h->verdict.code, VERDICT_NO_RESPONSE);
		expect_line(&p, "no DTLS came from the server, but 5 other datagrams did (5 STUN)");
	}
}

/* --- where nothing is said --- */

/* An alert, a server that goes on: nobody is called silent. */
static void no_claim_of_silence(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	pair_other(&p, PARTY_CLIENT, RECEIVED(9));
	dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, 40);
	pair_other(&p, PARTY_CLIENT, RECEIVED(10));
	stream_wait(&s, SEC);
	assert_int_equal(p.h->verdict.code, VERDICT_ALERT);
	expect_line(&p, NULL);
}

static void another_handshake_in_between(void **state)
{
	struct pair q;
	STORY(s, p, AT_CLIENT);

	pair_init(&q, &s, 30041, 0x22);
	p.fate = LOST;
	dtls_flight1(&p);
	dtls_flight1(&q);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	stream_wait(&s, 2 * SEC);
	dtls_flight1(&p);
	pair_other(&q, PARTY_CLIENT, RECEIVED(9));
	stream_wait(&s, FLOOR);
	assert_true(p.h->interleaved);
	assert_int_equal(p.h->verdict.code, VERDICT_NO_RESPONSE);
	expect_line(&p, NULL);
}

static void healthy_among_others(void **state)
{
	struct event_other other = { .sent = { 0 } };

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		p.cookie = true;
		void (*const flights[])(struct pair *) = { dtls_flight1, dtls_flight2, dtls_flight3, dtls_flight4,
							   dtls_flight5, dtls_flight6 };

		for (size_t i = 0; i < 6; i++) {
			flights[i](&p);
			for (int n = 0; n < 100; n++) {
				other.sent[n % 3]++;
				other.received[n % 3]++;
				s.now += MS;
				pair_other(&p, PARTY_CLIENT, other);
				pair_other(&p, PARTY_SERVER, other);
			}
		}
		expect_completed_only(&s, &p);
	}
}

/* They keep nobody from being stuck, and move nothing. */
static void no_progress(void **state)
{
	uint64_t last_ns;
	STORY(s, p, AT_CLIENT);

	dtls_hellos(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	last_ns = p.h->last_ns;
	for (uint32_t i = 1; i < 40; i++) {
		stream_until(&s, START + i * 100 * MS);
		pair_other(&p, PARTY_CLIENT, (struct event_other){ .sent = { i }, .received = { i } });
	}
	assert_int_equal(p.h->last_ns, last_ns);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	pair_other(&p, PARTY_CLIENT, (struct event_other){ .sent = { 90 }, .received = { 90 } });
	expect_silence(&s);
}

static void of_no_handshake(void **state)
{
	struct pair q;
	STORY(s, p, AT_CLIENT);

	pair_init(&q, &s, 30099, 0x22);
	dtls_flight1(&p);
	pair_other(&q, PARTY_CLIENT, RECEIVED(9));
	assert_int_equal(s.seen[s.num_seen - 1].id, 0);
	assert_int_equal(s.seen[s.num_seen - 1].kind, EVENT_OTHER);
	assert_int_equal(analysis_stats(s.analysis)->no_handshake, 0);
	assert_int_equal(analysis_stats(s.analysis)->invalid, 0);
}

/* It is found by its addresses where the socket is another. */
static void another_socket_of_these_addresses(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	repeat(&p, dtls_flight1, 3);
	p.socket[PARTY_CLIENT]++;
	pair_other(&p, PARTY_CLIENT, RECEIVED(2));
	p.socket[PARTY_CLIENT]--;
	stream_wait(&s, FLOOR);
	expect_line(&p, "no DTLS came from the server, but 2 other datagrams did (2 STUN)");
	assert_int_equal(p.h->party[PARTY_CLIENT].socket, p.socket[PARTY_CLIENT]);
}

static void only_of_its_size(void **state)
{
	struct datagram d = { .bytes = { 0 } };
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	dtls_flight1(&p);
	for (uint32_t size = sizeof(d.ev); size < EVENT_SIZE_OTHER + 32; size += 8) {
		uint64_t invalid = analysis_stats(s.analysis)->invalid;

		d.ev.kind = EVENT_OTHER;
		pair_fill(&p, &d.ev, PARTY_CLIENT);
		d.ev.size = size;
		analysis_event(s.analysis, &d.ev, size);
		assert_int_equal(analysis_stats(s.analysis)->invalid - invalid, size != EVENT_SIZE_OTHER);
	}
}

/* Two CPUs tell at once: the sends are counted by one, what is received by the other, which comes too late. */
static void tell_twice(struct pair *p, uint32_t num)
{
	pair_other(p, PARTY_CLIENT, (struct event_other){ .received = { num }, .sent = { 0, num } });
	p->s->now++;
	pair_other(p, PARTY_CLIENT, (struct event_other){ .received = { num }, .sent = { 0, num - 1 } });
}

/* What was told is not told again, a ClientHello or not. */
static void too_late(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	dtls_flight1(&p);
	for (uint32_t num = 2; num <= 5; num++)
		tell_twice(&p, num);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	s.now--;
	pair_other(&p, PARTY_CLIENT, (struct event_other){ .received = { 5 }, .sent = { 0, 4 } });
	s.now++;
	for (uint32_t num = 1; num <= 3; num++)
		tell_twice(&p, num);
	stream_wait(&s, 2 * SEC);
	dtls_flight1(&p);
	stream_wait(&s, FLOOR);
	expect_line(&p, "no DTLS came from the server, but 8 other datagrams did (8 STUN)");
}

/* A second socket of these addresses has counts of its own: what both tell is not added up. */
static void two_sockets_of_one_end(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	repeat(&p, dtls_flight1, 3);
	for (uint32_t i = 0; i < 10; i++) {
		pair_other(&p, PARTY_CLIENT, RECEIVED(50 + i));
		p.socket[PARTY_CLIENT]++;
		pair_other(&p, PARTY_CLIENT, RECEIVED(3));
		p.socket[PARTY_CLIENT]--;
	}
	pair_other(&p, PARTY_CLIENT, RECEIVED(60));
	pair_other(&p, PARTY_CLIENT, RECEIVED(62));
	stream_wait(&s, FLOOR);
	expect_line(&p, "no DTLS came from the server, but 52 other datagrams did (52 STUN)");
}

/* Counts of hostile size are bounded, and never wrap. */
static void counts_without_end(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	repeat(&p, dtls_flight1, 3);
	for (int i = 0; i < 3; i++) {
		pair_other(&p, PARTY_CLIENT, RECEIVED(UINT32_MAX, UINT32_MAX, UINT32_MAX));
		dtls_flight1(&p);
		pair_other(&p, PARTY_CLIENT, RECEIVED(0));
	}
	stream_wait(&s, FLOOR);
	expect_line(&p, "no DTLS came from the server, but at least 12884901885 other datagrams did (4294967295 STUN, "
			"4294967295 RTP, 4294967295 of another protocol)");
}

/* What is packed away while nothing happens has them still. */
static void packed_away(void **state)
{
	struct analysis_options opts = stream_options();
	struct stream s STREAM_ENDS;
	struct pair p, others[40];

	opts.max_ready = 0;
	assert_true(stream_init_with(&s, AT_CLIENT, &opts));
	pair_init(&p, &s, 30041, 0x11);
	p.fate = LOST;
	repeat(&p, dtls_flight1, 3);
	pair_other(&p, PARTY_CLIENT, RECEIVED(180, 20));
	for (int i = 0; i < 40; i++) {
		pair_init(&others[i], &s, 30100 + i, 0x20 + i);
		others[i].fate = LOST;
		dtls_flight1(&others[i]);
	}
	/* This brings it back. */
	pair_other(&p, PARTY_CLIENT, RECEIVED(180, 21));
	stream_wait(&s, FLOOR);
	assert_int_equal(s.changes[0].id, p.id);
	assert_string_equal(s.changes[0].verdict.evidence[2],
			    "no DTLS came from the server, but 201 other datagrams did (180 STUN, 21 RTP)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_response),
		cmocka_unit_test(nothing_from_the_silent_side),
		cmocka_unit_test(every_client_hello_counts_anew),
		cmocka_unit_test(one_alone),
		cmocka_unit_test(only_those_since_the_last_dtls),
		cmocka_unit_test(those_of_which_it_is_not_known_are_not_named),
		cmocka_unit_test(not_retransmitting_by_its_own_socket),
		cmocka_unit_test(both_ends_on_one_host),
		cmocka_unit_test(silent_after_read),
		cmocka_unit_test(not_reading),
		cmocka_unit_test(a_capture),
		cmocka_unit_test(no_claim_of_silence),
		cmocka_unit_test(another_handshake_in_between),
		cmocka_unit_test(healthy_among_others),
		cmocka_unit_test(no_progress),
		cmocka_unit_test(of_no_handshake),
		cmocka_unit_test(another_socket_of_these_addresses),
		cmocka_unit_test(only_of_its_size),
		cmocka_unit_test(too_late),
		cmocka_unit_test(two_sockets_of_one_end),
		cmocka_unit_test(counts_without_end),
		cmocka_unit_test(packed_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
