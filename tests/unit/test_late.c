// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Traces that begin late, captures, early endings: what may be said all the same, and how surely. */
#include "stream_dtls13.h"
#include "stream_verdict.h"

#include <errno.h>

static void begin(struct stream *s, struct pair *p, unsigned at)
{
	(at == ON_WIRE ? stream_init_blind : stream_init)(s, at);
	pair_init(p, s, 30041, 0x11);
}

static void expect_never(const struct stream *s, enum verdict_code code)
{
	assert_true(s->num_changes <= STREAM_MAX_CHANGES);
	for (uint32_t i = 0; i < s->num_changes; i++)
		assert_string_not_equal(verdict_code_name(s->changes[i].verdict.code), verdict_code_name(code));
}

static const struct verdict *expect_last(const struct stream *s, enum verdict_code code, enum verdict_side side)
{
	const struct verdict *v = &stream_change(s, s->num_changes - 1)->verdict;

	assert_string_equal(verdict_code_name(v->code), verdict_code_name(code));
	assert_string_equal(verdict_side_name(v->side), verdict_side_name(side));
	return v;
}

/* --- the first record that is seen has a number above 0 --- */

static void (*const hellos[])(struct pair *p) = { dtls_flight1, dtls13_flight1 };

static void a_timer_that_is_not_known(void **state)
{
	char note[VERDICT_TEXT_LEN];

	for (int n = 0; n < 8; n++) {
		bool late = n & 1;

		STORY_WITH(begin, s, p, n & 4 ? AT_BOTH : AT_CLIENT);
		p.fate = LOST;
		p.seq[PARTY_CLIENT][0] = late ? 1 + n : 0;
		hellos[n / 2 & 1](&p);
		assert_int_equal(note_write(p.h, NOTE_MID_HANDSHAKE, note), late);
		if (late)
			assert_non_null(strstr(note, "has a repeated ClientHello"));
		if (late)
			expect_silence(&s);
		else
			expect_stuck_at(&s, &p, START + FLOOR, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	}
}

/* Two copies show its timer, which doubles. */
static void a_timer_that_two_copies_show(void **state)
{
	for (int n = 0; n < 4; n++) {
		STORY_WITH(begin, s, p, n & 1 ? AT_BOTH : AT_CLIENT);
		p.fate = LOST;
		p.seq[PARTY_CLIENT][0] = 3;
		hellos[n / 2](&p);
		stream_wait(&s, 8 * SEC);
		assert_int_equal(s.num_changes, 0);
		hellos[n / 2](&p);
		assert_in_range(handshake_timer_ns(p.h, PARTY_CLIENT), 8 * SEC, 16 * SEC);
		expect_stuck_at(&s, &p, START + 8 * SEC + 2 * handshake_timer_ns(p.h, PARTY_CLIENT),
				VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	}
}

/* Near: where it arrives, or passes, its number says nothing: copies before it may be lost. */
static void a_number_that_says_nothing(void **state)
{
	char note[VERDICT_TEXT_LEN];

	for (int n = 0; n < 2; n++) {
		STORY_WITH(begin, s, p, n ? ON_WIRE : AT_SERVER);
		p.seq[PARTY_CLIENT][0] = 3;
		dtls_flight1(&p);
		assert_false(note_write(p.h, NOTE_MID_HANDSHAKE, note));
	}
}

/* --- last-flight-not-resent in a capture --- */

enum after { NOTHING, ANSWERS, DATA };

/* The last flight passes; then the one before it, `repeats` times. */
static void repeat_before_last(struct stream *s, struct pair *p, bool resumed, unsigned repeats, enum after after)
{
	begin(s, p, ON_WIRE);
	dtls_flight1(p);
	if (!resumed)
		dtls_flight4(p);
	(resumed ? dtls_flight4_resumed : dtls_flight5)(p);
	dtls_finished(p, resumed ? PARTY_CLIENT : PARTY_SERVER);
	for (unsigned i = 1; i <= repeats; i++) {
		stream_until(s, START + ((1u << i) - 1) * SEC);
		(resumed ? dtls_flight4_resumed : dtls_flight5)(p);
		stream_wait(s, 50 * MS);
		if (after == ANSWERS)
			dtls_finished(p, resumed ? PARTY_CLIENT : PARTY_SERVER);
	}
	if (after == DATA)
		dtls_data(p, resumed ? PARTY_SERVER : PARTY_CLIENT);
}

static void a_last_flight_that_is_not_resent(void **state)
{
	const struct verdict *v;

	for (int resumed = 0; resumed < 2; resumed++) {
		STORY_WITH(repeat_before_last, s, p, resumed, 4, NOTHING);
		stream_settle(&s);
		v = expect_last(&s, VERDICT_LAST_FLIGHT_NOT_RESENT, resumed ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
		assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
		assert_int_equal(v->severity, SEVERITY_FAULT);
		assert_in_range(stream_change(&s, s.num_changes - 1)->now, START + 15 * SEC, START + 16 * SEC);
		dtls_data(&p, resumed ? PARTY_SERVER : PARTY_CLIENT);
		expect_last(&s, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	}
}

static void near_last_flights(void **state)
{
	for (int n = 0; n < 6; n++) {
		bool resumed = n & 1;

		STORY_WITH(repeat_before_last, s, p, resumed, n / 2 == 1 ? 6 : 3, (enum after)(n / 2));
		if (n / 2 == DATA)	/* and what came late on the way */
			(resumed ? dtls_flight4_resumed : dtls_flight5)(&p);
		stream_wait(&s, HOUR);
		expect_never(&s, VERDICT_LAST_FLIGHT_NOT_RESENT);
	}
}

/* --- cookie-loop by copies --- */

/* A ClientHello with a cookie is sent `copies` times, and each is answered by a cookie request. */
static void refuse(struct stream *s, struct pair *p, unsigned at, unsigned copies, bool dtls13)
{
	begin(s, p, at);
	p->cookie = true;
	(dtls13 ? dtls13_flight1 : dtls_flight1)(p);
	(dtls13 ? dtls13_flight2 : dtls_flight2)(p);
	for (unsigned i = 0; i < copies; i++) {
		stream_until(s, START + ((1u << i) - 1) * SEC);
		(dtls13 ? dtls13_flight3 : dtls_flight3)(p);
		(dtls13 ? dtls13_flight2 : dtls_flight2)(p);
	}
	stream_wait(s, FLOOR);
}

static void a_cookie_that_is_refused_in_copies(void **state)
{
	const struct verdict *v;
	struct stream s;
	struct pair p;

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		refuse(&s, &p, at, 4, false);
		v = expect_last(&s, VERDICT_COOKIE_LOOP, VERDICT_SIDE_SERVER);
		assert_int_equal(v->confidence, at & AT_SERVER ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
		/* It is taken at last. */
		dtls_flight4(&p);
		assert_string_equal(handshake_state_name(p.h->state), "in-progress");
		stream_fini(&s);
		/* Near: three copies, of which the network may have brought some twice. */
		refuse(&s, &p, at, 3, false);
		expect_never(&s, VERDICT_COOKIE_LOOP);
		stream_fini(&s);
		/* Near: a server with state repeats its HelloRetryRequest (RFC 9147 s5.1). */
		refuse(&s, &p, at, 4, true);
		expect_never(&s, VERDICT_COOKIE_LOOP);
		stream_fini(&s);
	}
}

/* The trace began while the first ClientHellos, without a cookie, were on the way: what comes first answers those. */
static void requests_from_before_the_trace(void **state)
{
	for (int is_refused = 0; is_refused < 2; is_refused++)
		for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
			STORY_WITH(begin, s, p, at);
			p.cookie = true;
			p.seq[PARTY_CLIENT][0] = 5;
			dtls_flight1(&p);
			dtls_flight2(&p);
			for (unsigned i = 0; i < (is_refused ? 16 : 6); i++) {
				stream_wait(&s, SEC);
				dtls_flight3(&p);
				dtls_flight2(&p);
			}
			stream_wait(&s, FLOOR);
			if (is_refused)
				expect_last(&s, VERDICT_COOKIE_LOOP, VERDICT_SIDE_SERVER);
			else
				expect_never(&s, VERDICT_COOKIE_LOOP);
		}
}

/* --- somebody gives up before the floor --- */

static void give_up(struct stream *s, struct pair *p, bool verified, unsigned copies, uint64_t later, bool alert)
{
	begin(s, p, AT_CLIENT);
	p->cookie = verified;
	if (verified) {
		dtls_flight1(p);
		dtls_flight2(p);
	}
	p->fate = LOST;
	repeat(p, verified ? dtls_flight3 : dtls_flight1, copies);
	stream_wait(s, later);
	if (alert)
		dtls_alert(p, PARTY_CLIENT, DTLS_ALERT_WARNING, 0);
	else
		pair_close(p, PARTY_CLIENT, 0);
	stream_wait(s, SEC);
}

static void two_copies_in_vain(void **state)
{
	const struct verdict *v;
	struct stream s;
	struct pair p;

	for (int n = 0; n < 4; n++) {
		bool verified = n & 1, alert = n & 2;
		enum verdict_code ending = alert ? VERDICT_ALERT : VERDICT_CLOSED_BY_APPLICATION;

		give_up(&s, &p, verified, 2, 500 * MS, alert);
		v = expect_last(&s, verified ? VERDICT_PEER_SILENT : VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER);
		assert_int_equal(v->severity, SEVERITY_WARNING);
		assert_int_equal(v->confidence, CONFIDENCE_LIKELY);
		stream_fini(&s);
		/* Near: one copy; and an answer to the second may still come. */
		give_up(&s, &p, verified, 1, 1500 * MS, alert);
		expect_last(&s, ending, VERDICT_SIDE_CLIENT);
		stream_fini(&s);
		give_up(&s, &p, verified, 2, 100 * MS, alert);
		expect_last(&s, ending, VERDICT_SIDE_CLIENT);
		stream_fini(&s);
	}
}

/* --- ICMP errors that anybody may have sent --- */

static void refused_and_forged(void **state)
{
	for (int forged = 0; forged < 2; forged++) {
		STORY_WITH(begin, s, p, AT_BOTH);
		p.unread = true;
		p.fate = forged ? ARRIVES : LOST;
		for (unsigned i = 0; i < 4; i++) {
			stream_until(&s, START + ((1u << i) - 1) * SEC);
			dtls_flight1(&p);
			pair_icmp(&p, PARTY_CLIENT, ECONNREFUSED, 3, 3);
		}
		stream_wait(&s, FLOOR);
		if (forged) {
			expect_never(&s, VERDICT_PORT_UNREACHABLE);
			expect_last(&s, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
		} else {
			assert_int_equal(expect_last(&s, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER)->confidence,
					 CONFIDENCE_LIKELY);
		}
	}
}

/* --- what came before the trace --- */

/* The server repeats only what the client lacks of flight 4; the ACK also lists what came before the trace. */
static void an_ack_of_records_from_before(void **state)
{
	static const uint16_t entries[] = { 3, 20, 60 };

	for (int n = 0; n < 6; n++) {
		bool late = n & 1;

		STORY_WITH(begin, s, p, AT_CLIENT);
		p.seq[PARTY_CLIENT][0] = late ? 3 : 0;
		dtls13_flight1(&p);
		stream_wait(&s, SECOND / 3);
		dtls13_send(&p, PARTY_SERVER, EPOCH_HANDSHAKE, 251);
		dtls13_send(&p, PARTY_SERVER, EPOCH_HANDSHAKE, 251);
		stream_wait(&s, SECOND / 10);
		dtls13_ack(&p, PARTY_CLIENT, EPOCH_HANDSHAKE, entries[n / 2]);
		stream_wait(&s, 4 * FLOOR);
		/* In a whole trace the server sent only two records: what seems to list more is flight 5. */
		if (late || entries[n / 2] == 3)
			expect_never(&s, VERDICT_NOT_RETRANSMITTING);
		else
			expect_last(&s, VERDICT_NOT_RETRANSMITTING, VERDICT_SIDE_CLIENT);
	}
}

/* A resumed handshake: the server's ChangeCipherSpec and Finished came before the trace, and its ServerHello late. */
static void data_after_a_cipher_change_from_before(void **state)
{
	/* Before the client's Finished, data is of the association before. */
	static const struct {
		bool before, after;
	} plays[] = { { false, true }, { true, false }, { true, true }, { false, false } };

	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		STORY_WITH(begin, s, p, AT_CLIENT);
		dtls_server_hello(&p);
		pair_flush(&p);
		if (plays[i].before)
			dtls_data(&p, PARTY_SERVER);
		dtls_finished(&p, PARTY_CLIENT);
		pair_flush(&p);
		dtls_data(&p, PARTY_CLIENT);
		stream_wait(&s, SECOND);
		if (plays[i].after)
			dtls_data(&p, PARTY_SERVER);
		assert_int_equal(p.h->state == HANDSHAKE_COMPLETED, plays[i].after);
	}
}

/* --- what the tracer does not show --- */

/* The path loses the client's flight 5, which it repeats each second; the server repeats flight 4. */
static void repeat_sealed(struct stream *s, struct pair *p, unsigned copies)
{
	for (unsigned i = 0; i < copies; i++) {
		p->fate = ARRIVES;
		if (i % 60 == 0)
			dtls13_flight4(p);
		p->fate = LOST;
		dtls13_send(p, PARTY_CLIENT, EPOCH_HANDSHAKE, SEALED_FINISHED);
		stream_wait(s, SECOND);
	}
	p->fate = ARRIVES;
	for (unsigned i = 0; i < 4; i++) {
		dtls13_flight4(p);
		stream_wait(s, 60 * SECOND);
	}
}

/* After so many encrypted datagrams the kernel shows no more of them: that is no silence. */
static void a_side_of_which_no_more_is_shown(void **state)
{
	for (int n = 0; n < 2; n++) {
		STORY_WITH(begin, s, p, AT_BOTH);
		repeat_sealed(&s, &p, n ? SEALED_MAX : SEALED_MAX - 1);
		if (n)
			expect_never(&s, VERDICT_PEER_SILENT);
		else
			expect_last(&s, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT);
	}
}

/* --- certain needs the side here --- */

static void a_side_that_is_elsewhere(void **state)
{
	static const struct {
		unsigned at;
		int answered;	/* 1: then the server repeats flight 4; 2: and that is answered, with flight 5 */
		enum verdict_code code;
		enum verdict_side side;
		enum verdict_confidence confidence;
	} plays[] = {
		{ AT_CLIENT, false, VERDICT_NO_RESPONSE, VERDICT_SIDE_SERVER, CONFIDENCE_LIKELY },
		{ AT_BOTH, false, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER, CONFIDENCE_CERTAIN },
		{ AT_SERVER, false, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER, CONFIDENCE_LIKELY },
		{ AT_SERVER, true, VERDICT_PEER_SILENT, VERDICT_SIDE_CLIENT, CONFIDENCE_LIKELY },
		{ AT_BOTH, true, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_CLIENT, CONFIDENCE_CERTAIN },
		{ AT_CLIENT, true, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_CLIENT, CONFIDENCE_CERTAIN },
		{ AT_BOTH, 2, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER, CONFIDENCE_CERTAIN },
		/* Anybody can send what looks like flight 5. */
		{ AT_SERVER, 2, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER, CONFIDENCE_LIKELY },
	};

	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		STORY_WITH(begin, s, p, plays[i].at);
		if (plays[i].answered)
			dtls_flight1(&p);
		if (plays[i].answered == 2)
			dtls_flight4(&p);
		repeat(&p, plays[i].answered == 2 ? dtls_flight5 : plays[i].answered ? dtls_flight4 : dtls_flight1, 3);
		stream_wait(&s, 2 * FLOOR);
		assert_int_equal(expect_last(&s, plays[i].code, plays[i].side)->confidence, plays[i].confidence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timer_that_is_not_known),
		cmocka_unit_test(a_timer_that_two_copies_show),
		cmocka_unit_test(a_number_that_says_nothing),
		cmocka_unit_test(a_last_flight_that_is_not_resent),
		cmocka_unit_test(near_last_flights),
		cmocka_unit_test(a_cookie_that_is_refused_in_copies),
		cmocka_unit_test(requests_from_before_the_trace),
		cmocka_unit_test(two_copies_in_vain),
		cmocka_unit_test(refused_and_forged),
		cmocka_unit_test(an_ack_of_records_from_before),
		cmocka_unit_test(data_after_a_cipher_change_from_before),
		cmocka_unit_test(a_side_of_which_no_more_is_shown),
		cmocka_unit_test(a_side_that_is_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
