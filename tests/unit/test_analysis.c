// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The analysis on handshakes that go well, and on when they count as completed. */
#include "stream_dtls.h"

/* --- healthy handshakes --- */

static void check_healthy(const struct pair *like, void (*run)(struct pair *p))
{
	struct stream s;
	struct pair p;

	FOR_EACH_OBSERVER(at) {
		stream_init(&s, at);
		s.transit_ns = 20 * MS;
		pair_init(&p, &s, 30041, 0x11);
		p.version = like->version;
		p.mtu = like->mtu;
		p.cookie = like->cookie;
		p.client_certificate = like->client_certificate;
		p.ticket = like->ticket;
		run(&p);
		assert_non_null(p.h);
		assert_int_equal(p.h->id, 1);
		assert_int_equal(p.h->version, p.version);
		assert_true(p.h->version_negotiated);
		assert_int_equal(p.h->resumed, run == dtls_resumed);
		assert_int_equal(p.h->party[PARTY_CLIENT].retransmissions, 0);
		assert_int_equal(p.h->party[PARTY_SERVER].retransmissions, 0);
		assert_int_equal(handshake_waited_ns(p.h), 0);
		assert_int_equal(p.h->party[PARTY_CLIENT].local, at >> PARTY_CLIENT & 1);
		assert_int_equal(p.h->party[PARTY_SERVER].local, at >> PARTY_SERVER & 1);
		expect_completed_only(&s, &p);
		assert_int_equal(analysis_stats(s.analysis)->handshakes, 1);
		assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_COMPLETED], 1);
		assert_int_equal(analysis_stats(s.analysis)->by_state[HANDSHAKE_IN_PROGRESS], 0);
		assert_int_equal(analysis_stats(s.analysis)->no_handshake, 0);
		stream_fini(&s);
	}
}

static void healthy_without_cookie(void **state)
{
	check_healthy(&(struct pair){ .version = DTLS_VERSION_1_2, .mtu = 1400 }, dtls_full);
}

static void healthy_with_cookie(void **state)
{
	check_healthy(&(struct pair){ .version = DTLS_VERSION_1_2, .mtu = 1400, .cookie = true },
		      dtls_full);
}

static void healthy_with_client_certificate(void **state)
{
	struct pair like = { .version = DTLS_VERSION_1_2, .mtu = 1400, .cookie = true,
			     .client_certificate = true, .ticket = true };

	check_healthy(&like, dtls_full);
}

static void healthy_in_small_datagrams(void **state)
{
	struct pair like = { .version = DTLS_VERSION_1_2, .mtu = 228, .cookie = true,
			     .client_certificate = true, .ticket = true };

	check_healthy(&like, dtls_full);
}

static void healthy_resumption(void **state)
{
	struct pair like = { .version = DTLS_VERSION_1_2, .mtu = 1400 };

	check_healthy(&like, dtls_resumed);
	like.ticket = like.cookie = true;
	check_healthy(&like, dtls_resumed);
}

static void healthy_dtls_1_0(void **state)
{
	check_healthy(&(struct pair){ .version = DTLS_VERSION_1_0, .mtu = 1400, .cookie = true },
		      dtls_full);
}

