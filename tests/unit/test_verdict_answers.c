// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A side repeats its flight after several answers: answer-ignored, answer-unacknowledged. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

static void nothing(struct pair *p)
{
	(void)p;
}

static void hello_verified(struct pair *p)
{
	p->cookie = true;
	p->mtu = 400;	/* so that no size explains it */
	dtls_flight1(p);
	dtls_flight2(p);
}

static void full_up_to_flight4(struct pair *p)
{
	dtls_flight1(p);
	dtls_flight4(p);
}

static void finished_of_client(struct pair *p)
{
	dtls_finished(p, PARTY_CLIENT);
}

static void retried13(struct pair *p)
{
	p->cookie = true;
	dtls13_flight1(p);
	dtls13_flight2(p);
}

static void full_up_to_flight4_13(struct pair *p)
{
	dtls13_flight1(p);
	dtls13_flight4(p);
}

/* One side sends `flight` at 0, 1, 3 and 7 s, and gets `answer` 50 ms after each of them. */
struct play {
	void (*before)(struct pair *p), (*flight)(struct pair *p), (*answer)(struct pair *p);
	enum party_role repeats;
};

static const struct play
	verify_request = { nothing, dtls_flight1, dtls_flight2, PARTY_CLIENT },
	server_hello = { hello_verified, dtls_flight3, dtls_flight4, PARTY_CLIENT },
	server_hello_at_once = { nothing, dtls_flight1, dtls_flight4, PARTY_CLIENT },
	resumption = { nothing, dtls_flight1, dtls_flight4_resumed, PARTY_CLIENT },
	flight5 = { dtls_flight1, dtls_flight4, dtls_flight5, PARTY_SERVER },
	flight6 = { full_up_to_flight4, dtls_flight5, dtls_flight6, PARTY_CLIENT },
	flight5_resumed = { dtls_flight1, dtls_flight4_resumed, finished_of_client, PARTY_SERVER },
	server_hello13 = { retried13, dtls13_flight3, dtls13_flight4, PARTY_CLIENT },
	flight5_13 = { dtls13_flight1, dtls13_flight4, dtls13_flight5, PARTY_SERVER },
	flight6_13 = { full_up_to_flight4_13, dtls13_flight5, dtls13_flight6, PARTY_CLIENT };

static const struct play *const plays[] = {
	&verify_request, &server_hello, &server_hello_at_once, &resumption, &flight5, &flight6, &flight5_resumed,
	&server_hello13, &flight5_13, &flight6_13,
};

#define FOR_EACH_PLAY(play) \
	for (size_t play_i = 0; play_i < sizeof(plays) / sizeof(plays[0]) && ((play) = plays[play_i]); play_i++)

static void begin(struct stream *s, struct pair *p, const struct play *play, unsigned at)
{
	stream_begin(s, p, at);
	play->before(p);
}

static void round_of(struct stream *s, struct pair *p, const struct play *play, unsigned i, enum fate fate)
{
	stream_until(s, START + ((1u << i) - 1) * SEC);
	play->flight(p);
	stream_wait(s, 50 * MS);
	p->fate = fate;
	play->answer(p);
	p->fate = ARRIVES;
}

static void rounds(struct stream *s, struct pair *p, const struct play *play, unsigned num, enum fate fate)
{
	for (unsigned i = 0; i < num; i++)
		round_of(s, p, play, i, fate);
}

static enum verdict_side side(enum party_role role)
{
	return role == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER;
}

/* The repeating side is stuck with this verdict since its fourth copy, and another answer changes nothing. */
static void expect_from_fourth_copy(struct stream *s, struct pair *p, const struct play *play,
				    enum verdict_code code, enum verdict_side side, enum fate fate)
{
	uint32_t index = s->num_changes;

	round_of(s, p, play, 3, fate);
	stream_settle(s);
	assert_int_equal(s->num_changes, index + 1);
	assert_in_range(s->changes[index].now, START + 7 * SEC, START + 7 * SEC + SETTLED_NS);
	expect_change(s, index, p, HANDSHAKE_STUCK, code, side);
	stream_wait(s, SEC);
	assert_int_equal(s->num_changes, index + 1);
}

/* --- answer-unacknowledged --- */

