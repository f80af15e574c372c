// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ClientHellos in several fragments, of which only the first says whose it is
 * (RFC 6347 s4.2.3): reordered, lost, repeated, and of two clients in turn.
 */
#include "stream_dtls13.h"

#define SMALL 60	/* 35 bytes of a message in each datagram: a ClientHello is three */

/* What the server's socket was seen to get, and what the sinks were told of it. */
static void begin(struct stream *s, struct pair *p)
{
	stream_begin(s, p, AT_SERVER);
	p->mtu = SMALL;
}

static void expect_whole_client_hello(const struct pair *p, uint32_t copies)
{
	assert_non_null(p->h);
	assert_int_equal(p->h->client_hello.known, p->h->client_hello.length);
	assert_int_equal(p->h->client_hello.hello.server_name_len, strlen(SERVER_NAME));
	assert_true(p->h->flights[1].complete);
	assert_true(p->h->flights[1].arrived);
	assert_true(p->h->flights[1].read);
	assert_int_equal(p->h->flights[1].copies, copies);
}

static void finish(struct stream *s, struct pair *p)
{
	p->mtu = 1400;
	p->max_fragment = 0;
	dtls_flight4(p);
	dtls_flight5(p);
	dtls_flight6(p);
	assert_int_equal(s->num_changes, 1);
	expect_change(s, 0, p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	assert_int_equal(s->faults, 0);
	assert_int_equal(analysis_stats(s->analysis)->handshakes, 1);
	assert_int_equal(analysis_stats(s->analysis)->no_handshake, 0);
	stream_fini(s);
}

static void in_any_order(void **state)
{
	static const uint8_t orders[6][3] = { {0,1,2}, {0,2,1}, {1,0,2}, {1,2,0}, {2,0,1}, {2,1,0} };
	struct stream s;
	struct pair p;

	for (int i = 0; i < 6; i++) {
		uint32_t begins = 0, early = 0;

		begin(&s, &p);
		p.fate = HELD;
		dtls_flight1(&p);
		assert_int_equal(p.num_held, 3);
		p.fate = ARRIVES;
		for (int k = 0; k < 3; k++) {
			stream_wait(&s, 10 * MS);
			pair_release(&p, orders[i][k]);
		}
		expect_whole_client_hello(&p, 1);
		assert_int_equal(p.h->started_ns, START + 10 * MS);
		assert_int_equal(p.h->flights[1].datagrams, 3);
		for (uint32_t k = 0; k < s.num_seen; k++) {
			begins += s.seen[k].begins;
			early += s.seen[k].kind == EVENT_QUEUED && s.seen[k].id;
		}
		assert_int_equal(begins, 1);
		assert_int_equal(early, 3);
		finish(&s, &p);
	}
}

/* Small records, as a peer may demand them (RFC 8449): several fragments in each datagram. */
static void several_in_a_datagram(void **state)
{
	struct stream s;
	struct pair p;

	for (uint32_t mtu = 2 * SMALL + 13; mtu <= 1400; mtu += 1400 - 2 * SMALL - 13) {
		begin(&s, &p);
		p.mtu = mtu;
		p.max_fragment = SMALL - 25;
		dtls_flight1(&p);
		expect_whole_client_hello(&p, 1);
		assert_int_equal(p.h->flights[1].datagrams, mtu == 1400 ? 1 : 2);
		finish(&s, &p);
	}
}

/* What was lost since the first fragment that came may be of this handshake; what before, not. */
static void events_lost_before_the_first(void **state)
{
	STORY_WITH(begin, s, p);

	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	analysis_lost(s.analysis, 0, 2);
	pair_release(&p, 1);
	analysis_lost(s.analysis, 0, 3);
	pair_release(&p, 2);
	analysis_lost(s.analysis, 0, 4);
	pair_release(&p, 0);
	assert_int_equal(p.h->events_lost, 7);
	analysis_lost(s.analysis, 0, 1);
	assert_int_equal(p.h->events_lost, 8);
}

/* The network loses the first fragment; a second later all are sent again. */
static void first_one_lost(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p);
	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	pair_release(&p, 1);
	pair_release(&p, 2);
	assert_null(p.h);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	expect_whole_client_hello(&p, 2);
	assert_int_equal(p.h->party[PARTY_CLIENT].timer_ns, SEC);
	finish(&s, &p);
}

/* Of the second copy only the first fragment arrives: the union of both is whole (s4.2.3). */
static void union_of_two_copies(void **state)
{
	struct stream s;
	struct pair p;

	begin(&s, &p);
	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	pair_release(&p, 1);
	pair_release(&p, 2);
	stream_wait(&s, SEC);
	p.num_held = 0;
	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	pair_release(&p, 0);
	expect_whole_client_hello(&p, 1);
	finish(&s, &p);
}

/* What the kernel dropped from the queue before it was read was not got. */
static void an_early_one_dropped(void **state)
{
	STORY_WITH(begin, s, p);

	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = DROPPED_IN;
	pair_release(&p, 1);
	p.fate = ARRIVES;
	pair_release(&p, 2);
	pair_release(&p, 0);
	assert_false(p.h->flights[1].complete);
	assert_false(p.h->flights[1].arrived);
	assert_int_equal(p.h->client_hello.known, 35);
}

