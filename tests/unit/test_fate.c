// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The model of what became of datagrams: what is taken back by a drop, what was read, how much is kept. */
#include "stream_dtls.h"

static const struct flight *flight(const struct pair *p, int number)
{
	return &p->h->flights[number];
}

static uint32_t num_in_state(const struct pair *p, enum party_role role, enum arrival_state state)
{
	uint32_t num = 0;

	for (int i = 0; i < PARTY_MAX_ARRIVALS; i++)
		num += p->h->party[role].arrivals[i].state == state;
	return num;
}

/* --- drops take back --- */

static void a_drop_takes_the_arrival_back(void **state)
{
	for (unsigned at = AT_CLIENT; at <= AT_BOTH; at += 2) {
		STORY(s, p, at);
		dtls_flight1(&p);
		p.fate = DROPPED_IN;
		dtls_flight4(&p);
		assert_false(flight(&p, 4)->arrived);
		assert_false(flight(&p, 4)->read);
		/* What the server did stays done. */
		assert_true(flight(&p, 4)->complete);
		assert_int_equal(flight(&p, 4)->copies, 1);
		assert_int_equal(flight(&p, 4)->datagrams, 1);
		assert_int_equal(flight(&p, 4)->dropped, 1);
		assert_int_equal(p.h->party[PARTY_SERVER].flight, 4);
		assert_int_equal(num_in_state(&p, PARTY_CLIENT, ARRIVAL_QUEUED), 0);
		stream_wait(&s, SEC);
		p.fate = ARRIVES;
		dtls_flight4(&p);
		assert_true(flight(&p, 4)->arrived);
		assert_true(flight(&p, 4)->read);
		assert_int_equal(flight(&p, 4)->copies, 2);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* Of a flight of several datagrams only the one that was dropped is missing. */
static void only_the_dropped_one_is_missing(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_server_hello(&p);
	pair_flush(&p);
	p.fate = DROPPED_IN;
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, 400, NULL);
	pair_flush(&p);
	p.fate = ARRIVES;
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
	pair_flush(&p);
	assert_false(flight(&p, 4)->arrived);
	assert_true(flight(&p, 4)->complete);
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, 400, NULL);
	pair_flush(&p);
	assert_true(flight(&p, 4)->arrived);
	assert_true(flight(&p, 4)->read);
	/* What came before its turn may have been thrown away (s4.2.2). */
	assert_int_equal(flight(&p, 4)->usable_ns, 0);
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO_DONE, 2, 0, NULL);
	pair_flush(&p);
	assert_int_not_equal(flight(&p, 4)->usable_ns, 0);
}

/* Events of another socket may come between an arrival and its drop. */
static void others_may_come_between(void **state)
{
	struct pair q;
	STORY(s, p, AT_SERVER);

	pair_init(&q, &s, 30042, 0x22);
	q.socket[PARTY_SERVER] = 60;
	p.unread = true;
	dtls_flight1(&p);
	dtls_full(&q);
	pair_emit(&p, &p.last, PARTY_CLIENT, EVENT_DROPPED, 1);
	assert_false(flight(&p, 1)->arrived);
	assert_int_equal(s.wrong, 0);
	assert_string_equal(handshake_state_name(q.h->state), "completed");
}

/* A drop of an older arrival: it is not in the queue; that it never arrived is not claimed. */
static void a_late_drop_claims_nothing(void **state)
{
	struct datagram first;
	STORY(s, p, AT_SERVER);

	p.unread = true;
	dtls_flight1(&p);
	first = p.last;
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	pair_emit(&p, &first, PARTY_CLIENT, EVENT_DROPPED, 1);
	assert_true(flight(&p, 1)->arrived);
	assert_int_equal(num_in_state(&p, PARTY_SERVER, ARRIVAL_QUEUED), 1);
	assert_int_equal(flight(&p, 1)->dropped, 1);
}

/* A drop of a number that nobody knows, and one twice. */
static void drops_that_match_nothing(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_flight1(&p);
	assert_true(flight(&p, 1)->read);
	pair_emit(&p, &p.last, PARTY_CLIENT, EVENT_DROPPED, 1);	/* after it was read: nonsense */
	pair_emit(&p, &p.last, PARTY_CLIENT, EVENT_DROPPED, 1);
	pair_emit(&p, &p.last, PARTY_CLIENT, EVENT_DROPPED, UINT64_MAX);
	assert_true(flight(&p, 1)->arrived);
	assert_true(flight(&p, 1)->read);
	assert_int_equal(flight(&p, 1)->copies, 1);
	assert_int_equal(flight(&p, 1)->datagrams, 1);
}

