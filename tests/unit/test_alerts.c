// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which alerts end a handshake, and which do not count because nobody acts on them. */
#include "stream_odd.h"

#define HANDSHAKE_FAILURE 40

/* --- alerts that anybody may have sent --- */

static void (*const flights[])(struct pair *p) = { dtls_flight1, dtls_flight4, dtls_flight5, dtls_flight6 };
#define FLIGHTS 4

/* After `n` flights a forged fatal alert arrives, and the handshake goes on `pause` later. */
static void play_forgery(struct stream *s, struct pair *p, unsigned at, enum party_role from, int n, uint64_t pause)
{
	stream_begin(s, p, at);
	for (int i = 0; i < FLIGHTS; i++) {
		if (i == n) {
			stream_wait(s, 20 * MS);
			dtls_forged_alert(p, from, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
			stream_wait(s, pause);
		}
		flights[i](p);
	}
}

/*
 * Can this observer take it for an alert of `from`? Not after the ChangeCipherSpec of `from`, and not if
 * the socket of `from` is on this host: it did not send it.
 */
static bool may_be_true(unsigned at, enum party_role from, int n)
{
	return !(from == PARTY_CLIENT && n > 2) && !(at >> from & 1);
}

static void nobody_acts_on_it(void **state)
{
	static const uint64_t pauses[] = { 10 * MS, 250 * MS, 450 * MS };

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int i = 0; i < 3 * 3 * PARTY_MAX; i++) {
			enum party_role from = i % PARTY_MAX;
			int n = 1 + i / PARTY_MAX % 3;

			if (!may_be_true(at, from, n))
				continue;
			STORY_WITH(play_forgery, s, p, at, from, n, pauses[i / PARTY_MAX / 3]);
			assert_true(has_note(&p, NOTE_ALERT_NOT_ACTED_ON, "handshake failure"));
			assert_null(ending_name(p.h));
			expect_completed_only(&s, &p);
		}
}

/* The handshake pauses for longer, as for a retransmission: it is reported, and taken back. */
static void it_is_taken_back(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int i = 0; i < 3 * PARTY_MAX; i++) {
			enum party_role from = i % PARTY_MAX;

			if (!may_be_true(at, from, 1 + i / PARTY_MAX))
				continue;
			/* One ClientHello and one alert, both perhaps from anybody. */
			if (from == PARTY_CLIENT && i / PARTY_MAX == 0)
				continue;
			STORY_WITH(play_forgery, s, p, at, from, 1 + i / PARTY_MAX, 900 * MS);
			expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT,
				      from == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
			assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
			assert_in_range(s.changes[0].now, START + 520 * MS, START + 620 * MS);
			expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED,
				      VERDICT_SIDE_UNKNOWN);
			assert_true(has_note(&p, NOTE_ALERT_NOT_ACTED_ON, "handshake failure"));
			assert_null(ending_name(p.h));
			expect_silence(&s);
		}
}

/* The socket that is said to have sent it is on this host, was seen to send before, and did not send this. */
static void sender_is_here(void **state)
{
	for (int i = 0; i < 2 * PARTY_MAX; i++) {
		enum party_role from = i % PARTY_MAX;

		STORY_WITH(play_forgery, s, p, AT_BOTH, from, 1 + from + i / PARTY_MAX, 900 * MS);
		assert_int_equal(p.h->ignored_alerts.num, 0);
		expect_completed_only(&s, &p);
	}
}

/* Near: both sides act on it, so it counts, as likely. */
static void it_is_acted_on(void **state)
{
	for (int n = 0; n < 2; n++) {
		STORY(s, p, n ? ON_WIRE : AT_CLIENT);
		dtls_flight1(&p);
		stream_wait(&s, 20 * MS);
		dtls_forged_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
		stream_wait(&s, 490 * MS);
		assert_int_equal(s.num_changes, 0);
		stream_wait(&s, 200 * MS);
		assert_int_equal(s.num_changes, 1);
		expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER);
		assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
		assert_false(has_note(&p, NOTE_ALERT_NOT_ACTED_ON, ""));
		expect_silence(&s);
	}
}