static void an_early_one_unread(void **state)
{
	STORY_WITH(begin, s, p);

	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	p.unread = true;
	pair_release(&p, 1);
	pair_release(&p, 2);
	pair_release(&p, 0);
	assert_true(p.h->flights[1].arrived);
	assert_false(p.h->flights[1].read);
	pair_read(&p, PARTY_SERVER, 1, SMALL);
	pair_read(&p, PARTY_SERVER, 2, SMALL);
	assert_false(p.h->flights[1].read);
	pair_read(&p, PARTY_SERVER, 3, SMALL);
	assert_true(p.h->flights[1].read);
}

/* The reader's buffer was smaller than it: it was not got as a whole. */
static void an_early_one_cut(void **state)
{
	STORY_WITH(begin, s, p);

	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	p.buffer = 20;
	pair_release(&p, 1);
	p.buffer = 0;
	pair_release(&p, 2);
	pair_release(&p, 0);
	assert_true(p.h->flights[1].arrived);
	assert_false(p.h->flights[1].read);
	assert_int_equal(p.h->party[PARTY_SERVER].cut.num, 1);
}

/* Nobody sends a fragment so late again: whatever it was of, it is not of this one. */
static void too_old(void **state)
{
	STORY_WITH(begin, s, p);

	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	pair_release(&p, 1);
	stream_wait(&s, 61 * SEC);
	pair_release(&p, 2);
	pair_release(&p, 0);
	assert_int_equal(p.h->client_hello.known, 35);
	assert_int_equal(p.h->started_ns, START + 61 * SEC);
}

/* The first one never came, and the client starts again: each attempt numbers its records from 0, and a later copy goes on. */
static void of_the_attempt_before(void **state)
{
	struct pair before;

	for (int is_copy = 0; is_copy < 2; is_copy++) {
		STORY_WITH(begin, s, p);
		pair_init(&before, &s, 30041, 0x22);
		before.mtu = SMALL;
		before.fate = p.fate = HELD;
		dtls_flight1(&before);
		if (is_copy)
			p.seq[PARTY_CLIENT][0] = before.seq[PARTY_CLIENT][0];
		dtls_flight1(&p);
		before.fate = p.fate = ARRIVES;
		pair_release(&before, 1);
		stream_wait(&s, 600 * MS);
		pair_release(&p, 0);
		pair_release(&p, 2);
		assert_int_equal(p.h->flights[1].arrived, is_copy);
		pair_release(&p, 1);
		expect_whole_client_hello(&p, 1 + is_copy);
	}
}

/* The handshake is complete: a part that overtakes the first one is of another attempt. */
static void of_another_attempt_after_completion(void **state)
{
	struct pair old, p;
	struct stream s STREAM_ENDS;

	begin(&s, &old);
	dtls_resumed(&old);
	stream_wait(&s, 20 * SEC);
	pair_init(&p, &s, 30041, 0x22);
	p.mtu = SMALL;
	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	for (int i = 2; i >= 0; i--)
		pair_release(&p, i);
	expect_whole_client_hello(&p, 1);
	stream_wait(&s, SEC);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &old, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
}

/* Of another peer, another number, another length: not of this ClientHello. */
static void not_of_this_one(void **state)
{
	struct pair other;
	STORY_WITH(begin, s, p);

	pair_init(&other, &s, 30042, 0x22);
	other.mtu = SMALL;
	other.fate = HELD;
	dtls_flight1(&other);
	other.fate = ARRIVES;
	pair_release(&other, 1);
	other.address[PARTY_CLIENT] = p.address[PARTY_CLIENT];
	other.held[2].ev.items[1].message.length++;
	pair_release(&other, 2);
	other.held[2].ev.items[1].message.length--;
	other.held[2].ev.items[1].message.message_seq++;
	pair_release(&other, 2);
	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	pair_release(&p, 0);
	assert_int_equal(p.h->client_hello.known, 35);
	assert_int_equal(p.h->flights[1].datagrams, 1);
	pair_release(&p, 1);
	pair_release(&p, 2);
	expect_whole_client_hello(&p, 1);
}

/* A client begins anew from its port, and its second fragment is faster than its first one. */
static void of_a_new_client_on_a_known_flow(void **state)
{
	struct stream s STREAM_ENDS;
	struct pair old, p;

	begin(&s, &old);
	dtls_flight1(&old);
	pair_init(&p, &s, 30041, 0x22);
	p.mtu = SMALL;
	p.socket[PARTY_CLIENT] = old.socket[PARTY_CLIENT];
	p.fate = HELD;
	p.random = 0x22;
	dtls_client_hello_named(&p, 0, "other.example");
	pair_flush(&p);
	p.fate = ARRIVES;
	stream_wait(&s, 100 * MS);
	for (int i = 2; i >= 0; i--)
		pair_release(&p, i);
	assert_int_equal(old.h->flights[1].copies, 1);
	assert_int_equal(old.h->party[PARTY_CLIENT].retransmissions, 0);
	assert_int_equal(p.h->client_hello.known, p.h->client_hello.length);
	assert_memory_equal(p.h->client_hello.hello.server_name, "other.example", 13);
	assert_true(p.h != old.h);
}