static void drops_are_told_apart_by_reason(void **state)
{
	const uint32_t reasons[] = { REASON_RCVBUFF, REASON_FILTER, REASON_RCVBUFF, REASON_NAMELESS, 0, 9, 10 };
	STORY(s, p, AT_SERVER);

	p.fate = REFUSED;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		p.drop_reason = reasons[i];
		dtls_flight1(&p);
	}
	assert_int_equal(p.h->num_drops, HANDSHAKE_MAX_DROPS);
	assert_string_equal(p.h->drops[0].name, "SOCKET_RCVBUFF");
	assert_int_equal(p.h->drops[0].count, 2);
	assert_int_equal(p.h->drops[0].bytes, 2 * p.last.ev.length);
	assert_string_equal(p.h->drops[2].name, "");
	assert_int_equal(p.h->drops_untold, 2);
	assert_int_equal(flight(&p, 1)->copies, 7);
	assert_int_equal(flight(&p, 1)->copies_dropped, 7);
}

/* Two handshakes on one flow: a drop goes to the one whose datagram it was. */
static void drops_go_to_their_handshake(void **state)
{
	const enum fate fates[] = { DROPPED_IN, DROPPED_OUT };
	struct stream s;
	struct pair a, b;

	for (int i = 0; i < 2; i++) {
		stream_begin(&s, &a, i == 0 ? AT_SERVER : AT_CLIENT);
		pair_init(&b, &s, 30041, 0x22);
		dtls_flight1(&a);
		stream_wait(&s, MS);
		dtls_flight1(&b);
		stream_wait(&s, MS);
		dtls_flight4(&a);
		stream_wait(&s, MS);
		dtls_flight4(&b);
		stream_wait(&s, MS);
		a.fate = fates[i];
		dtls_flight5(&a);
		assert_int_equal(s.wrong, 0);
		assert_int_equal(a.h->flights[5].dropped, 1);
		assert_int_equal(b.h->flights[5].copies, 0);
		stream_fini(&s);
	}
}

/* What is open again may lack what was lost since it had completed, whether it was packed or not. */
static void a_drop_opens_it_again(void **state)
{
	struct analysis_options opts = stream_options();
	struct stream s;
	struct pair p;

	for (opts.max_ready = 0; opts.max_ready < 2; opts.max_ready++) {
		assert_true(stream_init_with(&s, AT_CLIENT, &opts));
		pair_init(&p, &s, 30041, 0x11);
		p.unread = true;
		dtls_hellos(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		assert_int_equal(s.num_changes, 1);
		analysis_lost(s.analysis, 0, 3);
		pair_emit(&p, &p.last, PARTY_SERVER, EVENT_DROPPED, s.arrived[p.socket[PARTY_CLIENT]]);
		assert_int_equal(s.num_changes, 2);
		expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
		assert_int_equal(stream_change(&s, 1)->events_lost, 3);
		stream_fini(&s);
	}
}

/* --- reads --- */

static void reading_is_followed_fragment_by_fragment(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	p.mtu = 256;
	p.unread = true;
	dtls_flight4(&p);
	assert_int_equal(num_in_state(&p, PARTY_CLIENT, ARRIVAL_QUEUED), 5);
	for (uint64_t number = 1; number <= 5; number++) {
		assert_false(flight(&p, 4)->read);
		stream_wait(&s, 10 * MS);
		pair_read(&p, PARTY_CLIENT, number, 256);
	}
	assert_true(flight(&p, 4)->read);
	assert_int_equal(flight(&p, 4)->read_ns, START + 50 * MS);
	assert_int_equal(p.h->party[PARTY_CLIENT].longest_unread_ns, 50 * MS);
}

/* A datagram that was cut counts for nothing; its copy, read whole, for all. */
static void what_was_cut_was_not_read(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	p.mtu = 600;
	p.buffer = 500;
	dtls_flight4(&p);
	assert_false(flight(&p, 4)->read);
	assert_true(flight(&p, 4)->arrived);
	assert_int_equal(p.h->party[PARTY_CLIENT].cut.num, 1);	/* of two datagrams the full one */
	p.mtu = 256;
	dtls_flight4(&p);
	assert_true(flight(&p, 4)->read);
}

/* A queue is read in order: what lies before what was read is not in it any more. */
static void reading_passes_what_came_before(void **state)
{
	STORY(s, p, AT_SERVER);

	p.unread = true;
	for (int i = 0; i < 4; i++)
		dtls_flight1(&p);
	pair_read(&p, PARTY_SERVER, 3, p.last.ev.length);
	assert_int_equal(num_in_state(&p, PARTY_SERVER, ARRIVAL_GONE), 2);
	assert_int_equal(num_in_state(&p, PARTY_SERVER, ARRIVAL_READ), 1);
	assert_int_equal(num_in_state(&p, PARTY_SERVER, ARRIVAL_QUEUED), 1);
	/* Two threads read, and their events came the other way round. */
	pair_read(&p, PARTY_SERVER, 2, p.last.ev.length);
	assert_int_equal(num_in_state(&p, PARTY_SERVER, ARRIVAL_READ), 2);
	assert_int_equal(s.seen[s.num_seen - 1].id, p.id);
}

/* More than is kept: those that were read make room, the unread stay, nothing is claimed of the rest. */
static void more_datagrams_than_are_kept(void **state)
{
	STORY(s, p, AT_SERVER);

	for (int i = 0; i < 100; i++)
		dtls_flight1(&p);
	p.unread = true;
	for (int i = 0; i < 100; i++)
		dtls_flight1(&p);
	assert_int_equal(num_in_state(&p, PARTY_SERVER, ARRIVAL_QUEUED), PARTY_MAX_ARRIVALS);
	pair_read(&p, PARTY_SERVER, 101, p.last.ev.length);
	assert_int_equal(num_in_state(&p, PARTY_SERVER, ARRIVAL_READ), 1);
	pair_read(&p, PARTY_SERVER, 200, p.last.ev.length);	/* known to nobody: it passes them all */
	stream_wait(&s, HOUR);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.code, VERDICT_NOT_READING);
}

