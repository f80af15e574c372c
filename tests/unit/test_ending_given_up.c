// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A side that gives up: what its kernel reported, or its own long silence, stays the cause. */
#include "stream_verdict.h"

#include <errno.h>

#define HANDSHAKE_FAILURE 40
#define INTERNAL_ERROR 80

#define PATIENT (20 * SEC)	/* the floor of the profile iot */

static void begin(struct stream *s, struct pair *p, unsigned at, uint64_t floor_ns)
{
	struct analysis_options opts = stream_options();

	opts.verdict.floor_ns = floor_ns;
	assert_true(stream_init_with(s, at, &opts));
	pair_init(p, s, 30041, 0x11);
}

/* An alert from elsewhere counts half a second later. */
static void expect_end(struct stream *s, struct pair *p, enum handshake_state state, enum verdict_code code,
		       enum verdict_side side, enum verdict_severity severity)
{
	stream_wait(s, 600 * MS);
	assert_int_equal(s->num_changes, 1);
	expect_change(s, 0, p, state, code, side);
	assert_int_equal(s->changes[0].verdict.severity, severity);
	expect_silence(s);
}

/* --- a fatal alert after an error of the sender's own socket --- */

/* GnuTLS sends internal_error also when ICMP errors come back. */
static void icmp_then_internal_error(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT, FLOOR);

	p.fate = LOST;
	dtls_flight1(&p);
	pair_icmp(&p, PARTY_CLIENT, ECONNREFUSED, 3, 3);
	dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_FATAL, INTERNAL_ERROR);
	expect_end(&s, &p, HANDSHAKE_FAILED, VERDICT_PORT_UNREACHABLE, VERDICT_SIDE_SERVER, SEVERITY_FAULT);
	assert_string_equal(ending_name(p.h), "alert");
	assert_int_equal(p.h->ending.by, PARTY_CLIENT);
}

/* Near: the server knows of no error, so what it refuses is the cause. */
static void error_at_the_other_side(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT, FLOOR);

	dtls_flight1(&p);
	pair_send_failed(&p, PARTY_CLIENT, EMSGSIZE, 1472);
	dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
	expect_end(&s, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER, SEVERITY_FAULT);
}

/* Near: the ICMP error is out of date. */
static void icmp_before_the_answer(void **state)
{
	STORY_WITH(begin, s, p, AT_CLIENT, FLOOR);

	dtls_flight1(&p);
	pair_icmp(&p, PARTY_CLIENT, ECONNREFUSED, 3, 3);
	stream_wait(&s, SEC);
	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_alert(&p, PARTY_CLIENT, DTLS_ALERT_FATAL, HANDSHAKE_FAILURE);
	expect_end(&s, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_CLIENT, SEVERITY_FAULT);
}

/* The client could not be understood, and is gone when the server's next copy comes. */
static void icmp_after_the_cause(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER, FLOOR);

	dtls_flight1(&p);
	for (unsigned i = 0; i < 4; i++) {
		stream_until(&s, START + ((1u << i) - 1) * SEC);
		dtls_flight4(&p);
		stream_wait(&s, 50 * MS);
		dtls_flight5(&p);
	}
	stream_until(&s, START + 15 * SEC);
	assert_true(s.num_changes > 0);
	expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_CANNOT_DECRYPT, VERDICT_SIDE_SERVER);
	s.num_changes = 0;
	dtls_flight4(&p);
	pair_icmp(&p, PARTY_SERVER, ECONNREFUSED, 3, 3);
	expect_silence(&s);
	assert_int_equal(p.h->verdict.code, VERDICT_CANNOT_DECRYPT);
}

/* --- a profile that is more patient than the side that gives up --- */

static void hellos_read(struct pair *p)
{
	repeat(p, dtls_flight1, 3);
}

/* It read what it was asked three times, and gave up after five seconds. coap-server does so when the PSK is wrong. */
static void silent_side_gives_up(void **state)
{
	for (int closes = 0; closes < 2; closes++) {
		STORY_WITH(begin, s, p, AT_SERVER, PATIENT);
		hellos_read(&p);
		stream_until(&s, START + 5 * SEC);
		if (closes)
			pair_close(&p, PARTY_SERVER, 0);
		else
			dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_WARNING, 0);
		expect_end(&s, &p, HANDSHAKE_STUCK, VERDICT_SILENT_AFTER_READ, VERDICT_SIDE_SERVER, SEVERITY_WARNING);
		assert_string_equal(ending_name(p.h), closes ? "socket-closed" : "close-notify");
	}
}

/* Near: it was asked once, and may be as slow as the profile says. */
static void slow_side_gives_up(void **state)
{
	STORY_WITH(begin, s, p, AT_SERVER, PATIENT);

	dtls_flight1(&p);
	stream_until(&s, START + 5 * SEC);
	dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_WARNING, 0);
	expect_end(&s, &p, HANDSHAKE_FAILED, VERDICT_ALERT, VERDICT_SIDE_SERVER, SEVERITY_WARNING);
}

/* --- a side that reads again too late --- */

/* Its queue was left for 8 s; when it answers, the other side gives up before the answer comes. */
static void it_reads_too_late(void **state)
{
	for (int arrives = 0; arrives < 2; arrives++) {
		STORY(s, p, AT_BOTH);

		p.cookie = true;
		dtls_flight1(&p);
		stream_wait(&s, 10 * MS);
		dtls_flight2(&p);
		p.unread = true;
		for (int copy = 0; copy < 3; copy++) {
			stream_wait(&s, SEC << copy);
			dtls_flight3(&p);
		}
		stream_until(&s, START + 10 * SEC);
		expect_change(&s, 0, &p, HANDSHAKE_STUCK, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
		p.unread = false;
		for (int copy = 0; copy < 3; copy++)
			pair_read(&p, PARTY_SERVER, 2 + copy, 200);
		p.fate = arrives ? ARRIVES : HELD;
		dtls_flight4(&p);
		stream_wait(&s, 200 * MS);
		pair_close(&p, PARTY_CLIENT, 0);
		stream_wait(&s, SEC);
		/* Near: the answer came, and the client left all the same. */
		if (arrives) {
			expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_ABANDONED, VERDICT_CLOSED_BY_APPLICATION,
				      VERDICT_SIDE_CLIENT);
		} else {
			expect_change(&s, s.num_changes - 1, &p, HANDSHAKE_STUCK, VERDICT_NOT_READING, VERDICT_SIDE_SERVER);
			assert_non_null(strstr(s.changes[s.num_changes - 1].verdict.summary, "left what it had to read in its queue for "));
			assert_string_equal(ending_name(p.h), "socket-closed");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(icmp_then_internal_error),
		cmocka_unit_test(error_at_the_other_side),
		cmocka_unit_test(icmp_before_the_answer),
		cmocka_unit_test(icmp_after_the_cause),
		cmocka_unit_test(silent_side_gives_up),
		cmocka_unit_test(slow_side_gives_up),
		cmocka_unit_test(it_reads_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