/* What is repeated 200 ms after the alert is no longer what crossed it on the path. */
static void one_datagram_that_crossed_it(void **state)
{
	for (int crossed = 0; crossed < 2; crossed++) {
		STORY(s, p, AT_CLIENT);
		dtls_flight1(&p);
		dtls_forged_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
		stream_wait(&s, crossed ? 190 * MS : 210 * MS);
		dtls_flight1(&p);
		stream_wait(&s, SEC);
		assert_int_equal(s.num_changes, crossed);
	}
}

/* A socket of this host sent it: nobody else did, and it ends at once. */
static void local_alert_ends_at_once(void **state)
{
	for (int by = 0; by < PARTY_MAX; by++)
		FOR_EACH_OBSERVER(at) {
			if (!(at >> by & 1))
				continue;
			STORY(s, p, at);
			dtls_flight1(&p);
			dtls_flight4(&p);
			dtls_alert(&p, by, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
			assert_int_equal(s.num_changes, 1);
			expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT,
				      by == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
			assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_CERTAIN);
			assert_int_equal(p.h->ended_ns, START);
			expect_silence(&s);
		}
}

/* The peer closes its socket because of the alert: no need to wait. */
static void close_confirms_it(void **state)
{
	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	dtls_forged_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
	stream_wait(&s, 10 * MS);
	pair_close(&p, PARTY_CLIENT, 0);
	assert_int_equal(s.num_changes, 1);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER);
	assert_string_equal(ending_name(p.h), "alert");
	expect_silence(&s);
}

/* The trace ends within the half second: what is known by then is reported. */
static void trace_ends_first(void **state)
{
	STORY(s, p, ON_WIRE);

	dtls_flight1(&p);
	dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
	stream_wait(&s, 10 * MS);
	analysis_finish(s.analysis, s.now);
	expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER);
	assert_int_equal(s.changes[0].verdict.confidence, CONFIDENCE_LIKELY);
}

/* --- near: alerts that end nothing --- */

/* After its ChangeCipherSpec, a side encrypts its alerts. */
static void plaintext_after_change_cipher_spec(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++) {
		/* What its own socket sends is true all the same. */
		if (at >> PARTY_CLIENT & 1)
			continue;
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
		stream_wait(&s, 2 * SEC);
		assert_int_equal(s.num_changes, 0);
		dtls_flight6(&p);
		expect_completed_only(&s, &p);
	}
}

/* RFC 5246 s7.2: no_renegotiation, unrecognized_name. */
static void other_warnings_end_nothing(void **state)
{
	static const uint8_t descriptions[] = { 100, 112 };

	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int i = 0; i < 2 * PARTY_MAX; i++) {
			STORY(s, p, at);
			dtls_flight1(&p);
			dtls_flight4(&p);
			dtls_alert(&p, i / 2, DTLS_ALERT_WARNING, descriptions[i % 2]);
			stream_wait(&s, 2 * SEC);
			assert_int_equal(s.num_changes, 0);
			assert_int_equal(p.h->ignored_alerts.num, 0);
			dtls_flight5(&p);
			dtls_flight6(&p);
			expect_completed_only(&s, &p);
		}
}

static void hidden_alert(struct pair *p, enum party_role from)
{
	dtls_record_add(p, from, DTLS_CT_ALERT, 1, 26);
	pair_flush(p);
}

/* Both say goodbye after a healthy handshake, and close. */
static void goodbye_after_completion(void **state)
{
	for (unsigned at = AT_CLIENT; at <= ON_WIRE; at++)
		for (int resumed = 0; resumed < 2; resumed++) {
			STORY(s, p, at);
			if (resumed)
				dtls_resumed(&p);
			else
				dtls_full(&p);
			for (int by = 0; by < PARTY_MAX; by++) {
				stream_wait(&s, 10 * MS);
				hidden_alert(&p, by);
			}
			pair_close(&p, PARTY_CLIENT, 0);
			pair_close(&p, PARTY_SERVER, 0);
			assert_null(ending_name(p.h));
			expect_completed_only(&s, &p);
		}
}