/* Fragments beyond those that are kept: the flight is not said to be read. */
static void more_fragments_than_are_kept(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	p.unread = true;
	dtls_flight4(&p);
	for (int i = 0; i < 30; i++) {
		for (uint16_t seq = 1; seq < 4; seq++)
			dtls_message_add(&p, PARTY_SERVER, DTLS_MT_CERTIFICATE, 1, CERTIFICATE_LEN, NULL);
		pair_flush(&p);
	}
	pair_read(&p, PARTY_CLIENT, 1, p.last.ev.length);
	assert_false(flight(&p, 4)->read);
}

/* --- other sockets --- */

/* A server that answers from a connected socket of its own, as after DTLSv1_listen(). */
static void another_socket_answers(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		p.cookie = true;
		dtls_flight1(&p);
		dtls_flight2(&p);
		dtls_flight3(&p);
		stream_wait(&s, 100 * MS);
		p.socket[PARTY_SERVER] = 60;
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		assert_int_equal(s.wrong, 0);
		if (at != AT_CLIENT)
			assert_int_equal(p.h->party[PARTY_SERVER].socket, 60);
		expect_completed_only(&s, &p);
	}
}

/* The same addresses in another network namespace are another flow. */
static void the_same_addresses_in_another_namespace(void **state)
{
	struct event ev;
	STORY(s, p, AT_SERVER);

	dtls_flight1(&p);
	ev = pair_bare(&p, PARTY_SERVER, EVENT_QUEUED);
	ev.socket = 61;
	ev.netns ^= 1;
	analysis_event(s.analysis, &ev, sizeof(ev));
	assert_int_equal(s.seen[s.num_seen - 1].id, 0);
	ev.netns ^= 1;
	analysis_event(s.analysis, &ev, sizeof(ev));
	assert_int_equal(s.seen[s.num_seen - 1].id, p.id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drop_takes_the_arrival_back),
		cmocka_unit_test(only_the_dropped_one_is_missing),
		cmocka_unit_test(others_may_come_between),
		cmocka_unit_test(a_late_drop_claims_nothing),
		cmocka_unit_test(drops_that_match_nothing),
		cmocka_unit_test(drops_are_told_apart_by_reason),
		cmocka_unit_test(drops_go_to_their_handshake),
		cmocka_unit_test(a_drop_opens_it_again),
		cmocka_unit_test(reading_is_followed_fragment_by_fragment),
		cmocka_unit_test(what_was_cut_was_not_read),
		cmocka_unit_test(reading_passes_what_came_before),
		cmocka_unit_test(more_datagrams_than_are_kept),
		cmocka_unit_test(more_fragments_than_are_kept),
		cmocka_unit_test(another_socket_answers),
		cmocka_unit_test(the_same_addresses_in_another_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