/* Seen from the side that answers, it makes no difference what becomes of the answers. */
static void answers_do_not_get_there(void **state)
{
	const struct play *play;

	FOR_EACH_PLAY(play)
		for (int lost = 0; lost < 2; lost++) {
			STORY_WITH(begin, s, p, play, 1 << party_peer(play->repeats));
			rounds(&s, &p, play, 3, lost ? LOST : ARRIVES);
			expect_from_fourth_copy(&s, &p, play, VERDICT_ANSWER_UNACKNOWLEDGED, side(play->repeats),
						lost ? LOST : ARRIVES);
			assert_int_equal(stream_change(&s, s.num_changes - 1)->verdict.severity,
					 play == &verify_request ? SEVERITY_WARNING : SEVERITY_FAULT);
			assert_non_null(strstr(s.changes[s.num_changes - 1].verdict.summary,
					       "or it does not accept them"));
		}
}

/* Both timers expire at the same time: each copy of the answer leaves just before the next repeat arrives. */
static void answers_cross_repeats(void **state)
{
	STORY_WITH(begin, s, p, &flight5, AT_CLIENT);

	round_of(&s, &p, &flight5, 0, LOST);
	for (unsigned i = 1; i < 4; i++) {
		assert_int_equal(s.num_changes, 0);
		stream_until(&s, START + ((1u << i) - 1) * SEC - MS);
		p.fate = LOST;
		flight5.answer(&p);
		p.fate = ARRIVES;
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		flight5.flight(&p);
	}
	stream_settle(&s);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_ANSWER_UNACKNOWLEDGED, VERDICT_SIDE_SERVER);
}

/* Both ends are seen, and nothing of the answers arrives: that is the path. */
static void path_passes_one_way(void **state)
{
	const struct play *play;

	FOR_EACH_PLAY(play) {
		STORY_WITH(begin, s, p, play, AT_BOTH);
		rounds(&s, &p, play, 3, LOST);
		expect_from_fourth_copy(&s, &p, play, VERDICT_ANSWER_UNACKNOWLEDGED, VERDICT_SIDE_NETWORK, LOST);
		/* A client of this host is no scanner, though it returns no cookie. */
		assert_int_equal(stream_change(&s, s.num_changes - 1)->verdict.severity, SEVERITY_FAULT);
		assert_null(strstr(s.changes[s.num_changes - 1].verdict.summary, "accept"));
	}
}

/* The client elsewhere had flight 6 after all: it repeats nothing more, or sends data. */
static void last_flight_is_taken_at_last(void **state)
{
	static const struct play *const closing[] = { &flight6, &flight6_13 };

	for (int n = 0; n < 4; n++) {
		STORY_WITH(begin, s, p, closing[n / 2], AT_SERVER);
		rounds(&s, &p, closing[n / 2], 4, ARRIVES);
		expect_change(&s, 0, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
		expect_change(&s, 1, &p, HANDSHAKE_STUCK, VERDICT_ANSWER_UNACKNOWLEDGED, VERDICT_SIDE_CLIENT);
		if (n & 1)
			stream_wait(&s, HOUR);
		else if (n)
			dtls13_data(&p, PARTY_CLIENT);
		else
			dtls_data(&p, PARTY_CLIENT);
		assert_int_equal(s.num_changes, 3);
		expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
		expect_silence(&s);
	}
}

/* --- answer-ignored --- */

/* All of each answer was read. The third copy was answered, too, and the floor passes. */
static void answers_are_read_and_ignored(void **state)
{
	static const struct play *const plain[] = { &verify_request, &server_hello, &server_hello_at_once };

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		for (int both = 0; both < 2; both++) {
			STORY_WITH(begin, s, p, plain[i], both ? AT_BOTH : AT_CLIENT);
			rounds(&s, &p, plain[i], 3, ARRIVES);
			expect_stuck_at(&s, &p, START + 50 * MS + FLOOR, VERDICT_ANSWER_IGNORED,
					VERDICT_SIDE_CLIENT);
			/* What a server elsewhere seems to answer, anybody may have sent. */
			assert_int_equal(s.changes[0].verdict.confidence, both ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
			round_of(&s, &p, plain[i], 3, ARRIVES);
			assert_int_equal(s.num_changes, 1);
		}
}

/* The answers to the first two copies are lost. The fifth is the second that comes after one that was read. */
static void answers_that_begin_late_are_ignored(void **state)
{
	STORY_WITH(begin, s, p, &server_hello_at_once, AT_CLIENT);

	rounds(&s, &p, &server_hello_at_once, 2, LOST);
	for (unsigned i = 2; i < 4; i++)
		round_of(&s, &p, &server_hello_at_once, i, ARRIVES);
	assert_int_equal(s.num_changes, 0);
	round_of(&s, &p, &server_hello_at_once, 4, ARRIVES);
	stream_settle(&s);
	assert_int_equal(s.num_changes, 1);
	assert_in_range(s.changes[0].now, START + 15 * SEC, START + 15 * SEC + SETTLED_NS);
	expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_ANSWER_IGNORED, VERDICT_SIDE_CLIENT);
}

/* In a capture the answers may be lost later. */
static void answers_pass_a_capture(void **state)
{
	const struct play *play;

	FOR_EACH_PLAY(play) {
		STORY_WITH(begin, s, p, play, ON_WIRE);
		rounds(&s, &p, play, 3, ARRIVES);
		expect_from_fourth_copy(&s, &p, play, VERDICT_ANSWER_IGNORED, side(play->repeats), ARRIVES);
		assert_int_equal(s.changes[s.num_changes - 1].verdict.confidence, CONFIDENCE_LIKELY);
		assert_non_null(strstr(s.changes[s.num_changes - 1].verdict.summary, "or does not get it"));
	}
}

/* --- near --- */

static void (*const rest[])(struct pair *p) = { dtls_flight5, dtls_flight6 };

static void begin_flight4(struct pair *p)
{
	dtls_server_hello(p);
	pair_flush(p);
}

/* Only the first answer is whole: of the others the rest is lost, so the client has reason to repeat itself. */
static void parts_of_copies_are_no_answers(void **state)
{
	static const struct play part = { nothing, dtls_flight1, begin_flight4, PARTY_CLIENT };
	STORY_WITH(begin, s, p, &part, ON_WIRE);

	round_of(&s, &p, &server_hello_at_once, 0, ARRIVES);
	for (unsigned i = 1; i < 5; i++)
		round_of(&s, &p, &part, i, ARRIVES);
	stream_settle(&s);
	assert_int_equal(p.h->flights[FLIGHT_CLIENT_HELLO].answers.copies, 1);
	assert_int_not_equal(p.h->verdict.code, VERDICT_ANSWER_IGNORED);
}

/* Two answers are lost, the third is not. */
static void two_answers_are_lost(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		STORY_WITH(begin, s, p, &server_hello_at_once, at);
		rounds(&s, &p, &server_hello_at_once, 2, LOST);
		round_of(&s, &p, &server_hello_at_once, 2, ARRIVES);
		for (int i = 0; i < 2; i++)
			rest[i](&p);
		expect_completed_only(&s, &p);
	}
}