/* A flood of them takes the place of an honest one, and nothing more. */
static void a_flood(void **state)
{
	struct pair flood;
	STORY_WITH(begin, s, p);

	p.fate = HELD;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	pair_release(&p, 1);
	for (uint32_t i = 0; i < 1000; i++) {
		pair_init(&flood, &s, 1000 + i, i);
		flood.mtu = SMALL;
		flood.fate = HELD;
		dtls_flight1(&flood);
		flood.fate = ARRIVES;
		pair_release(&flood, 1);
	}
	pair_release(&p, 2);
	pair_release(&p, 0);
	assert_int_equal(p.h->client_hello.known, 35);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	assert_int_equal(p.h->client_hello.known, p.h->client_hello.length);
	assert_int_equal(s.faults, 0);
}

/* Both ends are on this host: the client's shows whose they are, the server's gets them in any order. */
static void seen_at_both_ends(void **state)
{
	static const uint8_t orders[5][3] = { {0,2,1}, {1,0,2}, {1,2,0}, {2,0,1}, {2,1,0} };
	struct stream s;
	struct pair p;

	for (int i = 0; i < 5; i++) {
		stream_begin(&s, &p, AT_BOTH);
		p.mtu = SMALL;
		p.fate = HELD;
		dtls_flight1(&p);
		p.fate = ARRIVES;
		assert_false(p.h->flights[1].arrived);
		for (int k = 0; k < 3; k++) {
			stream_wait(&s, 10 * MS);
			pair_release(&p, orders[i][k]);
		}
		expect_whole_client_hello(&p, 1);
		assert_int_equal(p.h->started_ns, START);
		finish(&s, &p);
	}
}

/* --- the server's hello --- */

/* Which version it chose, and whether it is a HelloRetryRequest, is said when that has been seen. */
static void a_server_hello_bit_by_bit(void **state)
{
	for (int retry = 0; retry < 2; retry++) {
		STORY(s, p, AT_CLIENT);
		dtls13_client_hello(&p, 0);
		pair_flush(&p);
		p.mtu = 57;	/* 32 bytes of the message at a time: not all of the random in the first */
		p.fate = HELD;
		dtls13_server_hello(&p, 0, retry);
		pair_flush(&p);
		p.fate = ARRIVES;
		assert_int_equal(p.num_held, 2);
		pair_release(&p, 0);
		assert_int_equal(p.h->server_hello.known, 0);
		assert_int_equal(p.h->retry_request.known, 0);
		assert_false(p.h->version_negotiated || p.h->is_dtls13);
		pair_release(&p, 1);
		assert_true(p.h->version_negotiated && p.h->is_dtls13);
		assert_int_equal(p.h->version, DTLS_VERSION_1_3);
		assert_int_equal(p.h->server_hello.known, retry ? 0 : p.h->server_hello.length);
		assert_int_equal(p.h->retry_request.known, retry ? p.h->retry_request.length : 0);
	}
}

/* The end of it is missing, where supported_versions may be: neither version is claimed. */
static void a_server_hello_without_its_end(void **state)
{
	char text[VERDICT_TEXT_LEN];
	STORY(s, p, AT_CLIENT);

	dtls13_client_hello(&p, 0);
	pair_flush(&p);
	p.mtu = 65;	/* 40 bytes */
	p.fate = HELD;
	dtls13_server_hello(&p, 0, false);
	pair_flush(&p);
	p.fate = ARRIVES;
	pair_release(&p, 0);
	assert_int_equal(p.h->server_hello.known, 40);
	assert_int_equal(p.h->server_hello.hello.cipher_suite, 0x1301);
	assert_false(p.h->version_negotiated);
	for (int code = 0; code < NOTE_MAX; code++)
		assert_false(note_write(p.h, code, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_any_order),
		cmocka_unit_test(several_in_a_datagram),
		cmocka_unit_test(events_lost_before_the_first),
		cmocka_unit_test(first_one_lost),
		cmocka_unit_test(union_of_two_copies),
		cmocka_unit_test(an_early_one_dropped),
		cmocka_unit_test(an_early_one_unread),
		cmocka_unit_test(an_early_one_cut),
		cmocka_unit_test(too_old),
		cmocka_unit_test(of_the_attempt_before),
		cmocka_unit_test(of_another_attempt_after_completion),
		cmocka_unit_test(not_of_this_one),
		cmocka_unit_test(of_a_new_client_on_a_known_flow),
		cmocka_unit_test(a_flood),
		cmocka_unit_test(seen_at_both_ends),
		cmocka_unit_test(a_server_hello_bit_by_bit),
		cmocka_unit_test(a_server_hello_without_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
