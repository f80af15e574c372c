// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Copies with the record numbers of the first copy: retransmissions, or doubled by the network? */
#include "stream_verdict.h"

/* A stack that resends the bytes that it has stored. */
static void resend(struct pair *p, enum party_role from, void (*flight)(struct pair *p), unsigned copies)
{
	uint64_t plain = p->seq[from][0], encrypted = p->seq[from][1], start = p->s->now;

	for (unsigned i = 0; i < copies; i++) {
		stream_until(p->s, start + ((1u << i) - 1) * SEC);
		p->seq[from][0] = plain;
		p->seq[from][1] = encrypted;
		flight(p);
	}
}

static void flight1_is_resent(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int old = 0; old < 2; old++) {
			STORY(s, p, at);
			p.version = old ? DTLS_VERSION_1_0 : DTLS_VERSION_1_2;
			resend(&p, PARTY_CLIENT, dtls_flight1, 3);
			assert_int_equal(p.h->flights[1].copies, 3);
			assert_true(has_note(&p, NOTE_RECORD_NUMBERS_REUSED, ""));
			assert_false(has_note(&p, NOTE_DUPLICATED, ""));
			assert_int_equal(s.num_changes, 0);
			dtls_flight4(&p);
			dtls_flight5(&p);
			dtls_flight6(&p);
			expect_completed_only(&s, &p);
		}
}

/* Nobody answers it: the same verdict as for copies with numbers of their own. */
static void resent_flight1_is_not_answered(void **state)
{
	STORY(s, p, AT_CLIENT);

	p.fate = LOST;
	resend(&p, PARTY_CLIENT, dtls_flight1, 3);
	expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
}

static void flight5_is_resent(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight4(&p);
		resend(&p, PARTY_CLIENT, dtls_flight5, 3);
		assert_int_equal(p.h->flights[5].copies, 3);
		assert_true(has_note(&p, NOTE_RECORD_NUMBERS_REUSED, ""));
		assert_false(has_note(&p, NOTE_DUPLICATED, ""));
		dtls_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* RFC 6347 s4.2.1: a server without state takes the number from the ClientHello. That is no oddity. */
static void verify_requests_are_numbered_0(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		STORY(s, p, at);
		p.cookie = true;
		for (int i = 0; i < 3; i++) {
			p.seq[PARTY_CLIENT][0] = p.seq[PARTY_SERVER][0] = 0;
			dtls_flight1(&p);
			dtls_flight2(&p);
			stream_wait(&s, SEC << i);
		}
		assert_int_equal(p.h->flights[2].copies, 3);
		assert_int_equal(p.h->party[PARTY_SERVER].odd.renumbered, 0);
	}
}

/* Near: the network doubles a datagram, and the copy comes 300 ms later. */
static void doubled_by_the_network(void **state)
{
	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		STORY(s, p, at);
		dtls_flight1(&p);
		stream_wait(&s, 300 * MS);
		pair_duplicate(&p);
		assert_int_equal(p.h->flights[1].copies, 1);
		assert_false(has_note(&p, NOTE_RECORD_NUMBERS_REUSED, ""));
		assert_true(has_note(&p, NOTE_DUPLICATED, ""));
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/*
 * The last flight is lost once, and the copies of flight 5 that ask for it are replays: the server
 * may discard these (RFC 6347 s4.1.2.6). Near: they have numbers of their own.
 */
static void resent_flight5_is_a_replay(void **state)
{
	for (int old = 0; old < 2; old++) {
		STORY(s, p, AT_BOTH);
		dtls_flight1(&p);
		dtls_flight4(&p);
		resend(&p, PARTY_CLIENT, dtls_flight5, 1);
		p.fate = LOST;
		dtls_flight6(&p);
		p.fate = ARRIVES;
		for (unsigned i = 0; i < 3; i++) {
			stream_wait(&s, SEC << i);
			if (old)
				p.seq[PARTY_CLIENT][0] -= 2, p.seq[PARTY_CLIENT][1]--;
			dtls_flight5(&p);
		}
		stream_wait(&s, SEC);
		assert_int_equal(s.changes[s.num_changes - 1].verdict.code, VERDICT_LAST_FLIGHT_NOT_RESENT);
		assert_int_equal(s.changes[s.num_changes - 1].verdict.side,
				 old ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
		assert_int_equal(s.changes[s.num_changes - 1].verdict.confidence,
				 old ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
	}
}

/* They arrive, and the server takes them for replays: it is not the path that loses them. */
static void replays_are_not_lost(void **state)
{
	STORY(s, p, AT_BOTH);

	p.cookie = true;
	dtls_flight1(&p);
	p.fate = LOST;
	dtls_flight2(&p);
	p.fate = ARRIVES;
	for (unsigned i = 0; i < 4; i++) {
		stream_wait(&s, SEC << i);
		p.seq[PARTY_CLIENT][0] = 0;
		dtls_flight1(&p);
	}
	stream_wait(&s, 2 * FLOOR);
	for (uint32_t i = 0; i < s.num_changes; i++)
		assert_int_not_equal(s.changes[i].verdict.side, VERDICT_SIDE_NETWORK);
}

/* Near: somebody replays flight 5 after completion. Nobody answers, and that is no fault. */
static void replays_after_completion(void **state)
{
	struct datagram replay;

	for (unsigned at = AT_SERVER; at <= AT_BOTH; at++) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		replay = p.last;
		dtls_flight6(&p);
		for (unsigned i = 0; i < 5; i++) {
			stream_wait(&s, SEC << i);
			pair_arrive(&p, &replay, PARTY_CLIENT);
		}
		expect_completed_only(&s, &p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flight1_is_resent),
		cmocka_unit_test(resent_flight1_is_not_answered),
		cmocka_unit_test(flight5_is_resent),
		cmocka_unit_test(resent_flight5_is_a_replay),
		cmocka_unit_test(replays_are_not_lost),
		cmocka_unit_test(verify_requests_are_numbered_0),
		cmocka_unit_test(doubled_by_the_network),
		cmocka_unit_test(replays_after_completion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