/*
 * The datagram with the last Finished is not in the capture. The record number of the alert shows that
 * the Finished was sent, so this is close_notify. Number 0 takes the place of the Finished.
 */
static void finished_was_not_captured(void **state)
{
	for (int n = 0; n < 4; n++) {
		enum party_role last = n & 1 ? PARTY_CLIENT : PARTY_SERVER;
		bool first = n & 2;

		STORY(s, p, ON_WIRE);
		dtls_flight1(&p);
		if (last == PARTY_CLIENT) {
			dtls_flight4_resumed(&p);
		} else {
			dtls_flight4(&p);
			dtls_flight5(&p);
		}
		dtls_record_add(&p, last, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		pair_flush(&p);
		p.seq[last][1] = !first;
		stream_wait(&s, SEC);
		hidden_alert(&p, last);
		stream_wait(&s, SEC);
		assert_int_equal(s.num_changes, first);
		if (first)
			expect_change(&s, 0, &p, HANDSHAKE_FAILED, VERDICT_ALERT,
				      last == PARTY_CLIENT ? VERDICT_SIDE_CLIENT : VERDICT_SIDE_SERVER);
		expect_silence(&s);
	}
}

/* --- what the hellos say of the reason --- */

/* A ClientHello without supported_versions tells the highest version only; a ServerHello tells what was chosen. */
static void versions_that_do_not_fit(void **state)
{
	static const struct {
		uint16_t client, server;	/* the latter 0: no ServerHello came, and the server sends the alert */
		const char *offered, *chosen;
		uint8_t description;
	} plays[] = {
		{ DTLS_VERSION_1_0, 0, "the client offers DTLS 1.0; its ClientHello does not tell", NULL, 80 },
		{ DTLS_VERSION_1_2, DTLS_VERSION_1_0, "the client offers DTLS 1.2; its ClientHello does not tell", "the server chose DTLS 1.0", 70 },
		{ DTLS_VERSION_1_0, DTLS_VERSION_1_2, "the client offers DTLS 1.0; its ClientHello does not tell", "the server chose DTLS 1.2", 70 },
		{ DTLS_VERSION_1_2, 0, "the client offers DTLS 1.2; its ClientHello does not tell", NULL, 70 },
		{ DTLS_VERSION_1_3, 0, "the client offers DTLS 1.3", NULL, 70 },
		{ DTLS_VERSION_1_3, DTLS_VERSION_1_0, "the client offers DTLS 1.3", "the server chose DTLS 1.0", 70 },
	};
	struct stream s;
	struct pair p;

	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		const struct verdict *v = &s.changes[0].verdict;

		stream_begin(&s, &p, AT_BOTH);
		p.version = plays[i].client == DTLS_VERSION_1_0 ? DTLS_VERSION_1_0 : DTLS_VERSION_1_2;
		(plays[i].client == DTLS_VERSION_1_3 ? dtls13_flight1 : dtls_flight1)(&p);
		p.version = plays[i].server;
		if (plays[i].server)
			dtls_flight4(&p);
		dtls_alert(&p, plays[i].server ? PARTY_CLIENT : PARTY_SERVER, DTLS_ALERT_FATAL,
			   plays[i].description);
		assert_int_equal(s.num_changes, 1);
		assert_true(tells(v, plays[i].offered));
		assert_int_equal(tells(v, "the server chose"), !!plays[i].chosen);
		assert_true(!plays[i].chosen || tells(v, plays[i].chosen));
		assert_false(tells(v, "or older"));
		stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_acts_on_it),
		cmocka_unit_test(it_is_taken_back),
		cmocka_unit_test(sender_is_here),
		cmocka_unit_test(it_is_acted_on),
		cmocka_unit_test(one_datagram_that_crossed_it),
		cmocka_unit_test(local_alert_ends_at_once),
		cmocka_unit_test(close_confirms_it),
		cmocka_unit_test(trace_ends_first),
		cmocka_unit_test(plaintext_after_change_cipher_spec),
		cmocka_unit_test(other_warnings_end_nothing),
		cmocka_unit_test(goodbye_after_completion),
		cmocka_unit_test(finished_was_not_captured),
		cmocka_unit_test(versions_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