/* Three answers are lost: it is stuck, until the peer moves on. */
static void peer_moves_on(void **state)
{
	STORY_WITH(begin, s, p, &server_hello_at_once, AT_SERVER);

	rounds(&s, &p, &server_hello_at_once, 3, LOST);
	expect_from_fourth_copy(&s, &p, &server_hello_at_once, VERDICT_ANSWER_UNACKNOWLEDGED, VERDICT_SIDE_CLIENT,
				ARRIVES);
	dtls_flight5(&p);
	expect_change(&s, 1, &p, HANDSHAKE_IN_PROGRESS, VERDICT_NONE, VERDICT_SIDE_UNKNOWN);
	dtls_flight6(&p);
	expect_change(&s, 2, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	expect_silence(&s);
}

/* A short timer and a slow path: each copy begins before the answer to the one before can arrive. */
static void copies_cross_the_answers(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, &server_hello_at_once, at);
		for (int i = 0; i < 20; i++) {
			dtls_flight1(&p);
			dtls_flight4(&p);
			stream_wait(&s, 450 * MS);
		}
		assert_int_equal(s.num_changes, 0);
		for (int i = 0; i < 2; i++)
			rest[i](&p);
		expect_completed_only(&s, &p);
	}
}

/* A lossy window: the client's copies and the server's answers are lost in turn. */
static void a_lossy_window(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY_WITH(begin, s, p, &server_hello_at_once, at);
		for (unsigned i = 0; i < 4; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			p.fate = i & 1 ? LOST : ARRIVES;
			dtls_flight1(&p);
			p.fate = i < 2 ? LOST : ARRIVES;
			if (!(i & 1))
				dtls_flight4(&p);
			p.fate = ARRIVES;
			if (i == 2)
				break;
		}
		for (int i = 0; i < 2; i++)
			rest[i](&p);
		expect_completed_only(&s, &p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_do_not_get_there),
		cmocka_unit_test(answers_cross_repeats),
		cmocka_unit_test(path_passes_one_way),
		cmocka_unit_test(last_flight_is_taken_at_last),
		cmocka_unit_test(answers_are_read_and_ignored),
		cmocka_unit_test(answers_that_begin_late_are_ignored),
		cmocka_unit_test(answers_pass_a_capture),
		cmocka_unit_test(parts_of_copies_are_no_answers),
		cmocka_unit_test(two_answers_are_lost),
		cmocka_unit_test(peer_moves_on),
		cmocka_unit_test(copies_cross_the_answers),
		cmocka_unit_test(a_lossy_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