/* The last flight was lost: its repeat comes after both sides had all they needed to be called done. */
static void last_flight_repeated_after_completion(void **state)
{
	STORY(s, p, AT_SERVER);

	dtls_full(&p);
	for (int i = 0; i < 4; i++) {
		stream_wait(&s, SEC << i);
		dtls_flight5(&p);
		dtls_flight6(&p);
	}
	assert_int_equal(p.h->flights[6].copies, 5);
	expect_change(&s, 0, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
	/* The answers seem not to get there, until the client repeats nothing any more. */
	expect_change(&s, 1, &p, HANDSHAKE_STUCK, VERDICT_ANSWER_UNACKNOWLEDGED, VERDICT_SIDE_CLIENT);
	stream_wait(&s, HOUR);
	assert_int_equal(s.num_changes, 4);
	expect_change(&s, 2, &p, HANDSHAKE_STUCK, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_CLIENT);
	expect_change(&s, 3, &p, HANDSHAKE_COMPLETED, VERDICT_COMPLETED, VERDICT_SIDE_UNKNOWN);
}

static void completion_time_and_summary(void **state)
{
	struct verdict v;

	STORY(s, p, AT_CLIENT);

	dtls_flight1(&p);
	stream_wait(&s, 50 * MS);
	dtls_flight4_resumed(&p);
	dtls_finished(&p, PARTY_CLIENT);
	assert_string_equal(stream_change(&s, 0)->verdict.summary,
			    "completed in 0.050 s, session resumed");
	assert_int_equal(p.h->started_ns, START);
	assert_int_equal(p.h->ended_ns, START + 50 * MS);
	/* The last report of it comes later. */
	stream_wait(&s, SEC);
	verdict_describe(p.h, s.now, &v);
	assert_string_equal(v.summary, "completed in 0.050 s, session resumed");
}

/* --- what is completion --- */

static void completed_by_data_without_finished(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_message_add(&p, PARTY_CLIENT, DTLS_MT_CLIENT_KEY_EXCHANGE, 1, 66, NULL);
		dtls_record_add(&p, PARTY_CLIENT, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		pair_flush(&p);
		dtls_data(&p, PARTY_CLIENT);
		assert_int_equal(s.num_changes, 0);
		dtls_record_add(&p, PARTY_SERVER, DTLS_CT_CHANGE_CIPHER_SPEC, 0, 1);
		dtls_data(&p, PARTY_SERVER);
		expect_completed_only(&s, &p);
	}
}

static void one_finished_is_not_completion(void **state)
{
	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_flight5(&p);
		assert_int_equal(s.num_changes, 0);
		assert_int_equal(p.h->state, HANDSHAKE_IN_PROGRESS);
		/* One side's Finished and the other's data: each proves only its own sender. */
		dtls_data(&p, PARTY_CLIENT);
		assert_int_equal(s.num_changes, 0);
	}
}

static void finished_that_did_not_arrive_is_not_completion(void **state)
{
	STORY(s, p, AT_BOTH);

	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	p.fate = LOST;
	dtls_flight6(&p);
	assert_int_equal(s.num_changes, 0);
	stream_wait(&s, SEC);
	p.fate = ARRIVES;
	dtls_flight5(&p);
	dtls_flight6(&p);
	assert_int_equal(p.h->party[PARTY_CLIENT].retransmissions, 1);
	expect_completed_only(&s, &p);
}

/* Records of an association from before belong to no handshake that has only a ClientHello. */
static void data_of_an_older_association_completes_nothing(void **state)
{
	struct pair old;

	FOR_EACH_OBSERVER(at) {
		STORY(s, p, at);
		old = p;
		old.seq[PARTY_CLIENT][1] = old.seq[PARTY_SERVER][1] = 500;
		dtls_flight1(&p);
		dtls_data(&old, PARTY_CLIENT);
		dtls_data(&old, PARTY_SERVER);
		assert_int_equal(s.num_changes, 0);
		assert_int_equal(p.h->state, HANDSHAKE_IN_PROGRESS);
	}
}

/* A new handshake over an association whose data still flows (s4.2.8): not its own data. */
static void data_of_the_association_before_completes_nothing(void **state)
{
	struct stream s;
	struct pair old, p;

	FOR_EACH_OBSERVER(at) {
		stream_init(&s, at);
		pair_init(&old, &s, 30041, 0x11);
		dtls_full(&old);
		old.seq[PARTY_CLIENT][1] = old.seq[PARTY_SERVER][1] = 500;
		stream_wait(&s, 10 * SEC);
		pair_init(&p, &s, 30041, 0x22);
		dtls_flight1(&p);
		dtls_flight4(&p);
		dtls_data(&old, PARTY_CLIENT);
		dtls_data(&old, PARTY_SERVER);
		assert_int_equal(s.num_changes, 1);
		assert_int_equal(p.h->state, HANDSHAKE_IN_PROGRESS);
		assert_int_equal(s.wrong, 0);
		stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_without_cookie),
		cmocka_unit_test(healthy_with_cookie),
		cmocka_unit_test(healthy_with_client_certificate),
		cmocka_unit_test(healthy_in_small_datagrams),
		cmocka_unit_test(healthy_resumption),
		cmocka_unit_test(healthy_dtls_1_0),
		cmocka_unit_test(last_flight_repeated_after_completion),
		cmocka_unit_test(completion_time_and_summary),
		cmocka_unit_test(completed_by_data_without_finished),
		cmocka_unit_test(one_finished_is_not_completion),
		cmocka_unit_test(finished_that_did_not_arrive_is_not_completion),
		cmocka_unit_test(data_of_an_older_association_completes_nothing),
		cmocka_unit_test(data_of_the_association_before_completes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
